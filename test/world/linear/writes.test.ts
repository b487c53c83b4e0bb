/** Writing through the real SDK: what changes, who is named for it, and what a second try does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputLinearError, IssueRelationType, LinearClient } from '@linear/sdk';
import { idFrom } from './board/ids.ts';
import { linearForTest } from './linear-for-test.ts';

test('a state move leaves a history entry, a log record and a new updatedAt', async (context) => {
  const { client, state, log, passTime } = await linearForTest(context);
  const started = state.workflowStates.find((each) => each.name === 'In Progress');
  passTime(5000);
  const payload = await client.updateIssue('ENG-1', { stateId: started?.id ?? '' });
  const issue = await payload.issue;
  assert.equal(issue?.updatedAt.toISOString(), '2026-11-02T12:00:05.000Z');
  assert.equal(issue?.startedAt?.toISOString(), '2026-11-02T12:00:05.000Z');
  const [entry] = (await issue?.history({ first: 1 }))?.nodes ?? [];
  assert.equal((await entry?.actor)?.displayName, 'ada');
  assert.equal((await entry?.toState)?.name, 'In Progress');
  assert.equal(log.length, 1);
  const { kind, issue: identifier, actorName, at, request } = log[0] ?? {};
  assert.deepEqual(
    { kind, identifier, actorName, at, request },
    { kind: 'state-move', identifier: 'ENG-1', actorName: 'ada', at: Date.parse('2026-11-02T12:00:05Z'), request: 1 },
  );
});

test('the app key acts as the app user', async (context) => {
  const { url, log } = await linearForTest(context);
  const app = new LinearClient({ accessToken: 'lin_api_app', apiUrl: url });
  await app.updateIssue('ENG-1', { priority: 1 });
  assert.equal(log[0]?.actorName, 'heartline');
});

test('times follow the kind of state, there and back', async (context) => {
  const { act } = await linearForTest(context);
  const done = act.moveIssue('ENG-1', 'Done', 'bob');
  assert.notEqual(done.completedAt, null);
  const again = act.moveIssue('ENG-1', 'In Review', 'bob');
  assert.deepEqual([again.completedAt === null, again.startedAt === null], [true, false]);
  const canceled = act.moveIssue('ENG-1', 'Canceled', 'bob');
  assert.notEqual(canceled.canceledAt, null);
  assert.equal(act.moveIssue('ENG-1', 'Todo', 'bob').startedAt, null);
});

test('labels are set, added and removed; an update that changes nothing leaves no trace', async (context) => {
  const { client, state, log } = await linearForTest(context);
  const bug = state.labels.find((label) => label.name === 'bug')?.id ?? '';
  const agent = state.labels.find((label) => label.name === 'agent')?.id ?? '';
  await client.updateIssue('ENG-1', { addedLabelIds: [bug], removedLabelIds: [agent] });
  await client.issueAddLabel('ENG-1', agent);
  await client.issueRemoveLabel('ENG-1', agent);
  await client.updateIssue('ENG-1', { labelIds: [bug], title: 'Count the cards' });
  assert.deepEqual(
    log.map((effect) => effect.kind),
    ['label-add', 'label-remove', 'label-add', 'label-remove'],
  );
  assert.deepEqual(
    (await (await client.issue('ENG-1')).labels()).nodes.map((label) => label.name),
    ['bug'],
  );
});

test('a comment with an id of the client is made once', async (context) => {
  const { client, state } = await linearForTest(context);
  const issueId = (await client.issue('ENG-1')).id;
  const id = idFrom('my comment');
  const before = state.issues[0]?.updatedAt;
  await client.createComment({ id, issueId, body: 'Started.' });
  await assert.rejects(client.createComment({ id, issueId, body: 'Started.' }), InvalidInputLinearError);
  await assert.rejects(client.createComment({ id: 'mine', issueId, body: 'Started.' }), InvalidInputLinearError);
  assert.equal((await client.comment({ id })).body, 'Started.');
  assert.equal(state.comments.length, 1);
  assert.equal(state.issues[0]?.updatedAt, before);
});

test('a comment is edited in place and deleted', async (context) => {
  const { client, state, log, passTime } = await linearForTest(context);
  const issueId = (await client.issue('ENG-1')).id;
  const id = idFrom('progress');
  await client.createComment({ id, issueId, body: 'One' });
  passTime(1000);
  await client.updateComment(id, { body: 'Two' });
  assert.notEqual((await client.comment({ id })).editedAt, undefined);
  await client.deleteComment(id);
  assert.equal(state.comments.length, 0);
  assert.deepEqual(
    log.map((effect) => effect.kind),
    ['comment-create', 'comment-update', 'comment-delete'],
  );
});

test('an option lets comments move the issue', async (context) => {
  const { act, state, passTime } = await linearForTest(context, { bumps: { comment: true } });
  passTime(1000);
  act.comment('ENG-1', 'Hello', 'bob');
  assert.equal(state.issues[0]?.updatedAt, '2026-11-02T12:00:01.000Z');
});

test('an attachment is written once for each url of an issue', async (context) => {
  const { client } = await linearForTest(context);
  const issueId = (await client.issue('ENG-1')).id;
  const url = 'https://github.com/acme/engine/pull/7';
  await client.createAttachment({ issueId, url, title: 'Open' });
  await client.createAttachment({ issueId, url, title: 'Merged', metadata: { head: 'abc' } });
  const found = (await client.attachmentsForURL(url)).nodes;
  assert.deepEqual(
    found.map(({ title, metadata }) => ({ title, metadata })),
    [{ title: 'Merged', metadata: { head: 'abc' } }],
  );
  assert.equal((await (await client.issue('ENG-1')).attachments()).nodes.length, 1);
});

test('an issue is created, related, labelled and archived', async (context) => {
  const { client, state } = await linearForTest(context);
  const team = await client.team('ENG');
  const id = idFrom('new issue');
  const created = await (await client.createIssue({ id, teamId: team.id, title: 'Sweep' })).issue;
  assert.deepEqual([created?.identifier, (await created?.state)?.name], ['ENG-6', 'Backlog']);
  await assert.rejects(client.createIssue({ id, teamId: team.id, title: 'Sweep' }), InvalidInputLinearError);
  const other = await client.issue('ENG-1');
  const relation = { issueId: id, relatedIssueId: other.id, type: IssueRelationType.Blocks };
  await client.createIssueRelation(relation);
  await assert.rejects(client.createIssueRelation(relation), InvalidInputLinearError);
  assert.equal((await other.inverseRelations()).nodes.length, 1);
  const label = await (await client.createIssueLabel({ name: 'fresh' })).issueLabel;
  await client.updateIssue(id, { labelIds: [label?.id ?? ''] });
  await client.archiveIssue(id);
  assert.equal(state.issues.length, 6);
  assert.equal((await client.issues()).nodes.length, 4);
});

const mistakes: readonly { readonly name: string; readonly id: string; readonly input: Record<string, unknown> }[] = [
  { name: 'an unknown issue', id: 'ENG-99', input: { title: 'x' } },
  { name: 'an unknown state', id: 'ENG-1', input: { stateId: idFrom('nowhere') } },
  { name: 'an unknown label', id: 'ENG-1', input: { addedLabelIds: [idFrom('nothing')] } },
  { name: 'a priority out of range', id: 'ENG-1', input: { priority: 9 } },
  { name: 'a person as delegate', id: 'ENG-1', input: { delegateId: idFrom('user bob') } },
  { name: 'an empty title', id: 'ENG-1', input: { title: '' } },
];
for (const { name, id, input } of mistakes) {
  test(`an update with ${name} is refused and changes nothing`, async (context) => {
    const { client, log } = await linearForTest(context);
    await assert.rejects(client.updateIssue(id, input), InvalidInputLinearError);
    assert.equal(log.length, 0);
  });
}

test('who waits for the board hears of each change', async (context) => {
  const { act, until, onChange } = await linearForTest(context);
  const heard: string[] = [];
  const stop = onChange((effect) => heard.push(`${effect.issue} ${effect.kind}`));
  const done = until((state) => state.issues.every((issue) => issue.assigneeId !== null));
  for (const issue of ['ENG-1', 'ENG-3', 'ENG-4', 'ENG-5']) act.assign(issue, 'ada', 'bob');
  await done;
  stop();
  act.block('ENG-3', 'ENG-4', 'bob');
  assert.deepEqual(heard, ['ENG-1 assign', 'ENG-3 assign', 'ENG-4 assign', 'ENG-5 assign']);
  await assert.rejects(
    until(() => false, AbortSignal.abort(new Error('enough'))),
    /enough/,
  );
});
