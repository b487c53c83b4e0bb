/** Part of duty care: whoever landed together with others, before each is cared for by itself. */
import type { IssueRecord } from '../../domain/issue-record.ts';
import { allBatches, batchReport } from '../batch.ts';
import { landedAs, mayStillLand } from '../batch-standing.ts';
import { short } from '../checks.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

/**
 * Whoever landed in a batch: its merge is its members' merge. Comes before each is cared for by itself, because GitHub shows
 * theirs as merged as well, and what that means is told by the batch alone.
 */
export function followBatches(sight: Sight, turn: Turn): void {
  const { records, effects, reported } = sight.snapshot;
  for (const batch of allBatches(effects)) {
    const { repository, pullRequest } = batch;
    const commit = landedAs(sight, batch);
    if (pullRequest === null || (commit === null && !mayStillLand(sight, batch))) continue;
    for (const { number, head } of batch.members) {
      const record = records.find((one) => one.repository === repository && one.pullRequest === number);
      if (record === undefined || record.head !== head || record.mergeCommit !== null || record.phase === 'done')
        continue;
      const together = `It landed together with others, in #${pullRequest.number}`;
      if (commit === null) {
        if (sight.pullRequest(record)?.state === 'merged')
          rest(turn, record, `What became of #${pullRequest.number}, which brings it along, is looked at first.`);
      } else if (reported.has(`frozen:${repository}:${commit}`)) {
        const reason = `${together}, and what landed as ${short(commit)} is not what was tested: see what is told of that.`;
        const phase = record.phase === 'active' ? 'parked' : record.phase;
        turn.update(record, { mergeCommit: commit, phase, reason }, reason);
      } else if (reported.has(batchReport(batch, commit))) {
        const reason = `${together}, as ${short(commit)}.`;
        const stopped = record.phase === 'cancelled' ? { reason: `${record.reason ?? ''} ${reason}`.trim() } : {};
        turn.update(record, { mergeCommit: commit, mergeVerified: true, ...stopped }, reason);
      } else rest(turn, record, `What #${pullRequest.number} landed, and this with it, is looked at first.`);
    }
  }
}

function rest(turn: Turn, { issueId }: IssueRecord, why: string): void {
  if (!turn.touched.has(issueId)) turn.touched.set(issueId, why);
}
