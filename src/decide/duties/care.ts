/** Duty care: every issue we carry goes one step on. Those that only wait for their turn to merge are handed to the merge queue. */
import type { IssueRecord } from '../../domain/issue-record.ts';
import type { StageKind } from '../../domain/pipeline.ts';
import { wait } from '../../domain/verdict.ts';
import { care } from '../care.ts';
import type { IssueCase } from '../issue-case.ts';
import { viewOfRecord } from '../issue-view.ts';
import { type Candidate, holdsLane } from '../merge-queue.ts';
import { byPriority } from '../order.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';
import { followBatches } from './follow-batches.ts';

export interface Queue {
  readonly candidates: readonly Candidate[];
  readonly holders: readonly IssueCase[];
}

export function careForIssues(sight: Sight, turn: Turn): Queue {
  followBatches(sight, turn);
  const candidates: Candidate[] = [];
  const holders: IssueCase[] = [];
  const active = sight.snapshot.records.filter(
    (record) => record.phase === 'active' && !turn.touched.has(record.issueId),
  );
  for (const record of active.toSorted((a, b) => compare(sight, a, b))) {
    const facts = sight.caseOf(record);
    if ('unknown' in facts) {
      turn.view(viewOfRecord(sight, record, null, wait('facts', facts.unknown)));
      continue;
    }
    const step = care(facts);
    if (step.queued) candidates.push({ facts, gate: step.verdict });
    else if (isBetween(step.stage) && holdsLane(facts)) holders.push(facts);
    const verdict = turn.admit(step.actions, step.verdict);
    turn.standings.set(record.issueId, { facts, stage: step.stage, verdict });
    turn.view(viewOfRecord(sight, record, step.stage, verdict));
  }
  return { candidates, holders };
}

/** Slots go in the board's order. */
function compare(sight: Sight, a: IssueRecord, b: IssueRecord): number {
  const one = sight.issue(a.issueId);
  const other = sight.issue(b.issueId);
  return one === null || other === null ? a.claimedAt - b.claimedAt : byPriority(one, other);
}

/** Pushed and not yet in the queue: nothing but review and CI stands between it and its merge. */
function isBetween(stage: StageKind): boolean {
  return stage !== 'implement' && stage !== 'merge' && stage !== 'done';
}
