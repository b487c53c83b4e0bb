/**
 * Every GraphQL document sent to GitHub. The batch costs about one request per connection and pull request, over a
 * hundred: 3 points for 50 pull requests. The words of review threads are left out of it, for they alone would cost 50.
 */

export const PULL_REQUESTS_PER_PAGE = 50;

const CHECKS = `
  nodes {
    __typename
    ... on CheckRun { databaseId name status conclusion completedAt detailsUrl checkSuite { app { slug } } }
    ... on StatusContext { context state createdAt targetUrl creator { login } }
  }
  pageInfo { hasNextPage endCursor }`;

const REVIEWS = `
  nodes { fullDatabaseId author { __typename login } state body submittedAt commit { oid } }
  pageInfo { hasPreviousPage startCursor }`;

const FACTS = `
  fragment Facts on PullRequest {
    number url title body state isDraft isCrossRepository createdAt updatedAt mergeable
    author { login }
    headRefName headRefOid
    baseRefName baseRefOid baseRef { target { oid } }
    mergeCommit { oid }
    mergeQueueEntry { state }
    labels(first: 100) { nodes { name } pageInfo { hasNextPage } }
    commits(last: 1) { nodes { commit { oid statusCheckRollup { contexts(first: 100) { ${CHECKS} } } } } }
    reviews(last: 50) { ${REVIEWS} }
    reviewThreads(first: 100) { nodes { id isResolved isOutdated path line } pageInfo { hasNextPage } }
    comments(last: 20, orderBy: { field: UPDATED_AT, direction: ASC }) {
      nodes { id body createdAt updatedAt author { __typename login } }
      pageInfo { hasPreviousPage startCursor }
    }
  }`;

const LIMIT = 'rateLimit { cost remaining limit }';

const TIP = `
  fragment Tip on Ref {
    name
    target { oid ... on Commit { statusCheckRollup { contexts(first: 100) { ${CHECKS} } } } }
  }`;

/** Pull request numbers cannot be a list variable, so each named one becomes an alias; so do the base branches. */
export function observeDocument(named: readonly number[], baseBranches: readonly string[]): string {
  const variables = baseBranches
    .map((_, index) => `, $${baseAlias(index)}: String!, $${queueAlias(index)}: String!`)
    .join('');
  return /* GraphQL */ `
    query Observe($owner: String!, $name: String!, $first: Int!, $after: String${variables}) {
      ${LIMIT}
      repository(owner: $owner, name: $name) {
        defaultBranchRef { ...Tip }
        mergeQueue { id }
        ${baseBranches.map((_, index) => baseFields(index)).join('\n')}
        pullRequests(first: $first, after: $after, states: OPEN, orderBy: { field: CREATED_AT, direction: ASC }) {
          nodes { ...Facts }
          pageInfo { hasNextPage endCursor }
        }
        ${aliases(named)}
      }
    }
    ${TIP}
    ${FACTS}`;
}

/** Of the branch, and of the variable with its whole name: a branch's name may hold anything. */
export function baseAlias(index: number): string {
  return `base${index}`;
}

/** Of its merge queue, and of the variable with the name by which a queue is asked for. */
export function queueAlias(index: number): string {
  return `queue${index}`;
}

function baseFields(index: number): string {
  const [base, queue] = [baseAlias(index), queueAlias(index)];
  return `${base}: ref(qualifiedName: $${base}) { ...Tip }\n${queue}: mergeQueue(branch: $${queue}) { id }`;
}

export function namedDocument(named: readonly number[]): string {
  return /* GraphQL */ `
    query Named($owner: String!, $name: String!) {
      ${LIMIT}
      repository(owner: $owner, name: $name) { ${aliases(named)} }
    }
    ${FACTS}`;
}

export function aliasOf(number: number): string {
  return `pull${number}`;
}

function aliases(named: readonly number[]): string {
  return named
    .map((number) => `${aliasOf(number)}: pullRequest(number: ${Math.trunc(number)}) { ...Facts }`)
    .join('\n');
}

export const FROM_BRANCH = /* GraphQL */ `
  query FromBranch($owner: String!, $name: String!, $branch: String!, $first: Int!, $after: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequests(first: $first, after: $after, headRefName: $branch, orderBy: { field: CREATED_AT, direction: DESC }) {
        nodes { ...Facts }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
  ${FACTS}`;

export const MORE_CHECKS = /* GraphQL */ `
  query MoreChecks($owner: String!, $name: String!, $number: Int!, $after: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) {
        commits(last: 1) { nodes { commit { oid statusCheckRollup { contexts(first: 100, after: $after) { ${CHECKS} } } } } }
      }
    }
  }`;

/** Named like the one above, which is how both are told to belong to a look. */
export const MORE_CHECKS_OF_COMMIT = /* GraphQL */ `
  query MoreChecks($owner: String!, $name: String!, $oid: GitObjectID!, $after: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      object(oid: $oid) { ... on Commit { statusCheckRollup { contexts(first: 100, after: $after) { ${CHECKS} } } } }
    }
  }`;

export const MORE_REVIEWS = /* GraphQL */ `
  query MoreReviews($owner: String!, $name: String!, $number: Int!, $before: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) { reviews(last: 100, before: $before) { ${REVIEWS} } }
    }
  }`;

export const MORE_COMMENTS = /* GraphQL */ `
  query MoreComments($owner: String!, $name: String!, $number: Int!, $before: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) {
        comments(last: 100, before: $before, orderBy: { field: UPDATED_AT, direction: ASC }) {
          nodes { id body createdAt updatedAt author { __typename login } }
          pageInfo { hasPreviousPage startCursor }
        }
      }
    }
  }`;

export const THREADS = /* GraphQL */ `
  query Threads($owner: String!, $name: String!, $number: Int!, $after: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) {
        reviewThreads(first: 50, after: $after) {
          nodes {
            id isResolved isOutdated path line
            opening: comments(first: 1) { nodes { pullRequestReview { fullDatabaseId } } }
            comments(last: 50) { nodes { id body createdAt author { __typename login } } }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }`;

export const WHO = /* GraphQL */ `query Who { ${LIMIT} viewer { login } }`;

/** Named like the other fresh read of one pull request, which is how it is told to be urgent. */
export const QUEUE_PLACE = /* GraphQL */ `
  query Named($owner: String!, $name: String!, $number: Int!) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) { id isDraft headRefOid mergeQueueEntry { id } }
    }
  }`;

export const ENQUEUE = /* GraphQL */ `
  mutation Enqueue($id: ID!, $head: GitObjectID!) {
    enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { id } }
  }`;

export const DEQUEUE = /* GraphQL */ `
  mutation Dequeue($id: ID!) { dequeuePullRequest(input: { id: $id }) { mergeQueueEntry { id } } }`;

export const READY = /* GraphQL */ `
  mutation Ready($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`;

const SHORT_COMMENTS = 'nodes { id body author { login } } pageInfo { hasNextPage endCursor }';

export const THREAD_COMMENTS = /* GraphQL */ `
  query ThreadComments($id: ID!, $after: String) {
    ${LIMIT}
    node(id: $id) { ... on PullRequestReviewThread { comments(first: 100, after: $after) { ${SHORT_COMMENTS} } } }
  }`;

export const CONVERSATION = /* GraphQL */ `
  query Conversation($owner: String!, $name: String!, $number: Int!, $after: String) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) { comments(first: 100, after: $after) { ${SHORT_COMMENTS} } }
    }
  }`;

export const REPLY = /* GraphQL */ `
  mutation Reply($thread: ID!, $body: String!) {
    addPullRequestReviewThreadReply(input: { pullRequestReviewThreadId: $thread, body: $body }) { comment { id } }
  }`;

export const RESOLVE = /* GraphQL */ `
  mutation Resolve($thread: ID!) { resolveReviewThread(input: { threadId: $thread }) { thread { isResolved } } }`;

export const BRANCH_RULES = /* GraphQL */ `
  query BranchRules($owner: String!, $name: String!, $branch: String!, $ref: String!) {
    ${LIMIT}
    repository(owner: $owner, name: $name) {
      mergeQueue(branch: $branch) { id }
      ref(qualifiedName: $ref) {
        refUpdateRule { requiredApprovingReviewCount requiredStatusCheckContexts requiresConversationResolution }
      }
    }
  }`;
