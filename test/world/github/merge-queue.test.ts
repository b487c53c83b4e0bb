// The merge queue: entries are tested on top of each other by real git, landed from the front, and thrown out for a reason.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readCommit } from './git/bare-repository.ts';
import type { MergeMethod } from './state.ts';
import { place, refusalOf, repository, startTestWorld } from './world-for-tests.ts';

const actions = { slug: 'github-actions', id: 15368 };
const rulesOf = (method: MergeMethod, entriesToBuildMax = 5) => ({
  requiredStatusChecks: { strict: true, checks: [{ context: 'test', appSlug: 'github-actions' }] },
  mergeQueue: { method, checkTimeoutMs: 60_000, entriesToBuildMax },
});

interface Place {
  readonly state: string;
  readonly position: number;
  readonly headCommit: { readonly oid: string } | null;
}

async function startQueue(t: TestContext, method: MergeMethod = 'merge', entriesToBuildMax = 5) {
  const both = await startTestWorld(t, { protection: rulesOf(method, entriesToBuildMax) });
  const { world, client, openPullRequest } = both;
  const bot = client('bot-token');
  const ended = (sha: string, conclusion: 'success' | 'failure') => {
    const run = world.checks.create(repository, actions, sha, 'test');
    world.checks.complete(repository, run, { conclusion, title: '', summary: '', log: '' });
  };
  const shown = async (number: number) => {
    const text = `query ($number: Int!) { repository(owner: "acme", name: "shop") { pullRequest(number: $number) {
      id isInMergeQueue isMergeQueueEnabled merged mergeCommit { oid } mergedBy { login }
      mergeQueueEntry { state position headCommit { oid } } } } }`;
    const answer = await bot.graphql<{
      readonly repository: {
        readonly pullRequest: {
          readonly id: string;
          readonly merged: boolean;
          readonly mergedBy: { readonly login: string } | null;
          readonly mergeCommit: { readonly oid: string } | null;
          readonly mergeQueueEntry: Place | null;
        };
      };
    }>(text, { number });
    return answer.repository.pullRequest;
  };
  return {
    ...both,
    bot,
    ended,
    shown,
    tip: () => world.state.repository(repository).refs.get('refs/heads/main'),
    group: async (number: number) => (await shown(number)).mergeQueueEntry?.headCommit?.oid ?? '',
    queued: async (branch: string) => {
      const made = await openPullRequest(branch, { [`${branch}.txt`]: `${branch}\n` });
      ended(made.sha, 'success');
      await world.idle();
      const { id } = await shown(made.number);
      await bot.graphql(
        'mutation ($id: ID!, $head: GitObjectID!) { enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { id state } } }',
        { id, head: made.sha },
      );
      await world.idle();
      return { ...made, id };
    },
    exits: () =>
      world.log.effects.flatMap((one) => (one.kind === 'queue-left' ? [[one.number, one.reason] as const] : [])),
  };
}

test('two entries stack: each is tested on top of what is before it, and they land one after the other', async (t) => {
  const { world, queued, shown, group, ended, tip, exits } = await startQueue(t);
  const before = tip();
  const [one, two] = [await queued('one'), await queued('two')];
  const [first, second] = [await group(one.number), await group(two.number)];
  const { directory } = world.state.repository(repository);
  assert.deepEqual((await readCommit(directory, first)).parents, [before, one.sha]);
  assert.deepEqual((await readCommit(directory, second)).parents, [first, two.sha]);
  const refs = [...world.state.repository(repository).refs.keys()].filter((ref) => ref.includes('gh-readonly-queue'));
  assert.deepEqual(refs, [
    `refs/heads/gh-readonly-queue/main/pr-${one.number}-${before}`,
    `refs/heads/gh-readonly-queue/main/pr-${two.number}-${first}`,
  ]);
  ended(second, 'success');
  await world.idle();
  assert.equal(tip(), before, 'what is behind never lands before what is in front');
  assert.equal((await shown(two.number)).mergeQueueEntry?.state, 'MERGEABLE');
  ended(first, 'success');
  await world.idle();
  assert.equal(tip(), second);
  const landed = await shown(one.number);
  assert.deepEqual(
    [landed.merged, landed.mergeCommit?.oid, landed.mergedBy?.login],
    [true, first, 'github-merge-queue'],
  );
  const merges = world.log.effects.flatMap((effect) => (effect.kind === 'merge' ? [effect] : []));
  assert.deepEqual(
    merges.map(({ actor, via, baseBefore, group }) => [actor, via, baseBefore, group]),
    [
      ['bot', 'queue', before, first],
      ['bot', 'queue', first, second],
    ],
  );
  assert.deepEqual(exits(), [
    [one.number, 'merged'],
    [two.number, 'merged'],
  ]);
});

test('a red group goes, and what was behind it is built and tested anew without it', async (t) => {
  const { world, queued, group, ended, tip, exits } = await startQueue(t);
  const before = tip() ?? '';
  const [one, two] = [await queued('one'), await queued('two')];
  const second = await group(two.number);
  ended(await group(one.number), 'failure');
  await world.idle();
  const again = await group(two.number);
  assert.notEqual(again, second);
  assert.deepEqual((await readCommit(world.state.repository(repository).directory, again)).parents, [before, two.sha]);
  ended(again, 'success');
  await world.idle();
  assert.equal(tip(), again);
  assert.deepEqual(exits(), [
    [one.number, 'failed-checks'],
    [two.number, 'merged'],
  ]);
});

for (const method of ['squash', 'rebase'] as const) {
  test(`the queue decides the method: ${method}`, async (t) => {
    const { world, queued, group, ended, tip } = await startQueue(t, method);
    const before = tip();
    const one = await queued('one');
    ended(await group(one.number), 'success');
    await world.idle();
    const landed = await readCommit(world.state.repository(repository).directory, tip() ?? '');
    assert.deepEqual(landed.parents, [before]);
  });
}

test('only so many are built at once, and the next is when a place is free', async (t) => {
  const { world, queued, shown, group, ended } = await startQueue(t, 'merge', 1);
  const [one, two] = [await queued('one'), await queued('two')];
  assert.equal((await shown(two.number)).mergeQueueEntry?.state, 'QUEUED');
  ended(await group(one.number), 'success');
  await world.idle();
  assert.equal((await shown(two.number)).mergeQueueEntry?.state, 'AWAITING_CHECKS');
});

test('an entry leaves when its head moves, it is closed, drafted, conflicts, waits too long or is taken out', async (t) => {
  const { world, clock, bot, queued, shown, group, ended, exits } = await startQueue(t);
  const leaves = async (branch: string, act: (made: { readonly number: number; readonly id: string }) => unknown) => {
    const made = await queued(branch);
    await act(made);
    await world.idle();
    const { mergeQueueEntry } = await shown(made.number);
    assert.equal(mergeQueueEntry, null, branch);
    return exits().at(-1)?.[1];
  };
  const files = { 'more.txt': 'more\n' };
  assert.equal(
    await leaves('push', () => world.act.pushCommit(repository, 'push', 'ann', { files, message: 'More' })),
    'head-changed',
  );
  assert.equal(await leaves('close', ({ number }) => world.act.close(repository, number, 'ann')), 'closed');
  assert.equal(await leaves('draft', ({ number }) => world.act.convertToDraft(repository, number, 'ann')), 'drafted');
  const out = 'mutation ($id: ID!) { dequeuePullRequest(input: { id: $id }) { mergeQueueEntry { position } } }';
  assert.equal(await leaves('out', ({ id }) => bot.graphql(out, { id })), 'dequeued');
  assert.equal(
    await leaves('late', () => {
      clock.now += 61_000;
    }),
    'checks-timed-out',
  );
  const [mine, theirs] = [await queued('mine'), await queued('theirs')];
  await world.act.pushCommit(repository, 'main', 'acme', { files: { 'theirs.txt': 'clash\n' }, message: 'Clash' });
  ended(await group(mine.number), 'success');
  await world.idle();
  assert.deepEqual(exits().slice(-2), [
    [theirs.number, 'merge-conflict'],
    [mine.number, 'merged'],
  ]);
});

test('the queue takes only what may be merged, and there is no other way in', async (t) => {
  const { world, client, bot, openPullRequest, ended, shown } = await startQueue(t);
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const { id } = await shown(number);
  const text =
    'mutation ($id: ID!, $head: GitObjectID) { enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { id } } }';
  const enqueue = (head: string = sha, who = bot) => refusalOf(who.graphql(text, { id, head }));
  assert.match((await enqueue()).message, /"test" is expected/);
  ended(sha, 'success');
  assert.match((await enqueue('1'.repeat(40))).message, /expected head/);
  assert.match((await enqueue(sha, client('reader-token'))).message, /permission/);
  await world.act.convertToDraft(repository, number, 'ann');
  assert.match((await enqueue()).message, /draft/);
  await world.act.readyForReview(repository, number, 'ann');
  const direct = await refusalOf(bot.rest.pulls.merge({ ...place, pull_number: number, sha }));
  assert.deepEqual([direct.status, /through the merge queue/.test(direct.message)], [405, true]);
  await world.act.enqueue(repository, number, 'ann');
  assert.match((await enqueue()).message, /already in the queue/);
  await world.act.setProtection(repository, 'main', 'acme', { requiredStatusChecks: { strict: false, checks: [] } });
  await world.idle();
  assert.match((await enqueue()).message, /not enabled/);
});

test('a ruleset is shown to every reader and binds admins too', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t);
  await world.act.setRuleset(repository, 'main', 'acme', {
    ...rulesOf('squash'),
    requiredApprovingReviewCount: 1,
    requireConversationResolution: true,
  });
  const rules = (await client('reader-token').rest.repos.getBranchRules({ ...place, branch: 'main' })).data;
  assert.deepEqual(
    rules.map((rule) => rule.type),
    ['pull_request', 'required_status_checks', 'merge_queue'],
  );
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const refused = await refusalOf(world.act.merge(repository, number, 'acme'));
  assert.equal(refused.status, 405);
  assert.match(refused.message, /merge queue.*"test" is expected.*approving review/);
});
