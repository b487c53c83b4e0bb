/** What real git says of a change for the gate: modes, links that lead to a file, and texts in which tests are weakened. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { DiffFacts } from '../../src/domain/pull-request.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const mirror = world.mirror();

async function facts(base: string, head: string): Promise<DiffFacts> {
  await mirror.refresh(REPOSITORY);
  const found = await mirror.diff(REPOSITORY, base, head);
  assert.ok(found);
  return found;
}

function link(path: string, target: string): void {
  rmSync(join(world.person, path), { force: true });
  mkdirSync(dirname(join(world.person, path)), { recursive: true });
  symlinkSync(target, join(world.person, path));
}

const TEST = "import assert from 'node:assert';\nit('adds', () => {\n  assert.equal(add(1, 2), 3);\n});\n";
const start = world.commit('main', {
  'a.txt': 'a\n',
  'run.sh': '#!/bin/sh\n',
  'docs/rules.md': 'rules\n',
  'docs/deep/more.md': 'more\n',
  'test/add.test.ts': TEST,
  '.gitattributes': '*.test.ts diff=hidden -text\n*.test.ts filter=hidden\n',
});

test('each change is told with its status and its modes, a rename as two', async () => {
  world.git(['checkout', '--quiet', '-B', 'modes', 'main']);
  chmodSync(join(world.person, 'run.sh'), 0o755);
  link('docs/link.md', 'rules.md');
  link('a.txt', 'run.sh');
  world.git(['update-index', '--add', '--cacheinfo', `160000,${start},vendor`]);
  world.git(['mv', 'docs/deep/more.md', 'docs/deep/other.md']);
  world.git(['add', 'run.sh', 'docs', 'a.txt']);
  world.git(['commit', '--quiet', '-m', 'modes']);
  const head = world.git(['rev-parse', 'HEAD']);
  world.git(['push', '--quiet', 'origin', 'modes']);
  const found = await facts(start, head);
  assert.deepEqual(
    found.changes.map(({ path, status, modeBefore, modeAfter }) => [path, status, modeBefore, modeAfter]),
    [
      ['a.txt', 'type-changed', '100644', '120000'],
      ['docs/deep/more.md', 'deleted', '100644', '000000'],
      ['docs/deep/other.md', 'added', '000000', '100644'],
      ['docs/link.md', 'added', '000000', '120000'],
      ['run.sh', 'modified', '100644', '100755'],
      ['vendor', 'added', '000000', '160000'],
    ],
  );
  assert.deepEqual(
    found.files,
    found.changes.map(({ path }) => path),
  );
  assert.deepEqual([found.weakening, found.unjudged], [[], []]);
  world.git(['checkout', '--quiet', '--force', 'main']);
});

test('a change is also told by the names that links give it, over links and folders', async () => {
  world.git(['checkout', '--quiet', '-B', 'linked', 'main']);
  link('CLAUDE.md', 'docs/rules.md');
  link('handbook', 'docs');
  link('team/AGENTS.md', '../handbook/deep/more.md');
  link('loop', '.');
  link('outside', '../../etc/passwd');
  link('absolute', '/etc/passwd');
  link('nowhere', 'docs/gone.md');
  const base = world.commit('linked', {});
  const head = world.commit(
    'behind',
    { 'docs/rules.md': 'other\n', 'docs/deep/more.md': 'x\n', 'b.txt': 'b\n' },
    { from: 'linked' },
  );
  const { changes } = await facts(base, head);
  const aliases = new Map(changes.map((change) => [change.path, change.aliases]));
  assert.ok(aliases.get('docs/rules.md')?.includes('CLAUDE.md'));
  assert.ok(aliases.get('docs/rules.md')?.includes('handbook/rules.md'));
  assert.ok(aliases.get('docs/deep/more.md')?.includes('team/AGENTS.md'));
  assert.deepEqual(aliases.get('b.txt'), ['loop/b.txt']);
  world.git(['checkout', '--quiet', '--force', 'main']);
});

test('weakened tests are read from the object store, whatever the attributes say', async () => {
  const head = world.commit('weak', { 'test/add.test.ts': TEST.replace('it(', 'it.skip(') }, { from: 'main' });
  const found = await facts(start, head);
  assert.deepEqual(found.weakening, [
    { kind: 'test-skipped', path: 'test/add.test.ts', reason: '"adds" is skipped from now on.' },
  ]);
  assert.deepEqual((await facts(head, head)).weakening, []);
});

test('a test that becomes a link is gone, and one that is no text or too large cannot be judged', async () => {
  world.git(['checkout', '--quiet', '-B', 'odd', 'main']);
  link('test/add.test.ts', '../a.txt');
  const gone = world.commit('odd', {});
  assert.match((await facts(start, gone)).weakening[0]?.reason ?? '', /The test "adds" is gone/);
  for (const content of [Buffer.from([0x69, 0, 0x74, 0]), `${TEST}// ${'x'.repeat(300_000)}\n`]) {
    const head = world.commit('heavy', { 'test/add.test.ts': content }, { from: 'main' });
    assert.deepEqual(
      (await facts(start, head)).weakening.map(({ kind, path }) => [kind, path]),
      [['too-large', 'test/add.test.ts']],
    );
  }
  world.git(['checkout', '--quiet', '--force', 'main']);
});

test('a change of more files than are told one by one says so', async () => {
  const files = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`many/f${at}.txt`, `${at}\n`]));
  const head = world.commit('many', files, { from: 'main' });
  const found = await facts(start, head);
  assert.deepEqual([found.files.length, found.changes.length], [1_001, 1_000]);
  assert.deepEqual(found.unjudged, ['more than 1000 changed files']);
});

test('what git takes for no text needs a person, unless it is for eyes or goes', async () => {
  const nul = Buffer.from('export const pay = 1; // \0\n');
  const far = Buffer.concat([Buffer.from('// a line\n'.repeat(1_000)), nul]);
  const base = world.commit('binary', { 'lib/old.bin': nul, 'src/was.ts': nul }, { from: 'main' });
  const files = {
    'src/pay.ts': nul,
    'src/was.ts': 'export const pay = 2;\n',
    'src/far.ts': far,
    'docs/Ünï\t.md': nul,
    'tool.jar': nul,
    'lib/old.bin': null,
    'img/logo.png': nul,
    'fonts/a.woff2': nul,
  };
  const head = world.commit('binary', files);
  const found = await facts(base, head);
  assert.deepEqual(
    [...found.unjudged].sort(),
    ['docs/Ünï\t.md', 'src/pay.ts', 'src/was.ts', 'tool.jar'].map((path) => `${path} (no text)`),
  );
  assert.deepEqual(
    found.weakening.map(({ path }) => path),
    ['src/far.ts', 'src/pay.ts'],
  );
});

test('a change too long to be listed is told as one that no cap lets pass, the same at each look', async () => {
  const blob = world.git(['rev-parse', 'main:a.txt']);
  const names = Array.from({ length: 40 }, (_, at) => `100644 blob ${blob}\t${at + 100}${'x'.repeat(900_000)}`);
  const tree = world.git(['mktree'], { input: `${names.join('\n')}\n` });
  const [one, other] = ['one', 'other'].map((message) => {
    const head = world.git(['commit-tree', '-p', start, '-m', message, tree]);
    world.git(['push', '--quiet', '--force', 'origin', `${head}:refs/heads/${message}`]);
    return head;
  });
  assert.ok(one !== undefined && other !== undefined);
  const found = await facts(start, one);
  assert.equal(found.unjudged[0], 'too many files, or too long names, to list them all');
  assert.equal(found.additions + found.deletions, Number.POSITIVE_INFINITY);
  assert.deepEqual(
    found.weakening.map(({ kind }) => kind),
    ['too-large'],
  );
  assert.deepEqual(await facts(start, one), found);
  assert.notEqual((await facts(start, other)).digest, found.digest);
});
