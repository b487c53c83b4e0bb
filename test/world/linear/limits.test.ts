/** What a query costs, what is left, and how a refusal looks to the SDK. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationLinearError, InvalidInputLinearError, LinearClient, RatelimitedLinearError } from '@linear/sdk';
import { linearForTest } from './linear-for-test.ts';

const board = (labels: string) => `query ($first: Int) { issues(first: $first) { nodes {
  id identifier number title description priority createdAt updatedAt url branchName startedAt completedAt canceledAt
  archivedAt trashed sortOrder boardOrder prioritySortOrder priorityLabel labelIds
  state { id name type } assignee { id name } team { id key } ${labels} } } }`;

const costs: readonly { readonly name: string; readonly document: string; readonly points: number }[] = [
  { name: 'a scalar is a tenth, rounded up', document: '{ viewer { id name } }', points: 2 },
  { name: 'an idle probe', document: '{ issues(first: 10) { nodes { id updatedAt } } }', points: 13 },
  { name: 'the same from the end', document: '{ issues(last: 10) { nodes { id updatedAt } } }', points: 13 },
  { name: 'a page without a size counts 50', document: '{ issues { nodes { id updatedAt } } }', points: 61 },
  // 20 scalars, records of 1.3, 1.2 and 1.2, and a page of labels at 13 or, by default, 61; each 50 times.
  { name: 'a full read', document: board('labels(first: 10) { nodes { id name } }'), points: 986 },
  {
    name: 'a full read, labels by default',
    document: board('labels { nodes { id name } }'),
    points: 3386,
  },
  {
    name: 'fragments and names of types are free',
    document: '{ __typename viewer { ...Me } } fragment Me on User { __typename id ... on User { name } }',
    points: 2,
  },
];
for (const { name, document, points } of costs) {
  test(`complexity: ${name}`, async (context) => {
    const { ask, requests } = await linearForTest(context);
    const { headers } = await ask(document, { first: 50 });
    assert.equal(headers.get('x-complexity'), String(points));
    assert.equal(requests[0]?.complexity, points);
  });
}

test('a query over the cap is refused whatever the bucket holds', async (context) => {
  const { ask, requests } = await linearForTest(context);
  await assert.rejects(
    ask('{ issues { nodes { comments { nodes { body children { nodes { id } } } } } } }'),
    (error) => {
      assert.ok(error instanceof InvalidInputLinearError);
      return true;
    },
  );
  assert.deepEqual([requests[0]?.status, requests[0]?.errors], [400, ['QUERY_TOO_COMPLEX']]);
});

test('the bucket of requests empties, refuses, and fills again with time', async (context) => {
  const { client, passTime, requests, url } = await linearForTest(context, { limits: { requestsPerHour: 3 } });
  for (let request = 0; request < 3; request += 1) await client.viewer;
  // Another key of the same user has no bucket of its own.
  const other = new LinearClient({ apiKey: 'lin_api_ada_2', apiUrl: url });
  await assert.rejects(other.viewer, (error) => {
    assert.ok(error instanceof RatelimitedLinearError);
    assert.equal(error.status, 400);
    assert.equal(error.requestsLimit, 3);
    assert.equal(error.requestsRemaining, 0);
    assert.equal(error.requestsResetAt, Date.parse('2026-11-02T13:00:00Z'));
    assert.equal(error.retryAfter, 1200);
    return true;
  });
  assert.deepEqual(requests.at(-1)?.errors, ['RATELIMITED']);
  await new LinearClient({ apiKey: 'lin_api_app', apiUrl: url }).viewer;
  passTime(1_200_000);
  await client.viewer;
});

test('the bucket of complexity refuses before the one of requests is empty', async (context) => {
  const { ask } = await linearForTest(context, { limits: { complexityPerHour: 100 } });
  const document = '{ issues { nodes { id updatedAt } } }';
  const { headers } = await ask(document);
  assert.equal(headers.get('x-ratelimit-complexity-remaining'), '39');
  await assert.rejects(ask(document), RatelimitedLinearError);
  const status = await ask('{ rateLimitStatus { limits { type remainingAmount } } }');
  assert.equal(status.data.rateLimitStatus?.limits?.length, 2);
});

test('a wrong key is an authentication error with status 401', async (context) => {
  const { url, requests } = await linearForTest(context);
  const stranger = new LinearClient({ apiKey: 'lin_api_stranger', apiUrl: url });
  await assert.rejects(stranger.viewer, (error) => {
    assert.ok(error instanceof AuthenticationLinearError);
    assert.equal(error.status, 401);
    return true;
  });
  assert.deepEqual([requests[0]?.status, requests[0]?.actor], [401, null]);
});

test('a query that is not in the schema is refused with 400', async (context) => {
  const { ask, requests } = await linearForTest(context);
  await assert.rejects(ask('{ viewer { shoeSize } }'), /shoeSize/);
  assert.deepEqual([requests[0]?.status, requests[0]?.errors], [400, ['GRAPHQL_VALIDATION_FAILED']]);
});
