/** Opens the journal for looking only: no lock, no migration, nothing written. Works beside a running heartline and without one. */
import type { EpochMs } from '../domain/issue.ts';
import { type OpenDatabase, openDatabase, whatIsThere } from './database-file.ts';
import { type JournalReader, journalReader } from './journal.ts';
import { schemaState } from './migrate.ts';
import { newer, older, StoreRefused } from './store-refused.ts';

/** Throws StoreRefused: `missing` when nothing ever ran here, `older` or `newer` when another version wrote it. */
export async function readStore(options: {
  readonly file: string;
  readonly now: () => EpochMs;
}): Promise<JournalReader> {
  const { file, now } = options;
  if (whatIsThere(file) === 'nothing') {
    throw new StoreRefused('missing', `There is no journal at ${file} yet. Start heartline once: heartline up`);
  }
  const database = await openCurrent(file);
  const store = { db: database.db, now, owner: 'a reader', sinks: [], recordsRead: new Map() };
  return journalReader(store, () => database.close());
}

/** Opens for reading what this very version wrote. */
export async function openCurrent(file: string): Promise<OpenDatabase> {
  const database = openDatabase(file, 'read');
  const state = schemaState(database.applied);
  switch (state.kind) {
    case 'current':
      return database;
    case 'older':
      await database.close();
      throw older(file);
    case 'newer':
      await database.close();
      throw newer(file, state.migration);
  }
}
