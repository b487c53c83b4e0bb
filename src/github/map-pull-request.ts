/** GitHub's records in the words of the domain. */
import type { Actor, Comment } from '../domain/issue.ts';
import type { Check, CheckState, Mergeable, PullRequest, Review, ReviewThread } from '../domain/pull-request.ts';
import type { WireCheck, WireCheckRun, WireComment, WireFacts, WireReview, WireStatus, WireThread } from './wire.ts';

export interface PullRequestParts {
  readonly repository: string;
  readonly wire: WireFacts;
  readonly checks: readonly WireCheck[];
  readonly reviews: readonly WireReview[];
  readonly threads: readonly ReviewThread[];
}

/** What stands where GitHub names nobody, for example a deleted account. */
const NOBODY = 'ghost';

export function mapPullRequest({ repository, wire, checks, reviews, threads }: PullRequestParts): PullRequest {
  return {
    repository,
    number: wire.number,
    url: wire.url,
    title: wire.title,
    body: wire.body,
    state: wire.state === 'OPEN' ? 'open' : wire.state === 'MERGED' ? 'merged' : 'closed',
    draft: wire.isDraft,
    author: wire.author?.login ?? NOBODY,
    labels: wire.labels?.nodes.map((label) => label.name) ?? [],
    branch: wire.headRefName,
    head: wire.headRefOid,
    baseBranch: wire.baseRefName,
    // baseRefOid is where the base stood when the pull request was last synchronised; it serves once the branch is gone.
    base: wire.baseRef?.target?.oid ?? wire.baseRefOid,
    fromFork: wire.isCrossRepository,
    mergeable: mergeableOf(wire.mergeable),
    checks: checks.map((check) => mapCheck(check, wire.headRefOid)),
    reviews: reviews.map(mapReview),
    threads,
    mergeCommit: wire.mergeCommit?.oid ?? null,
    createdAt: wire.createdAt,
    updatedAt: wire.updatedAt,
  };
}

function mergeableOf(wire: WireFacts['mergeable']): Mergeable {
  switch (wire) {
    case 'MERGEABLE':
      return 'yes';
    case 'CONFLICTING':
      return 'conflict';
    case 'UNKNOWN':
      return 'unknown';
  }
}

export function mapCheck(wire: WireCheck, sha: string): Check {
  if (wire.__typename === 'CheckRun') {
    const { name, databaseId, completedAt, detailsUrl, checkSuite } = wire;
    const state = checkRunState(wire);
    const app = checkSuite?.app?.slug ?? null;
    return {
      kind: 'check-run',
      name,
      id: databaseId ?? null,
      state,
      sha,
      app,
      url: detailsUrl ?? null,
      at: completedAt ?? null,
    };
  }
  const state = statusState(wire.state);
  const at = state === 'success' || state === 'failure' ? wire.createdAt : null;
  const app = wire.creator?.login ?? null;
  return { kind: 'status', name: wire.context, id: null, state, sha, app, url: wire.targetUrl ?? null, at };
}

function checkRunState({ status, conclusion }: WireCheckRun): CheckState {
  if (status === 'IN_PROGRESS') return 'running';
  if (status !== 'COMPLETED') return 'queued';
  switch (conclusion) {
    case 'SUCCESS':
      return 'success';
    case 'FAILURE':
    case 'STARTUP_FAILURE':
      return 'failure';
    case 'CANCELLED':
      return 'cancelled';
    case 'SKIPPED':
      return 'skipped';
    case 'NEUTRAL':
      return 'neutral';
    case 'TIMED_OUT':
      return 'timed-out';
    case 'ACTION_REQUIRED':
      return 'action-required';
    case 'STALE':
      return 'stale';
    case null:
    case undefined:
      // Completed and no conclusion yet: the result is on its way.
      return 'running';
  }
}

function statusState(state: WireStatus['state']): CheckState {
  switch (state) {
    case 'SUCCESS':
      return 'success';
    case 'FAILURE':
    case 'ERROR':
      return 'failure';
    case 'PENDING':
      return 'running';
    case 'EXPECTED':
      return 'queued';
  }
}

const reviewStates = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
} as const;

function mapReview(wire: WireReview): Review {
  return {
    id: Number(wire.fullDatabaseId ?? 0),
    author: wire.author?.login ?? NOBODY,
    state: reviewStates[wire.state],
    sha: wire.commit?.oid ?? null,
    body: wire.body,
    at: wire.submittedAt ?? null,
  };
}

export function mapThread(wire: WireThread): ReviewThread {
  const [first] = wire.comments.nodes;
  return {
    id: wire.id,
    reviewId: first?.pullRequestReview?.fullDatabaseId ?? null,
    resolved: wire.isResolved,
    outdated: wire.isOutdated,
    path: wire.path,
    line: wire.line ?? null,
    author: first?.author?.login ?? NOBODY,
    body: first?.body ?? '',
  };
}

export function mapComment(wire: WireComment, repository: string, number: number): Comment {
  const login = wire.author?.login ?? NOBODY;
  const author: Actor =
    wire.author?.__typename === 'User'
      ? { kind: 'person', id: login, name: login, email: null }
      : { kind: 'automation', name: login };
  return {
    id: wire.id,
    on: { kind: 'pull-request', repository, number },
    author,
    handle: login,
    body: wire.body,
    at: wire.createdAt,
  };
}
