// What is remembered is what the rows say: after any writes in any order, every read gives what a fresh read gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Journal } from '../../src/heartbeat/journal.ts';
import { rememberedReads } from '../../src/store/remembered-reads.ts';
import { NOON, SAMPLE_USAGE, sampleRecord, sampleRun, sampleVerdict } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const READS = [
  'records',
  'effects',
  'runs',
  'verdicts',
  'spend',
  'frozen',
  'openCommands',
  'reportKeys',
  'pendingReports',
] as const;
const CAPS = { run: 1_000_000, issue: 1_000_000, day: 1_000_000 };

const WRITES = [
  'claim',
  'head',
  'pull-request',
  'park',
  'cancel',
  'run',
  'take',
  'end',
  'intend',
  'confirm',
  'fail',
  'verdict',
  'spend',
  'freeze',
  'thaw',
  'command',
  'settle',
  'report',
  'deliver',
  'time',
] as const;

/** One write about one of a few things, whatever the rows are by then: what is out of place throws, and changes nothing. */
async function write(journal: Journal, clock: { now: number }, what: (typeof WRITES)[number], nth: number) {
  const issueId = `issue-${nth}`;
  const record = async (change: Parameters<Journal['updateRecord']>[2]) =>
    journal.updateRecord(issueId, (await journal.record(issueId))?.generation ?? 0, change);
  switch (what) {
    case 'claim': {
      const before = await journal.record(issueId);
      return journal.claim(
        sampleRecord({ issueId, key: `ENG-${nth}`, claimedAt: clock.now }),
        before?.generation ?? null,
      );
    }
    case 'head':
      return record({ head: `${clock.now}` });
    case 'pull-request':
      return record({ pullRequest: nth });
    case 'park':
      return record({ phase: 'parked' });
    case 'cancel':
      return record({ phase: 'cancelled' });
    case 'run':
      return journal.createRun(
        sampleRun({ id: `run-${nth}`, subject: { kind: 'issue', issueId }, attempt: nth, createdAt: clock.now }),
      );
    case 'take':
      return journal.takeRun(`run-${nth}`);
    case 'end':
      return journal.endRun(`run-${nth}`, { state: 'succeeded', reason: 'done', result: null, model: null });
    case 'intend': {
      const subject = nth % 2 === 0 ? `issue:${issueId}` : `pull:acme/shop#${nth}`;
      return journal.intend({ key: `effect-${nth}`, kind: 'merge', subject, detail: null });
    }
    case 'confirm':
      return journal.confirm(`effect-${nth}`, `outside-${nth}`);
    case 'fail':
      return journal.failEffect(`effect-${nth}`, 'no answer', {
        retryAt: clock.now + 1,
        refused: false,
        saidNo: false,
        unheardSince: null,
      });
    case 'verdict':
      return journal.recordVerdict(sampleVerdict({ id: `verdict-${nth}`, runId: `run-${nth}`, at: clock.now }));
    case 'spend': {
      const reserved = await journal.reserve({ runId: `run-${nth}`, issueId, microUsd: 10, caps: CAPS });
      if (!reserved.ok || nth % 2 === 0) return;
      return journal.settle(reserved.reservationId, { microUsd: nth, usage: SAMPLE_USAGE, model: 'fake/model' });
    }
    case 'freeze':
      return journal.freeze('acme/shop', { reason: `${nth}`, cause: 'red-base', branch: 'main', sha: null });
    case 'thaw':
      return journal.thaw('acme/shop');
    case 'command': {
      const on = { kind: 'issue', issueId } as const;
      return journal.noteCommand({ commentId: `c-${nth}`, on, by: 'Ada', at: clock.now, verb: { kind: 'retry' } });
    }
    case 'settle':
      return journal.settleCommand(`c-${nth}`, 'done');
    case 'report':
      return journal.enqueueReport({ key: `report-${nth}`, event: 'merged', text: 'x', data: null });
    case 'deliver':
      return journal.reportDelivered(`report-${nth}`, 'chat');
    case 'time':
      clock.now += nth * 3 * 3_600_000;
  }
}

test('what is remembered is what the rows say', async (t) => {
  const steps = fc.array(
    fc.record({ what: fc.constantFrom(...WRITES), nth: fc.integer({ min: 1, max: 4 }), look: fc.boolean() }),
    { minLength: 10, maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (writes) => {
      const { as, clock } = await temporaryStore(t);
      const plain = as('first', ['chat']);
      const remembering = rememberedReads(plain, () => clock.now);
      // Nothing is ever written about an issue that was not claimed.
      for (const nth of [1, 2, 3, 4]) await write(remembering, clock, 'claim', nth);
      for (const { what, nth, look } of writes) {
        // Half of the time everything is read while it is being written, and must be right after that all the same.
        const reading = look ? READS.map((read) => remembering[read]()) : [];
        await write(remembering, clock, what, nth).catch(() => undefined);
        await Promise.all(reading);
        for (const read of READS)
          assert.deepEqual(await remembering[read](), await plain[read](), `${read} after ${what}`);
      }
    }),
    { numRuns: 40 },
  );
});

test('order is that of the rows, also of those written in the same moment', async (t) => {
  const { as, clock } = await temporaryStore(t);
  const plain = as('first');
  const remembering = rememberedReads(plain, () => clock.now);
  await remembering.claim(sampleRecord(), null);
  await remembering.effects();
  for (const key of ['c', 'a', 'b'])
    await remembering.intend({ key, kind: 'merge', subject: 'issue:issue-1', detail: null });
  assert.deepEqual([...(await remembering.effects()).keys()], ['a', 'b', 'c']);
  assert.equal(clock.now, NOON);
});

test('a read that failed is asked anew', async (t) => {
  const { as } = await temporaryStore(t);
  const plain = as('first');
  let broken = true;
  const effects: Journal['effects'] = () => (broken ? Promise.reject(new Error('broken')) : plain.effects());
  const remembering = rememberedReads({ ...plain, effects }, () => NOON);
  await assert.rejects(remembering.effects(), /broken/);
  broken = false;
  assert.equal((await remembering.effects()).size, 0);
});
