/**
 * Part of duty merge: work that was stopped while its merge was on the way. Nothing is done for it any more, but what landed
 * is compared with what was tested as after every merge of ours: a bad one must not go unseen because of a /stop.
 */
import type { IssueRecord } from '../../domain/issue-record.ts';
import type { PullRequest } from '../../domain/pull-request.ts';
import { short } from '../checks.ts';
import { mayHaveHappened } from '../effects.ts';
import { effectsOf } from '../effects-of.ts';
import { caseSubject, type IssueCase } from '../issue-case.ts';
import { laneName } from '../merge-queue.ts';
import type { Sight } from '../sight.ts';
import { verify } from '../stages/done.ts';
import type { Turn } from '../turn.ts';

/** The lanes in which that has to be looked at first, each with a sentence that says so. */
export function verifyStopped(sight: Sight, turn: Turn): ReadonlyMap<string, string> {
  const lanes = new Map<string, string>();
  for (const record of sight.snapshot.records) {
    if (record.phase !== 'cancelled' || record.mergeVerified || turn.touched.has(record.issueId)) continue;
    const pullRequest = sight.pullRequest(record);
    const commit = pullRequest?.state === 'merged' ? pullRequest.mergeCommit : null;
    if (pullRequest === null || commit === null) continue;
    // Found wrong before, and people were called: what they do about it is not looked at again.
    if (sight.snapshot.reported.has(`frozen:${record.repository}:${commit}`)) continue;
    const facts = sight.caseOf(record);
    if ('unknown' in facts || !isOurs(facts, record, pullRequest)) continue;
    lanes.set(laneName(record.repository, record.baseBranch), `What ${record.key} landed is looked at first.`);
    if (record.mergeCommit === null) {
      // Whoever stopped it has to know that it was too late for that.
      const landed = `Pull request #${pullRequest.number} had landed by then, as ${short(commit)}.`;
      turn.update(
        record,
        { mergeCommit: commit, reason: `${record.reason ?? `${record.key} was stopped.`} ${landed}` },
        landed,
      );
    } else turn.add(verify(facts, record.mergeCommit).actions);
  }
  return lanes;
}

/** We asked for exactly this head to land, and nobody told us that it did not. */
function isOurs(facts: IssueCase, { issueId }: IssueRecord, { head }: PullRequest): boolean {
  const own = effectsOf(facts.effects, caseSubject(facts));
  return [...own.values()].some(
    (one) =>
      mayHaveHappened(one) &&
      (one.key.startsWith(`merge:${issueId}:${head}:`) || one.key.startsWith(`enqueue:${issueId}:${head}`)),
  );
}
