// A file that an agent writes is there whole or not at all, however the writing ends.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { Room } from '../../src/agents/room.ts';
import { edit } from '../../src/agents/tools/edit.ts';
import { writeFile } from '../../src/agents/tools/write.ts';

const root = mkdtempSync(join(tmpdir(), 'heartline write '));
after(() => rmSync(root, { recursive: true, force: true }));
let tree = '';
beforeEach(() => {
  tree = mkdtempSync(join(root, 'tree '));
  mkdirSync(join(tree, '.git'));
});

/** Runs commands right here; `arrives` says how much of an input gets there before whoever sent it is gone. */
function room(arrives: (input: string) => string = (input) => input): Room {
  return {
    workspace: { name: 'here', tree, out: root, mirror: root },
    exec: async ([program = '', ...args], options = {}) => {
      const { status, stdout, stderr } = spawnSync(program, args, {
        cwd: tree,
        encoding: 'utf8',
        input: arrives(options.input ?? ''),
      });
      const output = stdout + stderr;
      return { exitCode: status, output, truncated: false, timedOut: false, durationMs: 0 };
    },
  };
}

const at = (path: string): string => join(tree, path);
const content = (path: string): string => readFileSync(at(path), 'utf8');

test('an input that ends early leaves what was there, and the next one is written', async () => {
  writeFileSync(at('a.txt'), 'old\n');
  const cut = await writeFile(
    'a.txt',
    'new and long\n',
    room((input) => input.slice(0, 4)),
  );
  assert.equal(cut.isError, true);
  assert.match(cut.text, /cut off/);
  assert.equal(content('a.txt'), 'old\n');
  await writeFile('a.txt', 'ü new\n', room());
  assert.equal(content('a.txt'), 'ü new\n');
});

test('a leftover of a killed one stands in nobody’s way, and nothing is left', async () => {
  writeFileSync(at('.git/heartline-write'), 'half of somethi');
  const outcome = await writeFile('deep/er/b.txt', '', room());
  assert.equal(outcome.isError, false, outcome.text);
  assert.equal(content('deep/er/b.txt'), '');
  assert.throws(() => statSync(at('.git/heartline-write')));
});

test('modes stay, links are written through, folders are refused', async () => {
  writeFileSync(at('run.sh'), 'echo one\n');
  chmodSync(at('run.sh'), 0o755);
  symlinkSync('run.sh', at('link'));
  const edited = await edit.run({ id: '1', name: 'edit', input: { path: 'link', old: 'one', new: 'two' } }, room());
  assert.equal(edited.isError, false, edited.text);
  assert.equal(content('run.sh'), 'echo two\n');
  assert.equal(statSync(at('run.sh')).mode & 0o777, 0o755);
  assert.match((await writeFile('.git', 'x', room())).text, /it is a folder/);
});

test('where there is no repository it is written all the same', async () => {
  rmSync(at('.git'), { recursive: true });
  await writeFile('c.txt', 'c\n', room());
  assert.equal(content('c.txt'), 'c\n');
});
