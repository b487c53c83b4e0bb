// Reviews with comments on lines, replies, and the resolving of conversations.
import { filesOf } from '../facts/pull-request-facts.ts';
import { hunkAtLine } from '../git/diff.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { PullRequest, Repository, Review, ReviewComment, ReviewState, ReviewThread } from '../state.ts';
import { type Actor, hasRole, nextId, recordEffect, timeOf, type World } from '../world.ts';

/** One comment of a new review. */
export interface LineComment {
  readonly path: string;
  readonly line: number;
  readonly side: 'LEFT' | 'RIGHT';
  readonly startLine?: number | undefined;
  readonly body: string;
}

/** What a new review says. */
export interface NewReview {
  readonly event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT';
  readonly body: string;
  readonly commit?: string | undefined;
  readonly comments: readonly LineComment[];
}

const states: Readonly<Record<NewReview['event'], ReviewState>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

/** Submits a review; either all of it is good or nothing is kept. */
export async function submitReview(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  wanted: NewReview,
): Promise<Review> {
  const unprocessable = (...details: string[]) => new Refusal(422, 'Unprocessable Entity', details);
  if (actor.login === pullRequest.author && wanted.event !== 'COMMENT') {
    throw unprocessable(
      wanted.event === 'APPROVE'
        ? 'Can not approve your own pull request'
        : 'Can not request changes on your own pull request',
    );
  }
  if (
    wanted.body === '' &&
    (wanted.event === 'REQUEST_CHANGES' || (wanted.event === 'COMMENT' && wanted.comments.length === 0))
  ) {
    throw unprocessable('Body can not be blank');
  }
  const commit = wanted.commit ?? pullRequest.headSha;
  const files = new Map((await filesOf(repository, pullRequest)).map((file) => [file.path, file]));
  const placed = wanted.comments.map((comment) => {
    const file = files.get(comment.path);
    if (file === undefined) throw unprocessable('Path could not be resolved');
    const hunk = file.patch === null ? null : hunkAtLine(file.patch, comment.side, comment.line);
    if (hunk === null) throw unprocessable('Line could not be resolved');
    if (comment.body.trim() === '') throw unprocessable('Body can not be blank');
    return { comment, hunk };
  });

  const at = timeOf(world);
  const review: Review = {
    id: nextId(world),
    number: pullRequest.number,
    author: actor.login,
    body: wanted.body,
    commit,
    submittedAt: at,
    state: states[wanted.event],
  };
  repository.reviews.push(review);
  for (const { comment, hunk } of placed) {
    const id = nextId(world);
    const first: ReviewComment = {
      id,
      review: review.id,
      replyTo: null,
      author: actor.login,
      createdAt: at,
      body: comment.body,
    };
    repository.threads.push({
      id: nextId(world),
      number: pullRequest.number,
      path: comment.path,
      side: comment.side,
      line: comment.line,
      startLine: comment.startLine ?? null,
      commit,
      diffHunk: hunk.text.trimEnd(),
      comments: [first],
      resolvedBy: null,
    });
  }
  pullRequest.updatedAt = at;
  recordEffect(world, repository, actor, {
    kind: 'review',
    number: pullRequest.number,
    review: review.id,
    state: review.state,
    sha: commit,
    body: review.body,
    comments: wanted.comments.map(({ path, line, body }) => ({ path, line, body })),
  });
  return review;
}

/** Answers in an existing conversation. As on GitHub, the answer is a small comment review of its own. */
export function replyInThread(
  world: World,
  repository: Repository,
  actor: Actor,
  thread: ReviewThread,
  body: string,
): ReviewComment {
  if (body.trim() === '')
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequestReviewComment', code: 'missing_field', field: 'body' },
    ]);
  const pullRequest = repository.pullRequests.get(thread.number);
  if (pullRequest === undefined) throw notFound();
  const at = timeOf(world);
  const review: Review = {
    id: nextId(world),
    number: thread.number,
    author: actor.login,
    body: '',
    commit: pullRequest.headSha,
    submittedAt: at,
    state: 'COMMENTED',
  };
  repository.reviews.push(review);
  const replyTo = thread.comments[0]?.id ?? null;
  const comment: ReviewComment = {
    id: nextId(world),
    review: review.id,
    replyTo,
    author: actor.login,
    createdAt: at,
    body,
  };
  thread.comments.push(comment);
  pullRequest.updatedAt = at;
  recordEffect(world, repository, actor, {
    kind: 'review-reply',
    number: thread.number,
    thread: thread.id,
    comment: comment.id,
    body,
  });
  return comment;
}

/** Resolves a conversation or opens it again: for the author of the pull request and for writers. */
export function setThreadResolved(
  world: World,
  repository: Repository,
  actor: Actor,
  thread: ReviewThread,
  resolved: boolean,
): void {
  const author = repository.pullRequests.get(thread.number)?.author;
  if (actor.login !== author && !hasRole(repository, actor.login, 'write')) {
    throw new Refusal(403, `${actor.login} does not have permission to resolve this conversation.`);
  }
  if ((thread.resolvedBy !== null) === resolved) return;
  thread.resolvedBy = resolved ? actor.login : null;
  recordEffect(world, repository, actor, {
    kind: resolved ? 'thread-resolved' : 'thread-unresolved',
    number: thread.number,
    thread: thread.id,
  });
}
