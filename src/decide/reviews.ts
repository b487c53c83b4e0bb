/** Our reviews as they stand on GitHub: which of them are posted there, and which thread came from which. */
import type { ReviewVerdict } from '../domain/verdict.ts';
import { effectKey, type IssueCase, standing } from './issue-case.ts';

/** A verdict carried over says nothing new, so it is posted again only where its approval counts for GitHub's own rules. */
export function isPosted(facts: IssueCase, verdict: ReviewVerdict): boolean {
  return verdict.reboundFrom === null || facts.settings.separateReviewer;
}

/** The verdict whose review opened a thread; null when the thread is somebody else's. */
export function verdictOfThread(facts: IssueCase, reviewId: string | null): ReviewVerdict | null {
  if (reviewId === null) return null;
  return (
    facts.verdicts.find((verdict) => {
      const post = standing(facts, effectKey.postReview(verdict.id));
      return post.kind === 'done' && post.outsideId === reviewId;
    }) ?? null
  );
}
