/** Taking an agent's bundle: the honest one arrives whole; every hostile one is refused and leaves the mirror as it was. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const BRANCH = 'heartline/eng-1';
const world = gitWorld();
after(() => world.remove());
const out = join(world.folder, 'out');
mkdirSync(out);
const base = world.commit('main', { 'a.txt': 'one\n' });
const mirror = world.mirror();
await mirror.refresh(REPOSITORY);

/** Commits a tree of the given entries on top of `parents`, without ever checking it out. */
function craft(tree: string | Buffer, parents: readonly string[], branch = BRANCH): string {
  const id = world.git(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], { input: tree });
  const commit = world.git(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-m', 'work', id]);
  world.git(['update-ref', `refs/heads/${branch}`, commit]);
  return commit;
}

function entry(mode: string, name: string, blob: string): Buffer {
  return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
}

function bundle(name: string, ...revisions: string[]): string {
  const file = join(out, name);
  world.git(['bundle', 'create', '--quiet', file, ...revisions]);
  return file;
}

function take(file: string, runId = 'run-1'): Promise<string> {
  return mirror.receiveBundle({ repository: REPOSITORY, runId, file, branch: BRANCH });
}

const blob = world.git(['hash-object', '-w', '--stdin'], { input: 'content\n' });
const good = craft(entry('100644', 'b.txt', blob), [base]);
const goodBundle = bundle('good.bundle', `main..${BRANCH}`);

test('an honest bundle becomes refs/heartline/runs/<run>, can be pushed, and can be taken again', async () => {
  assert.equal(await take(goodBundle), good);
  assert.equal(await take(goodBundle), good);
  const ref = world.git(['rev-parse', 'refs/heartline/runs/run-1'], { cwd: world.mirrorPath() });
  assert.equal(ref, good);
  await mirror.push({ repository: REPOSITORY, branch: BRANCH, head: good, expected: null });
  assert.equal(await mirror.remoteTip(REPOSITORY, BRANCH), good);
  assert.deepEqual((await mirror.diff(REPOSITORY, base, good))?.files, ['a.txt', 'b.txt']);
});

test('only the one ref is taken out of a bundle with more', async () => {
  const more = bundle('more.bundle', `main..${BRANCH}`, 'main');
  assert.equal(await take(more, 'run-2'), good);
  const refs = world.git(['for-each-ref', '--format=%(refname)'], { cwd: world.mirrorPath() }).split('\n');
  assert.deepEqual(refs, ['refs/heartline/runs/run-1', 'refs/heartline/runs/run-2']);
});

interface Hostile {
  readonly name: string;
  readonly make: () => string;
  readonly reason: RegExp;
}

const HOSTILE: readonly Hostile[] = [
  { name: 'nothing there', make: () => join(out, 'absent'), reason: /no bundle where it was promised/ },
  {
    name: 'a symbolic link',
    make: () => {
      symlinkSync(goodBundle, join(out, 'link'));
      return join(out, 'link');
    },
    reason: /is a symbolic link/,
  },
  {
    name: 'a folder that is a symbolic link',
    make: () => {
      symlinkSync(out, join(world.folder, 'linked'));
      return join(world.folder, 'linked', 'good.bundle');
    },
    reason: /behind a symbolic link/,
  },
  {
    name: 'a pipe that nobody writes to',
    make: () => {
      execFileSync('mkfifo', [join(out, 'pipe')], { env: { PATH: process.env.PATH ?? '' } });
      return join(out, 'pipe');
    },
    reason: /not a plain file/,
  },
  { name: 'a folder', make: () => out, reason: /not a plain file/ },
  { name: 'a device', make: () => '/dev/zero', reason: /not a plain file/ },
  {
    name: 'a file beyond the bound',
    make: () => {
      writeFileSync(join(out, 'huge'), '');
      truncateSync(join(out, 'huge'), 300 * 1024 * 1024);
      return join(out, 'huge');
    },
    reason: /at most 209715200 are taken/,
  },
  {
    name: 'garbage',
    make: () => {
      writeFileSync(join(out, 'garbage'), 'GIT\n\n');
      return join(out, 'garbage');
    },
    reason: /not a git bundle/,
  },
  {
    name: 'a cut pack',
    make: () => {
      const bytes = readFileSync(goodBundle);
      writeFileSync(join(out, 'cut'), bytes.subarray(0, bytes.length - 30));
      return join(out, 'cut');
    },
    reason: /not sound/,
  },
  {
    name: 'another ref than the one agreed',
    make: () => {
      craft(entry('100644', 'b.txt', blob), [base], 'elsewhere');
      return bundle('other.bundle', 'main..elsewhere');
    },
    reason: /holds refs\/heads\/elsewhere instead of refs\/heads\/heartline\/eng-1/,
  },
  {
    name: 'a header that lies about the head',
    make: () => {
      const text = readFileSync(goodBundle, 'latin1').replace(`${good} refs`, `${'2'.repeat(40)} refs`);
      writeFileSync(join(out, 'lie'), text, 'latin1');
      return join(out, 'lie');
    },
    reason: /history is not complete/,
  },
  {
    name: 'a filter in the header',
    make: () => {
      const text = readFileSync(goodBundle, 'latin1').replace(
        '# v2 git bundle\n',
        '# v3 git bundle\n@filter=blob:none\n',
      );
      writeFileSync(join(out, 'filter'), text, 'latin1');
      return join(out, 'filter');
    },
    reason: /asks for "@filter=blob:none"/,
  },
  {
    name: 'a history of its own',
    make: () => {
      craft(entry('100644', 'b.txt', blob), []);
      return bundle('orphan.bundle', BRANCH);
    },
    reason: /does not grow from this repository/,
  },
  ...['.git', '..', '.', 'a/b'].map((name) => ({
    name: `a file called "${name}"`,
    make: () => {
      craft(entry('100644', name, blob), [base]);
      return bundle(`name-${Buffer.from(name).toString('hex')}.bundle`, `main..${BRANCH}`);
    },
    reason: /not sound/,
  })),
  {
    name: 'a head that is a tag',
    make: () => {
      world.git(['tag', '--annotate', '--force', '-m', 'tag', 'sly', good]);
      const tag = world.git(['rev-parse', 'refs/tags/sly']);
      world.git(['update-ref', `refs/heads/${BRANCH}`, good]);
      const text = readFileSync(bundle('tag.bundle', 'sly', '^main'), 'latin1');
      writeFileSync(join(out, 'tag'), text.replace(`${tag} refs/tags/sly`, `${tag} refs/heads/${BRANCH}`), 'latin1');
      return join(out, 'tag');
    },
    reason: /its head is no commit/,
  },
  {
    name: 'a mode with a leading zero',
    make: () => {
      craft(entry('0100644', 'z.txt', blob), [base]);
      return bundle('mode.bundle', `main..${BRANCH}`);
    },
    reason: /not sound/,
  },
  {
    name: 'a .gitmodules that is a link',
    make: () => {
      craft(entry('120000', '.gitmodules', blob), [base]);
      return bundle('modules.bundle', `main..${BRANCH}`);
    },
    reason: /not sound/,
  },
];

for (const { name, make, reason } of HOSTILE) {
  test(`refused: ${name}`, async () => {
    const file = make();
    const objects = join(world.mirrorPath(), 'objects');
    const before = readdirSync(objects, { recursive: true, encoding: 'utf8' }).sort();
    await assert.rejects(take(file, 'run-9'), (error) => {
      assert.ok(error instanceof OutsideError);
      assert.equal(error.kind, 'invalid');
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(readdirSync(objects, { recursive: true, encoding: 'utf8' }).sort(), before);
    const refs = world.git(['for-each-ref', 'refs/heartline/runs/run-9'], { cwd: world.mirrorPath() });
    assert.equal(refs, '');
  });
}

test('refused: run ids that would be another ref', async () => {
  for (const runId of ['../../heads/main', 'a/b', '', '-x', 'a.lock', '..']) {
    await assert.rejects(take(goodBundle, runId), (error) => error instanceof OutsideError && error.kind === 'invalid');
  }
});
