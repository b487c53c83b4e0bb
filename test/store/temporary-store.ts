/** A journal in a folder of its own that goes away with the test, on a clock the test sets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Journal } from '../../src/heartbeat/journal.ts';
import { createDatabase, type OpenDatabase, openDatabase } from '../../src/store/database-file.ts';
import { journal } from '../../src/store/journal.ts';
import { NOON } from './sample-rows.ts';

export interface TemporaryStore {
  readonly file: string;
  readonly database: OpenDatabase;
  readonly journal: Journal;
  readonly clock: { now: number };
  /** The same rows as another process would see them: another owner, nothing shared in memory. */
  as(owner: string, sinks?: readonly string[]): Journal;
}

export async function temporaryStore(test: Pick<TestContext, 'after'>): Promise<TemporaryStore> {
  const file = join(temporaryFolder(test), 'journal.db');
  await createDatabase(file);
  const database = openDatabase(file, 'write');
  test.after(() => database.close());
  const clock = { now: NOON };
  const as = (owner: string, sinks: readonly string[] = []): Journal =>
    journal({ db: database.db, now: () => clock.now, owner, sinks, recordsRead: new Map() }, async () => undefined);
  return { file, database, clock, as, journal: as('first') };
}

/** Private from the start, as mkdtemp makes it. */
export function temporaryFolder(test: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'heartline store '));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
