/**
 * Humans win: does what people did on Linear and GitHub since the claim leave this issue with us? Our own moves are
 * told by the ledger of what we claimed and moved, never by the actor's name, for a personal key acts as its owner.
 */
import type { Action } from '../domain/action.ts';
import type { Effect } from '../domain/effect.ts';
import type { Issue } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import { isLive, type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import { effectsOf } from './effects-of.ts';
import { moveOf, selectionMiss } from './eligible.ts';

export interface ReconcileFacts {
  readonly record: IssueRecord;
  /** Null when Linear answered and the issue was not there any more. */
  readonly issue: Issue | null;
  readonly effects: ReadonlyMap<string, Effect>;
  /** What the issue was taken for; null or absent when its settings are not known, and then nothing is concluded from them. */
  readonly project?: ProjectSettings | null;
}

/** Null when the issue stays with us; otherwise a sentence that says who took it away. */
export function takenAway({ record, issue, effects, project = null }: ReconcileFacts): string | null {
  if (issue === null) return `${record.key} is not on Linear any more.`;
  if (issue.archived) return `${record.key} was archived.`;
  // A label, an assignee or a project is how an issue was given to us, so without it the issue is somebody else's.
  if (project !== null && landedMerge(record, effects) === null) {
    const miss = selectionMiss(issue, project);
    if (miss !== null) return miss;
  }
  if (moveOf(issue) === record.claimedMove) return null;
  if (isOurMove(record, issue, effects)) return null;
  // What we merged is verified whoever moves the issue meanwhile: a bad merge must not go unseen because of a drag.
  if (record.phase === 'active' && landedMerge(record, effects) !== null && !record.mergeVerified) return null;
  switch (issue.state.type) {
    case 'started':
      return null;
    case 'completed':
      if (record.mergeCommit !== null) return null;
      return byAutomation(issue) ? null : `${by(issue)} moved ${record.key} to ${issue.state.name}.`;
    case 'triage':
    case 'backlog':
    case 'unstarted':
    case 'canceled':
    case 'duplicate':
      return byAutomation(issue) ? null : `${by(issue)} moved ${record.key} to ${issue.state.name}.`;
  }
}

/**
 * The commit a merge of ours made: from the row, or from the ledger when we were killed before the row was written. The
 * head is in the key, so a merge of an earlier attempt is never taken for this one's.
 */
export function landedMerge(record: IssueRecord, effects: ReadonlyMap<string, Effect>): string | null {
  if (record.mergeCommit !== null) return record.mergeCommit;
  if (record.head === null) return null;
  const own = effectsOf(effects, subjectKey({ kind: 'issue', issueId: record.issueId }));
  for (const effect of own.values()) {
    if (effect.confirmedAt !== null && effect.key.startsWith(`merge:${record.issueId}:${record.head}:`))
      return effect.outsideId;
  }
  return null;
}

/** Ends what runs for an issue that is not ours to work on now. */
export function endRuns(record: IssueRecord, runs: readonly Run[], reason: string): readonly Action[] {
  const subject = subjectKey({ kind: 'issue', issueId: record.issueId });
  return runs
    .filter((run) => subjectKey(run.subject) === subject && isLive(run.state))
    .map((run) => ({ kind: 'cancel-run', runId: run.id, reason }));
}

/** The history entry our own move made, or the state a move of ours aims at that we have not heard back from. */
function isOurMove(record: IssueRecord, issue: Issue, effects: ReadonlyMap<string, Effect>): boolean {
  // What is taken back was moved to done by us a moment ago, and Linear may show that only now.
  const attempts = record.revertOf === null ? [record.attempt] : [record.attempt, record.attempt - 1];
  const own = effectsOf(effects, subjectKey({ kind: 'issue', issueId: record.issueId }));
  const moves = [...own.values()].filter(
    (effect) =>
      effect.kind === 'move-issue' &&
      attempts.some((attempt) => effect.key.startsWith(`move:${record.issueId}:${attempt}:`)),
  );
  return moves.some((move) => move.outsideId !== null && move.outsideId === issue.lastMove?.historyId);
}

/** Linear's own GitHub integration moves issues along when a pull request opens or merges: no person took it away. */
function byAutomation(issue: Issue): boolean {
  return issue.lastMove?.actor.kind === 'automation';
}

function by(issue: Issue): string {
  return issue.lastMove?.actor.name ?? 'Somebody';
}
