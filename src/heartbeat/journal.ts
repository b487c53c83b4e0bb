/** The port to our own rows: memory and ledger, written by one process. The store implements it. */
import type { ReportEvent } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { Effect, EffectKind } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { MicroUsd, Run, RunResult, RunState } from '../domain/run.ts';
import type { Freeze, Spend } from '../domain/snapshot.ts';
import type { TranscriptEntry, Usage } from '../domain/transcript.ts';
import type { AuditVerdict, ReviewVerdict } from '../domain/verdict.ts';

/** What is known of an outside write right before it is made. */
export interface Intent {
  readonly effect: Effect;
  /** An earlier attempt exists. */
  readonly before: boolean;
  /** When the last of them was made, if nobody heard what became of it. */
  readonly unheardSince: EpochMs | null;
}

/** What became of an attempt at an outside write that was not confirmed. */
export interface EffectFailure {
  /** Null when it may be tried at once, or never again. */
  readonly retryAt: EpochMs | null;
  readonly refused: boolean;
  /** The outside heard it and will not, for now or for good. */
  readonly saidNo: boolean;
  /** When an attempt was made that may still arrive; null where the service has answered all of them. */
  readonly unheardSince: EpochMs | null;
}

/** Every state write is compare-and-set; a write that lost throws StaleWrite (domain/stale-write.ts). */
export interface Journal {
  records(): Promise<readonly IssueRecord[]>;
  record(issueId: string): Promise<IssueRecord | null>;
  /** Inserts, or replaces the row that has `previousGeneration` (a new attempt). */
  claim(record: Omit<IssueRecord, 'generation' | 'updatedAt'>, previousGeneration: number | null): Promise<IssueRecord>;
  updateRecord(issueId: string, generation: number, change: Partial<IssueRecord>): Promise<IssueRecord>;

  /** Runs of all records that are not done or cancelled, all live runs, and reviews of other people's pull requests of the last 30 days. */
  runs(): Promise<readonly Run[]>;
  run(id: string): Promise<Run | null>;
  /** Null when a run with the same subject, attempt and cause exists already. */
  createRun(run: Omit<Run, 'endedAt' | 'endReason' | 'result' | 'state' | 'model'>): Promise<Run | null>;
  /**
   * Queued to running, and running (owner gone, or we ourselves) to running under us. False when somebody else or an end was
   * faster. Only for whoever knows that no session of ours has the run.
   */
  takeRun(id: string): Promise<boolean>;
  endRun(id: string, end: RunEnding): Promise<boolean>;

  /** The transcript of a session, oldest first. */
  messages(sessionId: string): Promise<readonly { readonly runId: string; readonly message: TranscriptEntry }[]>;
  /** Acknowledged only when on disk. `index` is the position it takes; a second writer at the same index loses. */
  appendMessage(sessionId: string, runId: string, index: number, message: TranscriptEntry): Promise<void>;

  effects(): Promise<ReadonlyMap<string, Effect>>;
  /** Those of one subject, as `subjectKey` names it, however long ago. */
  effectsOf(subject: string): Promise<ReadonlyMap<string, Effect>>;
  effect(key: string): Promise<Effect | null>;
  /** Records the intent, or counts another attempt on it. */
  intend(effect: {
    readonly key: string;
    readonly kind: EffectKind;
    readonly subject: string;
    readonly detail: unknown;
  }): Promise<Intent>;
  /** What was intended leaves only now. */
  asked(key: string): Promise<void>;
  confirm(key: string, outsideId: string | null): Promise<void>;
  failEffect(key: string, error: string, failure: EffectFailure): Promise<void>;

  verdicts(): Promise<readonly (ReviewVerdict | AuditVerdict)[]>;
  recordVerdict(verdict: ReviewVerdict | AuditVerdict): Promise<void>;

  /**
   * Reserves the worst case before a model call leaves. Refused (a sentence naming the cap) when run, issue or day would
   * pass its cap. Caps are checked and the reservation written in one transaction.
   */
  reserve(request: {
    readonly runId: string;
    readonly issueId: string | null;
    readonly microUsd: MicroUsd;
    readonly caps: { readonly run: MicroUsd; readonly issue: MicroUsd; readonly day: MicroUsd };
  }): Promise<{ readonly ok: true; readonly reservationId: string } | { readonly ok: false; readonly reason: string }>;
  settle(
    reservationId: string,
    cost: { readonly microUsd: MicroUsd; readonly usage: Usage; readonly model: string },
  ): Promise<void>;
  spend(): Promise<Spend>;
  runSpend(runId: string): Promise<MicroUsd>;

  /** By repository. */
  frozen(): Promise<ReadonlyMap<string, Freeze>>;
  /** The first freeze stands until its thaw; a bad merge alone takes the place of a red base. */
  freeze(repository: string, freeze: Freeze): Promise<void>;
  /** Whatever froze it; with a cause, only what was frozen for that. */
  thaw(repository: string, cause?: Freeze['cause']): Promise<void>;

  /** Stores a command once (by comment id). */
  noteCommand(command: Command): Promise<void>;
  openCommands(): Promise<readonly Command[]>;
  settleCommand(commentId: string, outcome: string): Promise<void>;

  /** Stores a report once (by key). */
  enqueueReport(report: {
    readonly key: string;
    readonly event: ReportEvent | 'digest';
    readonly text: string;
    readonly data: unknown;
  }): Promise<boolean>;
  /** Keys of reports of the last 90 days, delivered or not. */
  reportKeys(): Promise<ReadonlySet<string>>;
  pendingReports(): Promise<readonly OutboxReport[]>;
  reportDelivered(key: string, sink: string): Promise<void>;
  reportFailed(key: string, sink: string, error: string, retryAt: EpochMs): Promise<void>;

  /** Append-only log of what happened, for `why`, the digest and a person's later questions. */
  event(event: {
    readonly kind: string;
    readonly subject: string | null;
    readonly text: string;
    readonly data?: unknown;
  }): Promise<void>;
  events(filter: EventFilter): Promise<readonly LoggedEvent[]>;

  /** At start, once the lock is held: settles reservations of dead processes at their worst case, and frees their runs. */
  recover(): Promise<{ readonly settledReservations: number }>;
  close(): Promise<void>;
}

export interface RunEnding {
  readonly state: Exclude<RunState, 'queued' | 'running'>;
  readonly reason: string;
  readonly result: RunResult | null;
  readonly model: string | null;
}

export interface LoggedEvent {
  readonly at: EpochMs;
  readonly kind: string;
  readonly subject: string | null;
  readonly text: string;
  readonly data: unknown;
}

/** The newest `limit` of what fits. */
export interface EventFilter {
  readonly subject?: string;
  readonly since?: EpochMs;
  readonly limit: number;
}

export interface OutboxReport {
  readonly key: string;
  readonly event: ReportEvent | 'digest';
  readonly text: string;
  readonly data: unknown;
  readonly at: EpochMs;
  /** Sinks that took it already. */
  readonly delivered: readonly string[];
  readonly retryAt: Readonly<Record<string, EpochMs>>;
}
