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
  nodes { fullDatabaseId author { login } state body submittedAt commit { oid } }
  pageInfo { hasPreviousPage startCursor }`;

const FACTS = `
  fragment Facts on PullRequest {
    number url title body state isDraft isCrossRepository createdAt updatedAt mergeable
    author { login }
    headRefName headRefOid
    baseRefName baseRefOid baseRef { target { oid } }
    mergeCommit { oid }
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

/** Pull request numbers cannot be a list variable, so each named one becomes an alias. */
export function observeDocument(named: readonly number[]): string {
  return /* GraphQL */ `
    query Observe($owner: String!, $name: String!, $first: Int!, $after: String) {
      ${LIMIT}
      repository(owner: $owner, name: $name) {
        defaultBranchRef { name }
        pullRequests(first: $first, after: $after, states: OPEN, orderBy: { field: CREATED_AT, direction: ASC }) {
          nodes { ...Facts }
          pageInfo { hasNextPage endCursor }
        }
        ${aliases(named)}
      }
    }
    ${FACTS}`;
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
            comments(first: 1) { nodes { author { login } body pullRequestReview { fullDatabaseId } } }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }`;

export const WHO = /* GraphQL */ `query Who { ${LIMIT} viewer { login } }`;
