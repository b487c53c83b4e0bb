// The unpleasant side: wrong tokens, limits, conditional requests, each kind of fault, and loud answers to what is not allowed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../faults.ts';
import { loadContract } from './contract.ts';
import { place, refusalOf, repository, startTestWorld } from './world-for-tests.ts';

test('a wrong token and none are told apart, and a stranger sees nothing', async (t) => {
  const { world, client } = await startTestWorld(t, { tokens: { 'bot-token': 'bot', 'stranger-token': 'stranger' } });
  const wrong = await refusalOf(client('wrong').rest.users.getAuthenticated());
  assert.deepEqual([wrong.status, /Bad credentials/.test(wrong.message)], [401, true]);
  assert.equal((await fetch(`${world.url}/user`)).status, 401);
  assert.equal((await refusalOf(client('wrong').graphql('query { viewer { login } }'))).status, 401);
  assert.equal((await refusalOf(client('stranger-token').rest.repos.get(place))).status, 404);
  const me = await client('bot-token').rest.users.getAuthenticated();
  assert.deepEqual(
    [me.data.login, me.headers['x-ratelimit-limit'], me.headers['x-ratelimit-resource']],
    ['bot', '5000', 'core'],
  );
});

test('an answer that did not change is 304 and free; one that did is sent', async (t) => {
  const { world, client } = await startTestWorld(t);
  const bot = client('bot-token');
  const first = await bot.rest.pulls.list(place);
  const conditional = () => bot.rest.pulls.list({ ...place, headers: { 'if-none-match': first.headers.etag ?? '' } });
  assert.equal((await refusalOf(conditional())).status, 304);
  const quota = (await bot.rest.rateLimit.get()).data.rate;
  assert.deepEqual([quota.used, world.log.counts().notModified], [1, 1]);
  await world.act.pushCommit(repository, 'work', 'ann', { files: { 'a.txt': 'a' }, message: 'a' });
  await world.act.openPullRequest(repository, 'ann', { head: 'work', title: 'a' });
  assert.equal((await conditional()).data.length, 1);
});

test('primary and secondary limits refuse with the headers that tell how long', async (t) => {
  const { client, clock, openPullRequest } = await startTestWorld(t, {
    limits: { restPerHour: 6, contentWritesPerMinute: 2, restPointsPerMinute: 25, status: 429, retryAfterSeconds: 30 },
  });
  const bot = client('bot-token');
  const { number } = await openPullRequest('work', { 'a.txt': 'a' });
  const write = () => bot.rest.issues.createComment({ ...place, issue_number: number, body: 'x' });
  await write();
  await write();
  await assert.rejects(write(), (error: { status: number; response: { headers: Record<string, string> } }) => {
    assert.deepEqual([error.status, error.response.headers['retry-after']], [429, '30']);
    return true;
  });
  clock.now += 61_000;
  await write();
  for (let count = 0; count < 3; count += 1) await bot.rest.pulls.get({ ...place, pull_number: number });
  await assert.rejects(
    bot.rest.pulls.get({ ...place, pull_number: number }),
    (error: { status: number; response: { headers: Record<string, string> } }) => {
      assert.deepEqual(
        [error.status, error.response.headers['x-ratelimit-remaining'], error.response.headers['retry-after']],
        [429, '0', undefined],
      );
      return true;
    },
  );
  clock.now += 3_600_000;
  assert.equal((await bot.rest.pulls.get({ ...place, pull_number: number })).status, 200);
});

const faults: readonly { readonly fault: Fault; readonly seen: number; readonly comments: number }[] = [
  { fault: { kind: 'refuse' }, seen: 500, comments: 0 },
  { fault: { kind: 'timeout-before-effect', hangMs: 5 }, seen: 500, comments: 0 },
  { fault: { kind: 'effect-then-lost' }, seen: 500, comments: 1 },
  { fault: { kind: 'status', status: 502 }, seen: 502, comments: 0 },
  { fault: { kind: 'limit', resetInMs: 9000 }, seen: 403, comments: 0 },
  { fault: { kind: 'slow', delayMs: 5 }, seen: 201, comments: 1 },
  { fault: { kind: 'duplicate' }, seen: 201, comments: 2 },
  { fault: { kind: 'malformed' }, seen: 0, comments: 1 },
];

for (const { fault, seen, comments } of faults) {
  test(`fault ${fault.kind}: one POST, and ${comments} comments outside`, async (t) => {
    const phases: string[] = [];
    const { world, client, openPullRequest } = await startTestWorld(t, {
      fault: (call) => (call.operation === 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments' ? fault : null),
      onEffect: (call, phase) => void phases.push(`${phase} ${call.operation.split('/').at(-1)}`),
    });
    const { number } = await openPullRequest('work', { 'a.txt': 'a' });
    const call = client('bot-token').rest.issues.createComment({ ...place, issue_number: number, body: 'x' });
    const status = await call.then(
      (answer) => (typeof answer.data === 'string' ? 0 : Number(answer.status)),
      (error: { status?: number }) => (error.status === 200 ? 0 : (error.status ?? 0)),
    );
    assert.equal(status, seen);
    assert.equal(world.state.repository(repository).comments.size, comments);
    assert.equal(world.log.requests.length, 1, 'the client repeated nothing');
    assert.deepEqual(phases, Array.from({ length: comments }, () => ['before comments', 'after comments']).flat());
    assert.equal(world.log.requests[0]?.fault, fault.kind);
  });
}

test('a stale read tells what was told before the last change', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t, {
    fault: (call) => (call.number === 2 || call.number === 5 ? { kind: 'stale' } : null),
  });
  const bot = client('bot-token');
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a' });
  const head = async () => (await bot.rest.pulls.get({ ...place, pull_number: number })).data.head.sha;
  assert.equal(await head(), sha);
  const moved = await world.act.pushCommit(repository, 'work', 'bot', { files: { 'b.txt': 'b' }, message: 'b' });
  assert.deepEqual([await head(), await head()], [sha, moved]);
});

test('what GitHub does not describe or nobody built is refused aloud and kept', async (t) => {
  const { world, client } = await startTestWorld(t, { expectViolations: 'some' });
  const bot = client('bot-token');
  const unbuilt = await refusalOf(bot.request('GET /repos/{owner}/{repo}/stargazers', place));
  assert.deepEqual(
    [unbuilt.status, /not implemented in the stand-in: GET \/repos\/acme\/shop\/stargazers/.test(unbuilt.message)],
    [501, true],
  );
  assert.equal(
    (await refusalOf(bot.request('GET /repos/{owner}/{repo}/pulls', { ...place, stat: 'open' }))).status,
    422,
  );
  assert.equal(
    (
      await refusalOf(
        bot.request('POST /repos/{owner}/{repo}/pulls', { ...place, head: 'x', base: 'main', titel: 'x' }),
      )
    ).status,
    422,
  );
  assert.equal((await refusalOf(bot.request('GET /repos/acme/shop/pulls?state=ajar'))).status, 422);
  assert.deepEqual(
    world.violations.map((one) => one.kind),
    ['not-implemented', 'request', 'request', 'request'],
  );
});

test('an answer of our own that GitHub would not give is found', async () => {
  const contract = await loadContract();
  assert.deepEqual(contract.checkResponse('pulls/merge', 200, { sha: 'x', merged: true, message: 'ok' }), []);
  assert.match(
    contract.checkResponse('pulls/merge', 200, { sha: 'x', merged: 'yes', message: 'ok' })[0] ?? '',
    /merged must be boolean/,
  );
  assert.match(contract.checkResponse('pulls/merge', 201, {})[0] ?? '', /no status 201/);
  assert.match(contract.checkResponse('pulls/get', 200, {})[0] ?? '', /required property/);
});
