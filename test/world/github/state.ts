// The records the stand-in keeps: what GitHub knows beside the git repositories themselves.

export type Role = 'admin' | 'write' | 'read';
export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** What a branch's merge queue is set to. */
export interface MergeQueueRules {
  readonly method: MergeMethod;
  /** How long the checks of a group may take before they count as failed. */
  readonly checkTimeoutMs: number;
  /** Groups that are tested at once, each on top of the one before. */
  readonly entriesToBuildMax: number;
}

/** Branch rules, whether a classic protection or a ruleset says them. */
export interface Protection {
  readonly requiredStatusChecks?: {
    /** The head must contain the newest base. */
    readonly strict: boolean;
    /** With an app, only that app's check runs count. */
    readonly checks: readonly { readonly context: string; readonly appSlug: string | null }[];
  };
  readonly requiredApprovingReviewCount?: number;
  readonly dismissStaleReviews?: boolean;
  readonly requireConversationResolution?: boolean;
  readonly enforceAdmins?: boolean;
  /** Merges go through the queue and no other way. */
  readonly mergeQueue?: MergeQueueRules;
}

/** A pull request's place in the merge queue of its base branch. */
export interface QueueEntry {
  readonly id: number;
  readonly number: number;
  readonly enqueuedAt: string;
  readonly enqueuer: string;
  /** The head that was queued; any other throws the entry out. */
  readonly headSha: string;
  /** What is tested: the pull request on top of everything before it. Null while it is not built. */
  group: { readonly ref: string; readonly baseSha: string; readonly sha: string; readonly builtAt: number } | null;
}

export interface User {
  readonly login: string;
  readonly id: number;
  readonly type: 'User' | 'Bot';
}

export interface App {
  readonly slug: string;
  readonly id: number;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  readonly headRef: string;
  readonly createdAt: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  draft: boolean;
  headSha: string;
  baseRef: string;
  /** Where the base branch was when the pull request closed; while it is open the branch itself is asked. */
  closedBaseSha: string | null;
  updatedAt: string;
  closedAt: string | null;
  merged: {
    readonly at: string;
    readonly by: string;
    readonly commit: string;
    readonly range: readonly [string, string];
  } | null;
  readonly labels: Set<string>;
  /** The head and base for which somebody has asked whether they merge, and how often. */
  mergeabilityAsked: { readonly pair: string; readonly times: number };
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';

export interface Review {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  readonly body: string;
  readonly commit: string;
  readonly submittedAt: string;
  state: ReviewState;
}

/** A conversation on a line of the diff; its first comment opened it. */
export interface ReviewThread {
  readonly id: number;
  readonly number: number;
  readonly path: string;
  readonly side: 'LEFT' | 'RIGHT';
  readonly line: number;
  readonly startLine: number | null;
  readonly commit: string;
  readonly diffHunk: string;
  readonly comments: ReviewComment[];
  resolvedBy: string | null;
}

export interface ReviewComment {
  readonly id: number;
  readonly review: number;
  readonly replyTo: number | null;
  readonly author: string;
  readonly createdAt: string;
  readonly body: string;
}

export interface IssueComment {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: string;
}

export type CheckConclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required';

export interface Annotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly suite: number;
  readonly sha: string;
  readonly name: string;
  readonly app: App;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: CheckConclusion | null;
  startedAt: string | null;
  completedAt: string | null;
  output: { readonly title: string | null; readonly summary: string | null; readonly text: string | null };
  annotations: readonly Annotation[];
  log: string;
}

export interface CheckSuite {
  readonly id: number;
  readonly sha: string;
  readonly app: App;
}

/** One repository: its rules, and what people and programs have put beside its commits. */
export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly fullName: string;
  readonly directory: string;
  readonly defaultBranch: string;
  readonly createdAt: string;
  readonly collaborators: Map<string, Role>;
  /** The classic rules, by branch: shown in full to admins only. */
  readonly protection: Map<string, Protection>;
  /** The rules of rulesets, by branch: shown to every reader, and nobody passes them. */
  readonly rulesets: Map<string, Protection>;
  /** By base branch, the front first. */
  readonly queues: Map<string, QueueEntry[]>;
  readonly mergeMethods: ReadonlySet<MergeMethod>;
  readonly deleteBranchOnMerge: boolean;
  pushedAt: string;
  refs: ReadonlyMap<string, string>;
  lastNumber: number;
  readonly pullRequests: Map<number, PullRequest>;
  readonly reviews: Review[];
  readonly threads: ReviewThread[];
  readonly comments: Map<number, IssueComment>;
  readonly labels: Map<string, { readonly id: number; readonly color: string }>;
  readonly statuses: CommitStatus[];
  readonly checkRuns: Map<number, CheckRun>;
  readonly checkSuites: Map<number, CheckSuite>;
  /** Answers of git about objects, which never change: a commit, a diff, whether two commits merge. */
  readonly remembered: Map<string, Promise<unknown>>;
}

/** Where a branch is now, or null. */
export function branchSha(repository: Repository, branch: string): string | null {
  return repository.refs.get(`refs/heads/${branch}`) ?? null;
}

/** The base commit of a pull request: the live branch while it is open. */
export function baseSha(repository: Repository, pullRequest: PullRequest): string {
  const live = pullRequest.state === 'open' ? branchSha(repository, pullRequest.baseRef) : pullRequest.closedBaseSha;
  return live ?? pullRequest.closedBaseSha ?? pullRequest.headSha;
}

/** Asks git once for an answer that can never change. */
export function remember<T>(repository: Repository, key: string, ask: () => Promise<T>): Promise<T> {
  const known = repository.remembered.get(key);
  if (known !== undefined) return known as Promise<T>;
  const answer = ask();
  repository.remembered.set(key, answer);
  answer.catch(() => repository.remembered.delete(key));
  return answer;
}
