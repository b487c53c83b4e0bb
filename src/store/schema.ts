/**
 * The tables as Kysely sees them (columns are snake_case in the database, see migrations/). Whole numbers, text and null
 * only: flags are 0 or 1, times are milliseconds since the epoch, money is micro-dollars, structures are JSON in text.
 */
export interface Tables {
  issue: IssueTable;
  run: RunTable;
  message: MessageTable;
  effect: EffectTable;
  verdict: VerdictTable;
  spend: SpendTable;
  tally: TallyTable;
  command: CommandTable;
  frozen: FrozenTable;
  outbox: OutboxTable;
  delivery: DeliveryTable;
  event: EventTable;
}

/** JSON in a text column: written with encode(), read back through the same schema (columns.ts). */
export type Json = string;
export type Flag = 0 | 1;

export interface IssueTable {
  issueId: string;
  key: string;
  project: string;
  repository: string;
  baseBranch: string;
  generation: number;
  attempt: number;
  phase: string;
  reason: string | null;
  ticket: Json;
  claimedAt: number;
  claimedBy: Json;
  claimedMove: string;
  movedAt: number;
  branch: string;
  head: string | null;
  pullRequest: number | null;
  mergeCommit: string | null;
  mergeVerified: Flag;
  approvals: Json;
  revertOf: Json | null;
  roundsFrom: number;
  resumedAt: number;
  stoppedAt: number;
  updatedAt: number;
  /** subjectKey of the issue, and of its pull request once there is one: what runs and effects are found by. */
  subject: string;
  pullSubject: string | null;
}

export interface RunTable {
  id: string;
  subject: string;
  subjectKind: string;
  issueKey: string | null;
  repository: string;
  role: string;
  cause: Json;
  causeKey: string;
  attempt: number;
  sessionId: string;
  state: string;
  endReason: string | null;
  result: Json | null;
  model: string | null;
  /** The process that runs it; null while queued, and after recover() found its process gone. */
  owner: string | null;
  createdAt: number;
  endedAt: number | null;
}

export interface MessageTable {
  sessionId: string;
  position: number;
  runId: string;
  message: Json;
  at: number;
}

export interface EffectTable {
  key: string;
  kind: string;
  subject: string;
  subjectKind: string;
  /** What was intended when the key was first recorded. Kept for people; nothing decides by it. */
  detail: Json;
  intendedAt: number;
  confirmedAt: number | null;
  outsideId: string | null;
  attempts: number;
  refusals: number;
  /** When the last attempt was made that may still arrive; null once the service has answered. */
  askedAt: number | null;
  retryAt: number | null;
  lastError: string | null;
  refused: Flag;
}

export interface VerdictTable {
  id: string;
  runId: string;
  repository: string;
  number: number;
  decision: string;
  head: string;
  base: string;
  digest: string;
  at: number;
  reboundFrom: string | null;
}

export interface SpendTable {
  id: string;
  runId: string;
  issueId: string | null;
  /** UTC day of the reservation, as 2026-01-31. A call over midnight counts for the day it began. */
  day: string;
  owner: string;
  reservedMicroUsd: number;
  reservedAt: number;
  settledMicroUsd: number | null;
  settledAt: number | null;
  /** Both null on a settled row: nobody knows what the call used, so it was settled at its worst case. */
  usage: Json | null;
  model: string | null;
}

/** Settled plus reserved per run, issue and day: the sums of `spend`, kept in the same transactions so that a cap is one look-up. */
export interface TallyTable {
  scope: 'run' | 'issue' | 'day';
  name: string;
  microUsd: number;
  updatedAt: number;
}

export interface CommandTable {
  commentId: string;
  on: Json;
  by: string;
  at: number;
  verb: Json;
  outcome: string | null;
  settledAt: number | null;
}

export interface FrozenTable {
  repository: string;
  reason: string;
  at: number;
  cause: string;
  branch: string | null;
  sha: string | null;
}

export interface OutboxTable {
  key: string;
  event: string;
  text: string;
  data: Json;
  at: number;
  /** When the first sink took it. */
  leftAt: number | null;
}

/** One row per report and sink that owes or took it. */
export interface DeliveryTable {
  key: string;
  sink: string;
  deliveredAt: number | null;
  retryAt: number | null;
  lastError: string | null;
}

export interface EventTable {
  sequence: number;
  at: number;
  kind: string;
  subject: string | null;
  text: string;
  data: Json;
}
