/** Several heads put together on real git, and the branch that held them cleared away again. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createMirror, mirrorPath } from '../../src/git/mirror.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const kind = (expected: string) => (error: unknown) => error instanceof OutsideError && error.kind === expected;

const lines = (...changed: readonly string[]): string => ['1', '2', '3', '4', '5', '6', '7', ...changed].join('\n');
const started = world.commit('main', { 'a.txt': lines(), 'b.txt': 'b\n' });
const one = world.commit('one', { 'one.txt': '1\n' }, { from: 'main' });
world.commit('two', { 'two.txt': '2\n' }, { from: 'main' });
const two = world.commit('two', { 'b.txt': null });
const three = world.commit('three', { 'a.txt': lines('three') }, { from: 'main' });
const clash = world.commit('clash', { 'a.txt': lines('clash') }, { from: 'main' });
const base = world.commit('main', { 'base.txt': 'moved\n' }, { from: 'main' });
const heads = [one, two, three];
const mirror = world.mirror();

/** One that shares nothing with the first: another machine, or another life whose folder is gone. */
const second = join(world.folder, 'second state');
const secondMirror = () =>
  createMirror({ root: second, remote: () => ({ url: world.remote, token: null }), timeoutMs: 20_000 });

/** What git says of a commit in our mirror. */
const show = (format: string, commit: string): string =>
  world.git(['show', '--no-patch', `--format=${format}`, commit], { cwd: world.mirrorPath() });
const combine = (those: readonly string[], from = base): Promise<string | null> =>
  mirror.combine(
    REPOSITORY,
    from,
    those.map((head) => ({ head })),
  );

async function together(those: readonly string[], from = base): Promise<string> {
  const head = await combine(those, from);
  assert.ok(head);
  return head;
}

test('heads that nobody fetched yet are fetched, and all of them are in it', async () => {
  const head = await together(heads);
  for (const each of [base, ...heads])
    world.git(['merge-base', '--is-ancestor', each, head], { cwd: world.mirrorPath() });
  assert.deepEqual(
    world.git(['ls-tree', '--name-only', head], { cwd: world.mirrorPath() }).split('\n'),
    ['a.txt', 'base.txt', 'one.txt', 'two.txt'],
    'what they made, changed and deleted, on the base as it is now',
  );
});

test('each is merged on top of the one before: the first parent is the base, at the end of the line', async () => {
  const head = await together(heads);
  const line: string[] = [];
  let at = head;
  while (at !== base) {
    const [before = '', merged = '', ...more] = show('%P', at).split(' ');
    assert.deepEqual(more, []);
    line.unshift(merged);
    at = before;
  }
  assert.deepEqual(line, heads);
});

test('it is ours and of the moment the base was made, whoever wrote the parts', async () => {
  const head = await together(heads);
  const at = show('%ct', base);
  assert.equal(
    show('%an <%ae> %at|%cn <%ce> %ct|%B', head),
    `Heartline <heartline@localhost> ${at}|Heartline <heartline@localhost> ${at}|Merge ${three} into a batch`,
  );
});

test('the same parts make the same commit, again and in a mirror of its own', async () => {
  const head = await together(heads);
  assert.equal(await together(heads), head);
  assert.equal(
    await secondMirror().combine(
      REPOSITORY,
      base,
      heads.map((each) => ({ head: each })),
    ),
    head,
  );
  assert.equal(existsSync(mirrorPath(second, REPOSITORY)), true);
  const others = [await together([two, one, three]), await together([one, two]), await together(heads, started)];
  assert.equal(new Set([head, ...others]).size, 4, 'another order, another part or another base is another commit');
});

test('what does not merge cleanly is none, whichever of them it is', async () => {
  assert.equal(await combine([three, clash]), null);
  assert.equal(await combine([one, three, clash]), null);
  assert.notEqual(await combine([one, clash]), null);
  const moved = world.commit('over', { 'a.txt': lines('base') }, { from: 'main' });
  assert.equal(await combine([one, three], moved), null, 'not with the base either');
});

test('a part that would change there what nobody judged keeps all of it from being put together', async () => {
  await mirror.refresh(REPOSITORY);
  const judged = await mirror.diff(REPOSITORY, base, one);
  assert.ok(judged);
  const members = [{ head: one, digest: judged.digest }, { head: two }];
  assert.notEqual(await mirror.combine(REPOSITORY, base, members), null);
  const other = await mirror.diff(REPOSITORY, base, two);
  assert.ok(other);
  assert.equal(await mirror.combine(REPOSITORY, base, [{ head: one, digest: other.digest }]), null);
  // Git follows the base's rename, so the merge changes a file that the pull request does not show.
  const edits = world.commit('edits', { 'a.txt': lines('three').replace('line 3', 'line three') }, { from: started });
  const renamed = world.commit('renamed', { 'a.txt': null, 'b.txt': lines('a') }, { from: started });
  await mirror.refresh(REPOSITORY);
  const before = await mirror.diff(REPOSITORY, renamed, edits);
  assert.ok(before);
  const asJudged = await mirror.combine(REPOSITORY, renamed, [{ head: edits, digest: before.digest }]);
  assert.equal(asJudged, null);
});

test('a head without anything in common, one that is nowhere, and what is no commit are told apart', async () => {
  const alien = world.git(['commit-tree', '-m', 'Alien', `${one}^{tree}`]);
  world.git(['push', '--quiet', 'origin', `${alien}:refs/heads/alien`]);
  await assert.rejects(combine([one, alien]), kind('invalid'));
  await assert.rejects(combine([one, '1'.repeat(40)]), kind('missing'));
  await assert.rejects(combine([one], '1'.repeat(40)), kind('missing'));
  await assert.rejects(combine([one, 'main']), kind('invalid'));
});

test('it is pushed as any other branch', async () => {
  const head = await together(heads);
  const branch = 'heartline/batch/1-2-3-on-abc';
  await mirror.push({ repository: REPOSITORY, branch, head, expected: null });
  assert.equal(await mirror.remoteTip(REPOSITORY, branch), head);
  // What GitHub would merge is the very change that was made of them.
  assert.deepEqual((await mirror.diff(REPOSITORY, base, head))?.files.toSorted(), [
    'a.txt',
    'b.txt',
    'one.txt',
    'two.txt',
  ]);
});

const BRANCH = 'heartline/batch/7-8-on-abc';
const remove = (expected: string, branch = BRANCH): Promise<void> => mirror.deleteBranch(REPOSITORY, branch, expected);
const branches = (): readonly string[] =>
  world.git(['for-each-ref', '--format=%(refname:short)'], { cwd: world.remote }).split('\n');

test('a branch goes from where it is expected, and no other with it', async () => {
  world.git(['push', '--quiet', 'origin', `${one}:refs/heads/${BRANCH}`, `${one}:refs/heads/${BRANCH}-too`]);
  const before = branches();
  await remove(one);
  assert.deepEqual(
    branches(),
    before.filter((name) => name !== BRANCH),
  );
});

test('one that somebody moved stays where they put it', async () => {
  world.git(['push', '--quiet', 'origin', `${two}:refs/heads/${BRANCH}`]);
  await assert.rejects(remove(one), kind('conflict'));
  await assert.rejects(remove('1'.repeat(40)), kind('conflict'));
  assert.equal(await mirror.remoteTip(REPOSITORY, BRANCH), two);
  await remove(two);
});

test('one that is gone is as good as deleted', async () => {
  assert.equal(await mirror.remoteTip(REPOSITORY, BRANCH), null);
  const before = branches();
  await remove(two);
  await remove(one, 'heartline/batch/never-was');
  assert.deepEqual(branches(), before);
});

test('nothing else is deleted by a strange name', async () => {
  const before = branches();
  for (const branch of ['', 'HEAD', '--all', '*', 'main:main', '../main', 'x.lock'])
    await assert.rejects(remove(base, branch), kind('invalid'), branch);
  await assert.rejects(remove('main', 'main'), kind('invalid'));
  assert.deepEqual(branches(), before);
});

test('nothing of the hostile configuration ever ran', () => assert.equal(existsSync(world.tripwire), false));
