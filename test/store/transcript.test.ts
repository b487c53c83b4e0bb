/** Transcripts: every kind of message survives, positions are taken once, and a hole is refused rather than resumed over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleWrite } from '../../src/domain/stale-write.ts';
import type { TranscriptMessage } from '../../src/domain/transcript.ts';
import { StoreRefused } from '../../src/store/store-refused.ts';
import { SAMPLE_MESSAGES, SAMPLE_USAGE, sampleRun } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

test('a transcript comes back word for word, over several runs of one session', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  await journal.createRun(sampleRun({ id: 'run-2', attempt: 2 }));
  for (const [index, message] of SAMPLE_MESSAGES.entries()) {
    await journal.appendMessage('session-1', index < 2 ? 'run-1' : 'run-2', index, message);
  }
  assert.deepEqual(
    await journal.messages('session-1'),
    SAMPLE_MESSAGES.map((message, index) => ({ runId: index < 2 ? 'run-1' : 'run-2', message })),
  );
  assert.deepEqual(await journal.messages('session-2'), []);
});

test('a second writer at the same position loses, and nobody may leave a gap', async (t) => {
  const { journal, as } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  const say = (text: string): TranscriptMessage => ({ kind: 'user', text });
  const writers = ['a', 'b', 'c'].map((owner) => as(owner));
  const appended = await Promise.allSettled(
    writers.map((writer, index) => writer.appendMessage('session-1', 'run-1', 0, say(`${index}`))),
  );
  assert.equal(appended.filter((one) => one.status === 'fulfilled').length, 1);
  await assert.rejects(journal.appendMessage('session-1', 'run-1', 0, say('late')), StaleWrite);
  await assert.rejects(journal.appendMessage('session-1', 'run-1', 2, say('early')), RangeError);
  await assert.rejects(journal.appendMessage('session-1', 'run-9', 1, say('of no run')), /FOREIGN KEY/);
  assert.equal((await journal.messages('session-1')).length, 1);
});

test('a message that could not be read back is not written', async (t) => {
  const { journal } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  const usage = { ...SAMPLE_USAGE, output: Number.NaN };
  const message: TranscriptMessage = { kind: 'assistant', text: '', calls: [], opaque: null, usage, model: 'm' };
  await assert.rejects(journal.appendMessage('session-1', 'run-1', 0, message), /usage\.output/);
  assert.deepEqual(await journal.messages('session-1'), []);
});

test('a transcript with a hole is refused', async (t) => {
  const { journal, database } = await temporaryStore(t);
  await journal.createRun(sampleRun());
  for (const [index, message] of SAMPLE_MESSAGES.entries()) {
    await journal.appendMessage('session-1', 'run-1', index, message);
  }
  await database.db.deleteFrom('message').where('position', '=', 1).execute();
  await assert.rejects(
    journal.messages('session-1'),
    (error) => error instanceof StoreRefused && error.kind === 'unreadable-row',
  );
});
