/** All facts about one issue we carry, gathered once per tick so that every stage reads the same values. */

import type { Action, Dispatch, RecordChange } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { Effect } from '../domain/effect.ts';
import type { EpochMs, Issue, WorkflowState } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { Pipeline } from '../domain/pipeline.ts';
import type { BaseView, DiffFacts, PullRequest, RepositoryView } from '../domain/pull-request.ts';
import { type Cause, isLive, type MicroUsd, type Remark, type Role, type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings, Settings } from '../domain/settings.ts';
import type { Freeze } from '../domain/snapshot.ts';
import type { AuditVerdict, ReviewVerdict } from '../domain/verdict.ts';
import { type EffectStanding, effectStanding } from './effects.ts';

export interface IssueCase {
  readonly now: EpochMs;
  readonly settings: Settings;
  readonly project: ProjectSettings;
  readonly pipeline: Pipeline;
  readonly record: IssueRecord;
  readonly issue: Issue;
  readonly states: readonly WorkflowState[];
  readonly repository: RepositoryView;
  /** Null while there is none, or while GitHub does not show it yet. */
  readonly pullRequest: PullRequest | null;
  readonly diff: DiffFacts | null;
  /** Runs of this attempt, oldest first. */
  readonly runs: readonly Run[];
  /** Our reviews of the pull request, oldest first. */
  readonly verdicts: readonly ReviewVerdict[];
  /** Our audits of it, oldest first. */
  readonly audits: readonly AuditVerdict[];
  readonly effects: ReadonlyMap<string, Effect>;
  readonly spentMicroUsd: MicroUsd;
  readonly dayMicroUsd: MicroUsd;
  readonly frozen: Freeze | null;
  /** What people said about the pull request and no agent was told yet, oldest first. */
  readonly remarks: readonly Remark[];
  /** The branch it goes into; null when it is not there. */
  readonly baseView: BaseView | null;
  /** A person's `/answer` that no run has taken up yet. */
  readonly answer: Command | null;
}

/** Roles whose runs write commits. The orchestrator's only work is to take back what broke the base branch. */
const AUTHORS: readonly Role[] = ['dev', 'devops', 'orchestrator'];

export function workRuns(facts: IssueCase): readonly Run[] {
  return facts.runs.filter((run) => AUTHORS.includes(run.role));
}

/** Roles that judge work and write none. */
export type JudgeRole = 'review' | 'audit';

export function judgeRuns(facts: IssueCase, role: JudgeRole): readonly Run[] {
  return facts.runs.filter((run) => run.role === role);
}

export function liveRun(runs: readonly Run[]): Run | null {
  return runs.find((run) => isLive(run.state)) ?? null;
}

/** The newest work that was handed in: its head is what the branch should carry. */
export function latestWork(
  facts: IssueCase,
): { readonly run: Run; readonly head: string; readonly summary: string; readonly title: string } | null {
  for (const run of [...workRuns(facts)].reverse()) {
    if (run.state === 'succeeded' && run.result?.kind === 'work') {
      return { run, head: run.result.head, summary: run.result.summary, title: run.result.commitTitle };
    }
  }
  return null;
}

/** When the bot learnt that this head stands on the branch; null when the ledger does not say. */
export function headSince(facts: IssueCase, head: string): EpochMs | null {
  const push = facts.effects.get(effectKey.push(facts, head))?.confirmedAt;
  if (push !== undefined) return push;
  if (facts.record.head !== head) return null;
  // The forge made it when we asked it to bring the branch up to date.
  const updates = [...facts.effects.values()].filter(
    (one) => one.kind === 'update-branch' && one.key.startsWith(`update:${facts.record.issueId}:`),
  );
  return updates.reduce((newest, one) => Math.max(newest, one.confirmedAt ?? 0), 0) || facts.record.updatedAt;
}

/** GitHub's lists may lag behind a write of ours; for this long an older picture means nothing. */
export const LAG_MS = 120_000;

export function standing(facts: IssueCase, key: string): EffectStanding {
  return effectStanding(facts.effects, key, facts.now, facts.record.resumedAt);
}

export function caseSubject(facts: IssueCase): string {
  return subjectKey({ kind: 'issue', issueId: facts.record.issueId });
}

/** Every outside write's key, in one place: what is in a key is what may happen once. */
export const effectKey = {
  started: (facts: IssueCase) => `move:${facts.record.issueId}:${facts.record.attempt}:started`,
  review: (facts: IssueCase) => `move:${facts.record.issueId}:${facts.record.attempt}:review`,
  done: (facts: IssueCase) => `move:${facts.record.issueId}:${facts.record.attempt}:done`,
  push: (facts: IssueCase, head: string) => `push:${facts.record.issueId}:${facts.record.attempt}:${head}`,
  open: (facts: IssueCase) => `open:${facts.record.issueId}:${facts.record.attempt}`,
  link: (facts: IssueCase) => `link:${facts.record.issueId}:${facts.record.attempt}`,
  postReview: (verdictId: string) => `review:${verdictId}`,
  status: (repository: string, head: string, verdictId: string) => `status:${repository}:${head}:${verdictId}`,
  update: (facts: IssueCase, head: string, base: string) => `update:${facts.record.issueId}:${head}:${base}`,
  /** With the method, because what landed is compared with what was sent, whatever the settings say by then. */
  merge: (facts: IssueCase, head: string, base: string) =>
    `merge:${facts.record.issueId}:${head}:${base}:${facts.project.mergeMethod}`,
  enqueue: (issueId: string, head: string) => `enqueue:${issueId}:${head}`,
  dequeue: (issueId: string, head: string) => `dequeue:${issueId}:${head}`,
  /** Once for each check on each commit, whoever asks. */
  rerun: (issueId: string, head: string, check: string) => `rerun:${issueId}:${head}:${check}`,
  label: (issueId: string, number: number, label: string) => `label:${issueId}:${number}:${label}`,
  ready: (facts: IssueCase) => `ready:${facts.record.issueId}:${facts.record.attempt}`,
  reply: (facts: IssueCase, remarks: string) => `reply:${facts.record.issueId}:${remarks}`,
  resolve: (facts: IssueCase, threadId: string) => `resolve:${facts.record.issueId}:${threadId}`,
} as const;

export function updateRecord(facts: IssueCase, change: RecordChange, reason: string): Action {
  return { kind: 'update-record', issueId: facts.record.issueId, generation: facts.record.generation, change, reason };
}

export function park(facts: IssueCase, reason: string): Action {
  return updateRecord(facts, { phase: 'parked', reason }, reason);
}

export function dispatch(
  facts: IssueCase,
  role: Role,
  cause: Cause,
  sessionId: string | null,
  reason: string,
): Dispatch {
  return {
    kind: 'dispatch',
    subject: { kind: 'issue', issueId: facts.record.issueId },
    issueKey: facts.record.key,
    repository: facts.record.repository,
    role,
    cause,
    attempt: facts.record.attempt,
    sessionId,
    reason,
  };
}

/** Runs that ended badly through the agent's own fault since a person last reset the count. */
export function crashRounds(facts: IssueCase, runs: readonly Run[]): number {
  return runs.filter(
    (run) =>
      run.createdAt >= facts.record.roundsFrom &&
      (run.state === 'failed' || run.state === 'timed-out' || run.state === 'stalled'),
  ).length;
}
