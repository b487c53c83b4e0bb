/** Workspaces: made whole or made again, apart from each other and from the mirror, whatever they are called. */

import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { mirrorPath } from '../../src/git/mirror.ts';
import { createWorkspaces } from '../../src/git/workspaces.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

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

test('the next attempt of a name is a clean clone to the last byte, whatever the one before left', async () => {
  const { tree, out } = await workspaces.prepare(request('ENG-7'));
  const clean = treeOf(tree);
  for (const [path, text] of [
    ['.git/hooks/post-checkout', '#!/bin/sh\n'],
    ['.git/info/attributes', '* filter=evil\n'],
    ['.git/objects/info/alternates', '/elsewhere\n'],
    ['node_modules/x.js', 'x\n'],
    ['a.txt', 'changed\n'],
  ] as const) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  world.git(['config', 'core.fsmonitor', '/bin/false'], { cwd: tree });
  writeFileSync(join(out, 'work.bundle'), 'old');
  await workspaces.release('ENG-7');
  const next = await workspaces.prepare(request('ENG-7'));
  assert.deepEqual(treeOf(next.tree), clean);
  assert.deepEqual(readdirSync(next.out), []);
});

test('released ones do not stay on the disk', async () => {
  for (let round = 0; round < 5; round++) {
    await workspaces.prepare(request('ENG-8'));
    await workspaces.release('ENG-8');
  }
  const trash = join(realpathSync(world.root), 'trash');
  const deadline = Date.now() + 15_000;
  while (readdirSync(trash).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(readdirSync(trash), []);
});

test('as root each workspace can belong to a user of its own, also after a restart', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can give files away');
  const each = () =>
    createWorkspaces({ root: world.root, mirrorPath: (name) => mirrorPath(world.root, name), owners: 'one-each' });
  const first = each();
  const [one, two] = await Promise.all([first.prepare(request('OWN-1')), first.prepare(request('OWN-2'))]);
  assert.notEqual(one.owner?.uid, two.owner?.uid);
  for (const { tree, out, owner } of [one, two]) {
    for (const path of [tree, join(tree, '.git/config'), join(tree, 'a.txt'), out]) {
      assert.equal(lstatSync(path).uid, owner?.uid, path);
    }
  }
  assert.deepEqual((await each().prepare(request('OWN-1'))).owner, one.owner);
});

/** Every path with its content, `.git` included; only what git itself numbers by the clock is left out. */
function treeOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const timed = /\.git\/(index|logs\/.*)$/;
  return Object.fromEntries(
    paths
      .toSorted()
      .map((path) => [path.slice(folder.length), timed.test(path) ? 'timed' : readFileSync(path, 'base64')]),
  );
}
