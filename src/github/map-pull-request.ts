/** GitHub's records in the words of the domain. */
import type { Actor, Comment } from '../domain/issue.ts';
import type { Mergeable, PullRequest, Review, ReviewThread, ThreadComment } from '../domain/pull-request.ts';
import { mapCheck } from './map-check.ts';
import type { WireCheck, WireComment, WireFacts, WireReview, WireThread, WireThreadComment } from './wire.ts';

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
    queued: wire.mergeQueueEntry ? queueStates[wire.mergeQueueEntry.state] : null,
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

const queueStates = {
  QUEUED: 'waiting',
  AWAITING_CHECKS: 'testing',
  MERGEABLE: 'mergeable',
  // Locked is what GitHub says while it lands the entry.
  LOCKED: 'mergeable',
  UNMERGEABLE: 'unmergeable',
} as const;

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
    byPerson: wire.author?.__typename === 'User',
    state: reviewStates[wire.state],
    sha: wire.commit?.oid ?? null,
    body: wire.body,
    at: wire.submittedAt ?? null,
  };
}

export function mapThread(wire: WireThread): ReviewThread {
  return {
    id: wire.id,
    reviewId: wire.opening.nodes[0]?.pullRequestReview?.fullDatabaseId ?? null,
    resolved: wire.isResolved,
    outdated: wire.isOutdated,
    path: wire.path,
    line: wire.line ?? null,
    comments: wire.comments.nodes.map(mapThreadComment),
  };
}

function mapThreadComment({ id, author, body, createdAt }: WireThreadComment): ThreadComment {
  return { id, author: author?.login ?? '', byPerson: author?.__typename === 'User', body, at: createdAt };
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
