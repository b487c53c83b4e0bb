// The CI stand-in really runs what was pushed, on that commit, and reports it the way Actions does.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { place, repository, startTestWorld } from '../github/world-for-tests.ts';
import { type JobOptions, type Script, startCi } from './start-ci.ts';

const app = { slug: 'github-actions', id: 15368 };
const command = ['node', '--test'];
const suite =
  "import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from './sum.mjs';\ntest('sums', () => assert.equal(sum(1, 2), 3));\n";
const wrong = 'export const sum = (a, b) => a - b;\n';
const right = 'export const sum = (a, b) => a + b;\n';

async function startBoth(
  t: TestContext,
  script: (attempt: number) => Script | null = () => null,
  job: Omit<JobOptions, 'name'> = { command, timeoutMs: 20_000 },
) {
  const both = await startTestWorld(t, {
    protection: { requiredStatusChecks: { strict: false, checks: [{ context: 'test', appSlug: 'github-actions' }] } },
  });
  const ci = startCi({
    github: both.world,
    app,
    jobs: [{ name: 'test', ...job }],
    concurrency: 1,
    script: ({ attempt }) => script(attempt),
  });
  t.after(() => ci.close());
  const conclusions = async (ref: string) => {
    const runs = await both.client('bot-token').rest.checks.listForRef({ ...place, ref, filter: 'all' });
    return runs.data.check_runs.map((run) => run.conclusion ?? run.status);
  };
  return { ...both, ci, conclusions };
}

test('a wrong push is red with a log that says why, the next one green, and only then does it merge', async (t) => {
  const { world, client, ci, conclusions } = await startBoth(t);
  const bot = client('bot-token');
  const red = await world.act.pushCommit(repository, 'work', 'bot', {
    files: { 'sum.mjs': wrong, 'sum.test.mjs': suite },
    message: 'sum',
  });
  assert.deepEqual(await conclusions(red), [], 'a branch nobody asked to merge is not tested');
  const pull_number = await world.act.openPullRequest(repository, 'bot', { head: 'work', title: 'Sum' });
  assert.equal((await conclusions(red)).length, 1);
  await ci.idle();
  assert.deepEqual(await conclusions(red), ['failure']);
  await assert.rejects(bot.rest.pulls.merge({ ...place, pull_number }), /"test" is failing/);
  const run = (await bot.rest.checks.listForRef({ ...place, ref: red })).data.check_runs[0];
  const log = await bot.rest.actions.downloadJobLogsForWorkflowRun({ ...place, job_id: run?.id ?? 0 });
  assert.match(String(log.data), /-1 == 3/);
  const annotations = (await bot.rest.checks.listAnnotations({ ...place, check_run_id: run?.id ?? 0 })).data;
  assert.deepEqual(
    annotations.map((one) => [one.path, one.start_line]),
    [['sum.test.mjs', 4]],
  );

  const green = await world.act.pushCommit(repository, 'work', 'bot', { files: { 'sum.mjs': right }, message: 'fix' });
  await ci.idle();
  assert.deepEqual([await conclusions(red), await conclusions(green)], [['failure'], ['success']]);
  const merged = await bot.rest.pulls.merge({ ...place, pull_number, sha: green, merge_method: 'squash' });
  await ci.idle();
  assert.deepEqual(await conclusions(merged.data.sha), ['success'], 'the default branch is tested too');
  assert.deepEqual(
    ci.records.map((one) => [one.branch, one.outcome]),
    [
      ['work', 'failure'],
      ['work', 'success'],
      ['main', 'success'],
    ],
  );
});

const scripts: readonly { readonly script: Script; readonly seen: readonly string[] }[] = [
  { script: { kind: 'skipped' }, seen: ['skipped'] },
  { script: { kind: 'neutral' }, seen: ['neutral'] },
  { script: { kind: 'stay-queued' }, seen: ['queued'] },
  { script: { kind: 'never-reported' }, seen: [] },
  { script: { kind: 'wrong-app', app: { slug: 'impostor', id: 9 } }, seen: ['success'] },
];

for (const { script, seen } of scripts) {
  test(`a job can be told to be ${script.kind}`, async (t) => {
    const { openPullRequest, conclusions, ci } = await startBoth(t, () => script);
    const { sha } = await openPullRequest('work', { 'sum.mjs': right, 'sum.test.mjs': suite });
    await ci.idle();
    assert.deepEqual(await conclusions(sha), seen);
  });
}

test('a flaky job fails without having run and passes when it is asked for again', async (t) => {
  const { client, openPullRequest, conclusions, ci } = await startBoth(t, (attempt) =>
    attempt === 1 ? { kind: 'flaky' } : null,
  );
  const { sha } = await openPullRequest('work', { 'sum.mjs': right, 'sum.test.mjs': suite });
  const bot = client('bot-token');
  const run = (await bot.rest.checks.listForRef({ ...place, ref: sha })).data.check_runs[0];
  assert.equal(run?.conclusion, 'failure');
  await bot.rest.checks.rerequestRun({ ...place, check_run_id: run?.id ?? 0 });
  await ci.idle();
  assert.deepEqual(await conclusions(sha), ['failure', 'success']);
});

test('a job that fails first fails once on each commit, and passes when its job is run again', async (t) => {
  const { client, world, openPullRequest, conclusions, ci } = await startBoth(t, () => null, {
    command: ['true'],
    timeoutMs: 20_000,
    failsFirst: true,
  });
  const bot = client('bot-token');
  const { sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await ci.idle();
  assert.deepEqual(await conclusions(sha), ['failure']);
  const [run] = (await bot.rest.checks.listForRef({ ...place, ref: sha })).data.check_runs;
  await bot.rest.actions.reRunJobForWorkflowRun({ ...place, job_id: run?.id ?? 0 });
  await ci.idle();
  assert.deepEqual(await conclusions(sha), ['failure', 'success']);
  const latest = (await bot.rest.checks.listForRef({ ...place, ref: sha })).data.check_runs;
  assert.deepEqual(
    latest.map((one) => one.conclusion),
    ['success'],
    'the list shows the newest attempt only',
  );
  const next = await world.act.pushCommit(repository, 'work', 'bot', { files: { 'a.txt': 'b\n' }, message: 'b' });
  await ci.idle();
  assert.deepEqual(await conclusions(next), ['failure']);
});

test('what is green on a branch can be red on the base it landed on, also when it is the same commit', async (t) => {
  const command = ['sh', '-c', 'test "$GITHUB_EVENT_NAME" != push'];
  const { world, openPullRequest, conclusions, ci } = await startBoth(t, () => null, { command, timeoutMs: 20_000 });
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await ci.idle();
  assert.deepEqual(await conclusions(sha), ['success']);
  const landed = await world.act.merge(repository, number, 'ann', 'squash');
  await ci.idle();
  assert.deepEqual(await conclusions(landed), ['failure']);

  const mergeQueue = { method: 'merge', checkTimeoutMs: 60_000, entriesToBuildMax: 5 } as const;
  const checks = [{ context: 'test', appSlug: 'github-actions' }];
  await world.act.setProtection(repository, 'main', 'acme', {
    requiredStatusChecks: { strict: false, checks },
    mergeQueue,
  });
  const queued = await openPullRequest('queued', { 'b.txt': 'b\n' });
  await ci.idle();
  await world.act.enqueue(repository, queued.number, 'bot');
  await world.idle();
  await ci.idle();
  await world.idle();
  await ci.idle();
  const tip = world.state.repository(repository).refs.get('refs/heads/main') ?? '';
  assert.deepEqual(await conclusions(tip), ['success', 'failure']);
  assert.deepEqual(
    ci.records.filter((one) => one.sha === tip).map((one) => [one.event, one.branch.slice(0, 26), one.outcome]),
    [
      ['merge_group', 'gh-readonly-queue/main/pr-', 'success'],
      ['push', 'main', 'failure'],
    ],
  );
});

test('the queue waits for a job that does not hear of its groups', async (t) => {
  const { world, clock, openPullRequest, ci } = await startBoth(t, () => null, {
    command: ['true'],
    timeoutMs: 20_000,
    events: ['pull_request', 'push'],
  });
  const mergeQueue = { method: 'merge', checkTimeoutMs: 60_000, entriesToBuildMax: 5 } as const;
  const checks = [{ context: 'test', appSlug: null }];
  await world.act.setProtection(repository, 'main', 'acme', {
    requiredStatusChecks: { strict: false, checks },
    mergeQueue,
  });
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await ci.idle();
  await world.act.enqueue(repository, number, 'bot');
  await world.idle();
  await ci.idle();
  assert.equal(world.state.repository(repository).queues.get('main')?.length, 1);
  clock.now += 61_000;
  // Nothing happens by itself on a clock set by hand: any push stirs the queue.
  await world.act.pushCommit(repository, 'other', 'ann', { files: { 'c.txt': 'c\n' }, message: 'c' });
  await world.idle();
  const left = world.log.effects.findLast((effect) => effect.kind === 'queue-left');
  assert.ok(left?.kind === 'queue-left' && left.reason === 'checks-timed-out');
});

test('a job that hangs is ended with all it started, and sees nothing of our environment', async (t) => {
  process.env.SECRET_OF_THE_BOT = 'never shown';
  t.after(() => delete process.env.SECRET_OF_THE_BOT);
  const command = ['sh', '-c', 'env; sleep 3600 & exec sleep 3600'];
  const { world, openPullRequest, conclusions, ci } = await startBoth(t, () => null, { command, timeoutMs: 500 });
  const { sha } = await openPullRequest('work', { 'a.txt': 'a' });
  // The sleeping child holds the job's output open: that this ends at all means that the child was ended too.
  await ci.idle();
  assert.deepEqual(await conclusions(sha), ['timed_out']);
  const [run] = world.state.repository(repository).checkRuns.values();
  assert.doesNotMatch(run?.log ?? '', /SECRET_OF_THE_BOT/);
});
