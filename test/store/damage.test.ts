/** A damaged journal is refused loudly or holds exactly what it held: never something else, and never nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournalReader } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readStore } from '../../src/store/read-store.ts';
import { StoreRefused } from '../../src/store/store-refused.ts';
import { NOON, SAMPLE_MESSAGES, sampleRecord, sampleRun } from './sample-rows.ts';
import { temporaryFolder } from './temporary-store.ts';

const now = () => NOON;
const ISSUES = 12;

async function content(journal: JournalReader) {
  return {
    records: await journal.records(),
    runs: await journal.runs(),
    messages: await journal.messages('session-1'),
    effects: await journal.effects(),
    events: await journal.events({ limit: 1000 }),
    spend: await journal.spend(),
  };
}

async function fill(file: string): Promise<Awaited<ReturnType<typeof content>>> {
  const journal = await openStore({ file, now, owner: 'first' });
  for (let index = 0; index < ISSUES; index += 1) {
    const issueId = `issue-${index}`;
    await journal.claim(sampleRecord({ issueId, key: `ENG-${index}` }), null);
    await journal.createRun(sampleRun({ id: `run-${index}`, subject: { kind: 'issue', issueId } }));
    await journal.intend({ key: `push:${index}`, kind: 'push-branch', subject: `issue:${issueId}`, detail: null });
    await journal.event({ kind: 'claimed', subject: `issue:${issueId}`, text: 'x'.repeat(500) });
  }
  for (const [index, message] of SAMPLE_MESSAGES.entries())
    await journal.appendMessage('session-1', 'run-1', index, message);
  const caps = { run: 9, issue: 9, day: 9 };
  await journal.reserve({ runId: 'run-1', issueId: 'issue-1', microUsd: 5, caps });
  const kept = await content(journal);
  await journal.close();
  return kept;
}

/** Opens a damaged copy both ways; true when it was refused, false when it held what it should. */
async function refusedOrEqual(file: string, kept: Awaited<ReturnType<typeof content>>): Promise<boolean> {
  let refused = false;
  for (const open of [() => readStore({ file, now }), () => openStore({ file, now, owner: 'second' })]) {
    try {
      const journal = await open();
      try {
        assert.deepEqual(await content(journal), kept);
      } finally {
        await journal.close();
      }
    } catch (error) {
      assert.ok(error instanceof StoreRefused, String(error));
      assert.match(error.message, /Linear and GitHub|damaged/);
      refused = true;
    }
  }
  return refused;
}

test('a journal cut off anywhere is refused', async (t) => {
  const folder = temporaryFolder(t);
  const whole = join(folder, 'whole.db');
  const kept = await fill(whole);
  const size = statSync(whole).size;
  const pageBytes = 4096;
  const pages = Array.from({ length: size / pageBytes }, (_, page) => page * pageBytes);
  const offsets = [0, 1, 15, 16, 99, 100, 101, 511, 512, ...pages, ...pages.map((at) => at + 777), size - 1];
  const cut = join(folder, 'cut.db');
  for (const offset of offsets.filter((at) => at < size)) {
    for (const suffix of ['-wal', '-shm']) writeFileSync(`${cut}${suffix}`, '', { mode: 0o600 });
    copyFileSync(whole, cut);
    truncateSync(cut, offset);
    assert.equal(await refusedOrEqual(cut, kept), true, `cut at ${offset} of ${size}`);
  }
  copyFileSync(whole, cut);
  assert.equal(await refusedOrEqual(cut, kept), false);
});

test('a journal with a page of rubbish is refused or holds what it held', async (t) => {
  const folder = temporaryFolder(t);
  const whole = join(folder, 'whole.db');
  const kept = await fill(whole);
  const bytes = readFileSync(whole);
  const pageBytes = 4096;
  const spoiled = join(folder, 'spoiled.db');
  let refusals = 0;
  for (let page = 0; page < bytes.length / pageBytes; page += 1) {
    for (const rubbish of [0, 0xff]) {
      const copy = Buffer.from(bytes);
      copy.fill(rubbish, page * pageBytes, (page + 1) * pageBytes);
      writeFileSync(spoiled, copy, { mode: 0o600 });
      if (await refusedOrEqual(spoiled, kept)) refusals += 1;
    }
  }
  assert.ok(refusals > bytes.length / pageBytes, `${refusals} refusals`);
});

test('a torn write-ahead log loses its tail and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  const live = join(folder, 'live.db');
  const journal = await openStore({ file: live, now, owner: 'first' });
  for (let index = 0; index < 20; index += 1) await journal.event({ kind: 'x', subject: null, text: `${index}` });
  // By another process: closing a handle of ours on the open file would drop our locks on it.
  for (const suffix of ['', '-wal']) execFileSync('cp', [`${live}${suffix}`, join(folder, `kept.db${suffix}`)]);
  await journal.close();

  const size = statSync(join(folder, 'kept.db-wal')).size;
  const seen = new Set<number>();
  for (let offset = 0; offset <= size; offset += 997) {
    const torn = join(folder, 'torn.db');
    for (const suffix of ['', '-wal']) copyFileSync(join(folder, `kept.db${suffix}`), `${torn}${suffix}`);
    rmSync(`${torn}-shm`, { force: true });
    truncateSync(`${torn}-wal`, offset);
    const open = await openStore({ file: torn, now, owner: 'second' });
    const texts = (await open.events({ limit: 99 })).map((event) => event.text);
    await open.close();
    assert.deepEqual(
      texts,
      Array.from({ length: texts.length }, (_, index) => `${index}`),
    );
    seen.add(texts.length);
  }
  assert.ok(seen.has(0) && seen.size > 10, [...seen].join(' '));
});
