// May this pull request be merged now? The judgement of branch rules over the facts, in the words GitHub uses for a no.
import type { Protection, PullRequest, Repository, Review } from '../state.ts';
import { hasRole, type World } from '../world.ts';
import { rulesFor } from './branch-rules.ts';
import { checksOf, rollupOf, unmetChecks } from './check-facts.ts';
import { askMergeability, isBehind, type Mergeability } from './pull-request-facts.ts';

/** GitHub's own words for the state of a pull request's merge button. */
export type MergeState = 'UNKNOWN' | 'CLEAN' | 'BLOCKED' | 'BEHIND' | 'DIRTY' | 'UNSTABLE' | 'DRAFT';
export type ReviewDecision = 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED';

/** What one read of a pull request tells; taken once per read so that its parts agree with each other. */
export interface MergeView {
  readonly mergeability: Mergeability;
  readonly state: MergeState;
}

/** The rules of the base branch. */
export function protectionOf(repository: Repository, pullRequest: PullRequest): Protection | undefined {
  return rulesFor(repository, pullRequest.baseRef);
}

/** The last approval or objection of each person who may write and is not the author. */
function opinions(repository: Repository, pullRequest: PullRequest): Review[] {
  const latest = new Map<string, Review>();
  for (const review of repository.reviews) {
    if (review.number !== pullRequest.number || review.state === 'COMMENTED') continue;
    if (review.author !== pullRequest.author && hasRole(repository, review.author, 'write'))
      latest.set(review.author, review);
  }
  return [...latest.values()];
}

/** GitHub's one-word summary of the reviews; null where nobody needs to and nobody did. */
export function reviewDecision(repository: Repository, pullRequest: PullRequest): ReviewDecision | null {
  const states = opinions(repository, pullRequest).map((review) => review.state);
  const required = protectionOf(repository, pullRequest)?.requiredApprovingReviewCount ?? 0;
  const approvals = states.filter((state) => state === 'APPROVED').length;
  if (states.includes('CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  if (approvals < required) return 'REVIEW_REQUIRED';
  return approvals > 0 ? 'APPROVED' : null;
}

/** Every branch rule that is not met; `behind` is kept apart because it has a state of its own. */
export async function unmetRules(
  repository: Repository,
  pullRequest: PullRequest,
): Promise<{ blocked: string[]; behind: boolean }> {
  const protection = protectionOf(repository, pullRequest);
  const blocked = unmetChecks(protection, checksOf(repository, pullRequest.headSha));
  const required = protection?.requiredApprovingReviewCount ?? 0;
  const decision = reviewDecision(repository, pullRequest);
  if (required > 0 && decision === 'REVIEW_REQUIRED') {
    blocked.push(`At least ${required} approving review is required by reviewers with write access.`);
  }
  if (required > 0 && decision === 'CHANGES_REQUESTED')
    blocked.push('Changes were requested by a reviewer with write access.');
  const open = repository.threads.some((thread) => thread.number === pullRequest.number && thread.resolvedBy === null);
  if (protection?.requireConversationResolution === true && open) {
    blocked.push('A conversation must be resolved before this pull request can be merged.');
  }
  // A queue brings every pull request up to date by itself.
  const strict = protection?.requiredStatusChecks?.strict === true && protection.mergeQueue === undefined;
  return { blocked, behind: strict && (await isBehind(repository, pullRequest)) };
}

/** What GitHub tells a reader. Asking is what makes an unknown mergeability known the next time. */
export async function viewMerge(world: World, repository: Repository, pullRequest: PullRequest): Promise<MergeView> {
  const mergeability = await askMergeability(world, repository, pullRequest);
  if (mergeability === 'unknown') return { mergeability, state: 'UNKNOWN' };
  if (pullRequest.draft) return { mergeability, state: 'DRAFT' };
  if (mergeability === 'conflicting') return { mergeability, state: 'DIRTY' };
  const { blocked, behind } = await unmetRules(repository, pullRequest);
  if (blocked.length > 0) return { mergeability, state: 'BLOCKED' };
  if (behind) return { mergeability, state: 'BEHIND' };
  const rollup = rollupOf(checksOf(repository, pullRequest.headSha));
  return { mergeability, state: rollup === null || rollup === 'SUCCESS' ? 'CLEAN' : 'UNSTABLE' };
}
