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

/** One remark in a review thread. */
export interface ThreadComment {
  readonly id: string;
  /** Login; empty when its account is gone. */
  readonly author: string;
  /** False for apps and bots, our own among them. */
  readonly byPerson: boolean;
  readonly body: string;
  readonly at: EpochMs;
}

export interface ReviewThread {
  readonly id: string;
  /** Database id of the review that opened it, as postReview returns it; null when it was not part of a review. */
  readonly reviewId: string | null;
  readonly resolved: boolean;
  readonly outdated: boolean;
  readonly path: string;
  readonly line: number | null;
  /** Oldest first: the remark that opened it, then the replies. The newest 50 when there are more. */
  readonly comments: readonly ThreadComment[];
}

export interface Review {
  readonly id: number;
  readonly author: string;
  /** False for apps and bots. */
  readonly byPerson: boolean;
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
  /** Its place in the forge's own merge queue; null while it is not in it. */
  readonly queued: 'waiting' | 'testing' | 'mergeable' | 'unmergeable' | null;
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
  /**
   * A merge into the live base would change there exactly what the digest names. Null when nobody looked: only where the forge
   * merges into a base that the head does not contain does it matter.
   */
  readonly landsAsJudged: boolean | null;
  /** SHA-256 of the diff from the merge base to the head: the change itself, wherever it sits. */
  readonly digest: string;
  readonly files: readonly string[];
  /** The same files with what git says of each, a rename as its two paths. */
  readonly changes: readonly FileChange[];
  /** Signs that tests or what measures them were made easier to pass. */
  readonly weakening: readonly Weakening[];
  /** What could not be looked at, as sentences: only a person can then. */
  readonly unjudged: readonly string[];
  readonly additions: number;
  readonly deletions: number;
}

export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'deleted' | 'modified' | 'type-changed';
  /** As git writes modes: 100644, 100755 executable, 120000 link, 160000 submodule, 000000 where there is no file. */
  readonly modeBefore: string;
  readonly modeAfter: string;
  /** Other paths that lead to this one through links of the repository. */
  readonly aliases: readonly string[];
}

/** One sign, with a sentence for the person who is asked. */
export interface Weakening {
  readonly kind:
    | 'test-removed'
    | 'test-skipped'
    | 'test-focused'
    | 'assertion-removed'
    | 'assertion-weaker'
    | 'assertion-silenced'
    | 'subject-mocked'
    | 'threshold-loosened'
    | 'check-silenced'
    | 'snapshots-rewritten'
    | 'too-large';
  readonly path: string;
  readonly reason: string;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** A branch that pull requests go into, as it stands now. */
export interface BaseView {
  readonly tip: string;
  /** Checks of the tip itself. */
  readonly checks: readonly Check[];
  /** The forge merges into it through a queue of its own, and takes no direct merge. */
  readonly mergeQueue: boolean;
  /**
   * What lies below a red tip, newest first, down to the first commit that is not red as well: checks speak late, and the tip
   * may have come on top of what broke it. Null where it could not be read; absent where nobody asked.
   */
  readonly below?: readonly CommitChecks[] | null;
}

export interface CommitChecks {
  readonly sha: string;
  readonly checks: readonly Check[];
}

export interface RepositoryView {
  readonly name: string;
  readonly defaultBranch: string;
  /** By branch name: those that our projects and records go into, where they exist. */
  readonly bases: ReadonlyMap<string, BaseView>;
  readonly pullRequests: readonly PullRequest[];
  /**
   * Since when GitHub has not said whether one of these merges, at this very base and head, as far as this process has
   * watched; those it has spoken of are not in it.
   */
  readonly unsureSince: ReadonlyMap<number, EpochMs>;
  /** By `${base}..${head}`; a pull request without an entry has unknown git facts. */
  readonly diffs: ReadonlyMap<string, DiffFacts>;
  /** Parents of the heads we look after, from our mirror: how an update by the forge is told from a person's push. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
}
