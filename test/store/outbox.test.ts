/** The outbox: stored once by key, delivered at least once to each sink, however often the bot dies between two of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, NOON } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const MERGED = { key: 'merged:1', event: 'merged', text: 'ENG-1 is merged.', data: { number: 7 } } as const;

test('a report is stored once and stays pending until every sink has it', async (t) => {
  const { as } = await temporaryStore(t);
  const journal = as('first', ['stdout', 'webhook']);
  assert.equal(await journal.enqueueReport(MERGED), true);
  assert.equal(await journal.enqueueReport({ ...MERGED, text: 'again' }), false);
  const report = { ...MERGED, at: NOON, delivered: [], retryAt: {} };
  assert.deepEqual(await journal.pendingReports(), [report]);

  await journal.reportDelivered('merged:1', 'stdout');
  await journal.reportFailed('merged:1', 'webhook', 'HTTP 500', NOON + 30_000);
  const half = { ...report, delivered: ['stdout'], retryAt: { webhook: NOON + 30_000 } };
  assert.deepEqual(await as('after a kill').pendingReports(), [half]);

  await journal.reportDelivered('merged:1', 'webhook');
  await journal.reportDelivered('merged:1', 'webhook');
  assert.deepEqual(await journal.pendingReports(), []);
  assert.deepEqual(await journal.reportKeys(), new Set(['merged:1']));
});

test('killed between two sinks, the second still gets its turn', async (t) => {
  const { as } = await temporaryStore(t);
  const journal = as('first', ['stdout', 'webhook']);
  await journal.enqueueReport(MERGED);
  await journal.reportDelivered('merged:1', 'stdout');
  assert.deepEqual(
    (await as('second').pendingReports()).map((report) => report.delivered),
    [['stdout']],
  );
});

test('what a sink took stays taken, even when it fails later', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.enqueueReport(MERGED);
  await journal.reportDelivered('merged:1', 'stdout');
  await journal.reportFailed('merged:1', 'stdout', 'late', NOON);
  assert.deepEqual(await journal.pendingReports(), []);
});

test('without named sinks a report is pending until one takes it, and then for each that failed', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.enqueueReport(MERGED);
  await journal.reportFailed('merged:1', 'webhook', 'down', NOON + 1);
  await journal.reportDelivered('merged:1', 'stdout');
  assert.equal((await journal.pendingReports()).length, 1);
  await journal.reportDelivered('merged:1', 'webhook');
  assert.equal((await journal.pendingReports()).length, 0);
});

test('a sink that never answers is given up in the end; a report nobody took is not', async (t) => {
  const { as, clock } = await temporaryStore(t);
  const journal = as('first', ['stdout', 'removed']);
  await journal.enqueueReport(MERGED);
  await journal.enqueueReport({ ...MERGED, key: 'merged:2' });
  await journal.reportDelivered('merged:1', 'stdout');
  clock.now += 15 * DAY_MS;
  assert.deepEqual(
    (await journal.pendingReports()).map((report) => report.key),
    ['merged:2'],
  );
  assert.equal((await journal.reportKeys()).size, 2);
  clock.now += 90 * DAY_MS;
  assert.equal((await journal.reportKeys()).size, 0);
});

test('pending reports come oldest first', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  for (const key of ['c', 'a', 'b']) {
    await journal.enqueueReport({ ...MERGED, key, event: 'digest', data: undefined });
    clock.now += 1;
  }
  const pending = await journal.pendingReports();
  assert.deepEqual(
    pending.map((report) => [report.key, report.data]),
    [
      ['c', null],
      ['a', null],
      ['b', null],
    ],
  );
});

test('a report that was never enqueued cannot be delivered', async (t) => {
  const { journal } = await temporaryStore(t);
  await assert.rejects(journal.reportDelivered('nothing', 'stdout'), /enqueue it first/);
  await assert.rejects(journal.reportFailed('nothing', 'stdout', 'x', NOON), /enqueue it first/);
});
