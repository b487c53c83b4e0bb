/** Duty reconcile: what people took away is let go, what ended is stopped, what they merged by hand is finished. */
import type { IssueRecord } from '../../domain/issue-record.ts';
import { leaveQueue } from '../leave-queue.ts';
import { endRuns, takenAway } from '../reconcile.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

export function reconcileRecords(sight: Sight, turn: Turn): void {
  const { records, effects } = sight.snapshot;
  for (const record of records) {
    if (record.phase !== 'active') {
      turn.add(endRuns(record, sight.runs(record), record.reason ?? `${record.key} is ${record.phase}.`));
      const open = record.phase === 'done' ? null : sight.pullRequest(record);
      if (open !== null)
        turn.add(leaveQueue(sight.snapshot, record, open, record.reason ?? `${record.key} is ${record.phase}.`));
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

/** Parked work that a person finished and merged is done: what parked it does not matter any more. */
function mergedByHand(sight: Sight, turn: Turn, record: IssueRecord): void {
  const pullRequest = record.phase === 'parked' && record.mergeCommit === null ? sight.pullRequest(record) : null;
  if (pullRequest?.state !== 'merged' || pullRequest.mergeCommit === null) return;
  const { mergeCommit, number } = pullRequest;
  turn.update(record, { phase: 'active', reason: null, mergeCommit }, `Pull request #${number} is merged.`);
}
