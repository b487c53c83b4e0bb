/** Runs: one per cause, one process at a time, one end; and which of them a tick gets to see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause, RunResult } from '../../src/domain/run.ts';
import { DAY_MS, NOON, sampleRecord, sampleRun, sampleVerdict } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const CANCELLED = { state: 'cancelled', reason: 'A person said stop.', result: null, model: null } as const;

test('a run goes from queued to running to its end, once each', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  const queued = await journal.createRun(sampleRun());
  assert.deepEqual(queued, {
    ...sampleRun(),
    state: 'queued',
    endReason: null,
    result: null,
    model: null,
    endedAt: null,
  });
  assert.equal(await journal.takeRun('run-1'), true);
  clock.now += 1000;
  const result: RunResult = {
    kind: 'review',
    decision: 'request-changes',
    summary: 'No.',
    findings: [{ path: 'a.ts', line: null, severity: 'minor', comment: 'x' }],
    head: 'h',
    base: 'b',
    digest: 'd',
  };
  const end = { state: 'succeeded', reason: 'Finished.', result, model: 'anthropic/claude' } as const;
  assert.equal(await journal.endRun('run-1', end), true);
  assert.equal(await journal.endRun('run-1', CANCELLED), false);
  assert.equal(await journal.takeRun('run-1'), false);
  assert.deepEqual(await journal.run('run-1'), {
    ...sampleRun(),
    state: 'succeeded',
    endReason: 'Finished.',
    result,
    model: 'anthropic/claude',
    endedAt: NOON + 1000,
  });
  assert.equal(await journal.run('run-2'), null);
});

test('the same subject, attempt and cause never start a second run', async (t) => {
  const { journal } = await temporaryStore(t);
  const cause: Cause = { kind: 'checks-failed', head: 'h', checks: ['test'] };
  assert.notEqual(await journal.createRun(sampleRun({ cause })), null);
  const twice = { ...cause, checks: ['lint'] };
  assert.equal(await journal.createRun(sampleRun({ id: 'run-2', cause: twice })), null);
  assert.notEqual(await journal.createRun(sampleRun({ id: 'run-3', cause, attempt: 2 })), null);
  assert.notEqual(await journal.createRun(sampleRun({ id: 'run-4', cause: { ...cause, head: 'i' } })), null);
  const subject = { kind: 'issue', issueId: 'issue-2' } as const;
  assert.notEqual(await journal.createRun(sampleRun({ id: 'run-5', cause, subject })), null);
  await assert.rejects(journal.createRun(sampleRun({ id: 'run-5', attempt: 9 })), /UNIQUE/);
});

test('every kind of cause and subject comes back as it was', async (t) => {
  const { journal } = await temporaryStore(t);
  const causes: readonly Cause[] = [
    { kind: 'implement' },
    { kind: 'findings', verdictId: 'v' },
    { kind: 'checks-failed', head: 'h', checks: ['a', 'b'] },
    { kind: 'conflict', base: 'b', head: 'h' },
    { kind: 'review', head: 'h', base: 'b', digest: 'd' },
    { kind: 'crashed', runId: 'r' },
    { kind: 'answer', commentId: 'c', by: 'ada', text: 'Yes.' },
  ];
  const subject = { kind: 'pull-request', repository: 'acme/shop', number: 12 } as const;
  for (const [index, cause] of causes.entries())
    await journal.createRun(sampleRun({ id: `run-${index}`, cause, subject }));
  const found = await journal.runs();
  assert.deepEqual(
    found.map((run) => run.cause),
    causes,
  );
  assert.deepEqual(found[0]?.subject, subject);
});

test('of many processes exactly one takes a run, and only that one ends it', async (t) => {
  const { journal, as } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  const others = Array.from({ length: 6 }, (_, index) => as(`process-${index}`));
  const taken = await Promise.all(others.map((other) => other.takeRun('run-1')));
  assert.equal(taken.filter((won) => won).length, 1);
  const winner = taken.indexOf(true);
  const ended = await Promise.all(others.map((other) => other.endRun('run-1', CANCELLED)));
  assert.deepEqual(ended, taken);
  assert.equal(winner >= 0, true);
});

test('a run of a dead process is taken over, and the dead one coming back can neither take nor end it', async (t) => {
  const { as } = await temporaryStore(t);
  const [old, next] = [as('old'), as('next')];
  await old.createRun(sampleRun());
  await old.createRun(sampleRun({ id: 'run-2', attempt: 2 }));
  await old.createRun(sampleRun({ id: 'run-3', attempt: 3 }));
  await old.takeRun('run-1');
  await old.takeRun('run-3');
  await old.endRun('run-3', { ...CANCELLED, state: 'awaiting-human' });
  assert.equal(await next.takeRun('run-1'), false);
  await next.recover();
  assert.deepEqual(
    (await next.runs()).map((run) => [run.id, run.state]),
    [
      ['run-1', 'running'],
      ['run-2', 'queued'],
    ],
  );
  assert.equal(await next.takeRun('run-1'), true);
  assert.equal(await old.takeRun('run-1'), false);
  assert.equal(await old.endRun('run-1', CANCELLED), false);
  assert.equal(await next.endRun('run-1', CANCELLED), true);
});

test('a run of a dead process may be ended without being taken', async (t) => {
  const { as } = await temporaryStore(t);
  await as('old').createRun(sampleRun());
  await as('old').takeRun('run-1');
  const next = as('next');
  assert.equal(await next.endRun('run-1', CANCELLED), false);
  await next.recover();
  assert.equal(await next.endRun('run-1', CANCELLED), true);
});

test('recovery leaves our own runs alone, and we alone take such a run again, as after a session whose end could not be written', async (t) => {
  const { journal, as } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  await journal.takeRun('run-1');
  await journal.recover();
  assert.equal(await as('other').takeRun('run-1'), false);
  assert.equal(await journal.takeRun('run-1'), true);
  assert.equal(await journal.endRun('run-1', CANCELLED), true);
  assert.equal(await journal.takeRun('run-1'), false);
});

test('a tick sees runs, effects and verdicts of live and freshly ended work only', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  const cases = [
    { issueId: 'active', phase: 'active', daysAgo: 100, seen: true },
    { issueId: 'parked', phase: 'parked', daysAgo: 100, seen: true },
    { issueId: 'done-yesterday', phase: 'done', daysAgo: 1, seen: true },
    { issueId: 'done-long-ago', phase: 'done', daysAgo: 100, seen: false },
    { issueId: 'cancelled-long-ago', phase: 'cancelled', daysAgo: 100, seen: false },
  ] as const;
  const pulls = [
    { number: 1, daysAgo: 100, seen: false },
    { number: 2, daysAgo: 29, seen: true },
    { number: 3, daysAgo: 100, seen: true /* It belongs to the active issue. */ },
  ];
  for (const { issueId, phase, daysAgo } of cases) {
    clock.now = NOON - daysAgo * DAY_MS;
    const pullRequest = issueId === 'active' ? 3 : null;
    await journal.claim(sampleRecord({ issueId, phase, pullRequest }), null);
    await journal.createRun(sampleRun({ id: issueId, subject: { kind: 'issue', issueId }, createdAt: clock.now }));
    await journal.endRun(issueId, CANCELLED);
    await journal.recordVerdict(sampleVerdict({ id: issueId, runId: issueId }));
    await journal.intend({ key: issueId, kind: 'move-issue', subject: `issue:${issueId}`, detail: null });
  }
  for (const { number, daysAgo } of pulls) {
    clock.now = NOON - daysAgo * DAY_MS;
    const id = `pull-${number}`;
    const subject = { kind: 'pull-request', repository: 'acme/shop', number } as const;
    await journal.createRun(sampleRun({ id, subject, createdAt: clock.now }));
    await journal.endRun(id, CANCELLED);
    await journal.recordVerdict(sampleVerdict({ id, runId: id, number }));
    await journal.intend({ key: id, kind: 'post-review', subject: `pull:acme/shop#${number}`, detail: null });
  }
  clock.now = NOON - 100 * DAY_MS;
  const forgotten = { kind: 'issue', issueId: 'nobody' } as const;
  await journal.createRun(sampleRun({ id: 'still-queued', subject: forgotten, createdAt: clock.now }));
  clock.now = NOON;

  const expected = [
    ...cases.filter(({ seen }) => seen).map(({ issueId }) => issueId),
    ...pulls.filter(({ seen }) => seen).map(({ number }) => `pull-${number}`),
  ].sort();
  assert.deepEqual((await journal.runs()).map((run) => run.id).sort(), [...expected, 'still-queued'].sort());
  assert.deepEqual([...(await journal.effects()).keys()].sort(), expected);
  assert.deepEqual((await journal.verdicts()).map((verdict) => verdict.id).sort(), expected);
});

test('a verdict is recorded once and never changes', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.claim(sampleRecord(), null);
  await journal.createRun(sampleRun());
  await journal.recordVerdict(sampleVerdict());
  await journal.recordVerdict(sampleVerdict({ at: NOON + 1 }));
  await assert.rejects(journal.recordVerdict(sampleVerdict({ decision: 'request-changes' })), /never changes/);
  assert.deepEqual(await journal.verdicts(), [sampleVerdict()]);
  await assert.rejects(journal.recordVerdict(sampleVerdict({ id: 'verdict-2', runId: 'no-such-run' })), /FOREIGN KEY/);
});
