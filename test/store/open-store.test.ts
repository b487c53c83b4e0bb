/** Opening the journal: one process at a time, private, on a disk that takes writes, and in a version this program knows. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import { readStore } from '../../src/store/read-store.ts';
import { rehearsalJournal } from '../../src/store/rehearsal-journal.ts';
import { StoreLocked } from '../../src/store/store-locked.ts';
import { type RefusalKind, StoreRefused } from '../../src/store/store-refused.ts';
import { need } from '../needs.ts';
import { NOON, SAMPLE_MESSAGES, sampleRecord, sampleRun } from './sample-rows.ts';
import { temporaryFolder } from './temporary-store.ts';

const now = () => NOON;
// Root may write anywhere, so for one test it becomes somebody else.
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const another = need(
  'another-user',
  !isRoot || canBecome(NOBODY),
  'run the tests as an ordinary user, or with CAP_SETUID',
);

function refused(kind: RefusalKind, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreRefused, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, words);
    return true;
  };
}

test('a second opener is refused at once, by name, and the folder is free again after close', async (t) => {
  const file = join(temporaryFolder(t), 'data', 'journal.db');
  const first = await openStore({ file, now, owner: 'first' });
  await assert.rejects(openStore({ file, now, owner: 'second' }), (error) => {
    assert.ok(error instanceof StoreLocked);
    assert.equal(error.holderPid, process.pid);
    assert.match(error.message, new RegExp(`process ${process.pid}.*already running on the data folder`));
    return true;
  });
  await first.event({ kind: 'x', subject: null, text: 'the refusal did not disturb the holder' });
  await assert.rejects(openStore({ file, now, owner: 'third' }), StoreLocked);
  await first.close();
  await first.close();
  const second = await openStore({ file, now, owner: 'second' });
  assert.equal((await second.events({ limit: 9 })).length, 1);
  await second.close();
});

test('folder and files are for this user alone', async (t) => {
  const folder = join(temporaryFolder(t), 'a', 'data');
  const journal = await openStore({ file: join(folder, 'journal.db'), now, owner: 'first' });
  await journal.event({ kind: 'x', subject: null, text: 'so that there is a write-ahead log' });
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  assert.ok(existsSync(join(folder, 'journal.db-wal')));
  await journal.close();
});

for (const [what, path, mode, fix] of [
  ['folder', '', 0o755, /chmod 700/],
  ['folder of a group', '', 0o750, /chmod 700/],
  ['database', 'journal.db', 0o644, /chmod 600/],
  ['lock', 'journal.db.lock', 0o604, /chmod 600/],
] as const) {
  test(`a ${what} that others can read is refused with the line that closes it`, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'journal.db');
    await (await openStore({ file, now, owner: 'first' })).close();
    chmodSync(join(folder, path), mode);
    await assert.rejects(openStore({ file, now, owner: 'second' }), refused('open-to-others', fix));
    chmodSync(join(folder, path), path === '' ? 0o700 : 0o600);
    await (await openStore({ file, now, owner: 'third' })).close();
  });
}

test('a disk that takes no writes is refused in one sentence', another, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'data', 'journal.db');
  await (await openStore({ file, now, owner: 'first' })).close();
  if (isRoot) {
    for (const path of [folder, join(folder, 'data'), file, `${file}.lock`]) chownSync(path, NOBODY, NOBODY);
  }
  chmodSync(file, 0o400);
  chmodSync(`${file}.lock`, 0o400);
  chmodSync(join(folder, 'data'), 0o500);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await assert.rejects(openStore({ file, now, owner: 'second' }), refused('unwritable', /cannot be written/));
    const fresh = join(folder, 'data', 'deeper', 'journal.db');
    await assert.rejects(openStore({ file: fresh, now, owner: 'second' }), refused('unwritable', /writable/));
    chmodSync(`${file}.lock`, 0o600);
    chmodSync(join(folder, 'data'), 0o700);
    await assert.rejects(openStore({ file, now, owner: 'second' }), refused('unwritable', /cannot be written/));
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(folder, 'data'), 0o700);
  }
});

function canBecome(user: number): boolean {
  try {
    process.seteuid?.(user);
    process.seteuid?.(0);
    return true;
  } catch {
    return false;
  }
}

test('a full disk fails the write with a clear error, and the journal goes on once there is room', async (t) => {
  const file = join(temporaryFolder(t), 'journal.db');
  const { createDatabase, openDatabase } = await import('../../src/store/database-file.ts');
  const { journal } = await import('../../src/store/journal.ts');
  const { sql } = await import('kysely');
  await createDatabase(file);
  const database = openDatabase(file, 'write');
  t.after(() => database.close());
  const rows = journal(
    { db: database.db, now, owner: 'first', sinks: [], recordsRead: new Map() },
    async () => undefined,
  );
  await rows.createRun(sampleRun());
  await sql`pragma max_page_count = 1`.execute(database.db);
  const big = { kind: 'user', text: 'x'.repeat(100_000) } as const;
  await assert.rejects(rows.appendMessage('session-1', 'run-1', 0, big), refused('full', /Free some disk space/));
  assert.deepEqual(await rows.messages('session-1'), []);
  await sql`pragma max_page_count = 100000`.execute(database.db);
  await rows.appendMessage('session-1', 'run-1', 0, big);
  assert.equal((await rows.messages('session-1')).length, 1);
});

test('a database that a newer version wrote is refused by writers and readers', async (t) => {
  const file = join(temporaryFolder(t), 'journal.db');
  await (await openStore({ file, now, owner: 'first' })).close();
  const raw = new DatabaseSync(file);
  raw.exec("insert into kysely_migration values ('9999-later', '2030-01-01')");
  raw.close();
  await assert.rejects(openStore({ file, now, owner: 'second' }), refused('newer', /newer heartline.*9999-later/));
  await assert.rejects(readStore({ file, now }), refused('newer', /newer heartline/));
});

test('a database of somebody else, a text file and an empty file are refused untouched', async (t) => {
  const folder = temporaryFolder(t);
  const foreign = join(folder, 'foreign.db');
  const raw = new DatabaseSync(foreign);
  raw.exec('create table customers (name text)');
  raw.close();
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'Dear diary, '.repeat(1000));
  const empty = join(folder, 'empty.db');
  writeFileSync(empty, '');
  for (const file of [foreign, text, empty]) chmodSync(file, 0o600);
  const sizes = [foreign, text, empty].map((file) => statSync(file).size);
  for (const open of [
    (file: string) => openStore({ file, now, owner: 'first' }),
    (file: string) => readStore({ file, now }),
  ]) {
    await assert.rejects(open(foreign), refused('foreign', /no journal of heartline/));
    await assert.rejects(open(text), refused('damaged', /rebuilt from what Linear and GitHub say/));
    await assert.rejects(open(empty), refused('damaged', /it is empty/));
  }
  assert.deepEqual(
    [foreign, text, empty].map((file) => statSync(file).size),
    sizes,
  );
});

test('a write-ahead log without its database is refused', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'journal.db');
  writeFileSync(`${file}-wal`, 'x'.repeat(5000), { mode: 0o600 });
  await assert.rejects(openStore({ file, now, owner: 'first' }), refused('damaged', /write-ahead log beside it/));
});

test('what a killed first start left half made does not disturb the next one', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'journal.db');
  for (const suffix of ['.new', '.new-journal', '.lock']) writeFileSync(`${file}${suffix}`, '', { mode: 0o600 });
  const journal = await openStore({ file, now, owner: 'first' });
  assert.deepEqual(await journal.records(), []);
  await journal.close();
  assert.deepEqual(readdirSync(folder).sort(), ['journal.db', 'journal.db.lock']);
});

test('a reader looks beside a running writer, and after it, and changes nothing', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'journal.db');
  await assert.rejects(readStore({ file, now }), refused('missing', /heartline up/));
  assert.deepEqual(readdirSync(folder), []);

  const writer = await openStore({ file, now, owner: 'writer', sinks: ['stdout'] });
  const reader = await readStore({ file, now });
  await writer.claim(sampleRecord(), null);
  await writer.createRun(sampleRun());
  await writer.appendMessage('session-1', 'run-1', 0, { kind: 'user', text: 'Go.' });
  const seen = async (from: typeof reader) => ({
    records: await from.records(),
    record: await from.record('issue-1'),
    runs: await from.runs(),
    run: await from.run('run-1'),
    messages: await from.messages('session-1'),
    effects: await from.effects(),
    effect: await from.effect('none'),
    verdicts: await from.verdicts(),
    spend: await from.spend(),
    runSpend: await from.runSpend('run-1'),
    frozen: await from.frozen(),
    commands: await from.openCommands(),
    reports: await from.pendingReports(),
    keys: await from.reportKeys(),
    events: await from.events({ limit: 9 }),
  });
  const before = await seen(writer);
  assert.deepEqual(await seen(reader), before);
  await reader.close();
  await writer.close();
  const later = await readStore({ file, now });
  assert.deepEqual(await seen(later), before);
  await later.close();
});

test('a reader cannot write, not even by a mistake of ours', async (t) => {
  const file = join(temporaryFolder(t), 'journal.db');
  await (await openStore({ file, now, owner: 'first' })).close();
  const { openDatabase } = await import('../../src/store/database-file.ts');
  const { freeze } = await import('../../src/store/frozen.ts');
  const database = openDatabase(file, 'read');
  t.after(() => database.close());
  const store = { db: database.db, now, owner: 'reader', sinks: [], recordsRead: new Map() };
  await assert.rejects(
    freeze(store, 'acme/shop', { reason: 'x', cause: 'bad-merge', branch: null, sha: null }),
    refused('unwritable', /cannot be written/),
  );
});

test('a rehearsal starts from what is there, and nothing of it stays', async (t) => {
  const folder = join(temporaryFolder(t), "Ada's data?#%20");
  const file = join(folder, 'journal.db');
  const before = await rehearsalJournal({ file, now });
  assert.deepEqual(await before.records(), []);
  await before.claim(sampleRecord(), null);
  await before.close();
  assert.equal(existsSync(folder), false);

  const real = await openStore({ file, now, owner: 'real' });
  const claimed = await real.claim(sampleRecord(), null);
  await real.createRun(sampleRun());
  await real.event({ kind: 'x', subject: null, text: 'one' });
  await real.enqueueReport({ key: 'k', event: 'parked', text: 'x', data: null });
  const rehearsal = await rehearsalJournal({ file, now });
  assert.deepEqual(await rehearsal.records(), [claimed]);
  assert.deepEqual(await rehearsal.runs(), await real.runs());
  assert.deepEqual(await rehearsal.pendingReports(), await real.pendingReports());
  await rehearsal.updateRecord('issue-1', 1, { phase: 'done' });
  await rehearsal.event({ kind: 'x', subject: null, text: 'two' });
  await rehearsal.close();
  assert.deepEqual(await real.records(), [claimed]);
  assert.equal((await real.events({ limit: 9 })).length, 1);
  await real.close();
});

test('a folder with a space and an apostrophe in its name works', async (t) => {
  const folder = join(temporaryFolder(t), "Ada's data");
  mkdirSync(folder, { mode: 0o700 });
  const journal = await openStore({ file: join(folder, 'journal.db'), now, owner: 'first' });
  await journal.createRun(sampleRun());
  for (const [index, message] of SAMPLE_MESSAGES.entries()) await journal.appendMessage('s', 'run-1', index, message);
  await journal.close();
});
