// Everything that can go wrong between the bot and the outside, at every write of one ticket: still exactly one of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { Call, Fault, FaultSwitch } from '../world/faults.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { approving, BYE, devWriting, HELLO, wellBehaved } from './agents.ts';
import { assertOnceEach, isDone, isOpened, ofKind } from './outside.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

/**
 * Hits calls of each operation: every one; every other, so that the try after it is let through; or the first only, for
 * reads, of which many must go well in a row before anything follows.
 */
function everywhere(fault: Fault, which: 'every' | 'odd' | 'first', wanted: (call: Call) => boolean) {
  const counts = new Map<string, number>();
  const hit = new Set<string>();
  const ask: FaultSwitch = (call) => {
    if (!wanted(call)) return null;
    const name = `${call.service} ${call.operation}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if ((which === 'odd' && count % 2 === 0) || (which === 'first' && count > 1)) return null;
    hit.add(name);
    return fault;
  };
  return { ask, hit };
}

const isWrite = (call: Call): boolean => call.write;
const isOutsideRead = (call: Call): boolean => !call.write && call.service !== 'model';

const kinds: readonly (readonly [string, Fault, 'every' | 'odd' | 'first', (call: Call) => boolean])[] = [
  ['refused connections', { kind: 'refuse' }, 'odd', isWrite],
  ['hung connections', { kind: 'timeout-before-effect', hangMs: 30 }, 'odd', isWrite],
  ['effects with lost answers', { kind: 'effect-then-lost' }, 'odd', isWrite],
  ['slow answers', { kind: 'slow', delayMs: 30 }, 'every', isWrite],
  // Reviews have no key at GitHub: one that a network doubles stands twice, whatever a client does.
  [
    'requests that arrive twice',
    { kind: 'duplicate' },
    'every',
    (call) => isWrite(call) && call.service !== 'git' && !call.operation.endsWith('/reviews'),
  ],
  ['answers 502', { kind: 'status', status: 502 }, 'odd', isWrite],
  ['limits', { kind: 'limit', resetInMs: 5_000 }, 'odd', isWrite],
  ['answers that cannot be read', { kind: 'malformed' }, 'odd', isWrite],
  ['stale reads', { kind: 'stale' }, 'first', isOutsideRead],
  ['reads refused', { kind: 'refuse' }, 'first', isOutsideRead],
  ['reads answered 500', { kind: 'status', status: 500 }, 'first', isOutsideRead],
  ['reads limited', { kind: 'limit', resetInMs: 5_000 }, 'first', isOutsideRead],
  ['reads that cannot be read', { kind: 'malformed' }, 'first', isOutsideRead],
];

for (const [what, fault, which, wanted] of kinds) {
  test(`${what}, at every kind of call: two issues in one lane still end merged, once each`, room, async (t) => {
    const { ask, hit } = everywhere(fault, which, wanted);
    const story = await startStory({
      issues: [HELLO, BYE],
      fault: ask,
      // Real seconds: how long an answer that never ends is listened to.
      settings: { timeouts: { linearSeconds: 3, githubSeconds: 3, gitSeconds: 5, modelIdleSeconds: 3 } },
      script: byRole({
        dev: byIssueKey({
          'ENG-1': devWriting('src/hello.js', 'export const hello = 1;\n'),
          'ENG-2': devWriting('src/bye.js', 'export const bye = 1;\n'),
        }),
        review: approving,
      }),
    });
    t.after(story.end);
    const { world } = story;
    await story.until('both are Done', () => isDone(world, 'ENG-1') && isDone(world, 'ENG-2'));
    await story.rest();
    for (const key of ['ENG-1', 'ENG-2']) assertOnceEach(world, key);
    assert.equal(ofKind(world, 'pull-request-created').length, 2);
    assert.deepEqual((await story.status()).frozen, {});
    if (wanted !== isOutsideRead) assert.ok(hit.size >= 9, [...hit].join(', '));
  });
}

/** Down from the story's start until it says otherwise. */
function outage(service: Call['service'] | 'git', fault: Fault) {
  const state = { down: true };
  const ask: FaultSwitch = (call) => (state.down && call.service === service ? fault : null);
  return { state, ask };
}

for (const service of ['linear', 'github'] as const) {
  for (const fault of [
    { kind: 'refuse' },
    { kind: 'status', status: 500 },
    { kind: 'limit', resetInMs: 60_000 },
    { kind: 'malformed' },
  ] as const) {
    test(
      `${service} is away (${fault.kind}): nothing is decided, the status says so, and then it goes on`,
      room,
      async (t) => {
        const { state, ask } = outage(service, fault);
        const story = await startStory({ issues: [HELLO], fault: ask, script: wellBehaved });
        t.after(story.end);
        const { world } = story;
        await story.rest();
        const { reads } = await story.status();
        const reason = service === 'linear' ? reads.linear : reads.repositories['acme/cart'];
        assert.ok(reason !== null && reason !== undefined, 'the failed read is told');
        const other = service === 'linear' ? reads.repositories['acme/cart'] : reads.linear;
        assert.equal(other, null, 'and the good one is not blamed');
        assert.deepEqual(world.linear.log, [], 'nothing was done');
        assert.equal(world.models.totals.calls, 0);
        state.down = false;
        await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
        assert.equal((await story.status()).reads.linear, null);
        assertOnceEach(world, 'ENG-1');
      },
    );
  }
}

for (const [service, what] of [
  ['linear', 'Linear'],
  ['github', 'acme/cart'],
] as const) {
  test(
    `${service} no longer takes the token: people hear it at once and once, and when it does again`,
    room,
    async (t) => {
      const { state, ask } = outage(service, { kind: 'status', status: 401 });
      const story = await startStory({ issues: [HELLO], fault: ask, script: wellBehaved });
      t.after(story.end);
      await story.rest();
      const heard = (words: string): number =>
        story.reports.filter((line) => line.startsWith(`${what} ${words}`)).length;
      assert.equal(heard('cannot be read since'), 1, story.reports.join('\n'));
      assert.equal(story.log.filter((line) => line.includes(`${what} cannot be read since`)).length, 1);
      state.down = false;
      await story.until('ENG-1 is Done', () => isDone(story.world, 'ENG-1'));
      assert.deepEqual([heard('cannot be read since'), heard('can be read again')], [1, 1]);
    },
  );
}

for (const service of ['linear', 'github', 'git'] as const) {
  test(`${service} goes away in mid-run: what runs is kept, and it goes on when it is back`, room, async (t) => {
    const { state, ask } = outage(service, { kind: 'refuse' });
    state.down = false;
    const story = await startStory({ issues: [HELLO], fault: ask, script: wellBehaved, modelLatencyMs: 20 });
    t.after(story.end);
    const { world } = story;
    await story.until('the dev is at work', () => world.models.log.length >= 1);
    state.down = true;
    await story.rest();
    assert.equal(stateOf(world, 'ENG-1'), 'In Progress');
    assert.equal(isOpened(world), false);
    assert.equal(
      (await story.status()).issues.some((issue) => issue.phase === 'parked' || issue.phase === 'cancelled'),
      false,
    );
    state.down = false;
    await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
    assertOnceEach(world, 'ENG-1');
  });
}

test('each create call is posted exactly once after a 502 whose effect happened', room, async (t) => {
  const lost = new Set<string>();
  const story = await startStory({
    issues: [HELLO],
    script: wellBehaved,
    fault: (call) => {
      if (!call.write || call.service === 'model' || lost.has(call.operation)) return null;
      lost.add(call.operation);
      return { kind: 'effect-then-lost' };
    },
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assertOnceEach(world, 'ENG-1');
  const { requests } = world.github.log;
  const posts = (path: RegExp): number =>
    requests.filter((one) => one.method === 'POST' && one.kind === 'rest' && path.test(one.path)).length;
  assert.equal(posts(/\/pulls$/), 1);
  assert.equal(posts(/\/reviews$/), 1);
  assert.equal(posts(/\/statuses\//), 2, 'the review and the audit');
  assert.equal(requests.filter((one) => one.method === 'PUT' && /\/merge$/.test(one.path)).length, 1);
  assert.equal(world.linear.requests.filter((one) => one.rootFields.includes('commentCreate')).length, 1);
});

test('a merge that GitHub refuses is weighed anew and not hammered', room, async (t) => {
  // A rule that the bot cannot meet: an approval by somebody else, with one identity.
  const story = await startStory({ issues: [HELLO], script: wellBehaved });
  t.after(story.end);
  const { world } = story;
  await world.github.act.setProtection('acme/cart', 'main', 'ada', {
    requiredStatusChecks: { strict: true, checks: [{ context: 'test', appSlug: 'github-actions' }] },
    requiredApprovingReviewCount: 1,
    enforceAdmins: true,
  });
  await story.until(
    'it is told to a person',
    () =>
      story.reports.some((line) => /ENG-1 is parked/.test(line)) ||
      /\*\*Parked/.test(world.linear.state.comments[0]?.body ?? ''),
  );
  await story.rest();
  const merges = world.github.log.requests.filter((one) => /\/merge$/.test(one.path));
  assert.ok(merges.length >= 1 && merges.length <= 3, `${merges.length} merge calls`);
  assert.ok(merges.every((one) => one.status === 405));
  await world.github.act.review('acme/cart', 1, 'grace', { event: 'APPROVE' });
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});
