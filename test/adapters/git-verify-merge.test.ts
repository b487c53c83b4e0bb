/** What landed against what was tested, per merge method, on merges that real git made. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MergeMethod } from '../../src/domain/pull-request.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const base = world.commit('main', { 'a.txt': 'one\ntwo\nthree\n' });
world.commit('feature', { 'b.txt': 'b\n' }, { from: 'main' });
const head = world.commit('feature', { 'c.txt': 'c\n' });
const other = world.commit('other', { 'd.txt': 'sneaked in\n' }, { from: 'main' });
const headTree = world.git(['rev-parse', `${head}^{tree}`]);
const otherTree = world.git(['merge-tree', '--write-tree', head, other]);
const mirror = world.mirror();
await mirror.refresh(REPOSITORY);

/** Puts a commit on main, as GitHub's merge button would. */
function land(tree: string, ...parents: string[]): string {
  const commit = world.git(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-m', 'land', tree]);
  world.git(['push', '--quiet', '--force', 'origin', `${commit}:refs/heads/main`]);
  return commit;
}

function verify(method: MergeMethod, mergeCommit: string, from = base, tested = head): Promise<string | null> {
  return mirror.verifyMerge({
    repository: REPOSITORY,
    baseBranch: 'main',
    mergeCommit,
    base: from,
    head: tested,
    method,
  });
}

const first = world.git(['rev-parse', `${head}^`]);
const firstTree = world.git(['rev-parse', `${first}^{tree}`]);

const CASES: readonly (readonly [string, MergeMethod, () => string, RegExp | null])[] = [
  ['a merge commit of base and head', 'merge', () => land(headTree, base, head), null],
  ['a merge onto a base that moved', 'merge', () => land(otherTree, other, head), /tested on base .* but merged onto/],
  ['a merge of another head', 'merge', () => land(headTree, base, first), /was tested but .* was merged/],
  ['a merge with other files', 'merge', () => land(otherTree, base, head), /differ from what was tested/],
  ['a squash that calls itself a merge', 'merge', () => land(headTree, base), /a merge commit has two/],
  ['a squash on the tested base', 'squash', () => land(headTree, base), null],
  ['a squash onto a base that moved', 'squash', () => land(otherTree, other), /tested on base .* but merged onto/],
  ['a squash with other files', 'squash', () => land(firstTree, base), /differ from what was tested/],
  [
    'a merge commit that calls itself a squash',
    'squash',
    () => land(headTree, base, head),
    /a squashed commit has one/,
  ],
  ['a rebase of both commits', 'rebase', () => land(headTree, land(firstTree, base)), null],
  ['a rebase that lost a commit', 'rebase', () => land(firstTree, base), /differ from what was tested/],
  [
    'a rebase onto a base that moved',
    'rebase',
    () => land(otherTree, land(firstTree, other)),
    /differ|commit\(s\) landed/,
  ],
  ['a rebase on nothing of ours', 'rebase', () => land(headTree), /does not contain/],
  [
    'a rebase with one more commit',
    'rebase',
    () => land(headTree, land(headTree, land(firstTree, base))),
    /3 commit\(s\) landed/,
  ],
  [
    'a rebase with a merge inside',
    'rebase',
    () => land(headTree, land(headTree, base, head)),
    /a merge commit lies between/,
  ],
];

for (const [name, method, make, difference] of CASES) {
  test(`${difference === null ? 'fine' : 'seen'}: ${name}`, async () => {
    const verdict = await verify(method, make());
    if (difference === null) assert.equal(verdict, null);
    else assert.match(verdict ?? 'nothing seen', difference);
  });
}

test('a head behind its base is held to a clean merge of the two', async () => {
  const moved = land(world.git(['rev-parse', `${other}^{tree}`]), base);
  await mirror.refresh(REPOSITORY);
  assert.equal(await verify('merge', land(otherTree, moved, head), moved), null);
  assert.match((await verify('merge', land(headTree, moved, head), moved)) ?? '', /differ/);
});

test('a merge commit that is not on the branch is no merge', async () => {
  const stray = world.git(['commit-tree', '-p', base, '-p', head, '-m', 'stray', headTree]);
  land(headTree, base, head);
  assert.match((await verify('merge', stray)) ?? '', /is not on main/);
  assert.match((await verify('merge', '3'.repeat(40))) ?? '', /is not on main/);
});
