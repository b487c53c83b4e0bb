/** The rows as they lie in the file, read past the store: it is what is being judged. */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { TranscriptEntry } from '../../src/domain/transcript.ts';

export interface StoredMessage {
  readonly sessionId: string;
  readonly position: number;
  readonly message: TranscriptEntry;
}

export function countRows(file: string): { readonly messages: number } {
  return reading(file, (database) => ({
    messages: z.object({ count: z.int() }).parse(database.prepare('select count(*) as count from message').get()).count,
  }));
}

export function storedMessages(file: string): readonly StoredMessage[] {
  const sql = 'select session_id, position, message from message order by session_id, position';
  return reading(file, (database) => database.prepare(sql).all()).map((row) => {
    const { session_id: sessionId, position, message } = messageRow.parse(row);
    return { sessionId, position, message: JSON.parse(message) };
  });
}

export interface Ledger {
  readonly calls: number;
  /** Settled and reserved, of all days. */
  readonly bookedMicroUsd: number;
  readonly dearestReservation: number;
}

export function ledger(file: string): Ledger {
  const sql = `select count(*) as calls, coalesce(sum(coalesce(settled_micro_usd, reserved_micro_usd)), 0) as booked,
    coalesce(max(reserved_micro_usd), 0) as dearest from spend`;
  const row = ledgerRow.parse(reading(file, (database) => database.prepare(sql).get()));
  return { calls: row.calls, bookedMicroUsd: row.booked, dearestReservation: row.dearest };
}

/** The state of each run that is over. */
export function endedRuns(file: string): readonly string[] {
  const rows = reading(file, (database) => database.prepare('select state from run where ended_at is not null').all());
  return rows.map((row) => z.object({ state: z.string() }).parse(row).state);
}

const messageRow = z.object({ session_id: z.string(), position: z.int(), message: z.string() });
const ledgerRow = z.object({ calls: z.int(), booked: z.int(), dearest: z.int() });

function reading<Result>(file: string, read: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
