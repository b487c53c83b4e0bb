/**
 * Reads pull requests with everything the gate looks at. A connection that has more than the batch shows is completed
 * or the read fails: facts are whole or they are unknown.
 */
import type { Comment } from '../domain/issue.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { PullRequest, ReviewThread } from '../domain/pull-request.ts';
import type { Forge, ForgeObservation } from '../heartbeat/ports.ts';
import {
  aliasOf,
  FROM_BRANCH,
  MORE_CHECKS,
  MORE_COMMENTS,
  MORE_REVIEWS,
  namedDocument,
  observeDocument,
  PULL_REQUESTS_PER_PAGE,
  THREADS,
} from './documents.ts';
import type { GithubClient } from './github-client.ts';
import { mapComment, mapPullRequest, mapThread } from './map-pull-request.ts';
import { pages } from './pages.ts';
import { baseVariables, readBases } from './read-bases.ts';
import { coordinatesOf } from './repository-name.ts';
import {
  facts,
  fromBranch,
  moreChecks,
  moreComments,
  moreReviews,
  named,
  type Observed,
  observed,
  threads,
  type WireCheck,
  type WireComment,
  type WireFacts,
  type WireReview,
  type WireThread,
} from './wire.ts';

export type PullRequestReader = Pick<Forge, 'observe' | 'pullRequest' | 'findPullRequest'>;

const NAMED_PER_QUERY = 25;
const FROM_BRANCH_PER_PAGE = 10;
/** Words of threads kept between observations. */
const THREADS_KEPT_MAX = 2_000;
/** GitHub's times are whole seconds and its clock is not ours, so words as fresh as this may be followed by more at the same time. */
const WORDS_SETTLE_MS = 10_000;

interface Words {
  /** Of the pull request when the words were read: an edit of a comment moves it. */
  readonly updatedAt: number;
  readonly thread: ReviewThread;
}

export function createPullRequestReader(client: GithubClient, now: () => number): PullRequestReader {
  const words = new Map<string, Words>();
  /** Open at the last look, by repository: the others among the tracked ones are asked for by number at once, at first all. */
  const wereOpen = new Map<string, ReadonlySet<number>>();

  async function observe(repository: string, watch: Parameters<Forge['observe']>[1]): Promise<ForgeObservation> {
    const attempted = `read the pull requests of ${repository}`;
    const open = wereOpen.get(repository);
    const gone = watch.tracked.filter((number) => open?.has(number) !== true).slice(0, NAMED_PER_QUERY);
    const wires = new Map<number, WireFacts>();
    /** A repository made anew under the same name no longer has them; that must not hide all the others. */
    const lost = new Set<number>();
    let start: Observed | null = null;
    await pages(attempted, async (after) => {
      const ask = after === null ? gone : [];
      const branches = after === null ? watch.baseBranches : [];
      const page = { ...coordinatesOf(repository), first: PULL_REQUESTS_PER_PAGE, after };
      const variables = { ...page, ...baseVariables(branches) };
      const document = observeDocument(ask, branches);
      const answer = await client.graphql(attempted, document, variables, observed, ask.map(aliasOf));
      start ??= answer;
      for (const wire of answer.repository.pullRequests.nodes) wires.set(wire.number, wire);
      for (const number of ask) {
        if (answer.repository[aliasOf(number)] === null) lost.add(number);
        const wire = facts.safeParse(answer.repository[aliasOf(number)]);
        if (wire.success && !wires.has(number)) wires.set(number, wire.data);
      }
      return answer.repository.pullRequests.pageInfo;
    });
    const missing = watch.tracked.filter((number) => !wires.has(number) && !lost.has(number));
    for (let start = 0; start < missing.length; start += NAMED_PER_QUERY) {
      const chunk = missing.slice(start, start + NAMED_PER_QUERY);
      const variables = coordinatesOf(repository);
      const answer = await client.graphql(attempted, namedDocument(chunk), variables, named, chunk.map(aliasOf));
      for (const wire of Object.values(answer.repository)) if (wire) wires.set(wire.number, wire);
    }
    const defaultBranch = (start as Observed | null)?.repository.defaultBranchRef?.name;
    if (start === null || defaultBranch === undefined)
      throw new OutsideError('invalid', attempted, 'the repository is empty: push a first commit');
    const bases = await readBases(client, attempted, repository, start, watch.baseBranches);

    const pullRequests: PullRequest[] = [];
    const comments: Comment[] = [];
    for (const wire of wires.values()) {
      pullRequests.push(await whole(attempted, repository, wire));
      // Somebody's own pull request too: an order to merge may stand below it.
      if (watch.tracked.includes(wire.number) || wire.state === 'OPEN') {
        comments.push(...(await commentsOf(attempted, repository, wire, watch.commentsSince)));
      }
    }
    wereOpen.set(
      repository,
      new Set([...wires.values()].filter((wire) => wire.state === 'OPEN').map((wire) => wire.number)),
    );
    return { defaultBranch, bases, pullRequests, comments: comments.toSorted((one, other) => one.at - other.at) };
  }

  async function pullRequest(repository: string, number: number): Promise<PullRequest | null> {
    const attempted = `read pull request #${number} of ${repository}`;
    try {
      const answer = await client.graphql(attempted, namedDocument([number]), coordinatesOf(repository), named);
      const wire = answer.repository[aliasOf(number)];
      return wire ? await whole(attempted, repository, wire) : null;
    } catch (error) {
      if (error instanceof OutsideError && error.kind === 'missing') return null;
      throw error;
    }
  }

  async function findPullRequest(repository: string, branch: string): Promise<PullRequest | null> {
    const attempted = `find the pull request from ${branch} in ${repository}`;
    const found: WireFacts[] = [];
    await pages(attempted, async (after) => {
      const variables = { ...coordinatesOf(repository), branch, first: FROM_BRANCH_PER_PAGE, after };
      const { pullRequests } = (await client.graphql(attempted, FROM_BRANCH, variables, fromBranch)).repository;
      // A fork may have a branch of the same name; that is somebody else's work.
      found.push(...pullRequests.nodes.filter((wire) => !wire.isCrossRepository));
      return pullRequests.pageInfo;
    });
    const chosen = found.find((wire) => wire.state === 'OPEN') ?? found[0];
    return chosen === undefined ? null : whole(attempted, repository, chosen);
  }

  async function whole(attempted: string, repository: string, wire: WireFacts): Promise<PullRequest> {
    if (wire.labels?.pageInfo.hasNextPage) {
      throw new OutsideError(
        'invalid',
        attempted,
        `pull request #${wire.number} has more than 100 labels; take some off`,
      );
    }
    return mapPullRequest({
      repository,
      wire,
      checks: await allChecks(attempted, repository, wire),
      reviews: await allReviews(attempted, repository, wire),
      threads: await allThreads(attempted, repository, wire),
    });
  }

  async function allChecks(attempted: string, repository: string, wire: WireFacts): Promise<readonly WireCheck[]> {
    const commit = wire.commits.nodes[0]?.commit;
    // Checks of another commit than the head are no checks of the head.
    if (commit?.oid !== wire.headRefOid) return [];
    const first = commit.statusCheckRollup?.contexts;
    if (first === undefined) return [];
    const checks = [...first.nodes];
    if (!first.pageInfo.hasNextPage) return checks;
    await pages(
      attempted,
      async (after) => {
        const variables = { ...coordinatesOf(repository), number: wire.number, after };
        const answer = await client.graphql(attempted, MORE_CHECKS, variables, moreChecks);
        const next = answer.repository.pullRequest.commits.nodes[0]?.commit;
        const contexts = next?.statusCheckRollup?.contexts;
        if (next?.oid !== commit.oid || !contexts) {
          throw new OutsideError(
            'unreachable',
            attempted,
            `the head of #${wire.number} moved while its checks were read`,
          );
        }
        checks.push(...contexts.nodes);
        return contexts.pageInfo;
      },
      first.pageInfo.endCursor ?? null,
    );
    return checks;
  }

  async function allReviews(attempted: string, repository: string, wire: WireFacts): Promise<readonly WireReview[]> {
    if (!wire.reviews) return [];
    let reviews = [...wire.reviews.nodes];
    if (!wire.reviews.pageInfo.hasPreviousPage) return reviews;
    await pages(
      attempted,
      async (before) => {
        const variables = { ...coordinatesOf(repository), number: wire.number, before };
        const more = (await client.graphql(attempted, MORE_REVIEWS, variables, moreReviews)).repository.pullRequest
          .reviews;
        reviews = [...more.nodes, ...reviews];
        return { hasNextPage: more.pageInfo.hasPreviousPage, endCursor: more.pageInfo.startCursor };
      },
      wire.reviews.pageInfo.startCursor ?? null,
    );
    return reviews;
  }

  /** The batch has the threads' state; their words are read when one is new or the pull request was touched since. */
  async function allThreads(attempted: string, repository: string, wire: WireFacts): Promise<readonly ReviewThread[]> {
    const { nodes, pageInfo } = wire.reviewThreads;
    const known = nodes.flatMap((state) => {
      const kept = words.get(state.id);
      if (kept === undefined || kept.updatedAt !== wire.updatedAt) return [];
      const { isResolved: resolved, isOutdated: outdated, line } = state;
      return { ...kept.thread, resolved, outdated, line: line ?? null };
    });
    if (!pageInfo.hasNextPage && known.length === nodes.length) return known;
    const read: WireThread[] = [];
    await pages(attempted, async (after) => {
      const variables = { ...coordinatesOf(repository), number: wire.number, after };
      const more = (await client.graphql(attempted, THREADS, variables, threads)).repository.pullRequest.reviewThreads;
      read.push(...more.nodes);
      return more.pageInfo;
    });
    const mapped = read.map(mapThread);
    if (now() < wire.updatedAt + WORDS_SETTLE_MS) return mapped;
    if (words.size + mapped.length > THREADS_KEPT_MAX) words.clear();
    for (const thread of mapped) words.set(thread.id, { updatedAt: wire.updatedAt, thread });
    return mapped;
  }

  /** The newest changed ones are in the batch; older pages are read as long as they may hold some that are new enough. */
  async function commentsOf(attempted: string, repository: string, wire: WireFacts, since: number): Promise<Comment[]> {
    const found: WireComment[] = [...wire.comments.nodes];
    const oldEnough = (nodes: readonly WireComment[]) => nodes.some((node) => node.updatedAt < since);
    if (wire.comments.pageInfo.hasPreviousPage && !oldEnough(found)) {
      await pages(
        attempted,
        async (before) => {
          const variables = { ...coordinatesOf(repository), number: wire.number, before };
          const more = (await client.graphql(attempted, MORE_COMMENTS, variables, moreComments)).repository.pullRequest
            .comments;
          found.push(...more.nodes);
          return {
            hasNextPage: more.pageInfo.hasPreviousPage && !oldEnough(more.nodes),
            endCursor: more.pageInfo.startCursor,
          };
        },
        wire.comments.pageInfo.startCursor ?? null,
      );
    }
    return found.filter((node) => node.updatedAt >= since).map((node) => mapComment(node, repository, wire.number));
  }

  return { observe, pullRequest, findPullRequest };
}
