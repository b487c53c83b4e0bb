/** What sessions need from outside, and the few words they share among their files. */
import type { PullRequest } from '../domain/pull-request.ts';
import type { MicroUsd, Run, RunResult, RunState } from '../domain/run.ts';
import type { Settings } from '../domain/settings.ts';
import type { Journal } from '../heartbeat/journal.ts';
import type { Isolation, Mirror, Models, Workspaces } from '../heartbeat/ports.ts';
import type { Dependencies } from './dependencies.ts';
import type { ModelEndpoint } from './external/model-endpoint.ts';
import type { Prompts } from './load-prompts.ts';

export type SessionJournal = Pick<
  Journal,
  | 'record'
  | 'run'
  | 'verdicts'
  | 'takeRun'
  | 'endRun'
  | 'messages'
  | 'appendMessage'
  | 'reserve'
  | 'settle'
  | 'runSpend'
  | 'event'
  | 'enqueueReport'
>;

export interface SessionsOptions {
  readonly journal: SessionJournal;
  readonly models: Models;
  /** Where an external agent's calls go; null for a model that is not configured. Absent: there are no such agents. */
  readonly endpoint?: (model: string) => ModelEndpoint | null;
  readonly mirror: Pick<Mirror, 'refresh' | 'tip' | 'file' | 'diff' | 'diffText' | 'receiveBundle'>;
  readonly workspaces: Pick<Workspaces, 'prepare' | 'release' | 'list'>;
  readonly isolation: Isolation;
  readonly settings: () => Settings;
  readonly prompts: Prompts;
  readonly now: () => number;
  /** Called after the end was written. */
  readonly onEnd: (runId: string) => void;
  readonly log: SessionLog;
  /** Tail of the failed checks' logs on a commit. */
  readonly failureLog: (repository: string, head: string, checks: readonly string[]) => Promise<string>;
  readonly pullRequest: (repository: string, number: number) => Promise<PullRequest | null>;
  /** Tip of a branch as the last look at the forge saw it; null or absent: nobody looked. */
  readonly seenTip?: (repository: string, branch: string) => string | null;
  /** How a retry waits; rejects when the signal aborts. Tests pass one that does not. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The part of a pino logger that is used. */
export interface SessionLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** One run as its files see it. */
export interface Session extends SessionsOptions {
  readonly run: Run;
  readonly signal: AbortSignal;
  readonly live: LiveState;
  readonly dependencies: Dependencies;
}

/** What the board shows. */
export interface LiveState {
  readonly startedAt: number;
  doing: string;
  turns: number;
  microUsd: MicroUsd;
  /** What the last call might have cost: as much has to be left for the next one to leave. */
  worstMicroUsd: MicroUsd;
}

export interface RunEnd {
  readonly state: Exclude<RunState, 'queued' | 'running'>;
  /** A whole sentence: it stands on the ticket. */
  readonly reason: string;
  readonly result: RunResult | null;
}

export function endAs(state: RunEnd['state'], reason: string): RunEnd {
  return { state, reason, result: null };
}

/** Thrown through a session when it is told to stop: `cancel` ends the run, `drain` leaves it for the next process. */
export class Stopped extends Error {
  readonly kind: 'cancel' | 'drain';
  constructor(kind: 'cancel' | 'drain', reason: string) {
    super(reason);
    this.kind = kind;
  }
}

/** Thrown where a run cannot go on and no agent can help it. */
export class CannotRun extends Error {}
