/** The log: what stands in it, what is left out, and what is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryStore } from './temporary-store.ts';

const DAY_MS = 24 * 3_600_000;
const ISSUE = 'issue:a';
const RUN = 'run:r';

test('a session’s calls are told where its run is asked for, and crowd out nothing elsewhere', async (context) => {
  const { journal } = await temporaryStore(context);
  await journal.event({ kind: 'merge', subject: ISSUE, text: 'landed' });
  for (const kind of ['model-call', 'tool-call', 'tool-call']) {
    await journal.event({ kind, subject: RUN, text: kind, data: { runId: 'r' } });
  }
  const texts = async (filter: { readonly subject?: string }) =>
    (await journal.events({ ...filter, limit: 2 })).map(({ text }) => text);
  assert.deepEqual(await texts({}), ['landed']);
  assert.deepEqual(await texts({ subject: ISSUE }), ['landed']);
  assert.deepEqual(await texts({ subject: RUN }), ['tool-call', 'tool-call']);
});

test('calls are forgotten after a month, the rest after a year and a month', async (context) => {
  const { journal, clock, database } = await temporaryStore(context);
  const left = async () => {
    const rows = await database.db.selectFrom('event').select('text').orderBy('sequence').execute();
    return rows.map(({ text }) => text);
  };
  const write = async (day: string) => {
    await journal.event({ kind: 'tool-call', subject: RUN, text: `call ${day}` });
    await journal.event({ kind: 'record', subject: ISSUE, text: `record ${day}` });
  };
  await write('first');
  clock.now += 29 * DAY_MS;
  await write('29');
  clock.now += 2 * DAY_MS;
  await write('31');
  assert.deepEqual(await left(), ['record first', 'call 29', 'record 29', 'call 31', 'record 31']);
  clock.now += 30 * DAY_MS;
  await write('61');
  assert.deepEqual(await left(), ['record first', 'record 29', 'call 31', 'record 31', 'call 61', 'record 61']);
  clock.now += 360 * DAY_MS;
  await write('421');
  assert.deepEqual(await left(), ['record 29', 'record 31', 'record 61', 'call 421', 'record 421']);
});
