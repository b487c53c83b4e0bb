/** A journal to try things on: what the real one holds now, copied into memory. Nothing written to it outlives it. */
import type { EpochMs } from '../domain/issue.ts';
import type { Journal } from '../heartbeat/journal.ts';
import { memoryDatabase, whatIsThere } from './database-file.ts';
import { journal } from './journal.ts';
import { openCurrent } from './read-store.ts';

/** Works beside a running heartline, after one, and before there ever was one; refuses a journal as readStore does. */
export async function rehearsalJournal(options: {
  readonly file: string;
  readonly now: () => EpochMs;
}): Promise<Journal> {
  const { file, now } = options;
  const original = whatIsThere(file) === 'journal' ? await openCurrent(file) : null;
  try {
    const memory = await memoryDatabase(original === null ? null : file);
    const store = { db: memory.db, now, owner: 'a rehearsal', sinks: [], recordsRead: new Map() };
    return journal(store, () => memory.close());
  } finally {
    await original?.close();
  }
}
