// Reviews, checks and branch rules: who may approve, what blocks a merge, and what GitHub lets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place, refusalOf, repository, startTestWorld } from './world-for-tests.ts';

const actions = { slug: 'github-actions', id: 15368 };
const strict = {
  requiredStatusChecks: {
    strict: true,
    checks: [
      { context: 'test', appSlug: 'github-actions' },
      { context: 'heartline/review', appSlug: null },
    ],
  },
  requiredApprovingReviewCount: 1,
  requireConversationResolution: true,
};

test('a review stands on lines of the diff, can be answered and resolved, and nobody approves their own work', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t);
  const [bot, bea] = [client('bot-token'), client('bea-token')];
  const { number: pull_number, sha } = await openPullRequest('work', {
    'src/price.js': 'one\ntwo\n3\nfour\nfive\nsix\nseven\neight\nnine\nten\n',
  });
  const review = (
    event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT',
    comments: { path: string; line: number; side: 'RIGHT'; body: string }[] = [],
  ) => ({ ...place, pull_number, event, body: 'See the lines.', comments });
  for (const event of ['APPROVE', 'REQUEST_CHANGES'] as const) {
    const own = await refusalOf(bot.rest.pulls.createReview(review(event)));
    assert.equal(own.status, 422);
    assert.match(own.message, /your own pull request/);
  }
  const at = (path: string, line: number) => [{ path, line, side: 'RIGHT' as const, body: 'Why?' }];
  assert.match(
    (await refusalOf(bea.rest.pulls.createReview(review('COMMENT', at('src/price.js', 9))))).message,
    /Line could not be resolved/,
  );
  assert.match(
    (await refusalOf(bea.rest.pulls.createReview(review('COMMENT', at('nowhere.js', 3))))).message,
    /Path could not be resolved/,
  );
  assert.deepEqual((await bea.rest.pulls.listReviews({ ...place, pull_number })).data, []);

  const made = await bea.rest.pulls.createReview(review('REQUEST_CHANGES', at('src/price.js', 3)));
  assert.deepEqual([made.status, made.data.state, made.data.commit_id], [200, 'CHANGES_REQUESTED', sha]);
  const [comment] = (await bot.rest.pulls.listReviewComments({ ...place, pull_number })).data;
  assert.deepEqual(
    [comment?.line, comment?.path, comment?.user?.login, comment?.pull_request_review_id],
    [3, 'src/price.js', 'bea', made.data.id],
  );
  const reply = await bot.rest.pulls.createReplyForReviewComment({
    ...place,
    pull_number,
    comment_id: comment?.id ?? 0,
    body: 'Fixed.',
  });
  assert.deepEqual([reply.status, reply.data.in_reply_to_id], [201, comment?.id]);

  await world.act.pushCommit(repository, 'work', 'bot', {
    files: { 'src/price.js': 'zero\none\ntwo\n3\nfour\nfive\n' },
    message: 'above',
  });
  assert.equal(
    (await bot.rest.pulls.listReviewComments({ ...place, pull_number })).data[0]?.line,
    4,
    'the comment moves with its line',
  );
  await world.act.pushCommit(repository, 'work', 'bot', {
    files: { 'src/price.js': 'zero\none\ntwo\nthree again\nfour\nfive\n' },
    message: 'it',
  });
  assert.equal(
    (await bot.rest.pulls.listReviewComments({ ...place, pull_number })).data[0]?.line,
    undefined,
    'a changed line is outdated',
  );
  const effect = world.log.effects.find((one) => one.kind === 'review');
  assert.ok(effect?.kind === 'review');
  assert.deepEqual(
    [effect.actor, effect.state, effect.comments],
    ['bea', 'CHANGES_REQUESTED', [{ path: 'src/price.js', line: 3, body: 'Why?' }]],
  );
});

test('under strict rules each missing thing blocks, then an update of the branch makes it mergeable', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t, { protection: strict });
  const [bot, bea] = [client('bot-token'), client('bea-token')];
  const { number: pull_number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const blockedBy = async () => {
    const { status, message } = await refusalOf(bot.rest.pulls.merge({ ...place, pull_number }));
    assert.equal(status, 405);
    return message;
  };
  const stateNow = async () => {
    await bot.rest.pulls.get({ ...place, pull_number });
    return (await bot.rest.pulls.get({ ...place, pull_number })).data.mergeable_state;
  };
  const green = (head: string) => {
    const run = world.checks.create(repository, actions, head, 'test');
    world.checks.start(repository, run);
    world.checks.complete(repository, run, { conclusion: 'success', title: 'ok', summary: '', log: '' });
    return bot.rest.repos.createCommitStatus({
      ...place,
      sha: head,
      state: 'success',
      context: 'heartline/review',
      description: 'fine',
    });
  };
  assert.match(await blockedBy(), /"test" is expected/);
  // Anybody may set a status of that name, but the rule names the app.
  await bot.rest.repos.createCommitStatus({ ...place, sha, state: 'success', context: 'test' });
  assert.match(await blockedBy(), /"test" is expected/);
  const foreign = world.checks.create(repository, { slug: 'other-app', id: 7 }, sha, 'test');
  world.checks.complete(repository, foreign, { conclusion: 'success', title: '', summary: '', log: '' });
  assert.match(await blockedBy(), /"test" is expected/);
  const failed = world.checks.create(repository, actions, sha, 'test');
  assert.match(await blockedBy(), /"test" is pending/);
  world.checks.complete(repository, failed, { conclusion: 'failure', title: 'no', summary: '', log: 'boom\n' });
  assert.match(await blockedBy(), /"test" is failing/);
  assert.equal(await stateNow(), 'blocked');
  const skipped = world.checks.create(repository, actions, sha, 'test');
  world.checks.complete(repository, skipped, { conclusion: 'skipped', title: '', summary: '', log: '' });
  assert.doesNotMatch(await blockedBy(), /"test"/, 'a skipped required check counts as success, as GitHub really does');
  await green(sha);
  assert.match(await blockedBy(), /At least 1 approving review/);
  await client('reader-token').rest.pulls.createReview({ ...place, pull_number, event: 'APPROVE' });
  assert.match(await blockedBy(), /At least 1 approving review/, 'an approval counts only from those who may write');
  await world.act.review(repository, pull_number, 'bea', {
    event: 'COMMENT',
    comments: [{ path: 'a.txt', line: 1, body: 'Hm.' }],
  });
  await bea.rest.pulls.createReview({ ...place, pull_number, event: 'APPROVE' });
  assert.match(await blockedBy(), /conversation must be resolved/);
  const thread = world.state.repository(repository).threads[0];
  await world.act.resolveThread(repository, thread?.id ?? 0, 'bea');
  assert.equal(await stateNow(), 'clean');

  await world.act.pushCommit(repository, 'main', 'acme', { files: { 'b.txt': 'b\n' }, message: 'meanwhile' });
  assert.equal(await stateNow(), 'behind');
  assert.match(await blockedBy(), /out of date/);
  const expected = await refusalOf(
    bot.rest.pulls.updateBranch({ ...place, pull_number, expected_head_sha: '1'.repeat(40) }),
  );
  assert.equal(expected.status, 422);
  assert.equal((await bot.rest.pulls.updateBranch({ ...place, pull_number, expected_head_sha: sha })).status, 202);
  await world.idle();
  const updated = (await bot.rest.pulls.get({ ...place, pull_number })).data;
  assert.equal(updated.mergeable, null, 'unknown again after the head moved');
  assert.match(await blockedBy(), /"test" is expected/);
  await green(updated.head.sha);
  assert.equal(await stateNow(), 'clean');
  assert.equal((await refusalOf(bot.rest.pulls.updateBranch({ ...place, pull_number }))).status, 422);
  assert.equal(
    (await bot.rest.pulls.merge({ ...place, pull_number, sha: updated.head.sha, merge_method: 'squash' })).status,
    200,
  );
});

test('checks, statuses, logs, labels, comments and rules are read as they were written', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t, { protection: strict });
  const [bot, admin] = [client('bot-token'), client('admin-token')];
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const run = world.checks.create(repository, actions, sha, 'test');
  const annotations = [
    { path: 'a.txt', startLine: 1, endLine: 1, level: 'failure' as const, message: 'wrong', title: null },
  ];
  world.checks.complete(repository, run, {
    conclusion: 'failure',
    title: 'red',
    summary: '1 failed',
    log: 'line one\nnot ok\n',
    annotations,
  });
  const listed = (await bot.rest.checks.listForRef({ ...place, ref: sha, check_name: 'test' })).data;
  assert.deepEqual(
    [listed.total_count, listed.check_runs[0]?.app?.slug, listed.check_runs[0]?.conclusion],
    [1, 'github-actions', 'failure'],
  );
  assert.equal((await bot.rest.checks.get({ ...place, check_run_id: run.id })).data.output.annotations_count, 1);
  assert.equal((await bot.rest.checks.listAnnotations({ ...place, check_run_id: run.id })).data[0]?.message, 'wrong');
  const log = await bot.rest.actions.downloadJobLogsForWorkflowRun({ ...place, job_id: run.id });
  assert.equal(log.data, 'line one\nnot ok\n');
  const heard: string[] = [];
  const stop = world.onChange((effect) => heard.push(effect.kind));
  await bot.rest.checks.rerequestRun({ ...place, check_run_id: run.id });
  await bot.rest.checks.rerequestSuite({ ...place, check_suite_id: run.suite });
  stop();
  assert.deepEqual(heard, ['check-rerequested', 'check-rerequested']);

  await bot.rest.repos.createCommitStatus({ ...place, sha, state: 'pending', context: 'heartline/review' });
  await bot.rest.repos.createCommitStatus({ ...place, sha, state: 'success', context: 'heartline/review' });
  assert.equal((await bot.rest.repos.listCommitStatusesForRef({ ...place, ref: 'work' })).data.length, 2);
  const combined = (await bot.rest.repos.getCombinedStatusForRef({ ...place, ref: sha })).data;
  assert.deepEqual([combined.state, combined.statuses.length], ['success', 1], 'the newest of a context wins');
  assert.equal(
    (await refusalOf(bot.rest.repos.createCommitStatus({ ...place, sha: '2'.repeat(40), state: 'success' }))).status,
    422,
  );

  const comment = (await bot.rest.issues.createComment({ ...place, issue_number: number, body: 'hello' })).data;
  await bot.rest.issues.updateComment({ ...place, comment_id: comment.id, body: 'hello again' });
  await world.act.comment(repository, number, 'ann', '/stop');
  assert.equal(
    (await refusalOf(client('reader-token').rest.issues.deleteComment({ ...place, comment_id: comment.id }))).status,
    403,
  );
  assert.deepEqual(
    (await bot.rest.issues.listComments({ ...place, issue_number: number })).data.map((one) => one.body),
    ['hello again', '/stop'],
  );
  await bot.rest.issues.deleteComment({ ...place, comment_id: comment.id });
  await bot.rest.issues.addLabels({ ...place, issue_number: number, labels: ['flaky', 'bot'] });
  await bot.rest.issues.removeLabel({ ...place, issue_number: number, name: 'bot' });
  assert.deepEqual(
    (await bot.rest.issues.listLabelsOnIssue({ ...place, issue_number: number })).data.map((one) => one.name),
    ['flaky'],
  );

  const rules = (await admin.rest.repos.getBranchProtection({ ...place, branch: 'main' })).data;
  assert.deepEqual(
    [rules.required_status_checks?.strict, rules.required_status_checks?.checks[0]?.app_id],
    [true, 15368],
  );
  assert.equal(
    (await refusalOf(bot.rest.repos.getBranchProtection({ ...place, branch: 'main' }))).status,
    404,
    'rules are for admins',
  );
  const branch = (await bot.rest.repos.getBranch({ ...place, branch: 'main' })).data;
  assert.deepEqual(
    [branch.protected, branch.protection.required_status_checks?.contexts],
    [true, ['test', 'heartline/review']],
  );
  assert.deepEqual((await bot.rest.repos.getBranchRules({ ...place, branch: 'main' })).data, []);
  assert.equal(
    (await bot.rest.repos.getCollaboratorPermissionLevel({ ...place, username: 'ann' })).data.permission,
    'write',
  );
  assert.equal((await bot.rest.repos.get(place)).data.permissions?.push, true);
});

test('an admin passes the rules unless they bind admins too, and the log says what was passed over', async (t) => {
  const { world, openPullRequest } = await startTestWorld(t, { protection: strict });
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await world.act.setProtection(repository, 'main', 'acme', { ...strict, enforceAdmins: true });
  assert.equal((await refusalOf(world.act.merge(repository, number, 'acme'))).status, 405);
  await world.act.setProtection(repository, 'main', 'acme', strict);
  await world.act.merge(repository, number, 'acme');
  const effect = world.log.effects.find((one) => one.kind === 'merge');
  assert.ok(effect?.kind === 'merge');
  assert.deepEqual([effect.via, effect.bypassed.length], ['person', 3]);
});

test('an approval goes stale with the diff it was given to, not with the base', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t, { protection: { dismissStaleReviews: true } });
  const bot = client('bot-token');
  const { number: pull_number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await world.act.review(repository, pull_number, 'bea', { event: 'APPROVE' });
  const states = async () => (await bot.rest.pulls.listReviews({ ...place, pull_number })).data.map((one) => one.state);
  await world.act.pushCommit(repository, 'main', 'acme', { files: { 'b.txt': 'b\n' }, message: 'meanwhile' });
  await bot.rest.pulls.updateBranch({ ...place, pull_number });
  await world.idle();
  assert.deepEqual(await states(), ['APPROVED']);
  await world.act.pushCommit(repository, 'work', 'bot', { files: { 'a.txt': 'aa\n' }, message: 'more' });
  assert.deepEqual(await states(), ['DISMISSED']);
});

test('a conversation that must be resolved blocks also when its line is gone', async (t) => {
  const { world, openPullRequest } = await startTestWorld(t, { protection: { requireConversationResolution: true } });
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const comments = [{ path: 'a.txt', line: 1, body: 'Hm.' }];
  await world.act.review(repository, number, 'bea', { event: 'COMMENT', comments });
  await world.act.pushCommit(repository, 'work', 'bot', { files: { 'a.txt': 'b\n' }, message: 'other' });
  const thread = world.state.repository(repository).threads[0]?.id ?? 0;
  assert.match((await refusalOf(world.act.merge(repository, number, 'ann'))).message, /conversation must be resolved/);
  await world.act.resolveThread(repository, thread, 'ann');
  await world.act.resolveThread(repository, thread, 'ann', 'unresolved');
  assert.match((await refusalOf(world.act.merge(repository, number, 'ann'))).message, /conversation must be resolved/);
  await world.act.resolveThread(repository, thread, 'ann');
  await world.act.merge(repository, number, 'ann');
});
