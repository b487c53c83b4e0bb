/** A run: one piece of work in one role on one subject, for one cause. Its session's transcript lives beside it in the rows. */
import type { EpochMs } from './issue.ts';

export const ROLES = ['orchestrator', 'planner', 'dev', 'review', 'audit', 'devops', 'research'] as const;
export type Role = (typeof ROLES)[number];

/** Integer millionths of a US dollar: money is never a float here. */
export type MicroUsd = number;

/** What a run is about. Written `issue:<id>` or `pull:<owner/name>#<number>` in rows, see subjectKey. */
export type Subject =
  | { readonly kind: 'issue'; readonly issueId: string }
  | { readonly kind: 'pull-request'; readonly repository: string; readonly number: number };

/** Why a run was dispatched. The key of a cause makes the run unique: the same cause never starts a second one. */
export type Cause =
  | { readonly kind: 'implement' }
  | { readonly kind: 'findings'; readonly verdictId: string }
  | { readonly kind: 'checks-failed'; readonly head: string; readonly checks: readonly string[] }
  | { readonly kind: 'conflict'; readonly base: string; readonly head: string }
  | { readonly kind: 'review'; readonly head: string; readonly base: string; readonly digest: string }
  | { readonly kind: 'audit'; readonly head: string; readonly base: string; readonly digest: string }
  /** The run before ended badly, was stopped or ran out of its allowance; its session goes on. */
  | { readonly kind: 'crashed'; readonly runId: string }
  /** People said something about the pull request, in review threads or in its conversation. */
  | { readonly kind: 'remarks'; readonly remarks: readonly Remark[] }
  /** What landed turned its base branch red: plain code takes it back. */
  | { readonly kind: 'revert'; readonly mergeCommit: string }
  /** A person answered or told the agent something: `/answer …`. */
  | { readonly kind: 'answer'; readonly commentId: string; readonly by: string; readonly text: string };

/** A person's words on a pull request that ask for a change or a reply. */
export interface Remark {
  /** Comment id: it is told to an agent once. */
  readonly id: string;
  /** Null for a comment in the conversation. */
  readonly threadId: string | null;
  readonly by: string;
  readonly path: string | null;
  readonly line: number | null;
  /** Cut at a bound; the whole is on GitHub. */
  readonly text: string;
}

/** What an agent says to one remark. */
export interface RemarkAnswer {
  readonly id: string;
  /** True: the work was changed as asked, so its thread is settled. */
  readonly changed: boolean;
  readonly text: string;
}

/**
 * `running` survives a restart of the bot: the next process resumes it from its transcript. `awaiting-human` is an end
 * too: a question was asked or an allowance is used up, and only a person's word starts the next run of that session.
 * `postponed` is nobody's fault: no model of the chain could be reached, and the session goes on after a while.
 */
export type RunState =
  | 'queued'
  | 'running'
  | 'awaiting-human'
  | 'postponed'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'stalled'
  | 'cancelled';

export interface Finding {
  readonly path: string;
  /** Line in the head's version of the file; null for a remark on the whole file. */
  readonly line: number | null;
  readonly severity: 'blocker' | 'major' | 'minor';
  readonly comment: string;
}

/** One thing the issue asks for, and what shows that it is there: a command's output, a file and line, a test's name. */
export interface Criterion {
  readonly criterion: string;
  readonly met: boolean;
  readonly evidence: string;
}

/** What a session handed in through its typed `finish`, plus what plain code found when it looked. */
export type RunResult =
  | {
      readonly kind: 'work';
      readonly head: string;
      readonly base: string;
      readonly summary: string;
      readonly commitTitle: string;
      /** To the remarks the run was started for; absent where there were none. */
      readonly answers?: readonly RemarkAnswer[];
    }
  | {
      readonly kind: 'review';
      readonly decision: 'approve' | 'request-changes';
      readonly summary: string;
      readonly findings: readonly Finding[];
      readonly head: string;
      readonly base: string;
      readonly digest: string;
    }
  | {
      readonly kind: 'audit';
      readonly decision: 'pass' | 'fail';
      readonly summary: string;
      readonly criteria: readonly Criterion[];
      readonly head: string;
      readonly base: string;
      readonly digest: string;
    };

export interface Run {
  readonly id: string;
  readonly subject: Subject;
  readonly issueKey: string | null;
  readonly repository: string;
  readonly role: Role;
  readonly cause: Cause;
  /** The attempt at the issue this run belongs to; findings and checks of an older attempt do not count. */
  readonly attempt: number;
  /** Runs that share a session share a transcript: a dev that fixes findings goes on where it stopped. */
  readonly sessionId: string;
  readonly state: RunState;
  /** A person's sentence: why it ended. Null while it lives. */
  readonly endReason: string | null;
  readonly result: RunResult | null;
  readonly model: string | null;
  readonly createdAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

export function subjectKey(subject: Subject): string {
  return subject.kind === 'issue' ? `issue:${subject.issueId}` : `pull:${subject.repository}#${subject.number}`;
}

/** A base branch, in the ledger of effects: what is done for it is done for no one issue or pull request. */
export function baseSubject(repository: string, branch: string): string {
  return `${BASE}${repository}:${branch}`;
}

export function isBaseSubject(key: string): boolean {
  return key.startsWith(BASE);
}

const BASE = 'base:';

/** Reads what subjectKey() wrote; null for anything else. */
export function parseSubject(key: string): Subject | null {
  const match = /^(?:issue:(?<issueId>.+)|pull:(?<repository>[^#]+)#(?<number>[1-9]\d{0,9}))$/s.exec(key);
  const { issueId, repository, number } = match?.groups ?? {};
  if (issueId !== undefined) return { kind: 'issue', issueId };
  if (repository !== undefined && number !== undefined)
    return { kind: 'pull-request', repository, number: Number(number) };
  return null;
}

export function causeKey(cause: Cause): string {
  switch (cause.kind) {
    case 'implement':
      return 'implement';
    case 'findings':
      return `findings:${cause.verdictId}`;
    case 'checks-failed':
      return `checks-failed:${cause.head}`;
    case 'conflict':
      return `conflict:${cause.head}:${cause.base}`;
    case 'review':
      return `review:${cause.head}:${cause.digest}`;
    case 'audit':
      return `audit:${cause.head}:${cause.digest}`;
    case 'remarks':
      return `remarks:${cause.remarks
        .map((remark) => remark.id)
        .sort()
        .join(',')}`;
    case 'revert':
      return `revert:${cause.mergeCommit}`;
    case 'crashed':
      return `crashed:${cause.runId}`;
    case 'answer':
      return `answer:${cause.commentId}`;
  }
}

/** Holds a slot. A run that waits for a person does not: it has ended until somebody answers. */
export function isLive(state: RunState): boolean {
  return state === 'queued' || state === 'running';
}
