/** Watching pull requests: every fact the gate looks at, whole or not at all, for one query when nothing special is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, validate } from 'graphql';
import * as documents from '../../src/github/documents.ts';
import { mapCheck } from '../../src/github/map-check.ts';
import type { WireCheck } from '../../src/github/wire.ts';
import { githubSchema } from '../world/github/graphql/graphql-door.ts';
import { ACTIONS, forgeForTest, SHOP } from './github-for-test.ts';

const byBody = (one: { readonly body: string }, other: { readonly body: string }) => (one.body < other.body ? -1 : 1);
const everything = { tracked: [], commentsSince: 0, baseBranches: [] };

const texts: readonly (readonly [string, string])[] = [
  ...Object.entries(documents).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])),
  ['observeDocument', documents.observeDocument([1, 2], ['main', 'release/1'])],
  ['namedDocument', documents.namedDocument([7])],
];
for (const [name, text] of texts) {
  test(`${name} is a document of GitHub's schema`, () => {
    assert.deepEqual(
      validate(githubSchema(), parse(text)).map((error) => error.message),
      [],
    );
  });
}

test('a pull request is seen with its head, live base, checks, reviews, threads and labels', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number, head } = await change('paint', { 'shop.js': 'line one\nline 2\n' });
  const run = world.checks.create(SHOP, ACTIONS, head, 'test');
  await world.act.setStatus(SHOP, 'heartline', head, 'heartline/review', 'success');
  await world.act.review(SHOP, number, 'second-eye', {
    event: 'REQUEST_CHANGES',
    body: 'Not yet.',
    comments: [{ path: 'shop.js', line: 1, body: 'Why?' }],
  });
  await world.act.label(SHOP, number, 'ada', 'agent');
  const base = await world.act.pushCommit(SHOP, 'main', 'ada', { files: { 'other.js': 'x\n' }, message: 'Meanwhile' });

  const { defaultBranch, pullRequests } = await forge.observe(SHOP, everything);
  assert.equal(defaultBranch, 'main');
  const [seen] = pullRequests;
  assert.ok(seen);
  assert.equal(seen.repository, SHOP);
  assert.equal(seen.number, number);
  assert.equal(seen.head, head);
  assert.equal(seen.base, base);
  assert.equal(seen.baseBranch, 'main');
  assert.equal(seen.branch, 'paint');
  assert.equal(seen.author, 'ada');
  assert.equal(seen.state, 'open');
  assert.equal(seen.mergeable, 'yes');
  assert.equal(seen.fromFork, false);
  assert.deepEqual(seen.labels, ['agent']);
  const checks = seen.checks.map(({ kind, name, state, app, sha }) => ({ kind, name, state, app, sha }));
  assert.deepEqual(checks, [
    { kind: 'check-run', name: 'test', state: 'queued', app: 'github-actions', sha: head },
    { kind: 'status', name: 'heartline/review', state: 'success', app: 'heartline', sha: head },
  ]);
  assert.equal(seen.checks[0]?.id, run.id);
  assert.deepEqual(
    seen.reviews.map(({ author, state, body }) => ({ author, state, body })),
    [{ author: 'second-eye', state: 'changes-requested', body: 'Not yet.' }],
  );
  const [thread] = seen.threads;
  assert.equal(thread?.comments[0]?.body, 'Why?');
  assert.equal(thread?.comments[0]?.author, 'second-eye');
  assert.equal(thread?.reviewId, String(seen.reviews[0]?.id));
  assert.equal(thread?.resolved, false);
  assert.deepEqual(await forge.pullRequest(SHOP, number), seen);
  assert.deepEqual(world.violations, []);
});

test('only checks of the head count, and a conflict or an unknown mergeability is told apart', async (context) => {
  const { forge, world, change } = await forgeForTest(context, { world: { unknownMergeabilityReads: 1 } });
  const { number, head } = await change('paint', { 'shop.js': 'mine\n' });
  world.checks.create(SHOP, ACTIONS, head, 'test');
  const next = await world.act.pushCommit(SHOP, 'paint', 'ada', { files: { 'more.js': 'x\n' }, message: 'More' });
  const first = await forge.pullRequest(SHOP, number);
  assert.equal(first?.head, next);
  assert.deepEqual(first.checks, []);
  assert.equal(first.mergeable, 'unknown');
  assert.equal((await forge.pullRequest(SHOP, number))?.mergeable, 'yes');
  await world.act.pushCommit(SHOP, 'main', 'ada', { files: { 'shop.js': 'theirs\n' }, message: 'Meanwhile' });
  await forge.pullRequest(SHOP, number);
  assert.equal((await forge.pullRequest(SHOP, number))?.mergeable, 'conflict');
});

test('all pages are read: of pull requests, checks, reviews, threads and comments', async (context) => {
  const { forge, world, change } = await forgeForTest(context, { world: { limits: { enforced: false } } });
  const { number, head } = await change('busy', { 'shop.js': 'line one\n' });
  for (let index = 0; index < 120; index += 1) world.checks.create(SHOP, ACTIONS, head, `check ${index}`);
  for (let index = 0; index < 110; index += 1) {
    const comments = [{ path: 'shop.js', line: 1, body: `remark ${index}` }];
    await world.act.review(SHOP, number, 'second-eye', { event: 'COMMENT', body: `review ${index}`, comments });
    await world.act.comment(SHOP, number, 'ada', `talk ${index}`);
  }
  for (let index = 0; index < 55; index += 1) {
    await world.act.pushCommit(SHOP, `branch-${index}`, 'ada', { files: { [`${index}.js`]: 'x\n' }, message: 'x' });
    await world.act.openPullRequest(SHOP, 'ada', { head: `branch-${index}`, title: `Number ${index}` });
  }
  const { pullRequests, comments } = await forge.observe(SHOP, {
    tracked: [number],
    commentsSince: 0,
    baseBranches: [],
  });
  assert.equal(pullRequests.length, 56);
  const busy = pullRequests.find((one) => one.number === number);
  assert.equal(new Set(busy?.checks.map((check) => check.name)).size, 120);
  assert.equal(new Set(busy?.reviews.map((review) => review.id)).size, 110);
  assert.equal(new Set(busy?.threads.map((thread) => thread.comments[0]?.body)).size, 110);
  assert.equal(new Set(comments.map((comment) => comment.body)).size, 110);
});

test('an idle look at fifty pull requests is one query of a few points, threads or not', async (context) => {
  const { forge, world, change, asked, passTime } = await forgeForTest(context);
  const { number, head } = await change('paint', { 'shop.js': 'line one\n' });
  await world.act.review(SHOP, number, 'second-eye', {
    event: 'COMMENT',
    comments: [{ path: 'shop.js', line: 1, body: 'Why?' }],
  });
  for (let index = 0; index < 49; index += 1) {
    await world.act.pushCommit(SHOP, `branch-${index}`, 'ada', {
      files: { [`${index}.js`]: 'x\n' },
      message: 'x',
      onto: head,
    });
    await world.act.openPullRequest(SHOP, 'ada', { head: `branch-${index}`, title: `Number ${index}` });
  }
  // Words written this very moment are read once more when their second is over.
  await forge.observe(SHOP, everything);
  passTime(30_000);
  await forge.observe(SHOP, { ...everything, baseBranches: ['main'] });
  asked();
  passTime(30_000);
  const seen = await forge.observe(SHOP, { ...everything, baseBranches: ['main'] });
  const requests = asked();
  assert.equal(requests.length, 1);
  assert.ok((requests[0]?.points ?? 99) <= 5, `${requests[0]?.points} points`);
  assert.equal(seen.pullRequests.find((one) => one.number === number)?.threads[0]?.comments[0]?.body, 'Why?');
  await world.act.resolveThread(SHOP, world.state.repository(SHOP).threads[0]?.id ?? 0, 'ada');
  const after = await forge.observe(SHOP, everything);
  assert.equal(after.pullRequests.find((one) => one.number === number)?.threads[0]?.resolved, true);
});

test('a thread shows every word in it, who said it and whether a person did, also when two speak in one second', async (context) => {
  const { forge, world, change, now } = await forgeForTest(context);
  const { number } = await change('paint', { 'shop.js': 'line one\n' });
  await world.act.review(SHOP, number, 'second-eye', {
    event: 'COMMENT',
    comments: [{ path: 'shop.js', line: 1, body: 'Why?' }],
  });
  const thread = world.state.repository(SHOP).threads[0]?.id ?? 0;
  const said = async () => {
    const { pullRequests } = await forge.observe(SHOP, everything);
    return pullRequests[0]?.threads[0]?.comments.map(({ author, byPerson, body, at }) => [author, byPerson, body, at]);
  };
  await world.act.reply(SHOP, thread, 'helper[bot]', 'Because.');
  const two = [
    ['second-eye', true, 'Why?', now()],
    ['helper', false, 'Because.', now()],
  ];
  assert.deepEqual(await said(), two);
  await world.act.reply(SHOP, thread, 'ada', 'Not good enough.');
  assert.deepEqual(await said(), [...two, ['ada', true, 'Not good enough.', now()]]);
  for (let index = 0; index < 60; index += 1) await world.act.reply(SHOP, thread, 'ada', `more ${index}`);
  const seen = await forge.pullRequest(SHOP, number);
  assert.equal(seen?.threads[0]?.comments.length, 50);
  assert.equal(seen.threads[0].comments.at(-1)?.body, 'more 59');
  assert.equal(
    seen.threads[0].reviewId,
    String(seen.reviews[0]?.id),
    'who opened it is known even when its words are not',
  );
});

test('base branches are seen with their tips, all checks of the tips, and whether they merge through a queue', async (context) => {
  const { forge, world, asked } = await forgeForTest(context, { world: { limits: { enforced: false } } });
  const files = { 'new.js': 'x\n' };
  const tip = await world.act.pushCommit(SHOP, 'main', 'ada', { files, message: 'New' });
  const odd = 'release/1-"ä"';
  const release = await world.act.pushCommit(SHOP, odd, 'ada', { files: { 'old.js': 'y\n' }, message: 'Old' });
  const run = world.checks.create(SHOP, ACTIONS, tip, 'test');
  world.checks.complete(SHOP, run, { conclusion: 'failure', title: '', summary: '', log: '' });
  await world.act.setStatus(SHOP, 'heartline', tip, 'deploy', 'success');
  for (let index = 0; index < 120; index += 1) world.checks.create(SHOP, ACTIONS, release, `check ${index}`);
  await world.act.setProtection(SHOP, odd, 'ada', {
    mergeQueue: { method: 'squash', checkTimeoutMs: 1, entriesToBuildMax: 1 },
  });
  const watch = { ...everything, baseBranches: ['main', odd, 'never'] };
  const { bases } = await forge.observe(SHOP, watch);
  assert.deepEqual([...bases.keys()], ['main', odd]);
  const main = bases.get('main');
  assert.deepEqual([main?.tip, main?.mergeQueue], [tip, false]);
  assert.deepEqual(
    main?.checks.map(({ kind, name, state, sha }) => [kind, name, state, sha]),
    [
      ['check-run', 'test', 'failure', tip],
      ['status', 'deploy', 'success', tip],
    ],
  );
  assert.deepEqual([bases.get(odd)?.tip, bases.get(odd)?.mergeQueue], [release, true]);
  assert.equal(new Set(bases.get(odd)?.checks.map((check) => check.name)).size, 120);
  asked();
  await forge.observe(SHOP, everything);
  assert.equal(asked().length, 1, 'the default branch comes with the batch');
  assert.deepEqual(world.violations, []);
});

test('a tracked pull request is seen after it was merged or closed, in one query from the second look on', async (context) => {
  const { forge, world, change, asked } = await forgeForTest(context);
  const one = await change('one');
  const two = await change('two');
  const watch = { tracked: [one.number, two.number], commentsSince: 0, baseBranches: [] };
  await forge.observe(SHOP, watch);
  const mergeCommit = await world.act.merge(SHOP, one.number, 'ada');
  await world.act.close(SHOP, two.number, 'ada');
  const states = async () => {
    const { pullRequests } = await forge.observe(SHOP, watch);
    return new Map(pullRequests.map((each) => [each.number, each]));
  };
  const seen = await states();
  assert.equal(seen.get(one.number)?.state, 'merged');
  assert.equal(seen.get(one.number)?.mergeCommit, mergeCommit);
  assert.equal(seen.get(two.number)?.state, 'closed');
  asked();
  assert.equal((await states()).size, 2);
  assert.equal(asked().length, 1);
  assert.equal((await forge.observe(SHOP, everything)).pullRequests.length, 0);
});

test('the first look after a start sees tracked ones in one query, whatever became of them meanwhile', async (context) => {
  const { forge, world, change, asked } = await forgeForTest(context);
  const [landed, open] = [await change('landed'), await change('open')];
  await world.act.merge(SHOP, landed.number, 'ada');
  asked();
  const { pullRequests } = await forge.observe(SHOP, { ...everything, tracked: [open.number, landed.number] });
  assert.deepEqual(
    new Map(pullRequests.map(({ number, state }) => [number, state])),
    new Map([
      [open.number, 'open'],
      [landed.number, 'merged'],
    ]),
  );
  assert.equal(asked().length, 1);
});

test('a tracked pull request that is no longer there hides none of the others', async (context) => {
  const { forge, change, asked } = await forgeForTest(context);
  const { number } = await change('one');
  const watch = { tracked: [number, 77, 78], commentsSince: 0, baseBranches: [] };
  for (const look of ['first', 'second', 'third']) {
    asked();
    const { pullRequests } = await forge.observe(SHOP, watch);
    assert.deepEqual([look, pullRequests.map((each) => each.number)], [look, [number]]);
  }
  assert.equal(asked().length, 1, 'and costs no more than one that is');
  assert.equal(await forge.pullRequest(SHOP, 77), null);
  await assert.rejects(forge.observe('acme/other', watch), { kind: 'missing' });
});

test('comments on open and on tracked pull requests are told since the moment asked for', async (context) => {
  const { forge, world, change, passTime, now } = await forgeForTest(context);
  const ours = await change('ours');
  const theirs = await change('theirs');
  const gone = await change('gone');
  await world.act.comment(SHOP, ours.number, 'ada', 'early');
  passTime(60_000);
  const since = now();
  await world.act.comment(SHOP, ours.number, 'ada', '/stop');
  await world.act.comment(SHOP, ours.number, 'helper[bot]', 'beep');
  await world.act.comment(SHOP, theirs.number, 'ada', '/merge');
  await world.act.comment(SHOP, gone.number, 'ada', 'elsewhere');
  await world.act.close(SHOP, gone.number, 'ada');
  await world.act.close(SHOP, ours.number, 'ada');
  const { comments } = await forge.observe(SHOP, { tracked: [ours.number], commentsSince: since, baseBranches: [] });
  assert.deepEqual(
    comments.map(({ body, handle, author, at }) => ({ body, handle, kind: author.kind, at })).toSorted(byBody),
    [
      { body: '/merge', handle: 'ada', kind: 'person', at: since },
      { body: '/stop', handle: 'ada', kind: 'person', at: since },
      { body: 'beep', handle: 'helper', kind: 'automation', at: since },
    ],
  );
});

test('a pull request is found by its branch, the open one first, and null when there is none', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const first = await change('again');
  await world.act.close(SHOP, first.number, 'ada');
  assert.equal((await forge.findPullRequest(SHOP, 'again'))?.number, first.number);
  const second = await world.act.openPullRequest(SHOP, 'ada', { head: 'again', title: 'Again' });
  assert.equal((await forge.findPullRequest(SHOP, 'again'))?.number, second);
  assert.equal(await forge.findPullRequest(SHOP, 'never'), null);
  assert.equal(await forge.pullRequest(SHOP, 999), null);
});

const ended = (conclusion: string | null, status = 'COMPLETED') =>
  ({ __typename: 'CheckRun', databaseId: 1, name: 'test', status, conclusion }) as WireCheck;
const status = (state: string) => ({ __typename: 'StatusContext', context: 'ci', state, createdAt: 5 }) as WireCheck;
const states: readonly (readonly [WireCheck, string])[] = [
  [ended(null, 'QUEUED'), 'queued'],
  [ended(null, 'WAITING'), 'queued'],
  [ended(null, 'IN_PROGRESS'), 'running'],
  [ended('SUCCESS'), 'success'],
  [ended('FAILURE'), 'failure'],
  [ended('STARTUP_FAILURE'), 'failure'],
  [ended('CANCELLED'), 'cancelled'],
  [ended('SKIPPED'), 'skipped'],
  [ended('NEUTRAL'), 'neutral'],
  [ended('TIMED_OUT'), 'timed-out'],
  [ended('ACTION_REQUIRED'), 'action-required'],
  [ended('STALE'), 'stale'],
  [ended(null), 'running'],
  [status('SUCCESS'), 'success'],
  [status('FAILURE'), 'failure'],
  [status('ERROR'), 'failure'],
  [status('PENDING'), 'running'],
  [status('EXPECTED'), 'queued'],
];
test('every state of a check has its word, and nothing but success is a success', () => {
  for (const [wire, state] of states) assert.equal(mapCheck(wire, 'sha').state, state);
});
