/** What a merge queue of the forge landed, by each method and with the base moved on: right, and wrong in every way we know. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const { git } = world;
const tree = (commit: string): string => git(['rev-parse', `${commit}^{tree}`]);
const mirror = world.mirror();

const older = world.commit('main', { 'a.txt': 'one\ntwo\nthree\n' });
const base = world.commit('main', { 'b.txt': 'b\n' });
// The second commit goes over the line of the first: between the two there is nothing that the head merges with cleanly.
const first = world.commit('work', { 'a.txt': 'one\nTWO\nthree\n' }, { from: 'main' });
const head = world.commit('work', { 'a.txt': 'one\n2\nthree\n', 'c.txt': 'c\n' });
// Somebody else's change came in between, so the queue tests what no pull request holds.
const earlier = world.commit('main', { 'd.txt': 'd\n' });
await mirror.refresh(REPOSITORY);

const whole = git(['merge-tree', '--write-tree', earlier, head]);
const half = git(['merge-tree', '--write-tree', earlier, first]);

/** A tree with some files otherwise; null takes one away. */
function changed(from: string, files: Readonly<Record<string, string | null>>): string {
  git(['read-tree', from]);
  for (const [path, content] of Object.entries(files)) {
    if (content === null) git(['rm', '--quiet', '--cached', path]);
    else {
      const blob = git(['hash-object', '-w', '--stdin'], { input: content });
      git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`]);
    }
  }
  return git(['write-tree']);
}

/** A commit of the queue's own. */
function made(from: string, ...parents: readonly string[]): string {
  return git(['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-m', 'Landed by the queue', from]);
}

/** A commit of the pull request put on another parent, as rebasing does: author, date and words stay. */
function replayed(commit: string, from: string, parent: string): string {
  const raw = git(['cat-file', 'commit', commit]);
  const author = raw.split('\n').find((line) => line.startsWith('author '));
  const words = raw.slice(raw.indexOf('\n\n') + 2);
  const input = `tree ${from}\nparent ${parent}\n${author}\ncommitter GitHub <noreply@github.com> 1700000000 +0000\n\n${words}\n`;
  return git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input });
}

/** The queue puts it on main. */
async function verify(mergeCommit: string, tested = head, judged = base): Promise<string | null> {
  git(['push', '--quiet', '--force', 'origin', `${mergeCommit}:refs/heads/main`]);
  const claim = { baseBranch: 'main', mergeCommit, base: judged, head: tested, method: 'queue' } as const;
  return mirror.verifyMerge({ repository: REPOSITORY, ...claim });
}

const rebased = (onto: string, firstTree: string, lastTree: string): string =>
  replayed(head, lastTree, replayed(first, firstTree, onto));

const FINE: readonly (readonly [string, () => string])[] = [
  ['a merge commit', () => made(whole, earlier, head)],
  ['a squash', () => made(whole, earlier)],
  ['a rebase of both commits', () => rebased(earlier, half, whole)],
  [
    'a rebase in a group, on top of what another pull request landed',
    () => {
      const other = made(changed(tree(earlier), { 'e.txt': 'e\n' }), earlier);
      return rebased(other, changed(half, { 'e.txt': 'e\n' }), changed(whole, { 'e.txt': 'e\n' }));
    },
  ],
];
for (const [name, land] of FINE) {
  test(`fine: ${name}`, async () => {
    assert.equal(await verify(land()), null);
  });
}

test('the tested head itself is named: fine where it was put on the branch as it is, seen where it came in by a merge', async () => {
  assert.equal(await verify(head), null);
  const merged = made(changed(whole, { 'x.txt': 'x\n' }), earlier, head);
  git(['push', '--quiet', '--force', 'origin', `${merged}:refs/heads/main`]);
  await mirror.refresh(REPOSITORY);
  const claim = { baseBranch: 'main', mergeCommit: head, base, head, method: 'queue' } as const;
  assert.match(
    (await mirror.verifyMerge({ repository: REPOSITORY, ...claim })) ?? 'nothing seen',
    /named .* came in by/,
  );
});

test('fine: a rebase of a head that took its base in on the way, whose merge is left out', async () => {
  const updated = git(['commit-tree', '-p', head, '-p', earlier, '-m', 'Bring up to date', whole]);
  const last = git(['commit-tree', '-p', updated, '-m', 'More', changed(whole, { 'c.txt': 'C\n' })]);
  git(['push', '--quiet', '--force', 'origin', `${last}:refs/heads/work`]);
  const landed = replayed(last, tree(last), rebased(earlier, half, whole));
  assert.equal(await verify(landed, last), null);
  const lost = replayed(last, tree(last), replayed(head, whole, earlier));
  assert.equal(await verify(lost, last), null, 'a commit that became empty is dropped');
});

test('what it takes back of commits that came to the base by another way is seen, and what it only goes on from is fine', async () => {
  const guard = made(changed(tree(older), { 'guard.txt': 'g\n' }), older);
  const onto = made(changed(tree(earlier), { 'guard.txt': 'g\n' }), earlier, guard);
  // A merge of main and of somebody's open branch that leaves out what that brings: judged on main it is one line.
  const crafted = made(changed(tree(earlier), { 'b.txt': 'innocent\n' }), earlier, guard);
  const taken = made(git(['merge-tree', '--write-tree', onto, crafted]), onto, crafted);
  assert.match((await verify(taken, crafted, earlier)) ?? 'nothing seen', /changes guard\.txt, which was not judged/);
  const half = made(changed(tree(earlier), { 'a.txt': 'one\nTWO\nthree\n' }), earlier, first);
  assert.equal(await verify(made(whole, half, head)), null);
});

const WRONG: readonly (readonly [string, () => string, RegExp])[] = [
  ['a rebase that lost its last commit', () => replayed(first, half, earlier), /are not those of/],
  [
    'a rebase that dropped a file of the change',
    () => rebased(earlier, half, changed(whole, { 'c.txt': null })),
    /are not those of/,
  ],
  [
    'a rebase that dropped what landed earlier',
    () => rebased(earlier, changed(half, { 'd.txt': null }), changed(whole, { 'd.txt': null })),
    /are not those of/,
  ],
  [
    'a squash that dropped what landed earlier, and so fits the commit before that',
    () => made(changed(whole, { 'd.txt': null }), earlier),
    /are not those of/,
  ],
  [
    'a merge that dropped what landed earlier',
    () => made(changed(whole, { 'd.txt': null }), earlier, head),
    /are not those of/,
  ],
  ['a rebase that landed nothing', () => rebased(earlier, tree(earlier), tree(earlier)), /are not those of/],
  [
    'a rebase with content that was in no pull request',
    () => rebased(earlier, half, changed(whole, { 'x.txt': 'x\n' })),
    /are not those of/,
  ],
  [
    'a rebase with a commit that was in no pull request',
    () => rebased(earlier, changed(half, { 'x.txt': 'x\n' }), changed(whole, { 'x.txt': 'x\n' })),
    /are not those of/,
  ],
  [
    'a rebase with a stranger in between',
    () => replayed(head, changed(whole, { 'x.txt': 'x\n' }), made(changed(half, { 'x.txt': 'x\n' }), earlier)),
    /do not merge cleanly|are not those of/,
  ],
  [
    'a rebase onto a base older than the one that was judged',
    () => rebased(older, tree(first), changed(tree(head), { 'b.txt': null })),
    /does not contain/,
  ],
  ['a merge onto such a base', () => made(changed(tree(head), { 'b.txt': null }), older, head), /does not contain/],
  ['a squash onto such a base', () => made(changed(tree(head), { 'b.txt': null }), older), /does not contain/],
  ['a merge of another head', () => made(half, earlier, first), /was tested but .* was merged/],
  ['a commit without a past', () => made(whole), /replaces the branch's history/],
];
for (const [name, land, difference] of WRONG) {
  test(`seen: ${name}`, async () => {
    assert.match((await verify(land())) ?? 'nothing seen', difference);
  });
}
