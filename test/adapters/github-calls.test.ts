/** Single calls to GitHub: each failure named, limits honoured, unchanged things not paid for, logs short and plain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError, type TroubleKind } from '../../src/domain/outside-error.ts';
import type { Check } from '../../src/domain/pull-request.ts';
import { classifyFailure } from '../../src/github/classify-failure.ts';
import { ACTIONS, type ForgeForTestOptions, forgeForTest, SHOP } from './github-for-test.ts';

const now = Date.parse('2026-11-02T12:00:00.000Z');
const failure = (
  status: number,
  headers: Record<string, string> = {},
  message = '',
  codes: readonly string[] = [],
) => ({ status, headers, message, codes });
const cases: readonly (readonly [string, ReturnType<typeof failure>, TroubleKind, number | null])[] = [
  ['a bad token', failure(401), 'unauthorised', null],
  ['a missing right', failure(403, { 'x-ratelimit-remaining': '4000' }), 'unauthorised', null],
  [
    'the hourly limit',
    failure(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 90) }),
    'limited',
    90_000,
  ],
  [
    'a wait that is told',
    failure(429, { 'retry-after': '7', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 90) }),
    'limited',
    7_000,
  ],
  [
    'a secondary limit without headers',
    failure(403, {}, 'You have exceeded a secondary rate limit.'),
    'limited',
    60_000,
  ],
  ['a GraphQL limit inside a 200', failure(200, {}, '', ['RATE_LIMITED']), 'limited', 60_000],
  [
    'a secondary limit inside a 200',
    failure(200, { 'retry-after': '30' }, 'You have exceeded a secondary rate limit. Please wait a few minutes.'),
    'limited',
    30_000,
  ],
  ['abuse detection', failure(429, {}, 'You have triggered an abuse detection mechanism.'), 'limited', 60_000],
  [
    'the limit on writing content',
    failure(422, {}, 'Validation Failed; was submitted too quickly', ['custom']),
    'limited',
    60_000,
  ],
  ['those words where something else is wrong', failure(404, {}, 'was submitted too quickly'), 'missing', null],
  ['something that is not there', failure(404), 'missing', null],
  ['not there for GraphQL', failure(200, {}, '', ['NOT_FOUND']), 'missing', null],
  ['a moved head', failure(409), 'conflict', null],
  ['something that changed under a GraphQL write', failure(200, {}, '', ['STALE_DATA']), 'conflict', null],
  ['a rule of the branch', failure(405), 'refused', null],
  ['a duplicate', failure(422, {}, '', ['already_exists']), 'conflict', null],
  ['a bad field', failure(422, {}, '', ['invalid']), 'invalid', null],
  ['a rule told in words', failure(422), 'refused', null],
  ['a broken gateway', failure(502), 'unreachable', null],
  ['a server that says how long it is down', failure(503, { 'retry-after': '120' }), 'unreachable', 120_000],
  ['GraphQL that broke down', failure(200, {}, 'Something went wrong'), 'unreachable', null],
];
for (const [name, answer, kind, retryAfterMs] of cases) {
  test(`failure: ${name}`, () => {
    const error = classifyFailure('try', answer, now, null);
    assert.equal(error.kind, kind);
    assert.equal(error.retryAfterMs, retryAfterMs);
  });
}

test('what goes wrong on the way has its name, over REST and GraphQL', async (context) => {
  const kinds = async (options: ForgeForTestOptions) => {
    const { forge } = await forgeForTest(context, options);
    const kindOf = (error: unknown) => (error instanceof OutsideError ? error.kind : String(error));
    return [await forge.pullRequest(SHOP, 1).catch(kindOf), await forge.status(SHOP, 'main', 'ci').catch(kindOf)];
  };
  const always = (fault: NonNullable<ForgeForTestOptions['faults']>[number]['fault']) => ({
    faults: [{ fault, nth: 'every' }] as const,
  });
  assert.deepEqual(await kinds({ token: 'wrong' }), ['unauthorised', 'unauthorised']);
  assert.deepEqual(await kinds(always({ kind: 'refuse' })), ['unreachable', 'unreachable']);
  assert.deepEqual(await kinds(always({ kind: 'malformed' })), ['unreachable', 'unreachable']);
  assert.deepEqual(await kinds(always({ kind: 'status', status: 503 })), ['unreachable', 'unreachable']);
  assert.deepEqual(await kinds(always({ kind: 'limit' })), ['limited', 'limited']);
});

test('while GitHub asks to wait no request leaves, and after that they do', async (context) => {
  const { forge, asked, passTime } = await forgeForTest(context, {
    faults: [{ fault: { kind: 'limit', resetInMs: 30_000 }, nth: 1 }],
  });
  await assert.rejects(forge.status(SHOP, 'main', 'ci'), { kind: 'limited', retryAfterMs: 30_000 });
  passTime(10_000);
  await assert.rejects(forge.status(SHOP, 'main', 'ci'), { kind: 'limited', retryAfterMs: 20_000 });
  await assert.rejects(forge.pullRequest(SHOP, 1), { kind: 'limited' });
  assert.equal(asked().length, 1);
  passTime(20_000);
  assert.equal(await forge.status(SHOP, 'main', 'ci'), null);
});

test('a limit that GraphQL tells with a message alone, and HTTP 200, is one', async (context) => {
  const { forge, asked } = await forgeForTest(context, {
    faults: [{ fault: { kind: 'limit', resetInMs: 30_000 }, nth: 'every' }],
    world: { limits: { status: 200 } },
  });
  await assert.rejects(forge.pullRequest(SHOP, 1), { kind: 'limited', retryAfterMs: 30_000, message: /secondary/ });
  await assert.rejects(forge.status(SHOP, 'main', 'ci'), { kind: 'limited' });
  assert.equal(asked().length, 1);
});

test('reading the same thing again is answered "not modified" and is right all the same', async (context) => {
  const { forge, change, asked } = await forgeForTest(context);
  const { head } = await change('paint');
  await forge.setStatus({ repository: SHOP, head, context: 'ci', state: 'pending', description: 'wait' });
  asked();
  for (let read = 0; read < 3; read += 1) assert.equal((await forge.status(SHOP, head, 'ci'))?.state, 'pending');
  assert.deepEqual(
    asked().map((request) => request.notModified),
    [false, true, true],
  );
  await forge.setStatus({ repository: SHOP, head, context: 'ci', state: 'success', description: 'done' });
  assert.equal((await forge.status(SHOP, head, 'ci'))?.state, 'success');
});

test('the quota of both interfaces is what the last answers said', async (context) => {
  const { forge } = await forgeForTest(context);
  assert.equal(forge.quota(), null);
  await forge.observe(SHOP, { tracked: [], commentsSince: 0, baseBranches: [] });
  await forge.status(SHOP, 'main', 'ci');
  const quota = forge.quota();
  assert.equal(quota?.graphqlLimit, 5000);
  assert.equal(quota.restLimit, 5000);
  assert.ok((quota.restLeft ?? 5000) < 5000);
});

test('check sees who the tokens are, what they may do and which rules guard the base', async (context) => {
  const protection = {
    requiredStatusChecks: { strict: true, checks: [{ context: 'test', appSlug: null }] },
    requiredApprovingReviewCount: 1,
    requireConversationResolution: true,
  };
  const guarded = await forgeForTest(context, { protection, reviewerToken: 'token-of-reviewer' });
  assert.deepEqual(await guarded.forge.access(SHOP, null), {
    login: 'heartline',
    reviewer: 'second-eye',
    permission: 'admin',
    defaultBranch: 'main',
    mergeMethods: ['merge', 'squash', 'rebase'],
    protection: { strict: true, checks: ['test'], approvals: 1, conversationResolution: true, mergeQueue: false },
  });
  // Without an admin's rights "up to date" of classic rules stays hidden; the rest is shown to every reader.
  const plain = await forgeForTest(context, { protection, token: 'token-of-reader' });
  assert.deepEqual((await plain.forge.access(SHOP, null)).protection, {
    strict: false,
    checks: ['test'],
    approvals: 1,
    conversationResolution: true,
    mergeQueue: false,
  });
  await plain.world.act.setRuleset(SHOP, 'main', 'heartline', {
    requiredStatusChecks: { strict: true, checks: [{ context: 'lint', appSlug: null }] },
    requiredApprovingReviewCount: 2,
    mergeQueue: { method: 'squash', checkTimeoutMs: 60_000, entriesToBuildMax: 5 },
  });
  await plain.world.act.setProtection(SHOP, 'main', 'heartline', null);
  assert.deepEqual((await plain.forge.access(SHOP, null)).protection, {
    strict: true,
    checks: ['lint'],
    approvals: 2,
    conversationResolution: false,
    mergeQueue: true,
  });
  assert.deepEqual(plain.world.violations, []);
  const open = await forgeForTest(context, { token: 'token-of-reader' });
  const access = await open.forge.access(SHOP, 'main');
  assert.equal(access.permission, 'read');
  assert.equal(access.reviewer, null);
  assert.equal(access.protection, null);
  assert.deepEqual([...guarded.world.violations, ...open.world.violations], []);
});

test('the checks of any commit can be asked for, over pages, and none at all is an answer', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { head } = await change('paint');
  assert.deepEqual(await forge.checksOf(SHOP, head), []);
  for (let index = 0; index < 130; index += 1) {
    const run = world.checks.create(SHOP, ACTIONS, head, `part ${index}`);
    const conclusion = index === 120 ? 'failure' : 'success';
    world.checks.complete(SHOP, run, { conclusion, title: 'part', summary: '', log: '' });
  }
  const checks = await forge.checksOf(SHOP, head);
  assert.equal(new Set(checks.map((check) => check.name)).size, 130);
  assert.deepEqual(
    checks.filter((check) => check.state === 'failure').map(({ name, sha, app }) => [name, sha, app]),
    [['part 120', head, ACTIONS.slug]],
  );
  assert.deepEqual(await forge.checksOf(SHOP, `${'0'.repeat(39)}1`), []);
  assert.deepEqual(world.violations, []);
});

test('a failed job is told by its link, step, annotations and the end of its log, in at most 20 KB of plain text', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number, head } = await change('paint');
  const run = world.checks.create(SHOP, ACTIONS, head, 'test');
  const noise = Array.from({ length: 3000 }, (_, index) => `2026-11-02T12:00:00.0000000Z noise ${index}`).join('\n');
  world.checks.complete(SHOP, run, {
    conclusion: 'failure',
    title: '1 test failed',
    summary: 'adds numbers',
    annotations: [{ path: 'shop.js', startLine: 3, endLine: 3, level: 'failure', message: 'expected 2', title: null }],
    log: `2026-11-02T12:00:00.0000000Z ##[group]Run npm test\n${noise}\n2026-11-02T12:00:01.0000000Z \u001b[31mnot ok\u001b[0m 1\n2026-11-02T12:00:01.0000000Z ##[error]Process completed with exit code 1.\n`,
  });
  const failed = (await forge.pullRequest(SHOP, number))?.checks[0];
  assert.ok(failed);
  const text = await forge.failureLog(SHOP, failed);
  assert.ok(Buffer.byteLength(text) <= 20_000, `${Buffer.byteLength(text)} bytes`);
  for (const words of [
    'Check: test',
    'Failing step: Run npm test',
    '1 test failed',
    'shop.js:3 failure: expected 2',
    '\nnot ok 1\n',
    'noise 2999',
  ]) {
    assert.ok(text.includes(words), words);
  }
  assert.ok(failed.url && text.includes(failed.url));
  assert.ok(!text.includes('\u001b') && !text.includes('noise 0\n') && !text.includes('2026-11-02T12:00:01'));
  const status: Check = { ...failed, kind: 'status', id: null };
  assert.ok((await forge.failureLog(SHOP, status)).includes('commit status'));
  assert.deepEqual(world.violations, []);
});
