/** Single calls to Linear: every document valid and priced, each kind of failure named, each write safe to repeat. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError, type TroubleKind } from '../../src/domain/outside-error.ts';
import { classifyFailure } from '../../src/linear/classify-failure.ts';
import * as documents from '../../src/linear/documents.ts';
import { validateDocument } from '../world/linear/validate-documents.ts';
import { trackerForTest, watching } from './linear-for-test.ts';

const commentId = 'c0a4f1a2-6f5e-4c8b-9b1d-2f3a4b5c6d7e';
const linkId = 'd1b5f1a2-6f5e-4c8b-8b1d-2f3a4b5c6d7e';
const seed = { issues: [{ title: 'Count the cards' }, { title: 'Old', archived: true }] };

for (const [name, document] of Object.entries(documents)) {
  if (typeof document !== 'string') continue;
  test(`${name} is a document of the installed schema`, () => assert.deepEqual(validateDocument(document), []));
}

test('an issue is found by id and by key, archived ones too, and is null when there is none', async (context) => {
  const { tracker, id } = await trackerForTest(context, seed);
  assert.equal((await tracker.issue('ENG-1'))?.id, id('ENG-1'));
  assert.equal((await tracker.issue(id('ENG-2')))?.archived, true);
  assert.equal(await tracker.issue('ENG-99'), null);
  assert.equal(await tracker.comment(commentId), null);
});

test('a move answers with the history entry it made', async (context) => {
  const { tracker, world, id } = await trackerForTest(context, seed);
  const to = world.state.workflowStates.find((state) => state.name === 'In Progress')?.id ?? '';
  const entry = await tracker.moveIssue(id('ENG-1'), to);
  assert.equal(entry, world.state.history.at(-1)?.id);
  assert.equal((await tracker.issue('ENG-1'))?.lastMove?.historyId, entry);
});

test('a comment is made with the id we chose, edited in place and read with all others, oldest first', async (context) => {
  const { tracker, world, id, passTime } = await trackerForTest(context, seed);
  await tracker.createComment({ id: commentId, issueId: id('ENG-1'), body: 'one' });
  for (let index = 0; index < 40; index += 1) {
    passTime(1000);
    world.act.comment('ENG-1', `talk ${index}`, 'bob');
  }
  await tracker.updateComment(commentId, 'two');
  assert.deepEqual(await tracker.comment(commentId), { id: commentId, body: 'two' });
  const all = await tracker.comments(id('ENG-1'));
  assert.equal(all.length, 41);
  assert.equal(all[0]?.id, commentId);
  assert.equal(all.at(-1)?.body, 'talk 39');
});

test('a create whose answer was lost counts as done once the comment is found', async (context) => {
  const faults = [
    {
      fault: { kind: 'effect-then-lost' },
      nth: 1,
      when: (call: { operation: string }) => call.operation === 'commentCreate',
    },
  ] as const;
  const { tracker, world, id } = await trackerForTest(context, seed, { faults });
  await tracker.createComment({ id: commentId, issueId: id('ENG-1'), body: 'one' });
  await tracker.createComment({ id: commentId, issueId: id('ENG-1'), body: 'one' });
  assert.equal(world.state.comments.length, 1);
});

test('a create that had no effect fails with its own error', async (context) => {
  const faults = [
    { fault: { kind: 'refuse' }, nth: 1, when: (call: { operation: string }) => call.operation === 'commentCreate' },
  ] as const;
  const { tracker, world, id } = await trackerForTest(context, seed, { faults });
  await assert.rejects(tracker.createComment({ id: commentId, issueId: id('ENG-1'), body: 'one' }), {
    kind: 'unreachable',
  });
  assert.equal(world.state.comments.length, 0);
});

test('a pull request is linked once, however often it is written', async (context) => {
  const { tracker, world, id } = await trackerForTest(context, seed);
  const link = {
    id: linkId,
    issueId: id('ENG-1'),
    url: 'https://github.com/acme/engine/pull/1',
    title: 'PR',
    subtitle: 'open',
  };
  assert.equal(await tracker.link(link), linkId);
  assert.equal(await tracker.link({ ...link, id: commentId, title: 'PR 1' }), linkId);
  assert.equal(world.state.attachments.length, 1);
});

test('check sees who the key is, and all it can name', async (context) => {
  const labels = Array.from({ length: 70 }, (_, index) => ({ name: `label-${index}` }));
  const { tracker } = await trackerForTest(context, { ...seed, labels, projects: [{ name: 'Engine' }] });
  const access = await tracker.access();
  assert.equal(access.viewer.email, 'ada@example.com');
  assert.equal(access.teams[0]?.key, 'ENG');
  assert.equal(access.teams[0]?.states[0]?.name, 'Triage');
  assert.equal(access.teams[0]?.labels.length, 70);
  assert.deepEqual(access.projects, ['Engine']);
  assert.equal(access.users.length, 3);
});

test('the quota is what the last answer said', async (context) => {
  const { tracker } = await trackerForTest(context, seed);
  assert.equal(tracker.quota(), null);
  await tracker.observe(watching());
  const quota = tracker.quota();
  assert.equal(quota?.requestsLimit, 2500);
  assert.ok(quota.complexityLeft < quota.complexityLimit);
});

test('each way to fail has its name', async (context) => {
  const failing = async (fault: Parameters<typeof trackerForTest>[2]) => {
    const { tracker } = await trackerForTest(context, seed, fault);
    return tracker.issue('ENG-1').then(
      () => 'no failure',
      (error: unknown) => (error instanceof OutsideError ? error.kind : String(error)),
    );
  };
  assert.equal(await failing({ apiKey: 'wrong' }), 'unauthorised');
  for (const status of [500, 502, 503])
    assert.equal(await failing({ faults: [{ fault: { kind: 'status', status }, nth: 1 }] }), 'unreachable');
  assert.equal(await failing({ faults: [{ fault: { kind: 'malformed' }, nth: 1 }] }), 'unreachable');
  assert.equal(await failing({ faults: [{ fault: { kind: 'refuse' }, nth: 1 }] }), 'unreachable');
  assert.equal(await failing({ faults: [{ fault: { kind: 'limit' }, nth: 1 }] }), 'limited');
  const { tracker } = await trackerForTest(context, seed);
  await assert.rejects(tracker.moveIssue(commentId, commentId), { kind: 'missing' });
  await assert.rejects(tracker.createComment({ id: 'no uuid', issueId: 'ENG-1', body: 'x' }), { kind: 'invalid' });
});

test('while Linear asks to wait no request leaves, and after that they do', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, seed, {
    faults: [{ fault: { kind: 'limit', resetInMs: 30_000 }, nth: 1 }],
  });
  await assert.rejects(tracker.issue('ENG-1'), { kind: 'limited', retryAfterMs: 30_000 });
  passTime(10_000);
  await assert.rejects(tracker.issue('ENG-1'), { kind: 'limited', retryAfterMs: 20_000 });
  assert.equal(world.requests.length, 1);
  passTime(20_000);
  assert.equal((await tracker.issue('ENG-1'))?.key, 'ENG-1');
});

const now = Date.parse('2026-11-02T12:00:00.000Z');
const failure = (
  status: number,
  extensions: { code?: string; type?: string; status?: number } | null,
  headers: Record<string, string> = {},
) => ({
  status,
  headers: new Headers(headers),
  errors: extensions === null ? [] : [{ message: 'm', code: '', type: '', status: 0, ...extensions }],
});
const cases: readonly (readonly [string, ReturnType<typeof failure>, TroubleKind, number | null])[] = [
  [
    'limited inside a 400, reset in milliseconds',
    failure(
      400,
      { code: 'RATELIMITED' },
      { 'x-ratelimit-requests-remaining': '0', 'x-ratelimit-requests-reset': String(now + 90_000) },
    ),
    'limited',
    90_000,
  ],
  [
    'limited by complexity, reset in seconds',
    failure(
      400,
      { type: 'ratelimited' },
      {
        'x-ratelimit-complexity-remaining': '0',
        'x-ratelimit-complexity-reset': String((now + 45_000) / 1000),
        'x-ratelimit-requests-remaining': '7',
        'x-ratelimit-requests-reset': String(now + 900_000),
      },
    ),
    'limited',
    45_000,
  ],
  ['limited with a wait of its own', failure(429, null, { 'retry-after': '7' }), 'limited', 7_000],
  ['limited by a status inside a 200', failure(200, { status: 429 }), 'limited', 60_000],
  ['forbidden', failure(403, null), 'unauthorised', null],
  ['an expired key', failure(401, { code: 'AUTHENTICATION_ERROR' }), 'unauthorised', null],
  ['a 400 without a list of errors is no authentication failure', failure(400, null), 'unreachable', null],
  ['an internal error inside a 200', failure(200, { type: 'internal error' }), 'unreachable', null],
  ['a query that does not fit the schema', failure(400, { code: 'GRAPHQL_VALIDATION_FAILED' }), 'invalid', null],
  ['bad input', failure(400, { type: 'invalid input', code: 'INVALID_INPUT' }), 'invalid', null],
  ['a thing that is not there', failure(400, { type: 'invalid input', code: 'INPUT_ERROR' }), 'missing', null],
  ['a limit of the plan', failure(400, { type: 'usage limit exceeded' }), 'refused', null],
];
for (const [name, answer, kind, retryAfterMs] of cases) {
  test(`failure: ${name}`, () => {
    const error = classifyFailure('try', answer, now, null);
    assert.equal(error.kind, kind);
    assert.equal(error.retryAfterMs, retryAfterMs);
  });
}
