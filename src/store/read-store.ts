/** Opens the journal for looking only: no lock, no migration, nothing written. Works beside a running heartline and without one. */
import type { EpochMs } from '../domain/issue.ts';
import { openDatabase, whatIsThere } from './database-file.ts';
import { type JournalReader, journalReader } from './journal.ts';
import { schemaState } from './migrate.ts';
import { newerStore } from './open-store.ts';
import { StoreRefused } from './store-refused.ts';

/** Throws StoreRefused: `missing` when nothing ever ran here, `older` or `newer` when another version wrote it. */
export async function readStore(options: {
  readonly file: string;
  readonly now: () => EpochMs;
}): Promise<JournalReader> {
  const { file, now } = options;
  if (whatIsThere(file) === 'nothing') {
    throw new StoreRefused('missing', `There is no journal at ${file} yet. Start heartline once: heartline up`);
  }
  const database = openDatabase(file, 'read');
  const state = schemaState(database.applied);
  switch (state.kind) {
    case 'current':
      return journalReader({ db: database.db, now, owner: 'a reader', sinks: [], recordsRead: new Map() }, () =>
        database.close(),
      );
    case 'older':
      await database.close();
      throw new StoreRefused(
        'older',
        `The journal ${file} was written by an older heartline. Start this version once to bring it up to date: heartline up`,
      );
    case 'newer':
      await database.close();
      throw newerStore(file, state.migration);
  }
}
