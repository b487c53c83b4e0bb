/** Each fault as the caller meets it, what it leaves on the board, and the switches that choose where it strikes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RatelimitedLinearError } from '@linear/sdk';
import { anyFault, type Call, type Fault, noFaults, scriptedFaults, seededFaults } from '../faults.ts';
import { linearForTest } from './linear-for-test.ts';

const move = 'mutation ($id: String!, $title: String) { issueUpdate(id: $id, input: { title: $title }) { success } }';
const rename = { id: 'ENG-1', title: 'Renamed' };

const faults: readonly {
  readonly fault: Fault;
  readonly effects: number;
  readonly answered: boolean;
  readonly status: number | null;
}[] = [
  { fault: { kind: 'refuse' }, effects: 0, answered: false, status: null },
  { fault: { kind: 'timeout-before-effect', hangMs: 1 }, effects: 0, answered: false, status: null },
  { fault: { kind: 'effect-then-lost' }, effects: 1, answered: false, status: null },
  { fault: { kind: 'slow', delayMs: 1 }, effects: 1, answered: true, status: 200 },
  { fault: { kind: 'duplicate' }, effects: 1, answered: true, status: 200 },
  { fault: { kind: 'stale' }, effects: 1, answered: true, status: 200 },
  { fault: { kind: 'status', status: 502 }, effects: 0, answered: false, status: 502 },
  { fault: { kind: 'limit' }, effects: 0, answered: false, status: 400 },
  { fault: { kind: 'malformed' }, effects: 1, answered: false, status: 200 },
];
for (const { fault, effects, answered, status } of faults) {
  test(`${fault.kind}: ${effects} effect, ${answered ? 'an answer' : 'no answer to read'}`, async (context) => {
    const world = await linearForTest(context, { fault: scriptedFaults([{ fault, nth: 1 }]) });
    const got = await world.ask(move, rename).then(
      () => true,
      () => false,
    );
    assert.equal(got, answered);
    assert.equal(world.log.length, effects);
    // The client repeats nothing by itself; only a duplicate is executed twice.
    assert.equal(world.requests.length, fault.kind === 'duplicate' ? 2 : 1);
    assert.deepEqual([world.requests[0]?.status, world.requests[0]?.fault], [status, fault.kind]);
  });
}

test('duplicate: a create without an id of the client is done twice', async (context) => {
  const fault = scriptedFaults([{ fault: { kind: 'duplicate' }, when: (call) => call.write, nth: 1 }]);
  const world = await linearForTest(context, { fault });
  const issueId = (await world.client.issue('ENG-1')).id;
  await world.client.createComment({ issueId, body: 'Hello' });
  assert.equal(world.state.comments.length, 2);
  assert.deepEqual(
    world.requests.map((request) => request.number),
    [1, 2, 2],
  );
});

test('stale: a read sees the board before the last change, the next read sees it as it is', async (context) => {
  const fault = scriptedFaults([{ fault: { kind: 'stale' }, when: (call) => !call.write, nth: 1 }]);
  const world = await linearForTest(context, { fault });
  world.act.moveIssue('ENG-1', 'Done', 'bob');
  const read = async () => (await world.ask('{ issue(id: "ENG-1") { state { name } } }')).data.issue;
  assert.deepEqual(await read(), { state: { name: 'Todo' } });
  assert.deepEqual(await read(), { state: { name: 'Done' } });
});

test('limit: the SDK sees a rate limit, and the bucket stays empty until the reset it names', async (context) => {
  const fault = scriptedFaults([{ fault: { kind: 'limit', resetInMs: 5000 }, nth: 1 }]);
  const world = await linearForTest(context, { fault });
  await assert.rejects(world.client.viewer, (error) => {
    assert.ok(error instanceof RatelimitedLinearError);
    assert.equal(error.requestsResetAt, Date.parse('2026-11-02T12:00:05Z'));
    assert.equal(error.retryAfter, 5);
    return true;
  });
  await assert.rejects(world.client.viewer, RatelimitedLinearError);
  world.passTime(5000);
  await world.client.viewer;
});

test('the effect hook is awaited before the effect and again before the answer', async (context) => {
  const release = { before: () => {}, after: () => {} };
  const held = {
    before: new Promise<void>((resolve) => {
      release.before = resolve;
    }),
    after: new Promise<void>((resolve) => {
      release.after = resolve;
    }),
  };
  const reached: string[] = [];
  const world = await linearForTest(context, {
    async onEffect(call, phase) {
      reached.push(`${phase} ${call.operation}`);
      await held[phase];
    },
  });
  const effect = world.until((state) => state.issues[0]?.title === 'Renamed');
  let answered = false;
  const answer = world.ask(move, rename).then(() => {
    answered = true;
  });
  release.before();
  await effect;
  assert.equal(answered, false);
  release.after();
  await answer;
  assert.deepEqual(reached, ['before issueUpdate', 'after issueUpdate']);
  await world.client.viewer;
  assert.equal(reached.length, 2);
});

const callNumber = (number: number, operation = 'issues', write = false): Call => ({
  service: 'linear',
  operation,
  write,
  number,
});

test('a script strikes the call it names, and every one when it says so', async () => {
  const ask = scriptedFaults([
    { fault: { kind: 'refuse' }, when: (call) => call.write, nth: 2 },
    { fault: { kind: 'stale' }, when: (call) => call.operation === 'comments', nth: 'every' },
  ]);
  const calls = [
    callNumber(1, 'commentCreate', true),
    callNumber(2, 'comments'),
    callNumber(3, 'commentCreate', true),
    callNumber(4, 'comments'),
    callNumber(5, 'commentCreate', true),
  ];
  const kinds = await Promise.all(calls.map(async (call) => (await ask(call))?.kind ?? null));
  assert.deepEqual(kinds, [null, 'stale', 'refuse', 'stale', null]);
});

test('a seeded switch repeats itself, keeps to its rate, and stops at its ceiling', async () => {
  const strikes = async (seed: number, hitsMax = 1000) => {
    const ask = seededFaults({ seed, rate: 0.2, faults: [{ kind: 'refuse' }, { kind: 'stale' }], hitsMax });
    const kinds: (string | null)[] = [];
    for (let number = 1; number <= 500; number += 1) kinds.push((await ask(callNumber(number)))?.kind ?? null);
    return kinds;
  };
  const first = await strikes(7);
  assert.deepEqual(await strikes(7), first);
  assert.notDeepEqual(await strikes(8), first);
  const hits = first.filter((kind) => kind !== null);
  assert.ok(hits.length > 60 && hits.length < 140, `${hits.length} of 500 at a rate of 0.2`);
  assert.deepEqual(new Set(hits), new Set(['refuse', 'stale']));
  assert.equal((await strikes(7, 3)).filter((kind) => kind !== null).length, 3);
});

test('switches combine; the first fault wins', async () => {
  const second = scriptedFaults([{ fault: { kind: 'stale' }, nth: 'every' }]);
  const ask = anyFault(noFaults, scriptedFaults([{ fault: { kind: 'refuse' }, nth: 1 }]), second);
  assert.deepEqual([(await ask(callNumber(1)))?.kind, (await ask(callNumber(2)))?.kind], ['refuse', 'stale']);
});
