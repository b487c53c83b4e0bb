// What is done about a batch outside: put together and opened, gone on with after a cut-off try, and cleared away again
// without touching what a person put there.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { batchBranch, batchKey } from '../../src/decide/batch.ts';
import type { DropBatch, OpenBatch } from '../../src/domain/action.ts';
import { baseSubject } from '../../src/domain/run.ts';
import { createMirror } from '../../src/git/mirror.ts';
import { dropBatch } from '../../src/heartbeat/outside/drop-batch.ts';
import { openBatch } from '../../src/heartbeat/outside/open-batch.ts';
import { type Hands, writeOutside } from '../../src/heartbeat/outside/outside-write.ts';
import { createTracker } from '../../src/linear/create-tracker.ts';
import { forgeForTest, SHOP } from '../adapters/github-for-test.ts';
import { temporaryFolder, temporaryStore } from '../store/temporary-store.ts';
import type { Call, Fault } from '../world/faults.ts';

const opening = (call: Call): boolean => call.operation.startsWith('POST') && call.operation.endsWith('/pulls');
const pushing = (call: Call): boolean => call.service === 'git' && call.operation === 'push';
const LONG_MS = 3_600_000;

/** Two changes by people on a base that moved since, and whoever puts them together. */
async function batchForTest(t: TestContext) {
  let cut: { readonly which: (call: Call) => boolean; readonly fault: Fault } | null = null;
  const { forge, world, now, passTime, change } = await forgeForTest(t, {
    world: { fault: (call) => (cut?.which(call) === true ? cut.fault : null) },
  });
  const changes = [await change('one'), await change('two')];
  const files = { 'base.js': 'moved\n' };
  const base = await world.act.pushCommit(SHOP, 'main', 'ada', { files, message: 'Move the base' });
  const seen = createMirror({
    root: temporaryFolder(t),
    remote: () => ({ url: world.gitUrl('acme', 'shop'), token: 'token-of-bot' }),
    timeoutMs: 10_000,
  });
  await seen.refresh(SHOP);
  const members = await Promise.all(
    changes.map(async ({ number, head }) => {
      const { digest = '' } = (await seen.diff(SHOP, base, head)) ?? {};
      return { number, head, digest };
    }),
  );
  const store = await temporaryStore(t);
  const key = batchKey(SHOP, 'main', base, members);
  const marker = `<!-- heartline:${key} -->`;
  const common = {
    repository: SHOP,
    base,
    members,
    branch: batchBranch({ base, members }),
    subject: baseSubject(SHOP, 'main'),
    reason: 'They are ready.',
  };
  const open: OpenBatch = {
    ...common,
    kind: 'open-batch',
    key,
    baseBranch: 'main',
    title: 'Batch',
    body: `Two.\n\n${marker}`,
    marker,
  };
  const drop: DropBatch = { ...common, kind: 'drop-batch', key: `drop:stale:${key}` };
  let lives = 0;

  /** As a process that was just started: nothing of an earlier one but the rows, and git's folder is empty. */
  function life(): Hands {
    lives += 1;
    return {
      clock: { now },
      journal: store.as(`life ${lives}`),
      tracker: createTracker({ now, timeoutMs: 1_000, apiKey: 'k', apiUrl: 'http://127.0.0.1:9', sweepMs: 1 }),
      forge,
      mirror: createMirror({
        root: temporaryFolder(t),
        remote: () => ({ url: world.gitUrl('acme', 'shop'), token: 'token-of-bot' }),
        timeoutMs: 10_000,
      }),
    };
  }

  const repository = () => world.state.repository(SHOP);
  return {
    world,
    base,
    members,
    branch: common.branch,
    open: (hands: Hands = life()) => writeOutside(open, openBatch, hands),
    drop: (hands: Hands = life()) => writeOutside(drop, dropBatch, hands),
    life,
    /** Until mended: git itself asks once more when a connection breaks, so one broken call is nothing to it. */
    breaks: (which: (call: Call) => boolean, fault: Fault): void => {
      cut = { which, fault };
    },
    /** So much later that nothing is waited for any more. */
    mended: (): void => {
      cut = null;
      passTime(LONG_MS);
    },
    effect: () => store.journal.effect(key),
    dropped: () => store.journal.effect(drop.key),
    tip: () => repository().refs.get(`refs/heads/${common.branch}`) ?? null,
    pull: (number: number) => repository().pullRequests.get(number),
    /** Those by the bot: people opened the members'. */
    opened: () =>
      world.log.effects.flatMap((one) =>
        one.kind === 'pull-request-created' && one.actor === 'heartline' ? [one] : [],
      ),
    pushes: () => world.log.effects.filter((one) => one.kind === 'push' && one.via === 'git'),
  };
}

type BatchForTest = Awaited<ReturnType<typeof batchForTest>>;

/** One branch that nobody had, one pull request of it, and the ledger knows both. */
async function assertOpenedOnce({ opened, effect, tip, pull, pushes, members, world }: BatchForTest): Promise<number> {
  const [made, ...more] = opened();
  assert.ok(made);
  assert.deepEqual(more, []);
  const head = tip();
  assert.equal(pushes().length, 1, 'pushed once');
  assert.deepEqual([made.sha, made.base, made.draft, pull(made.number)?.headSha], [head, 'main', false, head]);
  assert.equal((await effect())?.outsideId, `${made.number}@${head}`);
  for (const { number, head: theirs } of members)
    assert.deepEqual(
      [pull(number)?.state, pull(number)?.headSha],
      ['open', theirs],
      'nothing was pushed to its members',
    );
  assert.deepEqual(world.violations, []);
  return made.number;
}

test('a batch is one branch and one pull request, whatever is asked again', async (t) => {
  const batch = await batchForTest(t);
  assert.equal(await batch.open(), 'done');
  assert.equal(await batch.open(), 'already');
  await assertOpenedOnce(batch);
});

const CUT_OFF: readonly (readonly [string, (call: Call) => boolean, Fault])[] = [
  ['before the push', pushing, { kind: 'refuse' }],
  ['after the push', pushing, { kind: 'effect-then-lost' }],
  ['before it was opened', opening, { kind: 'refuse' }],
  ['after it was opened', opening, { kind: 'effect-then-lost' }],
];
for (const [when, which, fault] of CUT_OFF)
  test(`a try that was cut off ${when} is gone on with by the next life`, async (t) => {
    const batch = await batchForTest(t);
    batch.breaks(which, fault);
    assert.equal(await batch.open(), 'failed');
    assert.equal((await batch.effect())?.refused, false);
    batch.mended();
    assert.equal(await batch.open(), 'done');
    await assertOpenedOnce(batch);
  });

test('a request that arrives twice opens one', async (t) => {
  const batch = await batchForTest(t);
  batch.breaks(opening, { kind: 'duplicate' });
  assert.equal(await batch.open(), 'done');
  await assertOpenedOnce(batch);
});

test('a person pushes to it before its answer is known: what the ledger names is ours, not theirs', async (t) => {
  const batch = await batchForTest(t);
  batch.breaks(opening, { kind: 'effect-then-lost' });
  assert.equal(await batch.open(), 'failed');
  const ours = batch.tip();
  const theirs = await batch.world.act.pushCommit(SHOP, batch.branch, 'ada', {
    files: { 'more.js': 'more\n' },
    message: 'More',
  });
  batch.mended();
  assert.equal(await batch.open(), 'done');
  assert.equal((await batch.effect())?.outsideId, `${batch.opened()[0]?.number}@${ours}`);
  assert.equal(batch.tip(), theirs);
});

test('a branch of that name that holds something else is not pushed over, and nothing is opened from it', async (t) => {
  const batch = await batchForTest(t);
  const theirs = await batch.world.act.pushCommit(SHOP, batch.branch, 'ada', {
    files: { 'mine.js': 'mine\n' },
    message: 'Mine',
  });
  assert.equal(await batch.open(), 'failed');
  assert.equal(batch.tip(), theirs);
  assert.deepEqual(batch.opened(), []);
  assert.match((await batch.effect())?.lastError ?? '', /the branch moved meanwhile/);
});

test('a pull request that a person opened from that branch is not taken for ours', async (t) => {
  const batch = await batchForTest(t);
  batch.breaks(opening, { kind: 'refuse' });
  assert.equal(await batch.open(), 'failed');
  await batch.world.act.openPullRequest(SHOP, 'ada', { head: batch.branch, title: 'Mine' });
  batch.mended();
  assert.equal(await batch.open(), 'failed');
  assert.deepEqual(batch.opened(), []);
  assert.equal((await batch.effect())?.outsideId, null);
});

test('heads that do not merge cleanly are refused for good, and nothing is pushed', async (t) => {
  const batch = await batchForTest(t);
  const { act } = batch.world;
  // Pushed over: the member's head is a commit that changes what the other one changes.
  const head = await act.pushCommit(SHOP, 'two', 'ada', { files: { 'one.js': 'other\n' }, message: 'Clash' });
  const members = [batch.members[0] ?? { number: 0, head: '', digest: '' }, { number: 2, head, digest: 'other' }];
  const key = batchKey(SHOP, 'main', batch.base, members);
  const hands = batch.life();
  const action: OpenBatch = {
    ...{ kind: 'open-batch', key, repository: SHOP, baseBranch: 'main', base: batch.base, members },
    ...{ branch: batch.branch, title: 'Batch', body: key, marker: key, subject: baseSubject(SHOP, 'main') },
    reason: 'They are ready.',
  };
  assert.equal(await writeOutside(action, openBatch, hands), 'failed');
  const effect = await hands.journal.effect(key);
  assert.deepEqual([effect?.refused, batch.tip()], [true, null]);
  assert.match(effect?.lastError ?? '', /they do not merge cleanly/);
});

test('dropped, its branch is gone and GitHub closed its pull request, and its members are as they were', async (t) => {
  const batch = await batchForTest(t);
  await batch.open();
  const number = await assertOpenedOnce(batch);
  assert.equal(await batch.drop(), 'done');
  assert.equal((await batch.dropped())?.outsideId, 'deleted');
  assert.deepEqual([batch.tip(), batch.pull(number)?.state, batch.pull(number)?.merged], [null, 'closed', null]);
  for (const member of batch.members) assert.equal(batch.pull(member.number)?.state, 'open');
});

test('a drop whose answer was lost is gone on with: what is gone is as good', async (t) => {
  const batch = await batchForTest(t);
  await batch.open();
  batch.breaks(pushing, { kind: 'effect-then-lost' });
  assert.equal(await batch.drop(), 'failed');
  assert.equal(batch.tip(), null);
  batch.mended();
  assert.equal(await batch.drop(), 'done');
  assert.equal((await batch.dropped())?.outsideId, 'gone');
});

test('a person was faster: nothing is deleted a second time', async (t) => {
  const batch = await batchForTest(t);
  await batch.open();
  await batch.world.act.deleteBranch(SHOP, batch.branch, 'ada');
  assert.equal(await batch.drop(), 'done');
  assert.equal((await batch.dropped())?.outsideId, 'gone');
});

test('one that never came to be has nothing to clear away', async (t) => {
  const batch = await batchForTest(t);
  batch.breaks(pushing, { kind: 'refuse' });
  assert.equal(await batch.open(), 'failed');
  assert.equal(await batch.drop(), 'done');
  assert.equal((await batch.dropped())?.outsideId, 'gone');
  assert.deepEqual(batch.pushes(), []);
});

test('pushed and never opened, its branch is cleared away all the same', async (t) => {
  const batch = await batchForTest(t);
  batch.breaks(opening, { kind: 'refuse' });
  assert.equal(await batch.open(), 'failed');
  assert.notEqual(batch.tip(), null);
  assert.equal(await batch.drop(), 'done');
  assert.equal(batch.tip(), null);
});

test('a branch that a person pushed to is left as it is, and so is its pull request', async (t) => {
  const batch = await batchForTest(t);
  await batch.open();
  const number = await assertOpenedOnce(batch);
  const theirs = await batch.world.act.pushCommit(SHOP, batch.branch, 'ada', {
    files: { 'more.js': 'more\n' },
    message: 'More',
  });
  assert.equal(await batch.drop(), 'done');
  assert.equal((await batch.dropped())?.outsideId, 'left');
  assert.deepEqual([batch.tip(), batch.pull(number)?.state, batch.pull(number)?.headSha], [theirs, 'open', theirs]);
});
