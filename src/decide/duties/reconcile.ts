/** Duty reconcile: what people took away is let go, what ended is stopped, what they merged by hand is finished. */
import type { IssueRecord } from '../../domain/issue-record.ts';
import { subjectKey } from '../../domain/run.ts';
import { effectStanding } from '../effects.ts';
import { effectKey } from '../issue-case.ts';
import { newestEntry } from '../merge-queue.ts';
import { endRuns, takenAway } from '../reconcile.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

export function reconcileRecords(sight: Sight, turn: Turn): void {
  const { records, effects } = sight.snapshot;
  for (const record of records) {
    if (record.phase !== 'active') {
      turn.add(endRuns(record, sight.runs(record), record.reason ?? `${record.key} is ${record.phase}.`));
      leaveQueue(sight, turn, record);
    }
    if ((record.phase !== 'active' && record.phase !== 'parked') || sight.board === null) continue;
    const reason = takenAway({ issue: sight.issue(record.issueId), project: sight.project(record), record, effects });
    if (reason === null) {
      mergedByHand(sight, turn, record);
      continue;
    }
    turn.update(record, { phase: 'cancelled', reason }, reason);
    turn.add(endRuns(record, sight.runs(record), reason));
  }
}

/** What we handed to the forge's merge queue must not land after a person stopped it. */
function leaveQueue({ snapshot, pullRequest }: Sight, turn: Turn, record: IssueRecord): void {
  const open = pullRequest(record);
  if (open === null || open.queued === null || record.phase === 'done') return;
  const entry = newestEntry(snapshot.effects, effectKey.enqueue(record.issueId, open.head));
  if (entry === null) return;
  // Each entry is left by itself: one that a "go on" made has to be left anew.
  const again = entry.key.includes('~') ? `~${entry.intendedAt}` : '';
  const key = `${effectKey.dequeue(record.issueId, open.head)}${again}`;
  const leave = effectStanding(snapshot.effects, key, snapshot.now, 0);
  if (leave.kind !== 'due') return;
  const { repository, number } = open;
  const subject = subjectKey({ kind: 'issue', issueId: record.issueId });
  const reason = record.reason ?? `${record.key} is ${record.phase}.`;
  turn.add([{ kind: 'dequeue', key: leave.key, repository, number, subject, reason }]);
}

/** Parked work that a person finished and merged is done: what parked it does not matter any more. */
function mergedByHand(sight: Sight, turn: Turn, record: IssueRecord): void {
  const pullRequest = record.phase === 'parked' && record.mergeCommit === null ? sight.pullRequest(record) : null;
  if (pullRequest?.state !== 'merged' || pullRequest.mergeCommit === null) return;
  const { mergeCommit, number } = pullRequest;
  turn.update(record, { phase: 'active', reason: null, mergeCommit }, `Pull request #${number} is merged.`);
}
