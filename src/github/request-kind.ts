/** What a request to GitHub is, told from its route or its document: read or write, words before people or not, how urgent. */
import type { Request } from '../governor/account.ts';
import type { Urgency } from '../governor/urgency.ts';

type Kind = Omit<Request, 'attempted'>;

/** GitHub limits these more than other writes: each one may notify people. */
const CONTENT_ROUTES = [
  /^POST .*\/(pulls|issues|reviews|comments|replies)$/,
  /^(PATCH|PUT) .*\/(comments|reviews)\/\{/,
];
const CONTENT_MUTATIONS =
  /\b(addPullRequestReview\w*|addComment|updateIssueComment|createPullRequest|submitPullRequestReview)\s*\(/;

/** The way of a merge and of a stop. */
const URGENT_ROUTES = [/^PUT .*\/merge$/, /^PUT .*\/update-branch$/];
const URGENT_MUTATIONS =
  /\b(mergePullRequest|enqueuePullRequest|dequeuePullRequest|markPullRequestReadyForReview|resolveReviewThread|updatePullRequestBranch|disablePullRequestAutoMerge)\s*\(/;
/** One pull request or branch, read right before something is done to it. */
const URGENT_QUERIES: readonly string[] = ['Named', 'FromBranch'];
/** How a look at a repository reads; the rest of its pages follow the first. */
const LOOK_QUERIES: readonly string[] = ['Observe', 'MoreChecks', 'MoreReviews', 'MoreComments', 'Threads', 'Who'];

export function restKind(route: string): Kind {
  const write = !/^(GET|HEAD) /.test(route);
  const is = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(route));
  return {
    operation: route,
    draws: ['REST requests'],
    urgency: is(URGENT_ROUTES) ? 'urgent' : 'ordinary',
    write,
    content: write && is(CONTENT_ROUTES),
  };
}

export function graphqlKind(document: string): Kind {
  const [, type = 'query', operation = 'unnamed'] = /\b(query|mutation)\s+(\w+)/.exec(document) ?? [];
  const write = type === 'mutation' || /^\s*mutation\b/.test(document);
  return {
    operation,
    draws: ['GraphQL points'],
    urgency: write ? (URGENT_MUTATIONS.test(document) ? 'urgent' : 'ordinary') : queryUrgency(operation),
    write,
    content: write && CONTENT_MUTATIONS.test(document),
  };
}

function queryUrgency(operation: string): Urgency {
  if (URGENT_QUERIES.includes(operation)) return 'urgent';
  return LOOK_QUERIES.includes(operation) ? 'look' : 'ordinary';
}
