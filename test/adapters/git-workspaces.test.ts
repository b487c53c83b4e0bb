/** Workspaces: made whole or made again, apart from each other and from the mirror, whatever they are called. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { mirrorPath } from '../../src/git/mirror.ts';
import { createWorkspaces } from '../../src/git/workspaces.ts';
import { need } from '../needs.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const root = need('root', process.getuid?.() === 0, 'run the tests as root: only root can give files away');
const world = gitWorld();
after(() => world.remove());
const start = world.commit('main', { 'a.txt': 'one\n', 'dir/ü b.txt': 'two\n' });
world.commit('main', { 'a.txt': 'later\n' });
await world.mirror().refresh(REPOSITORY);

const make = () =>
  createWorkspaces({ root: world.root, mirrorPath: (repository) => mirrorPath(world.root, repository) });
const workspaces = make();

function request(name: string) {
  return { repository: REPOSITORY, name, branch: 'heartline/eng-1', start, readOnly: false };
}

test('a workspace is a checkout of the branch at its start, with our neutral author and nothing that runs', async () => {
  const workspace = await workspaces.prepare(request('ENG-1/1'));
  const git = (...args: string[]) => world.git(args, { cwd: workspace.tree });
  assert.equal(git('rev-parse', 'HEAD'), start);
  assert.equal(git('branch', '--show-current'), 'heartline/eng-1');
  assert.equal(git('status', '--porcelain'), '');
  assert.equal(git('config', '--local', 'user.email'), 'heartline@users.noreply.github.com');
  assert.equal(git('remote', 'get-url', 'origin'), workspace.mirror);
  assert.equal(
    readFileSync(join(workspace.tree, '.git/objects/info/alternates'), 'utf8'),
    `${workspace.mirror}/objects\n`,
  );
  assert.equal(existsSync(join(workspace.tree, '.git/hooks')), false);
  assert.equal(existsSync(workspace.out), true);
  assert.equal(existsSync(world.tripwire), false);
});

test('prepared again it is left as the session left it, also by the next process', async () => {
  const { tree } = await workspaces.prepare(request('ENG-2/1'));
  writeFileSync(join(tree, 'a.txt'), 'half done\n');
  await workspaces.prepare(request('ENG-2/1'));
  await make().prepare(request('ENG-2/1'));
  assert.equal(readFileSync(join(tree, 'a.txt'), 'utf8'), 'half done\n');
});

test('one that a kill left unfinished is made again', async () => {
  const { tree } = await workspaces.prepare(request('ENG-3/1'));
  rmSync(join(dirname(tree), 'complete.json'));
  rmSync(join(tree, 'a.txt'));
  writeFileSync(join(tree, '.git/index.lock'), '');
  await make().prepare(request('ENG-3/1'));
  assert.equal(readFileSync(join(tree, 'a.txt'), 'utf8'), 'one\n');
  assert.equal(existsSync(join(tree, '.git/index.lock')), false);
});

test('asked for twice at once it is made once', async () => {
  const [one, two] = await Promise.all([workspaces.prepare(request('ENG-4')), workspaces.prepare(request('ENG-4'))]);
  assert.equal(one, two);
});

test('released ones are gone from the list, and nothing of them is in the next of that name', async () => {
  const { tree } = await workspaces.prepare(request('ENG-5'));
  mkdirSync(join(tree, '.git/hooks'), { recursive: true });
  writeFileSync(join(tree, '.git/hooks/post-checkout'), '#!/bin/sh\n', { mode: 0o755 });
  assert.ok((await workspaces.list()).includes('ENG-5'));
  await workspaces.release('ENG-5');
  await workspaces.release('ENG-5');
  assert.ok(!(await workspaces.list()).includes('ENG-5'));
  await workspaces.prepare(request('ENG-5'));
  assert.equal(existsSync(join(tree, '.git/hooks')), false);
});

test('hostile names stay inside and apart', async () => {
  const root = realpathSync(world.root);
  const names = [
    '../../escape',
    '..',
    '.',
    '/etc',
    'a/b',
    'a-b',
    'A/b',
    'ENG-9',
    'eng-9',
    'é',
    'e\u0301',
    'x'.repeat(300),
    '-rf',
    ' ',
  ];
  const trees = new Set<string>();
  for (const name of names) {
    const { tree } = await workspaces.prepare(request(name));
    assert.ok(realpathSync(tree).startsWith(join(root, 'workspaces/')), name);
    trees.add(tree.toLowerCase().normalize('NFC'));
  }
  assert.equal(trees.size, names.length);
  const listed = new Set(await workspaces.list());
  assert.ok(names.every((name) => listed.has(name)));
});

test('a link planted where a workspace should be is put away, not followed', async () => {
  const { tree } = await workspaces.prepare(request('ENG-6'));
  const folder = dirname(tree);
  const elsewhere = join(world.folder, 'elsewhere');
  mkdirSync(join(elsewhere, 'tree'), { recursive: true });
  writeFileSync(join(elsewhere, 'complete.json'), JSON.stringify({ name: 'ENG-6', repository: REPOSITORY }));
  rmSync(folder, { recursive: true });
  symlinkSync(elsewhere, folder);
  await workspaces.prepare(request('ENG-6'));
  assert.equal(realpathSync(tree), tree);
  assert.deepEqual(readdirSync(elsewhere).sort(), ['complete.json', 'tree']);
});

test('it says what is wrong with a request', async () => {
  const cases = [
    [{ ...request('x'), branch: '--orphan' }, 'invalid'],
    [{ ...request('x'), start: 'main' }, 'invalid'],
    [{ ...request(''), start }, 'invalid'],
    [{ ...request('x'), start: '4'.repeat(40) }, 'invalid'],
    [{ ...request('x'), repository: 'acme/none' }, 'missing'],
    [{ ...request('ENG-1/1'), repository: 'acme/none' }, 'missing'],
  ] as const;
  for (const [wrong, kind] of cases) {
    await assert.rejects(workspaces.prepare(wrong), (error) => error instanceof OutsideError && error.kind === kind);
  }
});

/** All that we know of which a tidy-up by git, or by name, or by one pass over the files would overlook or stumble on. */
function leaveBehind(tree: string): void {
  for (const [path, text] of [
    ['.git/hooks/post-checkout', '#!/bin/sh\n'],
    ['.git/info/attributes', '* filter=evil\n'],
    ['.git/info/exclude', '*\n'],
    ['.git/objects/info/alternates', '/elsewhere\n'],
    ['node_modules/x.js', 'x\n'],
    ['a.txt', 'changed\n'],
    ['.gitignore', '*\n'],
    ['inner/.git/HEAD', 'ref: refs/heads/main\n'],
    ['inner/.git/config', '[core]\n\tfsmonitor = /bin/false\n'],
    ['line\nbreak', 'x\n'],
    ['-rf', 'x\n'],
    ['locked/deep/file', 'x\n'],
  ] as const) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  world.git(['config', 'core.fsmonitor', '/bin/false'], { cwd: tree });
  symlinkSync('/etc/passwd', join(tree, 'link'));
  symlinkSync('..', join(tree, 'dir', 'up'));
  linkSync(join(tree, 'a.txt'), join(tree, 'twin'));
  execFileSync('mkfifo', [join(tree, 'pipe')]);
  chmodSync(join(tree, 'a.txt'), 0o4777);
  for (const path of ['locked/deep', 'locked', 'dir']) chmodSync(join(tree, path), path === 'dir' ? 0o555 : 0o000);
}

test('the next attempt of a name is a clean clone to the last byte, whatever the one before left', async () => {
  const { tree, out } = await workspaces.prepare(request('ENG-7'));
  const clean = treeOf(tree);
  leaveBehind(tree);
  writeFileSync(join(out, 'work.bundle'), 'old');
  await workspaces.release('ENG-7');
  const next = await workspaces.prepare(request('ENG-7'));
  assert.deepEqual(treeOf(next.tree), clean);
  assert.deepEqual(readdirSync(next.out), []);
  // Git's own word for it: everything that lies there, ignored or not, hashes to the tree of the commit.
  const git = (...args: string[]) => world.git(args, { cwd: next.tree });
  git('add', '--all', '--force');
  assert.equal(git('write-tree'), git('rev-parse', `${start}^{tree}`));
});

test('work of another run is not there before it is published, and then as a branch like any other', async () => {
  const mirror = world.mirror();
  const branch = 'heartline/eng-20';
  const one = await workspaces.prepare({ ...request('ENG-20/1'), branch });
  const git = (cwd: string, ...args: string[]) => world.git(args, { cwd });
  const has = (cwd: string, commit: string) => {
    try {
      git(cwd, 'cat-file', '-e', commit);
      return true;
    } catch {
      return false;
    }
  };
  writeFileSync(join(one.tree, 'secret.txt'), 'of this run\n');
  git(one.tree, 'add', '--all');
  git(one.tree, 'commit', '--quiet', '-m', 'Unpublished');
  const file = join(one.out, 'work.bundle');
  git(one.tree, 'bundle', 'create', '--quiet', file, `${start}..${branch}`);
  const head = await mirror.receiveBundle({ repository: REPOSITORY, runId: 'run-20', file, branch });
  await mirror.refresh(REPOSITORY);
  assert.deepEqual(await mirror.parents(REPOSITORY, head), [start]);

  const other = await workspaces.prepare(request('ENG-21/1'));
  assert.equal(has(other.tree, head), false);
  assert.throws(() => git(other.tree, 'fetch', '--quiet', 'origin', head));
  assert.doesNotMatch(git(other.tree, 'ls-remote', 'origin'), /heartline|run-20/);
  // Its own next attempt goes on from it nevertheless, with that and no more.
  const next = await workspaces.prepare({ ...request('ENG-20/2'), branch, start: head });
  assert.equal(git(next.tree, 'rev-parse', 'HEAD'), head);
  assert.equal(git(next.tree, 'status', '--porcelain'), '');
  assert.doesNotMatch(git(next.tree, 'for-each-ref'), /run-20/);
  const again = join(next.out, 'work.bundle');
  git(next.tree, 'commit', '--quiet', '--allow-empty', '-m', 'More');
  git(next.tree, 'bundle', 'create', '--quiet', again, `origin/main..${branch}`);
  const grown = await mirror.receiveBundle({ repository: REPOSITORY, runId: 'run-21', file: again, branch });
  assert.deepEqual(await mirror.parents(REPOSITORY, grown), [head]);

  await mirror.push({ repository: REPOSITORY, branch, head, expected: null });
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.tip(REPOSITORY, branch), head);
  git(other.tree, 'fetch', '--quiet', 'origin');
  assert.equal(git(other.tree, 'rev-parse', `origin/${branch}`), head);
});

test('what had been fetched before a kill is there at the next start', async () => {
  const moved = world.commit('main', { 'a.txt': 'moved\n' });
  const base = join(world.root, 'bases', basename(world.mirrorPath()));
  world.git(['fetch', '--quiet', world.remote, '+refs/heads/*:refs/heads/*'], { cwd: base });
  const mirror = world.mirror();
  assert.equal(await mirror.tip(REPOSITORY, 'main'), moved);
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.tip(REPOSITORY, 'main'), moved);
  // And the objects are there once.
  assert.deepEqual(
    readdirSync(join(world.mirrorPath(), 'objects')).filter((name) => /^[0-9a-f]{2}$/.test(name)),
    [],
  );
});

test('released ones do not stay on the disk', async () => {
  for (let round = 0; round < 5; round++) {
    leaveBehind((await workspaces.prepare(request('ENG-8'))).tree);
    await workspaces.release('ENG-8');
  }
  const trash = join(realpathSync(world.root), 'trash');
  const deadline = Date.now() + 15_000;
  while (readdirSync(trash).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(readdirSync(trash), []);
});

test('as root each workspace can belong to a user of its own, also after a restart', root, async () => {
  const each = () =>
    createWorkspaces({ root: world.root, mirrorPath: (name) => mirrorPath(world.root, name), owners: 'one-each' });
  const first = each();
  const [one, two] = await Promise.all([first.prepare(request('OWN-1')), first.prepare(request('OWN-2'))]);
  assert.notEqual(one.owner?.uid, two.owner?.uid);
  for (const { tree, out, owner } of [one, two]) {
    for (const path of [tree, join(tree, '.git/config'), join(tree, 'a.txt'), out]) {
      assert.equal(lstatSync(path).uid, owner?.uid, path);
    }
    for (const path of [tree, out]) assert.equal(lstatSync(path).mode & 0o777, 0o700);
    // What lies around it stays the bot's.
    assert.equal(lstatSync(dirname(tree)).uid, 0);
  }
  assert.deepEqual((await each().prepare(request('OWN-1'))).owner, one.owner);
});

/** Every path with its kind, mode and content, `.git` included; only what git itself numbers by the clock is left out. */
function treeOf(folder: string): Readonly<Record<string, string>> {
  const timed = /\.git\/(index|logs\/.*)$/;
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
  return Object.fromEntries(
    paths.toSorted().map((path) => {
      const facts = lstatSync(path);
      const content = !facts.isFile() ? '' : timed.test(path) ? 'timed' : readFileSync(path, 'base64');
      return [
        path.slice(folder.length),
        `${facts.mode.toString(8)} ${facts.nlink > 1 && facts.isFile() ? 'linked ' : ''}${content}`,
      ];
    }),
  );
}
