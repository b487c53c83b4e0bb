/** Opens the journal for the one process that may write it: private files, the lock, a whole database, tables up to date. */
import type { EpochMs } from '../domain/issue.ts';
import type { Journal } from '../heartbeat/journal.ts';
import { createDatabase, type OpenDatabase, openDatabase, whatIsThere } from './database-file.ts';
import { journal } from './journal.ts';
import { migrate, schemaState } from './migrate.ts';
import { requirePrivate } from './private-files.ts';
import { rememberedReads } from './remembered-reads.ts';
import { takeStoreLock } from './store-lock.ts';
import { newer } from './store-refused.ts';

/** Throws StoreLocked when another process has it, StoreRefused when it must not be used as it is. */
export async function openStore(options: {
  readonly file: string;
  readonly now: () => EpochMs;
  /** Unique id of this process. */
  readonly owner: string;
  /** Names of the sinks that every report has to reach; a report to none of them is pending until any sink takes it. */
  readonly sinks?: readonly string[];
}): Promise<Journal> {
  const { file, now, owner, sinks = [] } = options;
  requirePrivate(file);
  const lock = takeStoreLock(file);
  try {
    if (whatIsThere(file) === 'nothing') await createDatabase(file);
    const database = openDatabase(file, 'write');
    try {
      await bringUpToDate(file, database);
    } catch (error) {
      await database.close();
      throw error;
    }
    const close = async (): Promise<void> => {
      await database.close();
      lock.release();
    };
    return rememberedReads(journal({ db: database.db, now, owner, sinks, recordsRead: new Map() }, close), now);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function bringUpToDate(file: string, database: OpenDatabase): Promise<void> {
  const state = schemaState(database.applied);
  switch (state.kind) {
    case 'current':
      return;
    case 'older':
      return migrate(database.db);
    case 'newer':
      throw newer(file, state.migration);
  }
}
