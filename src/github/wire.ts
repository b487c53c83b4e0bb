/** The parts of GitHub's answers that are read, as schemas: an answer of another shape is a broken answer, not a surprise later. */
import { z } from 'zod';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const author = z.object({ login: z.string() }).nullish();
const forward = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() });
const backward = z.object({ hasPreviousPage: z.boolean(), startCursor: z.string().nullish() });
/** A BigInt arrives as text, older ids as numbers. */
const bigId = z.union([z.string(), z.number()]).transform(String);

const checkRun = z.object({
  __typename: z.literal('CheckRun'),
  databaseId: z.number().nullish(),
  name: z.string(),
  status: z.enum(['COMPLETED', 'IN_PROGRESS', 'PENDING', 'QUEUED', 'REQUESTED', 'WAITING']),
  conclusion: z
    .enum([
      'ACTION_REQUIRED',
      'CANCELLED',
      'FAILURE',
      'NEUTRAL',
      'SKIPPED',
      'STALE',
      'STARTUP_FAILURE',
      'SUCCESS',
      'TIMED_OUT',
    ])
    .nullish(),
  completedAt: time.nullish(),
  detailsUrl: z.string().nullish(),
  checkSuite: z.object({ app: z.object({ slug: z.string() }).nullish() }).nullish(),
});
export type WireCheckRun = z.infer<typeof checkRun>;

const statusContext = z.object({
  __typename: z.literal('StatusContext'),
  context: z.string(),
  state: z.enum(['ERROR', 'EXPECTED', 'FAILURE', 'PENDING', 'SUCCESS']),
  createdAt: time,
  targetUrl: z.string().nullish(),
  creator: author,
});
export type WireStatus = z.infer<typeof statusContext>;

const check = z.discriminatedUnion('__typename', [checkRun, statusContext]);
export type WireCheck = z.infer<typeof check>;

const rollup = z.object({ contexts: z.object({ nodes: z.array(check), pageInfo: forward }) }).nullish();

const commits = z.object({
  nodes: z.array(
    z.object({
      commit: z.object({
        oid: z.string(),
        statusCheckRollup: rollup,
      }),
    }),
  ),
});

const typedAuthor = z.object({ __typename: z.string(), login: z.string() }).nullish();
const review = z.object({
  fullDatabaseId: bigId.nullish(),
  author: typedAuthor,
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
  body: z.string(),
  submittedAt: time.nullish(),
  commit: z.object({ oid: z.string() }).nullish(),
});
export type WireReview = z.infer<typeof review>;
const reviews = z.object({ nodes: z.array(review), pageInfo: backward });

const comment = z.object({
  id: z.string(),
  body: z.string(),
  createdAt: time,
  updatedAt: time,
  author: typedAuthor,
});
export type WireComment = z.infer<typeof comment>;
const comments = z.object({ nodes: z.array(comment), pageInfo: backward });

const threadState = z.object({
  id: z.string(),
  isResolved: z.boolean(),
  isOutdated: z.boolean(),
  path: z.string(),
  line: z.number().nullish(),
});
const threadComment = z.object({ id: z.string(), body: z.string(), createdAt: time, author: typedAuthor });
export type WireThreadComment = z.infer<typeof threadComment>;
const thread = threadState.extend({
  opening: z.object({
    nodes: z.array(z.object({ pullRequestReview: z.object({ fullDatabaseId: bigId.nullish() }).nullish() })),
  }),
  comments: z.object({ nodes: z.array(threadComment) }),
});
export type WireThread = z.infer<typeof thread>;

export const facts = z.object({
  number: z.number(),
  url: z.string(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  isCrossRepository: z.boolean(),
  createdAt: time,
  updatedAt: time,
  mergeable: z.enum(['MERGEABLE', 'CONFLICTING', 'UNKNOWN']),
  author,
  headRefName: z.string(),
  headRefOid: z.string(),
  baseRefName: z.string(),
  baseRefOid: z.string(),
  baseRef: z.object({ target: z.object({ oid: z.string() }).nullish() }).nullish(),
  mergeCommit: z.object({ oid: z.string() }).nullish(),
  mergeQueueEntry: z
    .object({ state: z.enum(['AWAITING_CHECKS', 'LOCKED', 'MERGEABLE', 'QUEUED', 'UNMERGEABLE']) })
    .nullish(),
  labels: z
    .object({ nodes: z.array(z.object({ name: z.string() })), pageInfo: z.object({ hasNextPage: z.boolean() }) })
    .nullish(),
  commits,
  reviews: reviews.nullish(),
  reviewThreads: z.object({ nodes: z.array(threadState), pageInfo: z.object({ hasNextPage: z.boolean() }) }),
  comments,
});
export type WireFacts = z.infer<typeof facts>;

const page = z.object({ nodes: z.array(facts), pageInfo: forward });
const tip = z.object({
  name: z.string(),
  target: z.object({ oid: z.string(), statusCheckRollup: rollup }).nullish(),
});
export type WireTip = z.infer<typeof tip>;
const mergeQueue = z.object({ id: z.string() }).nullish();
export const baseParts = z.object({ wire: tip.nullish(), queue: mergeQueue });
/** Aliased pull requests and branches stand beside the known fields and are picked out by name. */
export const observed = z.object({
  repository: z.looseObject({ defaultBranchRef: tip.nullish(), mergeQueue, pullRequests: page }),
});
export type Observed = z.infer<typeof observed>;
export const named = z.object({ repository: z.record(z.string(), facts.nullish()) });
export const fromBranch = z.object({ repository: z.object({ pullRequests: page }) });

function ofPullRequest<T extends z.ZodRawShape>(shape: T) {
  return z.object({ repository: z.object({ pullRequest: z.object(shape) }) });
}
export const moreChecks = ofPullRequest({ commits });
export const moreChecksOfCommit = z.object({
  repository: z.object({ object: z.object({ statusCheckRollup: rollup }).nullish() }),
});
export const moreReviews = ofPullRequest({ reviews });
export const moreComments = ofPullRequest({ comments });
export const threads = ofPullRequest({ reviewThreads: z.object({ nodes: z.array(thread), pageInfo: forward }) });
export const who = z.object({ viewer: z.object({ login: z.string() }) });
