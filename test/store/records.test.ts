/** Issue records: what goes in comes out, and of two writers that saw the same generation exactly one wins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import { StaleWrite } from '../../src/domain/stale-write.ts';
import { StoreRefused } from '../../src/store/store-refused.ts';
import { NOON, sampleRecord } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

test('a claim is kept word for word, and every change of it', async (t) => {
  const { journal, as, clock } = await temporaryStore(t);
  const claimed = await journal.claim(sampleRecord(), null);
  assert.deepEqual(claimed, { ...sampleRecord(), generation: 1, updatedAt: NOON });
  assert.deepEqual(await journal.record('issue-1'), claimed);
  assert.equal(await journal.record('issue-2'), null);

  clock.now += 1000;
  const changed = await journal.updateRecord('issue-1', 1, {
    phase: 'parked',
    reason: 'Checks are red.',
    head: 'abc',
    pullRequest: 7,
    mergeCommit: 'def',
    mergeVerified: true,
    approvals: [{ sha: 'abc', by: 'ada', at: 5 }],
  });
  const expected: IssueRecord = {
    ...claimed,
    phase: 'parked',
    reason: 'Checks are red.',
    head: 'abc',
    pullRequest: 7,
    mergeCommit: 'def',
    mergeVerified: true,
    approvals: [{ sha: 'abc', by: 'ada', at: 5 }],
    generation: 2,
    updatedAt: NOON + 1000,
  };
  assert.deepEqual(changed, expected);
  assert.deepEqual(await as('second').records(), [expected]);
});

test('a stale update is refused and changes nothing', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.claim(sampleRecord(), null);
  const second = await journal.updateRecord('issue-1', 1, { reason: 'first' });
  await assert.rejects(journal.updateRecord('issue-1', 1, { reason: 'late' }), StaleWrite);
  await assert.rejects(journal.updateRecord('issue-2', 1, { reason: 'nobody' }), StaleWrite);
  assert.deepEqual(await journal.record('issue-1'), second);
});

test('a claim is refused when a record of another generation is there', async (t) => {
  const { journal } = await temporaryStore(t);
  await assert.rejects(journal.claim(sampleRecord(), 1), StaleWrite);
  await journal.claim(sampleRecord(), null);
  await assert.rejects(journal.claim(sampleRecord({ attempt: 2 }), null), StaleWrite);
  await assert.rejects(journal.claim(sampleRecord({ attempt: 2 }), 2), StaleWrite);
  const again = await journal.claim(sampleRecord({ attempt: 2, claimedMove: 'history-9' }), 1);
  assert.deepEqual([again.generation, again.attempt, again.claimedMove], [2, 2, 'history-9']);
});

test('of many writers at once exactly one wins each generation', async (t) => {
  const { journal, as } = await temporaryStore(t);
  const writers = Array.from({ length: 8 }, (_, index) => as(`writer-${index}`));
  const claims = await Promise.allSettled(writers.map((writer) => writer.claim(sampleRecord(), null)));
  assert.equal(claims.filter((claim) => claim.status === 'fulfilled').length, 1);
  for (let generation = 1; generation <= 5; generation += 1) {
    const updates = await Promise.allSettled(
      writers.map((writer, index) => writer.updateRecord('issue-1', generation, { reason: `by ${index}` })),
    );
    const lost = updates.filter((update) => update.status === 'rejected');
    assert.equal(lost.length, writers.length - 1);
    for (const update of lost) assert.ok(update.reason instanceof StaleWrite);
  }
  assert.equal((await journal.record('issue-1'))?.generation, 6);
});

test('records() sees what others wrote since it last looked', async (t) => {
  const { journal, as } = await temporaryStore(t);
  const other = as('second');
  await journal.claim(sampleRecord(), null);
  await journal.claim(sampleRecord({ issueId: 'issue-0', key: 'ENG-0' }), null);
  assert.deepEqual(
    (await journal.records()).map((record) => record.issueId),
    ['issue-0', 'issue-1'],
  );
  await other.updateRecord('issue-1', 1, { phase: 'done' });
  await other.claim(sampleRecord({ issueId: 'issue-2', claimedAt: NOON - 1 }), null);
  assert.deepEqual(
    (await journal.records()).map((record) => [record.issueId, record.phase]),
    [
      ['issue-2', 'active'],
      ['issue-0', 'active'],
      ['issue-1', 'done'],
    ],
  );
});

const DAMAGE: readonly { readonly what: string; readonly column: string; readonly value: string | number }[] = [
  { what: 'JSON cut in half', column: 'ticket', value: '{"title":"Ro' },
  {
    what: 'a key that this version does not know',
    column: 'claimed_by',
    value: '{"kind":"automation","name":"x","new":1}',
  },
  { what: 'a variant that this version does not know', column: 'claimed_by', value: '{"kind":"committee"}' },
  { what: 'a phase that this version does not know', column: 'phase', value: 'dreaming' },
  { what: 'a flag that is neither yes nor no', column: 'merge_verified', value: 2 },
  { what: 'text where a number belongs', column: 'attempt', value: 'two' },
];

for (const { what, column, value } of DAMAGE) {
  test(`a row with ${what} is refused, not skipped`, async (t) => {
    const { journal, database } = await temporaryStore(t);
    await journal.claim(sampleRecord(), null);
    await journal.claim(sampleRecord({ issueId: 'issue-2' }), null);
    await database.db
      .updateTable('issue')
      .set({ [column]: value })
      .where('issueId', '=', 'issue-2')
      .execute();
    const unreadable = (error: unknown) => error instanceof StoreRefused && error.kind === 'unreadable-row';
    await assert.rejects(journal.records(), unreadable);
    await assert.rejects(journal.record('issue-2'), unreadable);
    await assert.rejects(journal.updateRecord('issue-2', 1, { reason: 'x' }), unreadable);
    assert.equal((await journal.record('issue-1'))?.issueId, 'issue-1');
  });
}
