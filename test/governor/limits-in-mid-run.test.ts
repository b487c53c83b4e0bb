/** Both adapters against the stand-ins while limits change under them: nothing leaves early, and what matters gets through. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createForge } from '../../src/github/create-forge.ts';
import { createGithubGovernor } from '../../src/github/github-governor.ts';
import { createGovernor } from '../../src/governor/governor.ts';
import { paceBoard } from '../../src/governor/pace-looks.ts';
import { createTracker } from '../../src/linear/create-tracker.ts';
import { people, watching } from '../adapters/linear-for-test.ts';
import { type EffectHook, type Fault, type FaultSwitch, scriptedFaults } from '../world/faults.ts';
import { startGithub } from '../world/github/start-github.ts';
import { startLinear } from '../world/linear/start-linear.ts';

const NOON = Date.parse('2026-11-02T12:00:00.000Z');
const CART = 'acme/cart';
const NO_WAIT = { writeSpacingMs: 0, writesPerMinuteMax: null, writesPerHourMax: null };

const limitedFor = (error: unknown): number => {
  assert.ok(error instanceof OutsideError && error.kind === 'limited', String(error));
  return error.retryAfterMs ?? -1;
};

interface Clocks {
  /** The world's time. */
  now: number;
  /** How far the bot's own clock is from it. */
  ahead: number;
  readonly waits: number[];
}

async function linearSide(
  context: TestContext,
  options: { readonly ahead?: number; readonly fault?: FaultSwitch } = {},
) {
  const clocks: Clocks = { now: NOON, ahead: options.ahead ?? 0, waits: [] };
  const world = await startLinear({
    clock: () => clocks.now,
    seed: { users: people, issues: [{ title: 'Count the cards' }] },
    apiKeys: { 'key-of-ada': 'ada', 'other-key-of-ada': 'ada' },
    limits: { requestsPerHour: 360, complexityPerHour: 40_000, retryAfterHeader: false },
    ...(options.fault === undefined ? {} : { fault: options.fault }),
  });
  context.after(() => world.close());
  const now = () => clocks.now + clocks.ahead;
  const governor = createGovernor({ name: 'Linear', now, steady: () => clocks.now, reserveShare: 0.1, writes: null });
  const tracker = paceBoard(
    createTracker({ apiKey: 'key-of-ada', apiUrl: world.url, sweepMs: 600_000, now, timeoutMs: 5_000, governor }),
    governor,
  );
  const issue = world.state.issues[0]?.id ?? '';
  const started = world.state.workflowStates.find((state) => state.name === 'In Progress')?.id ?? '';
  return { world, tracker, governor, clocks, issue, started };
}

interface GithubSide {
  readonly ahead?: number;
  readonly fault?: FaultSwitch;
  readonly onEffect?: EffectHook;
  readonly spacingMs?: number;
  readonly writesPerMinuteMax?: number;
}

async function githubSide(context: TestContext, options: GithubSide = {}) {
  const root = await mkdtemp(join(tmpdir(), 'limits-'));
  const clocks: Clocks = { now: NOON, ahead: options.ahead ?? 0, waits: [] };
  const world = await startGithub({
    clock: () => clocks.now,
    root,
    tokens: { 'token-of-bot': 'heartline', 'token-of-reviewer': 'second-eye' },
    users: [
      { login: 'heartline', id: 1, type: 'User' },
      { login: 'second-eye', id: 2, type: 'User' },
      { login: 'ada', id: 3, type: 'User' },
    ],
    repositories: [
      {
        owner: 'acme',
        name: 'cart',
        defaultBranch: 'main',
        collaborators: { heartline: 'write', 'second-eye': 'write', ada: 'admin' },
      },
    ],
    unknownMergeabilityReads: 0,
    ...(options.fault === undefined ? {} : { fault: options.fault }),
    ...(options.onEffect === undefined ? {} : { onEffect: options.onEffect }),
  });
  context.after(async () => {
    await world.close();
    await rm(root, { recursive: true, force: true });
  });
  await world.act.pushCommit(CART, 'main', 'ada', { files: { 'a.txt': 'a\n' }, message: 'Begin' });
  const head = await world.act.pushCommit(CART, 'work', 'heartline', { files: { 'b.txt': 'b\n' }, message: 'Work' });
  const number = await world.act.openPullRequest(CART, 'heartline', { head: 'work', title: 'Work', body: '' });
  const now = () => clocks.now + clocks.ahead;
  const governor = createGithubGovernor({
    now,
    steady: () => clocks.now,
    wait: async (milliseconds) => {
      clocks.waits.push(milliseconds);
      clocks.now += milliseconds;
    },
    reserveShare: 0.1,
    writes: {
      ...NO_WAIT,
      writeSpacingMs: options.spacingMs ?? 0,
      writesPerMinuteMax: options.writesPerMinuteMax ?? null,
    },
  });
  const forge = createForge({
    token: 'token-of-bot',
    reviewerToken: 'token-of-reviewer',
    baseUrl: world.url,
    now,
    timeoutMs: 10_000,
    governor,
  });
  const status = (context: string) =>
    forge.setStatus({ repository: CART, head, context, state: 'success', description: 'fine' });
  const merge = () => forge.merge({ repository: CART, number, head, method: 'squash', title: 'Work' });
  return { world, forge, governor, clocks, head, number, status, merge };
}

test('Linear: an empty bucket is not asked, whatever our clock says, and is asked once it has filled', async (context) => {
  for (const ahead of [0, 300_000, -300_000, 86_400_000]) {
    const { world, tracker, governor, clocks, issue } = await linearSide(context, { ahead });
    await tracker.issue(issue);
    world.leave('other-key-of-ada', 0, 0);
    const wait = await tracker.issue(issue).then(() => assert.fail('it was let through'), limitedFor);
    assert.equal(world.requests.at(-1)?.errors[0], 'RATELIMITED', 'nobody told us before');
    const refused = world.requests.length;
    for (const part of [0.25, 0.5, 0.999]) {
      clocks.now = NOON + Math.floor(wait * part);
      await assert.rejects(tracker.issue(issue), { kind: 'limited' });
    }
    assert.equal(world.requests.length, refused, 'no request while it is exhausted');
    assert.equal(governor.pressure().level, 'exhausted');
    clocks.now = NOON + wait;
    assert.equal((await tracker.issue(issue))?.key, 'ENG-1');
    assert.equal(world.requests.filter((request) => request.status === 400).length, 1);
  }
});

test('Linear: somebody else uses it up in mid-run: looks slow down, the last goes to a move', async (context) => {
  const { world, tracker, governor, clocks, issue, started } = await linearSide(context);
  assert.equal((await tracker.observe(watching())).how, 'sweep');
  world.leave('other-key-of-ada', 100, 40_000);
  await tracker.observe(watching());
  assert.equal(governor.pressure().level, 'careful');
  assert.match(governor.pressure().because, /^\d+ of 360 requests left$/);
  const before = world.requests.length;
  assert.equal(await tracker.observe(watching()).then(() => 0, limitedFor), 60_000);
  assert.equal(world.requests.length, before);
  clocks.now += 60_000;
  world.leave('other-key-of-ada', 8, 40_000);
  await tracker.observe(watching());
  assert.equal(governor.pressure().level, 'exhausted');
  assert.equal(await tracker.observe(watching()).then(() => 0, limitedFor), 180_000);
  // Below a quarter of the reserve only what is urgent passes.
  await assert.rejects(tracker.issue(issue), /kept for merges and stops/);
  await tracker.moveIssue(issue, started);
  assert.equal(world.requests.filter((request) => request.status === 400).length, 0, 'nothing was ever refused');
});

test('Linear: the other forms of a limit hold too: 429, a 200 with the error inside', async (context) => {
  const { createServer } = await import('node:http');
  const answers = [
    { status: 429, headers: { 'retry-after': 'Mon, 02 Nov 2026 12:00:20 GMT' }, code: 'X' },
    {
      status: 200,
      headers: { 'x-ratelimit-requests-remaining': '0', 'x-ratelimit-requests-reset': String(NOON / 1_000 + 40) },
      code: 'RATELIMITED',
    },
  ];
  for (const { status, headers, code } of answers) {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.writeHead(status, {
        'content-type': 'application/json',
        date: new Date(NOON).toUTCString(),
        ...headers,
      });
      response.end(JSON.stringify({ errors: [{ message: 'slow down', extensions: { code, type: 'ratelimited' } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context.after(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    let now = NOON;
    const tracker = createTracker({
      apiKey: 'k',
      apiUrl: `http://127.0.0.1:${port}/graphql`,
      sweepMs: 1,
      now: () => now,
      timeoutMs: 5_000,
    });
    const wait = await tracker.issue('ENG-1').then(() => 0, limitedFor);
    assert.equal(wait, status === 429 ? 20_000 : 40_000);
    now += wait - 1;
    await assert.rejects(tracker.issue('ENG-1'), { kind: 'limited' });
    assert.equal(asked, 1);
    server.closeAllConnections();
  }
});

test('GitHub: both quotas are read from every answer, and a used up one is waited for at the server’s time', async (context) => {
  for (const ahead of [0, 300_000, -300_000]) {
    const { world, forge, clocks, number, status } = await githubSide(context, { ahead });
    await forge.pullRequest(CART, number);
    await status('one');
    assert.deepEqual(forge.quota(), { restLeft: 4_999, restLimit: 5_000, graphqlLeft: 4_999, graphqlLimit: 5_000 });
    world.limits.leave('heartline', 'core', 0);
    const wait = await status('two').then(() => 0, limitedFor);
    assert.equal(wait, 3_600_000);
    assert.equal((await forge.pullRequest(CART, number))?.number, number, 'the other quota is not touched by it');
    const asked = world.log.requests.length;
    clocks.now += 3_599_999;
    await assert.rejects(status('two'), { kind: 'limited' });
    assert.equal(world.log.requests.length, asked);
    clocks.now += 1;
    await status('two');
    assert.deepEqual(world.violations, []);
  }
});

test('GitHub: near the end of a quota words wait and a merge goes through', async (context) => {
  const { world, forge, governor, status, merge } = await githubSide(context);
  await status('one');
  world.limits.leave('heartline', 'core', 501);
  await status('two');
  assert.equal(governor.pressure().level, 'exhausted');
  const asked = world.log.requests.length;
  await assert.rejects(status('three'), /500 of 5,000 REST requests left, kept for merges and stops/);
  assert.equal(world.log.requests.length, asked);
  assert.match(await merge(), /^[0-9a-f]{40}$/);
  assert.equal(forge.quota()?.restLeft, 499);
});

test('GitHub: a secondary limit holds reads and writes alike, longer each time it names no time', async (context) => {
  const unnamed: Fault = { kind: 'limit' };
  const { world, forge, clocks, number, status } = await githubSide(context, {
    fault: scriptedFaults([{ fault: unnamed, nth: 1 }]),
  });
  world.limits.change({ retryAfterSeconds: 45 });
  const wait = await status('one').then(() => 0, limitedFor);
  assert.ok(wait >= 45_000, `${wait}`);
  const asked = world.log.requests.length;
  await assert.rejects(forge.pullRequest(CART, number), { kind: 'limited' });
  assert.equal(world.log.requests.length, asked);
  clocks.now += wait;
  await status('one');
});

test('GitHub: the caps on words hold before GitHub has to, and GitHub is heard when it wants fewer', async (context) => {
  const { world, forge, clocks, number, head } = await githubSide(context, { writesPerMinuteMax: 3 });
  const review = (body: string) =>
    forge
      .postReview({ repository: CART, number, head, event: 'comment', body, findings: [] })
      .then(() => 0, limitedFor);
  world.limits.change({ contentWritesPerMinute: 4, retryAfterSeconds: 50 });
  const refused = () => world.log.requests.filter((request) => request.status === 403).length;
  assert.deepEqual([await review('1'), await review('2'), await review('3'), await review('4')], [0, 0, 0, 60_000]);
  assert.equal(refused(), 0);
  clocks.now += 60_000;
  world.limits.change({ contentWritesPerMinute: 1 });
  assert.deepEqual([await review('5'), await review('6'), refused()], [0, 50_000, 1]);
  clocks.now += 49_999;
  assert.deepEqual([await review('6'), refused()], [1, 1]);
  clocks.now += 20_000;
  assert.deepEqual([await review('6'), refused()], [0, 1]);
});

test('GitHub: writes of both identities leave one at a time, a second apart', async (context) => {
  const begun: number[] = [];
  let running = 0;
  const side = await githubSide(context, {
    spacingMs: 1_000,
    onEffect: async (_, phase) => {
      running += phase === 'before' ? 1 : -1;
      assert.ok(running <= 1, 'one at a time');
      if (phase === 'before') begun.push(side.clocks.now - NOON);
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  const { forge, head, number, status, merge } = side;
  const review = { repository: CART, number, head, event: 'approve', body: 'Good.', findings: [] } as const;
  await Promise.all([status('a'), forge.postReview(review), status('b'), merge()]);
  assert.deepEqual(begun, [0, 1_000, 2_000, 3_000]);
  assert.deepEqual(side.clocks.waits, [1_000, 1_000, 1_000]);
  const writes = side.world.log.requests.filter((request) => request.method !== 'GET' && request.kind === 'rest');
  assert.match(writes[1]?.operation ?? '', /merge$/);
  assert.ok(new Set(writes.map((request) => request.login)).size === 2, 'two identities, one queue');
});
