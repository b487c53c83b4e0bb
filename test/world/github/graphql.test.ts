// The one batched query and the mutations, against GitHub's own schema, through the real client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf, repository, startTestWorld } from './world-for-tests.ts';

const actions = { slug: 'github-actions', id: 15368 };

const batch = `query Batch($owner: String!, $name: String!, $after: String) {
  viewer { login }
  rateLimit { cost remaining resetAt limit }
  repository(owner: $owner, name: $name) {
    id nameWithOwner
    defaultBranchRef { name target { oid ... on Commit { statusCheckRollup { state } } } }
    ref(qualifiedName: "refs/heads/work") { name target { oid } refUpdateRule { requiredStatusCheckContexts } }
    pullRequests(states: [OPEN], first: 20, after: $after, orderBy: { field: CREATED_AT, direction: ASC }) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        number id title body url state isDraft author { login __typename } headRefName headRefOid baseRefName baseRefOid
        headRepository { nameWithOwner } isCrossRepository mergeable mergeStateStatus reviewDecision merged mergedAt
        mergeCommit { oid parents(first: 5) { nodes { oid } } tree { oid } } mergedBy { login }
        additions deletions changedFiles createdAt updatedAt
        autoMergeRequest { enabledAt } mergeQueueEntry { position }
        labels(first: 10) { nodes { name } }
        reviews(last: 10) { nodes { databaseId author { login } state body commit { oid } submittedAt } }
        reviewThreads(first: 20) { nodes { id isResolved isOutdated path line comments(first: 5) { nodes { databaseId author { login } body } } } }
        comments(last: 10) { nodes { databaseId body author { login __typename } createdAt updatedAt } }
        commits(last: 1) { nodes { commit { oid committer { name } statusCheckRollup { state contexts(first: 20) { nodes {
          ... on CheckRun { databaseId name status conclusion detailsUrl checkSuite { app { slug databaseId } } }
          ... on StatusContext { context state creator { login } targetUrl createdAt } } } } } } }
      }
    }
  }
}`;

interface BatchAnswer {
  readonly viewer: { readonly login: string };
  readonly rateLimit: { readonly cost: number; readonly remaining: number };
  readonly repository: {
    readonly pullRequests: { readonly totalCount: number; readonly nodes: readonly Record<string, unknown>[] };
  };
}

test('one query tells everything about the open pull requests; mergeability is unknown the first time', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t);
  const { number, sha } = await openPullRequest('work', { 'src/price.js': 'changed\n' });
  await openPullRequest('other', { 'src/price.js': 'differently\n', 'b.txt': 'b\n' });
  const run = world.checks.create(repository, actions, sha, 'test');
  world.checks.complete(repository, run, { conclusion: 'success', title: 'ok', summary: '', log: '' });
  await world.act.setStatus(repository, 'bot', sha, 'heartline/review', 'pending');
  await world.act.review(repository, number, 'bea', {
    event: 'APPROVE',
    body: 'Good.',
    comments: [{ path: 'src/price.js', line: 1, body: 'Nice.' }],
  });
  await world.act.comment(repository, number, 'ann', '/retry');
  await world.act.label(repository, number, 'ann', 'bug');
  const bot = client('bot-token');
  const ask = () => bot.graphql<BatchAnswer>(batch, { owner: 'acme', name: 'shop' });

  const first = await ask();
  assert.equal(first.viewer.login, 'bot');
  assert.deepEqual(
    first.repository.pullRequests.nodes.map((one) => [one.mergeable, one.mergeStateStatus]),
    [
      ['UNKNOWN', 'UNKNOWN'],
      ['UNKNOWN', 'UNKNOWN'],
    ],
  );
  const second = await ask();
  assert.deepEqual(
    second.repository.pullRequests.nodes.map((one) => [one.mergeable, one.mergeStateStatus]),
    [
      ['MERGEABLE', 'UNSTABLE'],
      ['MERGEABLE', 'CLEAN'],
    ],
  );
  const [work] = second.repository.pullRequests.nodes;
  assert.partialDeepStrictEqual(work, {
    number,
    headRefOid: sha,
    reviewDecision: 'APPROVED',
    additions: 1,
    deletions: 10,
    changedFiles: 1,
    labels: { nodes: [{ name: 'bug' }] },
    reviews: { nodes: [{ author: { login: 'bea' }, state: 'APPROVED', commit: { oid: sha } }] },
    reviewThreads: { nodes: [{ isResolved: false, isOutdated: false, path: 'src/price.js', line: 1 }] },
    comments: { nodes: [{ body: '/retry', author: { login: 'ann', __typename: 'User' } }] },
    commits: { nodes: [{ commit: { oid: sha, statusCheckRollup: { state: 'PENDING' } } }] },
  });
  // 20 pull requests with 6 connections each, one level more for threads and contexts, over 100.
  assert.equal(second.rateLimit.cost, 5);
  assert.equal(second.rateLimit.remaining, 5000 - 10);

  await world.act.merge(repository, number, 'ann');
  const third = await ask();
  assert.deepEqual(
    third.repository.pullRequests.nodes.map((one) => one.mergeable),
    ['UNKNOWN'],
    'the base moved',
  );
  assert.deepEqual(
    (await ask()).repository.pullRequests.nodes.map((one) => one.mergeable),
    ['CONFLICTING'],
  );
  const merged = await bot.graphql<{ repository: { pullRequest: Record<string, unknown> } }>(
    `query { repository(owner: "acme", name: "shop") { pullRequest(number: ${number}) { state merged mergedBy { login } mergeCommit { oid parents(first: 5) { totalCount } tree { oid } } } } }`,
  );
  assert.partialDeepStrictEqual(merged.repository.pullRequest, {
    state: 'MERGED',
    mergedBy: { login: 'ann' },
    mergeCommit: { parents: { totalCount: 2 } },
  });
});

test('threads are resolved and answered, drafts are made and ended, and pages follow each other', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t);
  const bot = client('bot-token');
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await openPullRequest('other', { 'b.txt': 'b\n' });
  await world.act.review(repository, number, 'bea', {
    event: 'COMMENT',
    comments: [{ path: 'a.txt', line: 1, body: 'Why?' }],
  });
  const thread = world.state.repository(repository).threads[0];
  const id = `PRRT_${thread?.id}`;
  await bot.graphql(
    'mutation ($id: ID!, $body: String!) { addPullRequestReviewThreadReply(input: { pullRequestReviewThreadId: $id, body: $body }) { comment { databaseId } } }',
    { id, body: 'Because.' },
  );
  await bot.graphql('mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }', {
    id,
  });
  assert.deepEqual([thread?.resolvedBy, thread?.comments.map((one) => one.body)], ['bot', ['Why?', 'Because.']]);
  await bot.graphql(
    'mutation ($id: ID!) { unresolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }',
    { id },
  );
  assert.equal(thread?.resolvedBy, null);
  const foreign = await refusalOf(
    client('reader-token').graphql(
      'mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { id } } }',
      { id },
    ),
  );
  assert.match(foreign.message, /permission to resolve/);

  const pullRequest = world.state.repository(repository).pullRequests.get(number);
  const pullRequestId = `PR_${pullRequest?.id}`;
  await bot.graphql(
    'mutation ($id: ID!) { convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } } }',
    { id: pullRequestId },
  );
  assert.equal(pullRequest?.draft, true);
  await bot.graphql(
    'mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }',
    { id: pullRequestId },
  );
  assert.equal(pullRequest?.draft, false);

  const page =
    'query ($after: String) { repository(owner: "acme", name: "shop") { pullRequests(first: 1, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } } } }';
  type Page = {
    repository: {
      pullRequests: { nodes: { number: number }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
  };
  const one = (await bot.graphql<Page>(page)).repository.pullRequests;
  const two = (await bot.graphql<Page>(page, { after: one.pageInfo.endCursor })).repository.pullRequests;
  assert.deepEqual(
    [one.nodes[0]?.number, one.pageInfo.hasNextPage, two.nodes[0]?.number, two.pageInfo.hasNextPage],
    [1, true, 2, false],
  );
  assert.equal(world.log.counts().graphql, 8);
});

test('what nobody built, what the schema does not know and what does not exist are said aloud', async (t) => {
  const { world, client } = await startTestWorld(t, { expectViolations: 'some' });
  const bot = client('bot-token');
  const shop = (fields: string) =>
    refusalOf(bot.graphql(`query { repository(owner: "acme", name: "shop") { ${fields} } }`));
  assert.match((await shop('stargazerCount')).message, /not implemented in the stand-in: Repository.stargazerCount/);
  assert.match(
    (await shop('ref(qualifiedName: "main") { associatedPullRequests(first: 1) { totalCount } }')).message,
    /not implemented/,
  );
  assert.match((await shop('nonsense')).message, /Cannot query field/);
  assert.deepEqual(
    world.violations.map((one) => one.kind),
    ['not-implemented', 'not-implemented', 'request'],
  );
  assert.match((await shop('pullRequests { totalCount }')).message, /must provide a `first` or `last`/);
  assert.match(
    (await refusalOf(bot.graphql('query { repository(owner: "acme", name: "none") { id } }'))).message,
    /Could not resolve to a Repository/,
  );
  assert.equal(world.violations.length, 3);
});
