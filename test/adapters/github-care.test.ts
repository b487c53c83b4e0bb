/** Looking after a pull request: the merge queue, checks run once more, labels, drafts, answers and settled threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../src/domain/pull-request.ts';
import { ACTIONS, forgeForTest, SHOP } from './github-for-test.ts';

const queued = {
  requiredStatusChecks: { strict: true, checks: [{ context: 'test', appSlug: 'github-actions' }] },
  mergeQueue: { method: 'squash', checkTimeoutMs: 60_000, entriesToBuildMax: 5 },
} as const;
const ended = (conclusion: 'success' | 'failure') => ({ conclusion, title: '', summary: '', log: '' });

test('a pull request is queued at its head, watched on its way, and never merged past the queue', async (context) => {
  const { forge, world, change } = await forgeForTest(context, { protection: { ...queued, enforceAdmins: true } });
  const { number, head } = await change('paint');
  const request = { repository: SHOP, number, head };
  await assert.rejects(forge.enqueue(request), { kind: 'refused', message: /"test" is expected/ });
  const run = world.checks.create(SHOP, ACTIONS, head, 'test');
  world.checks.complete(SHOP, run, ended('success'));
  const merge = forge.merge({ ...request, method: 'squash', title: 'Paint' });
  await assert.rejects(merge, { kind: 'refused', message: /through the merge queue/ });
  await assert.rejects(forge.enqueue({ ...request, head: '1'.repeat(40) }), { kind: 'conflict' });
  const id = await forge.enqueue(request);
  assert.equal(await forge.enqueue(request), id, 'queued already is as good');
  await world.idle();
  assert.equal((await forge.pullRequest(SHOP, number))?.queued, 'testing');
  const group = world.log.effects.findLast((effect) => effect.kind === 'merge-group');
  assert.ok(group?.kind === 'merge-group');
  world.checks.complete(SHOP, world.checks.create(SHOP, ACTIONS, group.sha, 'test'), ended('success'));
  await world.idle();
  const landed = await forge.pullRequest(SHOP, number);
  assert.deepEqual([landed?.state, landed?.queued, landed?.mergeCommit], ['merged', null, group.sha]);
  await assert.rejects(forge.enqueue(request), { kind: 'refused' });
  await forge.dequeue(SHOP, number);
  assert.deepEqual(world.violations, []);
});

test('what waits, is unmergeable or taken out of the queue is told apart', async (context) => {
  const mergeQueue = { ...queued.mergeQueue, entriesToBuildMax: 2 };
  const { forge, world, change } = await forgeForTest(context, { protection: { ...queued, mergeQueue } });
  const numbers: number[] = [];
  for (const branch of ['one', 'two', 'three']) {
    const { number, head } = await change(branch);
    world.checks.complete(SHOP, world.checks.create(SHOP, ACTIONS, head, 'test'), ended('success'));
    await forge.enqueue({ repository: SHOP, number, head });
    numbers.push(number);
  }
  await world.idle();
  const [, behind] = world.log.effects.flatMap((effect) => (effect.kind === 'merge-group' ? [effect.sha] : []));
  world.checks.complete(SHOP, world.checks.create(SHOP, ACTIONS, behind ?? '', 'test'), ended('failure'));
  const { pullRequests } = await forge.observe(SHOP, { tracked: [], commentsSince: 0, baseBranches: [] });
  assert.deepEqual(
    pullRequests.map((one) => one.queued),
    ['testing', 'unmergeable', 'waiting'],
  );
  for (const number of numbers) {
    await forge.dequeue(SHOP, number);
    await forge.dequeue(SHOP, number);
    assert.equal((await forge.pullRequest(SHOP, number))?.queued, null);
  }
  assert.deepEqual(world.violations, []);
});

test('a check is run once more: a job of Actions, a run of another app, and a status never', async (context) => {
  const { forge, world, change, asked } = await forgeForTest(context);
  const { number, head } = await change('paint');
  for (const app of [ACTIONS, { slug: 'other-ci', id: 7 }]) {
    world.checks.complete(SHOP, world.checks.create(SHOP, app, head, `test of ${app.slug}`), ended('failure'));
  }
  await world.act.setStatus(SHOP, 'ada', head, 'legacy', 'failure');
  const checks = (await forge.pullRequest(SHOP, number))?.checks ?? [];
  const named = (name: string): Check => checks.find((check) => check.name === name) ?? assert.fail(name);
  asked();
  await forge.rerunCheck(SHOP, named('test of github-actions'));
  await forge.rerunCheck(SHOP, named('test of other-ci'));
  assert.deepEqual(
    asked().map((request) => request.operation),
    ['actions/re-run-job-for-workflow-run', 'checks/rerequest-run'],
  );
  await assert.rejects(forge.rerunCheck(SHOP, named('legacy')), { kind: 'refused', message: /ada can set anew/ });
  assert.equal(asked().length, 0);
  world.checks.create(SHOP, ACTIONS, head, 'slow');
  const slow = (await forge.pullRequest(SHOP, number))?.checks.find((check) => check.name === 'slow');
  assert.ok(slow);
  await assert.rejects(forge.rerunCheck(SHOP, slow), { kind: 'refused', message: /already running/ });
  await assert.rejects(forge.rerunCheck(SHOP, { ...slow, id: 1, url: null }), { kind: 'missing' });
  assert.deepEqual(world.violations, []);
});

test('who may not write is told so, and is not told that the check cannot run', async (context) => {
  const { forge, world, change } = await forgeForTest(context, { token: 'token-of-reader' });
  const { number, head } = await change('paint');
  world.checks.complete(SHOP, world.checks.create(SHOP, ACTIONS, head, 'test'), ended('failure'));
  const [check] = (await forge.pullRequest(SHOP, number))?.checks ?? [];
  assert.ok(check);
  await assert.rejects(forge.rerunCheck(SHOP, check), { kind: 'unauthorised' });
  await assert.rejects(forge.addLabel({ repository: SHOP, number, label: 'flaky' }), { kind: 'unauthorised' });
  await assert.rejects(forge.enqueue({ repository: SHOP, number, head }), { kind: 'unauthorised' });
});

test('labels are put on once, made where there are none, in any writing', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number } = await change('paint');
  for (const label of ['flaky CI', 'wackelig: größer? 不稳定 🐌', 'FLAKY ci']) {
    await forge.addLabel({ repository: SHOP, number, label });
  }
  assert.deepEqual((await forge.pullRequest(SHOP, number))?.labels, ['flaky CI', 'wackelig: größer? 不稳定 🐌']);
  await assert.rejects(forge.addLabel({ repository: SHOP, number, label: 'x'.repeat(51) }), { kind: 'refused' });
  await assert.rejects(forge.addLabel({ repository: SHOP, number: 99, label: 'x' }), { kind: 'missing' });
  assert.deepEqual(world.violations, []);
});

test('a draft is opened as one and made ready once', async (context) => {
  const { forge, world, asked } = await forgeForTest(context);
  await world.act.pushCommit(SHOP, 'own', 'heartline', { files: { 'own.js': 'x\n' }, message: 'Own' });
  const request = { repository: SHOP, branch: 'own', baseBranch: 'main', title: 'Own', body: '', draft: true };
  const { number, draft } = await forge.openPullRequest(request);
  assert.equal(draft, true);
  await forge.markReady(SHOP, number);
  assert.equal((await forge.pullRequest(SHOP, number))?.draft, false);
  asked();
  await forge.markReady(SHOP, number);
  assert.deepEqual(
    asked().map((one) => one.operation),
    ['rateLimit, repository'],
  );
});

test("an answer goes where the remark was, is found by its marker, and is nobody else's", async (context) => {
  const { forge, world, change } = await forgeForTest(context, {
    reviewerToken: 'token-of-reviewer',
    world: { limits: { enforced: false } },
  });
  const { number } = await change('paint', { 'shop.js': 'line one\n' });
  await world.act.review(SHOP, number, 'ada', {
    event: 'COMMENT',
    comments: [{ path: 'shop.js', line: 1, body: 'Why? <!-- mark -->' }],
  });
  const [thread] = (await forge.pullRequest(SHOP, number))?.threads ?? [];
  assert.ok(thread);
  for (const threadId of [thread.id, null]) {
    if (threadId === null) await world.act.comment(SHOP, number, 'ada', 'Quoting <!-- mark -->');
    for (let index = 0; index < 120; index += 1) {
      if (threadId === null) await world.act.comment(SHOP, number, 'ada', `talk ${index}`);
      else await world.act.reply(SHOP, world.state.repository(SHOP).threads[0]?.id ?? 0, 'ada', `talk ${index}`);
    }
    assert.equal(await forge.findReply(SHOP, number, threadId, 'mark'), null, 'quoting it is not writing it');
    const id = await forge.reply({ repository: SHOP, number, threadId, body: 'Because. <!-- mark -->' });
    assert.equal(await forge.findReply(SHOP, number, threadId, 'mark'), id);
  }
  const seen = await forge.observe(SHOP, { tracked: [number], commentsSince: 0, baseBranches: [] });
  const answer = await forge.findReply(SHOP, number, null, 'mark');
  assert.ok(
    seen.comments.some((comment) => comment.id === answer),
    'by the name the conversation knows it by',
  );
  await forge.resolveThread(SHOP, number, thread.id);
  await forge.resolveThread(SHOP, number, thread.id);
  assert.equal((await forge.pullRequest(SHOP, number))?.threads[0]?.resolved, true);
  await assert.rejects(forge.resolveThread(SHOP, number, 'PRRT_1'), { kind: 'missing' });
  await assert.rejects(forge.findReply(SHOP, number, 'PRRT_1', 'mark'), { kind: 'missing' });
  assert.deepEqual(world.violations, []);
});
