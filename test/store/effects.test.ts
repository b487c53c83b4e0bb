/** The effect ledger: attempts are counted, what is confirmed stays confirmed, what is refused stays refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const MERGE = { key: 'merge:1', kind: 'merge', subject: 'issue:issue-1', detail: { head: 'h' } } as const;
const RETRY = { retryAt: NOON + 60_000, refused: false, saidNo: false, unheardSince: null };

test('an intent is recorded, repeated, failed and confirmed', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  const first = await journal.intend(MERGE);
  const intended = {
    key: 'merge:1',
    kind: 'merge',
    subject: 'issue:issue-1',
    intendedAt: NOON,
    confirmedAt: null,
    outsideId: null,
    attempts: 1,
    refusals: 0,
    retryAt: null,
    lastError: null,
    refused: false,
    unheardSince: NOON,
  };
  assert.deepEqual(first, { effect: intended, before: false, unheardSince: null });

  await journal.failEffect('merge:1', 'no answer', RETRY);
  const answered = { ...intended, unheardSince: null };
  assert.deepEqual(await journal.effect('merge:1'), { ...answered, lastError: 'no answer', retryAt: NOON + 60_000 });

  clock.now += 60_000;
  const second = await journal.intend(MERGE);
  assert.deepEqual(second, {
    effect: { ...intended, attempts: 2, lastError: 'no answer', unheardSince: NOON + 60_000 },
    before: true,
    unheardSince: null,
  });

  await journal.confirm('merge:1', 'commit-1');
  const confirmed = { ...answered, attempts: 2, confirmedAt: NOON + 60_000, outsideId: 'commit-1' };
  assert.deepEqual(await journal.effect('merge:1'), confirmed);
  assert.equal(await journal.effect('merge:2'), null);
});

test('confirming again changes nothing but an outside id that was not known yet', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  await journal.intend(MERGE);
  await journal.confirm('merge:1', null);
  clock.now += 1;
  await journal.confirm('merge:1', 'commit-1');
  await journal.confirm('merge:1', 'commit-2');
  await journal.confirm('merge:1', null);
  const { confirmedAt, outsideId } = (await journal.effect('merge:1')) ?? {};
  assert.deepEqual({ confirmedAt, outsideId }, { confirmedAt: NOON, outsideId: 'commit-1' });
});

test('a confirmed effect is never un-confirmed', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.intend(MERGE);
  await journal.confirm('merge:1', 'commit-1');
  const confirmed = await journal.effect('merge:1');
  await journal.failEffect('merge:1', 'a late error', { ...RETRY, refused: true });
  assert.deepEqual(await journal.intend(MERGE), { effect: confirmed, before: true, unheardSince: null });
  assert.deepEqual(await journal.effect('merge:1'), confirmed);
});

test('a refusal sticks until a new key', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.intend(MERGE);
  await journal.failEffect('merge:1', 'the rules forbid it', { ...RETRY, refused: true });
  await journal.failEffect('merge:1', 'no answer', RETRY);
  const again = await journal.intend(MERGE);
  assert.deepEqual(
    [again.effect.refused, again.effect.attempts, again.effect.retryAt, again.before],
    [true, 1, null, true],
  );
  assert.equal((await journal.intend({ ...MERGE, key: 'merge:1~2' })).effect.refused, false);
});

test('it is known since when an attempt may still be on its way', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  const unheardSince = async (): Promise<number | null> => (await journal.intend(MERGE)).unheardSince;
  assert.equal(await unheardSince(), null);
  clock.now += 3_000;
  assert.equal(await unheardSince(), NOON, 'cut off');
  clock.now += 3_000;
  await journal.failEffect('merge:1', 'the connection broke', { ...RETRY, unheardSince: NOON + 3_500 });
  assert.equal(await unheardSince(), NOON + 3_500, 'heard of by nobody');
  await journal.failEffect('merge:1', 'answered 403', RETRY);
  assert.equal(await unheardSince(), null, 'answered');
  await journal.confirm('merge:1', 'commit-1');
  assert.equal(await unheardSince(), null, 'done');
});

test('what turns out to have happened beats a refusal', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.intend(MERGE);
  await journal.failEffect('merge:1', 'no', { ...RETRY, retryAt: null, refused: true });
  await journal.confirm('merge:1', 'commit-1');
  const effect = await journal.effect('merge:1');
  assert.deepEqual([effect?.refused, effect?.outsideId, effect?.lastError], [false, 'commit-1', null]);
});

test('mistakes of the caller are loud', async (t) => {
  const { journal } = await temporaryStore(t);
  await assert.rejects(journal.confirm('merge:1', null), /record the intent before/);
  await assert.rejects(journal.failEffect('merge:1', 'x', RETRY), /record the intent before/);
  await assert.rejects(journal.intend({ ...MERGE, subject: 'ENG-1' }), /no subject/);
  await journal.intend(MERGE);
  await assert.rejects(journal.intend({ ...MERGE, kind: 'set-status' }), /not a set-status/);
  await assert.rejects(journal.intend({ ...MERGE, subject: 'issue:issue-2' }), /issue:issue-2/);
  assert.equal((await journal.effect('merge:1'))?.attempts, 1);
});
