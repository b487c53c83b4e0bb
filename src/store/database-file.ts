/** The SQLite file itself: how it is made, opened and checked. What else only SQLite knows is in sqlite-dialect.ts and group-commit-driver.ts. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { CamelCasePlugin, Kysely } from 'kysely';
import { z } from 'zod';
import { migrate } from './migrate.ts';
import { makePrivateFile } from './private-files.ts';
import type { Tables } from './schema.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import { sqliteTrouble } from './sqlite-trouble.ts';
import { damaged, StoreRefused } from './store-refused.ts';

export interface OpenDatabase {
  readonly db: Kysely<Tables>;
  /** Names of the migrations it has. */
  readonly applied: readonly string[];
  close(): Promise<void>;
}

/** Opens what is there; `write` also turns on WAL and full sync. Throws StoreRefused when it is damaged or not ours. */
export function openDatabase(file: string, mode: 'read' | 'write'): OpenDatabase {
  try {
    return open(file, mode);
  } catch (error) {
    throw sqliteTrouble(file, error);
  }
}

/**
 * Makes a new journal beside its place, tables and all, and moves it there whole. So a file in that place which is empty
 * or half is always damage, never a beginning: SQLite alone would take an empty file for a new database.
 */
export async function createDatabase(file: string): Promise<void> {
  const draft = `${file}.new`;
  for (const leftover of [draft, `${draft}-journal`]) rmSync(leftover, { force: true });
  makePrivateFile(draft);
  const database = new DatabaseSync(draft);
  try {
    await migrate(kysely(draft, database));
  } finally {
    database.close();
  }
  syncToDisk(draft);
  renameSync(draft, file);
  syncToDisk(dirname(file));
}

/**
 * A database in memory with the rows of the journal at `from`, or with none. Transcripts stay behind: they are most of
 * the bytes, and nobody resumes a session here.
 */
export async function memoryDatabase(from: string | null): Promise<OpenDatabase> {
  const database = new DatabaseSync(':memory:');
  const open = opened(':memory:', database, []);
  try {
    await migrate(open.db);
    if (from !== null) copyRows(from, database);
    return open;
  } catch (error) {
    await open.close();
    throw sqliteTrouble(from ?? ':memory:', error);
  }
}

/** What lies in the journal's place. Never by opening it: that would drop the locks this process holds on it. */
export function whatIsThere(file: string): 'nothing' | 'journal' {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) {
    // A write-ahead log of a lost file would be replayed into whatever takes its place.
    if (statSync(`${file}-wal`, { throwIfNoEntry: false }) === undefined) return 'nothing';
    throw damaged(file, 'it is gone, but the write-ahead log beside it is still there');
  }
  if (found.size < PAGE_BYTES_MIN) throw damaged(file, found.size === 0 ? 'it is empty' : 'it is cut off');
  return 'journal';
}

/** SQLite takes anything shorter for an empty database. */
const PAGE_BYTES_MIN = 512;

/** How long a statement waits for a reader that holds the file, for example a backup. */
const BUSY_TIMEOUT_MS = 5_000;

/** Above this size the check of every page at each start would take longer than a person likes to wait. */
const CHECKED_BYTES_MAX = 32 * 1024 * 1024;

/** What the write-ahead log is cut back to once its pages are in the file. */
const LOG_BYTES_KEPT_MAX = 16 * 1024 * 1024;

/** "HBLT": what the `file` command shows of a journal. */
const APPLICATION_ID = 0x48_42_4c_54;

function open(file: string, mode: 'read' | 'write'): OpenDatabase {
  const database = new DatabaseSync(file, { readOnly: mode === 'read', timeout: BUSY_TIMEOUT_MS });
  try {
    requireWhole(file, database);
    const applied = appliedMigrations(file, database);
    // Only now: what is damaged or somebody else's stays untouched.
    if (mode === 'write') prepareForWriting(file, database);
    return opened(file, database, applied);
  } catch (error) {
    database.close();
    throw error;
  }
}

function opened(file: string, database: DatabaseSync, applied: readonly string[]): OpenDatabase {
  const db = kysely(file, database);
  return {
    db,
    applied,
    async close() {
      await db.destroy();
      // Kysely closes only what it has used.
      if (database.isOpen) database.close();
    },
  };
}

function kysely(file: string, database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new NodeSqliteDialect(file, database), plugins: [new CamelCasePlugin()] });
}

function prepareForWriting(file: string, database: DatabaseSync): void {
  const mode = z.object({ journal_mode: z.string() }).parse(database.prepare('pragma journal_mode = wal').get());
  if (mode.journal_mode !== 'wal') {
    throw new StoreRefused(
      'unwritable',
      `The file system of ${file} cannot share memory between processes, as network folders cannot. Choose a data folder on a local disk.`,
    );
  }
  // Written at every start, for SQLite quietly opens a file it may not write for reading: better refused now than later.
  database.exec(`pragma application_id = ${APPLICATION_ID}`);
  database.exec(
    `pragma synchronous = full; pragma foreign_keys = on; pragma journal_size_limit = ${LOG_BYTES_KEPT_MAX}`,
  );
}

function requireWhole(file: string, database: DatabaseSync): void {
  const bytes = sizeOf(file);
  const { page_size: pageBytes } = z.object({ page_size: z.int() }).parse(database.prepare('pragma page_size').get());
  // SQLite fills a page that is cut off with zeros. With a log beside it, that page may still come from there.
  if (bytes % pageBytes !== 0 && sizeOf(`${file}-wal`) === 0) throw damaged(file, 'it is cut off');
  if (bytes > CHECKED_BYTES_MAX) return;
  const found = z.object({ quick_check: z.string() }).parse(database.prepare('pragma quick_check(1)').get());
  if (found.quick_check !== 'ok') throw damaged(file, found.quick_check);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function appliedMigrations(file: string, database: DatabaseSync): readonly string[] {
  const table = database
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'")
    .get();
  if (table === undefined) {
    throw new StoreRefused(
      'foreign',
      `${file} is a database, but no journal of heartline. Choose another data folder.`,
    );
  }
  const rows = database.prepare('select name from kysely_migration order by name').all();
  return rows.map((row) => z.object({ name: z.string() }).parse(row).name);
}

function copyRows(from: string, memory: DatabaseSync): void {
  memory.prepare('attach database ? as original').run(`${pathToFileURL(from).href}?mode=ro`);
  const tables = memory
    .prepare(
      "select name from original.sqlite_master where type = 'table' and name not like 'kysely%' and name <> 'message'",
    )
    .all()
    .map((row) => z.object({ name: z.string() }).parse(row).name);
  // In one transaction, so that all tables are seen at one moment; references are checked by whoever wrote them.
  memory.exec('pragma foreign_keys = off; begin');
  for (const table of tables) memory.exec(`insert into main."${table}" select * from original."${table}"`);
  memory.exec('commit; pragma foreign_keys = on; detach database original');
}

function syncToDisk(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
