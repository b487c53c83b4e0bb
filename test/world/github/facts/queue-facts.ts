// Where a pull request stands in its base branch's merge queue, and what the checks of its group say.
import type { MergeQueueRules, QueueEntry, Repository } from '../state.ts';
import { rulesFor } from './branch-rules.ts';
import { type CheckOutcome, checksOf, requiredOutcome } from './check-facts.ts';

/** GitHub's words; a locked entry is never seen here, because landing takes no time. */
export type QueueState = 'QUEUED' | 'AWAITING_CHECKS' | 'MERGEABLE' | 'UNMERGEABLE';

/** Null where the branch has no merge queue. */
export function queueRules(repository: Repository, branch: string): MergeQueueRules | null {
  return rulesFor(repository, branch)?.mergeQueue ?? null;
}

/** The entry of a pull request, with the branch whose queue it is in. */
export function entryOf(repository: Repository, number: number): { branch: string; entry: QueueEntry } | null {
  for (const [branch, entries] of repository.queues) {
    const entry = entries.find((one) => one.number === number);
    if (entry !== undefined) return { branch, entry };
  }
  return null;
}

/** What the required checks say of an entry's group: all of them have to be reported on its very commit. */
export function groupOutcome(repository: Repository, branch: string, entry: QueueEntry): CheckOutcome {
  if (entry.group === null) return 'pending';
  return requiredOutcome(rulesFor(repository, branch), checksOf(repository, entry.group.sha));
}

export function queueState(repository: Repository, branch: string, entry: QueueEntry): QueueState {
  if (entry.group === null) return 'QUEUED';
  switch (groupOutcome(repository, branch, entry)) {
    case 'pending':
      return 'AWAITING_CHECKS';
    case 'success':
      return 'MERGEABLE';
    case 'failure':
      return 'UNMERGEABLE';
  }
}
