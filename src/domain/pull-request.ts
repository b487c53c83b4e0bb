/** A pull request as last observed on GitHub, with its checks, reviews and threads. */
import type { EpochMs } from './issue.ts';

/** `unknown` means GitHub is still computing: wait, never merge. */
export type Mergeable = 'yes' | 'conflict' | 'unknown';

/**
 * One check on one commit. Only `success` passes. GitHub reports a skipped job as a success to its own protection, so
 * the conclusion is kept apart here: skipped and neutral are not success.
 */
export type CheckState =
  | 'queued'
  | 'running'
  | 'success'
  | 'failure'
  | 'cancelled'
  | 'skipped'
  | 'neutral'
  | 'timed-out'
  | 'action-required'
  | 'stale';

export interface Check {
  readonly kind: 'check-run' | 'status';
  /** Check-run name or status context. */
  readonly name: string;
  /** Check-run id as GitHub numbers it; null for a status. */
  readonly id: number | null;
  readonly state: CheckState;
  readonly sha: string;
  /** App slug of a check run, login of a status's creator; null when GitHub names nobody. */
  readonly app: string | null;
  readonly url: string | null;
  /** When the result was reported; null while it runs. */
  readonly at: EpochMs | null;
}

export interface ReviewThread {
  readonly id: string;
  /** Database id of the review that opened it, as postReview returns it; null when it was not part of a review. */
  readonly reviewId: string | null;
  readonly resolved: boolean;
  readonly outdated: boolean;
  readonly path: string;
  readonly line: number | null;
  readonly author: string;
  readonly body: string;
}

export interface Review {
  readonly id: number;
  readonly author: string;
  readonly state: 'approved' | 'changes-requested' | 'commented' | 'dismissed' | 'pending';
  /** GitHub may re-point this to a newer head, so it is shown but never trusted by the gate. */
  readonly sha: string | null;
  readonly body: string;
  readonly at: EpochMs | null;
}

export interface PullRequest {
  /** owner/name */
  readonly repository: string;
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly draft: boolean;
  readonly author: string;
  readonly labels: readonly string[];
  readonly branch: string;
  readonly head: string;
  readonly baseBranch: string;
  /** The live tip of the base branch, not the one GitHub remembered when the pull request was last synchronised. */
  readonly base: string;
  readonly fromFork: boolean;
  readonly mergeable: Mergeable;
  readonly checks: readonly Check[];
  readonly reviews: readonly Review[];
  readonly threads: readonly ReviewThread[];
  readonly mergeCommit: string | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** What plain git says about a head against its base. Computed in our mirror, never in a workspace. */
export interface DiffFacts {
  readonly base: string;
  readonly head: string;
  /** The live base is an ancestor of the head: what was checked contains everything that is on the base now. */
  readonly baseIsAncestor: boolean;
  /** SHA-256 of the diff from the merge base to the head: the change itself, wherever it sits. */
  readonly digest: string;
  readonly files: readonly string[];
  readonly additions: number;
  readonly deletions: number;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface RepositoryView {
  readonly name: string;
  readonly defaultBranch: string;
  readonly pullRequests: readonly PullRequest[];
  /** By `${base}..${head}`; a pull request without an entry has unknown git facts. */
  readonly diffs: ReadonlyMap<string, DiffFacts>;
  /** Parents of the heads we look after, from our mirror: how an update by the forge is told from a person's push. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
}
