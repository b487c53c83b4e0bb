/** Reading the board over HTTP with the real SDK: records, filters, pages, order, history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integration } from './board/records.ts';
import { linearForTest } from './linear-for-test.ts';

test('the SDK reads its user, organization, team, states and labels', async (context) => {
  const { client } = await linearForTest(context);
  assert.equal((await client.viewer).displayName, 'ada');
  assert.equal((await client.organization).urlKey, 'stand-in');
  const team = await client.team('ENG');
  const states = (await team.states()).nodes.toSorted((one, other) => one.position - other.position);
  assert.deepEqual(
    states.map(({ name, type }) => `${name}: ${type}`),
    [
      'Triage: triage',
      'Backlog: backlog',
      'Todo: unstarted',
      'In Progress: started',
      'In Review: started',
      'Done: completed',
      'Canceled: canceled',
    ],
  );
  assert.equal((await team.labels()).nodes.length, 2);
  assert.equal((await team.members()).nodes.length, 3);
  assert.deepEqual([(await client.users()).nodes.length, (await client.projects()).nodes.length], [3, 1]);
});

test('the SDK reads an issue by its key, and everything around it', async (context) => {
  const { client, act } = await linearForTest(context);
  act.comment('ENG-2', 'Which oil?', 'bob');
  const issue = await client.issue('ENG-2');
  assert.equal(issue.title, 'Oil the wheels');
  assert.equal(issue.url, 'https://linear.app/stand-in/issue/ENG-2/oil-the-wheels');
  assert.equal(issue.branchName, 'ada/eng-2-oil-the-wheels');
  assert.equal((await issue.state)?.name, 'Todo');
  assert.equal((await issue.assignee)?.displayName, 'bob');
  assert.equal((await issue.creator)?.displayName, 'ada');
  assert.deepEqual((await issue.labels()).nodes.map((label) => label.name).sort(), ['agent', 'bug']);
  assert.deepEqual(
    (await issue.comments()).nodes.map((comment) => comment.body),
    ['Which oil?'],
  );
  const [blocking] = (await issue.inverseRelations()).nodes;
  assert.equal(blocking?.type, 'blocks');
  assert.equal((await blocking?.issue)?.identifier, 'ENG-1');
  assert.equal((await issue.relations()).nodes.length, 0);
  assert.equal((await (await client.issue('ENG-3')).delegate)?.displayName, 'heartline');
});

const filters: readonly { readonly name: string; readonly filter: object; readonly found: readonly string[] }[] = [
  { name: 'state name', filter: { state: { name: { eq: 'Todo' } } }, found: ['ENG-2', 'ENG-1'] },
  { name: 'state type, in', filter: { state: { type: { in: ['started', 'completed'] } } }, found: ['ENG-4', 'ENG-3'] },
  { name: 'state type, nin', filter: { state: { type: { nin: ['unstarted'] } } }, found: ['ENG-4', 'ENG-3'] },
  { name: 'team key', filter: { team: { key: { eq: 'OPS' } } }, found: [] },
  { name: 'nobody assigned', filter: { assignee: { null: true } }, found: ['ENG-4', 'ENG-3', 'ENG-1'] },
  { name: 'somebody assigned', filter: { assignee: { null: false } }, found: ['ENG-2'] },
  { name: 'assignee name', filter: { assignee: { displayName: { eq: 'bob' } } }, found: ['ENG-2'] },
  { name: 'delegate is an app', filter: { delegate: { app: { eq: true } } }, found: ['ENG-3'] },
  { name: 'creator is me', filter: { creator: { isMe: { eq: true } } }, found: ['ENG-4', 'ENG-3', 'ENG-2', 'ENG-1'] },
  { name: 'some label', filter: { labels: { some: { name: { eq: 'bug' } } } }, found: ['ENG-2'] },
  { name: 'a label without "some"', filter: { labels: { name: { eqIgnoreCase: 'BUG' } } }, found: ['ENG-2'] },
  {
    name: 'every label (true of none)',
    filter: { labels: { every: { name: { eq: 'agent' } } } },
    found: ['ENG-4', 'ENG-3', 'ENG-1'],
  },
  { name: 'number of labels', filter: { labels: { length: { gte: 2 } } }, found: ['ENG-2'] },
  { name: 'project', filter: { project: { name: { startsWith: 'Eng' } } }, found: ['ENG-1'] },
  { name: 'priority', filter: { priority: { lte: 2, neq: 0 } }, found: ['ENG-1'] },
  { name: 'text in the title', filter: { title: { containsIgnoreCase: 'THE C' } }, found: ['ENG-3', 'ENG-1'] },
  { name: 'blocked', filter: { hasBlockedByRelations: { eq: true } }, found: ['ENG-2'] },
  { name: 'blocking', filter: { hasBlockingRelations: { eq: true } }, found: ['ENG-1'] },
  { name: 'human key as id', filter: { id: { in: ['ENG-3', 'ENG-4'] } }, found: ['ENG-4', 'ENG-3'] },
  {
    name: 'or',
    filter: { or: [{ number: { eq: 1 } }, { state: { type: { eq: 'completed' } } }] },
    found: ['ENG-4', 'ENG-1'],
  },
  {
    name: 'and, with its neighbours',
    filter: { and: [{ number: { gt: 1 } }, { number: { lt: 4 } }], state: { name: { neq: 'Todo' } } },
    found: ['ENG-3'],
  },
  { name: 'date', filter: { updatedAt: { gte: '2026-11-02T11:59:58Z' } }, found: ['ENG-4'] },
  { name: 'duration', filter: { createdAt: { lt: '-PT3S' } }, found: ['ENG-2', 'ENG-1'] },
  { name: 'nothing asked', filter: { state: null }, found: ['ENG-4', 'ENG-3', 'ENG-2', 'ENG-1'] },
];
for (const { name, filter, found } of filters) {
  test(`filter: ${name}`, async (context) => {
    const { ask } = await linearForTest(context);
    const { data } = await ask('query ($filter: IssueFilter) { issues(filter: $filter) { nodes { identifier } } }', {
      filter,
    });
    assert.deepEqual(
      data.issues?.nodes.map((node) => node.identifier),
      found,
    );
  });
}

test('comments are found through their issue', async (context) => {
  const { ask, act, passTime } = await linearForTest(context);
  act.comment('ENG-1', 'old', 'bob');
  passTime(1000);
  act.comment('ENG-1', 'new', 'bob');
  act.comment('ENG-4', 'elsewhere', 'bob');
  const { data } = await ask(`{ comments(filter: {
    issue: { state: { name: { eq: "Todo" } } }, updatedAt: { gt: "2026-11-02T12:00:00.500Z" } }) { nodes { body user { displayName } } } }`);
  assert.deepEqual(data.comments?.nodes, [{ body: 'new', user: { displayName: 'bob' } }]);
});

test('archived issues show only when asked for, but can be read by key', async (context) => {
  const { client } = await linearForTest(context);
  assert.equal((await client.issues()).nodes.length, 4);
  assert.equal((await client.issues({ includeArchived: true })).nodes.length, 5);
  assert.notEqual((await client.issue('ENG-5')).archivedAt, undefined);
});

test('pages go forward by fetchNext and backward by last and before', async (context) => {
  const { client, ask } = await linearForTest(context);
  const first = await client.issues({ first: 3 });
  assert.deepEqual(
    first.nodes.map((issue) => issue.number),
    [4, 3, 2],
  );
  assert.equal(first.pageInfo.hasNextPage, true);
  const all = await first.fetchNext();
  assert.deepEqual(
    all.nodes.map((issue) => issue.number),
    [4, 3, 2, 1],
  );
  assert.equal(all.pageInfo.hasNextPage, false);
  const { data } = await ask(
    'query ($before: String) { issues(last: 2, before: $before) { nodes { number } pageInfo { hasPreviousPage hasNextPage } } }',
    { before: first.nodes[2]?.id },
  );
  assert.deepEqual(data.issues, {
    nodes: [{ number: 4 }, { number: 3 }],
    pageInfo: { hasPreviousPage: false, hasNextPage: true },
  });
  await assert.rejects(ask('{ issues(first: 251) { nodes { id } } }'), /between 0 and 250/);
});

test('a cursor keeps its place when its issue no longer matches the filter', async (context) => {
  const { client, act } = await linearForTest(context);
  const filter = { state: { type: { eq: 'unstarted' } } };
  const first = await client.issues({ first: 1, filter });
  act.moveIssue('ENG-2', 'Done', 'bob');
  const next = await client.issues({
    first: 1,
    filter,
    ...(first.pageInfo.endCursor ? { after: first.pageInfo.endCursor } : {}),
  });
  assert.deepEqual(
    next.nodes.map((issue) => issue.number),
    [1],
  );
});

test('orderBy updatedAt puts the issue last touched first; a comment does not touch it', async (context) => {
  const { ask, act, passTime } = await linearForTest(context);
  passTime(1000);
  act.editIssue('ENG-1', { title: 'Count the cards twice' }, 'bob');
  passTime(1000);
  act.comment('ENG-2', 'A comment moves nothing.', 'bob');
  const { data } = await ask('{ issues(first: 2, orderBy: updatedAt) { nodes { identifier } } }');
  assert.deepEqual(data.issues?.nodes, [{ identifier: 'ENG-1' }, { identifier: 'ENG-4' }]);
});

test('history names who moved what, newest first: people, integrations and automations', async (context) => {
  const { ask, act, passTime } = await linearForTest(context);
  act.moveIssue('ENG-1', 'In Progress', integration('github', 'GitHub'));
  passTime(1000);
  act.moveIssue('ENG-1', 'Todo', null);
  act.label('ENG-1', 'bug', 'ada');
  const { data } = await ask(`{ issue(id: "ENG-1") { history(first: 10) { nodes {
    actorId actor { displayName } botActor { type name } fromState { name } toState { name } addedLabels { name } } } } }`);
  const seen = data.issue?.history?.nodes.map((entry) => ({
    actor: entry.actor?.displayName ?? entry.botActor?.name ?? null,
    move: entry.toState ? `${entry.fromState?.name} -> ${entry.toState.name}` : null,
  }));
  assert.deepEqual(seen, [
    { actor: 'ada', move: null },
    { actor: null, move: 'In Progress -> Todo' },
    { actor: 'GitHub', move: 'Todo -> In Progress' },
    { actor: 'bob', move: 'Backlog -> Todo' },
  ]);
});

test('what is not written is a loud error and is remembered', async (context) => {
  const { ask, unimplemented } = await linearForTest(context);
  await assert.rejects(ask('{ cycles { nodes { id } } }'), /no root field Query\.cycles/);
  await assert.rejects(ask('{ issues { nodes { stateHistory { nodes { id } } } } }'), /no field Issue\.stateHistory/);
  await assert.rejects(ask('{ issues(filter: { ageTime: { gt: "P1D" } }) { nodes { id } } }'), /Issue\.ageTime/);
  await assert.rejects(
    ask('mutation { issueUpdate(id: "ENG-1", input: { estimate: 3 }) { success } }'),
    /input "estimate"/,
  );
  assert.equal(unimplemented.size, 4);
});
