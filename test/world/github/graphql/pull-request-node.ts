// Pull requests with their reviews, conversations and comments, as GraphQL shows them.
import { reviewDecision, viewMerge } from '../facts/merge-verdict.ts';
import { commitsOf, filesOf } from '../facts/pull-request-facts.ts';
import { entryOf, queueRules } from '../facts/queue-facts.ts';
import { association, currentLine, presentLabel, pullRequestNodeId } from '../rest/present-pull-request.ts';
import { htmlUrl } from '../rest/present-repository.ts';
import {
  baseSha,
  type IssueComment,
  type PullRequest,
  type Repository,
  type Review,
  type ReviewComment,
  type ReviewThread,
} from '../state.ts';
import { hasRole, type World } from '../world.ts';
import { actorNode, commitNode, rollupNode } from './commit-node.ts';
import { connection, type Node, withArguments } from './field.ts';
import { entryNode, queueNode } from './queue-node.ts';
import { refNode, repositoryNode } from './repository-node.ts';

const pageArguments = ['first', 'last', 'after', 'before'];

/** What nodes need to know of the request they are part of. */
export interface Reader {
  readonly world: World;
  readonly login: string;
}

/** A pull request. Its mergeability is read once per request, so that its parts agree. */
export function pullRequestNode(reader: Reader, repository: Repository, pullRequest: PullRequest): Node {
  const { world, login } = reader;
  const { number } = pullRequest;
  const once = lazily(() => viewMerge(world, repository, pullRequest));
  const files = lazily(() => filesOf(repository, pullRequest));
  const threads = repository.threads.filter((thread) => thread.number === number);
  const comments = [...repository.comments.values()].filter((comment) => comment.number === number);
  const url = `${htmlUrl(world, repository)}/pull/${number}`;
  const page = <T extends { readonly id: number }>(
    type: string,
    items: readonly T[],
    node: (item: T) => Node | Promise<Node>,
  ) => withArguments(pageArguments, (args) => connection(type, items, (item) => item.id, args, node));
  return {
    __typename: 'PullRequest',
    id: pullRequestNodeId(pullRequest),
    databaseId: pullRequest.id,
    fullDatabaseId: String(pullRequest.id),
    number,
    title: pullRequest.title,
    body: pullRequest.body ?? '',
    bodyText: pullRequest.body ?? '',
    url,
    permalink: url,
    resourcePath: `/${repository.fullName}/pull/${number}`,
    state: pullRequest.merged !== null ? 'MERGED' : pullRequest.state.toUpperCase(),
    closed: pullRequest.state === 'closed',
    locked: false,
    isDraft: pullRequest.draft,
    isCrossRepository: false,
    isInMergeQueue: entryOf(repository, number) !== null,
    isMergeQueueEnabled: queueRules(repository, pullRequest.baseRef) !== null,
    mergeQueue: () => queueNode(reader, repository, pullRequest.baseRef),
    mergeQueueEntry: () => entryNode(reader, repository, number),
    autoMergeRequest: null,
    author: actorNode(world, pullRequest.author),
    authorAssociation: association(repository, pullRequest.author),
    createdAt: pullRequest.createdAt,
    updatedAt: pullRequest.updatedAt,
    closedAt: pullRequest.closedAt,
    headRefName: pullRequest.headRef,
    headRefOid: pullRequest.headSha,
    headRef: () => refNode(reader, repository, `refs/heads/${pullRequest.headRef}`),
    headRepository: () => repositoryNode(reader, repository),
    headRepositoryOwner: actorNode(world, repository.owner),
    baseRefName: pullRequest.baseRef,
    baseRefOid: baseSha(repository, pullRequest),
    baseRef: () => refNode(reader, repository, `refs/heads/${pullRequest.baseRef}`),
    baseRepository: () => repositoryNode(reader, repository),
    repository: () => repositoryNode(reader, repository),
    mergeable: async () => (await once()).mergeability.toUpperCase(),
    mergeStateStatus: async () => (await once()).state,
    reviewDecision: reviewDecision(repository, pullRequest),
    merged: pullRequest.merged !== null,
    mergedAt: pullRequest.merged?.at ?? null,
    mergedBy: pullRequest.merged === null ? null : actorNode(world, pullRequest.merged.by),
    mergeCommit: () => (pullRequest.merged === null ? null : commitNode(world, repository, pullRequest.merged.commit)),
    additions: async () => (await files()).reduce((sum, file) => sum + file.additions, 0),
    deletions: async () => (await files()).reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: async () => (await files()).length,
    labels: withArguments([...pageArguments, 'orderBy'], (args) =>
      connection(
        'Label',
        [...pullRequest.labels],
        (name) => name,
        args,
        (name) => labelNode(world, repository, name),
      ),
    ),
    reviews: reviewsField(reader, repository, pullRequest),
    latestOpinionatedReviews: undefined,
    reviewThreads: page('PullRequestReviewThread', threads, (thread) => threadNode(reader, repository, thread)),
    comments: withArguments([...pageArguments, 'orderBy'], (args) =>
      connection(
        'IssueComment',
        comments,
        (comment) => comment.id,
        args,
        (comment) => commentNode(reader, repository, comment),
      ),
    ),
    commits: withArguments(pageArguments, async (args) => {
      const commits = await commitsOf(repository, pullRequest);
      return connection(
        'PullRequestCommit',
        commits,
        (commit) => commit.sha,
        args,
        (commit) => ({
          __typename: 'PullRequestCommit',
          id: `PRC_${pullRequest.id}_${commit.sha}`,
          url: `${url}/commits/${commit.sha}`,
          commit: () => commitNode(world, repository, commit.sha),
        }),
      );
    }),
    statusCheckRollup: () => rollupNode(world, repository, pullRequest.headSha),
    files: withArguments(['first', 'last', 'after', 'before'], async (args) =>
      connection(
        'PullRequestChangedFile',
        await files(),
        (file) => file.path,
        args,
        (file) => ({
          __typename: 'PullRequestChangedFile',
          path: file.path,
          additions: file.additions,
          deletions: file.deletions,
          changeType: file.status === 'removed' ? 'DELETED' : file.status.toUpperCase(),
        }),
      ),
    ),
    viewerDidAuthor: login === pullRequest.author,
    viewerCanUpdate: login === pullRequest.author || hasRole(repository, login, 'write'),
  };
}

/** A conversation on a line. */
export async function threadNode(reader: Reader, repository: Repository, thread: ReviewThread): Promise<Node> {
  const line = await currentLine(repository, thread);
  const may =
    hasRole(repository, reader.login, 'write') || repository.pullRequests.get(thread.number)?.author === reader.login;
  const resolved = thread.resolvedBy !== null;
  return {
    __typename: 'PullRequestReviewThread',
    id: threadNodeId(thread),
    isResolved: resolved,
    isOutdated: line === null,
    isCollapsed: resolved || line === null,
    path: thread.path,
    line,
    originalLine: thread.line,
    startLine: line === null ? null : thread.startLine,
    originalStartLine: thread.startLine,
    diffSide: thread.side,
    subjectType: 'LINE',
    resolvedBy: thread.resolvedBy === null ? null : actorNode(reader.world, thread.resolvedBy),
    viewerCanReply: true,
    viewerCanResolve: may && !resolved,
    viewerCanUnresolve: may && resolved,
    comments: withArguments(pageArguments, (args) =>
      connection(
        'PullRequestReviewComment',
        thread.comments,
        (one) => one.id,
        args,
        (one) => reviewCommentNode(reader, repository, thread, one, line),
      ),
    ),
  };
}

export function threadNodeId(thread: ReviewThread): string {
  return `PRRT_${thread.id}`;
}

export function reviewCommentNode(
  reader: Reader,
  repository: Repository,
  thread: ReviewThread,
  comment: ReviewComment,
  line: number | null,
): Node {
  const first = thread.comments[0];
  const head = repository.pullRequests.get(thread.number)?.headSha ?? thread.commit;
  return {
    __typename: 'PullRequestReviewComment',
    id: `PRRC_${comment.id}`,
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    author: actorNode(reader.world, comment.author),
    authorAssociation: association(repository, comment.author),
    createdAt: comment.createdAt,
    updatedAt: comment.createdAt,
    publishedAt: comment.createdAt,
    path: thread.path,
    line,
    originalLine: thread.line,
    diffHunk: thread.diffHunk,
    outdated: line === null,
    state: 'SUBMITTED',
    url: `${htmlUrl(reader.world, repository)}/pull/${thread.number}#discussion_r${comment.id}`,
    commit: () => commitNode(reader.world, repository, head),
    originalCommit: () => commitNode(reader.world, repository, thread.commit),
    replyTo: () =>
      comment.replyTo === null || first === undefined
        ? null
        : reviewCommentNode(reader, repository, thread, first, line),
    pullRequestReview: () => {
      const review = repository.reviews.find((one) => one.id === comment.review);
      return review === undefined ? null : reviewNode(reader, repository, review);
    },
    viewerDidAuthor: comment.author === reader.login,
  };
}

function reviewsField(reader: Reader, repository: Repository, pullRequest: PullRequest) {
  return withArguments([...pageArguments, 'states', 'author'], (args) => {
    const states = Array.isArray(args.states) ? args.states : null;
    const reviews = repository.reviews.filter(
      (one) =>
        one.number === pullRequest.number &&
        (states === null || states.includes(one.state)) &&
        (typeof args.author !== 'string' || args.author === one.author),
    );
    return connection(
      'PullRequestReview',
      reviews,
      (review) => review.id,
      args,
      (review) => reviewNode(reader, repository, review),
    );
  });
}

function reviewNode(reader: Reader, repository: Repository, review: Review): Node {
  const threads = repository.threads.filter((thread) => thread.number === review.number);
  const comments = threads.flatMap((thread) =>
    thread.comments.filter((one) => one.review === review.id).map((comment) => ({ id: comment.id, thread, comment })),
  );
  return {
    __typename: 'PullRequestReview',
    id: `PRR_${review.id}`,
    databaseId: review.id,
    fullDatabaseId: String(review.id),
    state: review.state,
    body: review.body,
    bodyText: review.body,
    author: actorNode(reader.world, review.author),
    authorAssociation: association(repository, review.author),
    authorCanPushToRepository: hasRole(repository, review.author, 'write'),
    createdAt: review.submittedAt,
    updatedAt: review.submittedAt,
    publishedAt: review.submittedAt,
    submittedAt: review.submittedAt,
    url: `${htmlUrl(reader.world, repository)}/pull/${review.number}#pullrequestreview-${review.id}`,
    commit: () => commitNode(reader.world, repository, review.commit),
    viewerDidAuthor: review.author === reader.login,
    comments: withArguments(pageArguments, (args) =>
      connection(
        'PullRequestReviewComment',
        comments,
        (one) => one.id,
        args,
        async ({ thread, comment }) =>
          reviewCommentNode(reader, repository, thread, comment, await currentLine(repository, thread)),
      ),
    ),
  };
}

function commentNode(reader: Reader, repository: Repository, comment: IssueComment): Node {
  return {
    __typename: 'IssueComment',
    id: `IC_${comment.id}`,
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    author: actorNode(reader.world, comment.author),
    authorAssociation: association(repository, comment.author),
    createdAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    publishedAt: comment.createdAt,
    lastEditedAt: comment.updatedAt === comment.createdAt ? null : comment.updatedAt,
    url: `${htmlUrl(reader.world, repository)}/pull/${comment.number}#issuecomment-${comment.id}`,
    viewerDidAuthor: comment.author === reader.login,
  };
}

function labelNode(world: World, repository: Repository, name: string): Node {
  const label = presentLabel(world, repository, name);
  return { __typename: 'Label', id: label.node_id, name, color: label.color, description: null, isDefault: false };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
