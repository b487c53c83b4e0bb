/** What every function over the rows needs: the connection, the time, and who we are. */
import type { Kysely } from 'kysely';
import type { EpochMs } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { Tables } from './schema.ts';

export interface Store {
  readonly db: Kysely<Tables>;
  readonly now: () => EpochMs;
  /** Unique id of this process. Written on what only one process at a time may hold: running runs, open reservations. */
  readonly owner: string;
  /** Names of the sinks that every report owes a delivery. */
  readonly sinks: readonly string[];
  /** Issue records as last read, by issue: the only memory beside the rows, and one that they can always refill. */
  readonly recordsRead: Map<string, IssueRecord>;
}
