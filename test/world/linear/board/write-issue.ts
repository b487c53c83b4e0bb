/** Writing issues: create, update, archive. Everything is checked before anything is changed. */

import type { EffectDetail, Writer } from './board.ts';
import { checkedValues, clientId, requireRecord } from './check-input.ts';
import { invalidInput } from './errors.ts';
import { base, next } from './new-record.ts';
import type { IssueChanges, IssueRecord, LinearState, TeamRecord, WorkflowStateRecord } from './records.ts';

export interface IssueInput {
  readonly title?: string | null;
  readonly description?: string | null;
  readonly priority?: number | null;
  readonly stateId?: string | null;
  readonly assigneeId?: string | null;
  readonly delegateId?: string | null;
  readonly projectId?: string | null;
  readonly parentId?: string | null;
  readonly labelIds?: readonly string[] | null;
  readonly addedLabelIds?: readonly string[] | null;
  readonly removedLabelIds?: readonly string[] | null;
}

export interface NewIssueInput extends IssueInput {
  readonly id?: string | null;
  readonly teamId: string;
}

export function createIssue(writer: Writer, input: NewIssueInput): IssueRecord {
  const { state } = writer;
  const team = requireRecord(state.teams, input.teamId, 'Team');
  if (!input.title) throw invalidInput('title must not be empty.');
  const id = clientId(input.id, state.issues, 'Issue') ?? writer.newId('issue');
  const values = checkedValues(state, team, input, []);
  const workflowState = values.state ?? firstState(state, team);
  const numbers = state.issues.filter((issue) => issue.teamId === team.id).map((issue) => issue.number);
  const number = Math.max(0, ...numbers) + 1;
  const issue: IssueRecord = {
    ...base(id, next(state), writer.now),
    number,
    identifier: `${team.key}-${number}`,
    teamId: team.id,
    title: input.title,
    description: input.description ?? null,
    priority: input.priority ?? 0,
    stateId: workflowState.id,
    assigneeId: input.assigneeId ?? null,
    delegateId: input.delegateId ?? null,
    creatorId: writer.actor.userId,
    botActor: writer.actor.botActor,
    labelIds: values.labelIds ?? [],
    projectId: input.projectId ?? null,
    parentId: input.parentId ?? null,
    trashed: null,
    startedAt: null,
    completedAt: null,
    canceledAt: null,
  };
  setStateTimes(issue, workflowState, writer.now);
  state.issues.push(issue);
  writer.effect(issue, { kind: 'issue-create', title: issue.title, state: workflowState.name });
  return issue;
}

/** One history entry holds everything one update changed. An update that changes nothing leaves no trace. */
export function updateIssue(writer: Writer, issue: IssueRecord, input: IssueInput): IssueRecord {
  const { state } = writer;
  const team = requireRecord(state.teams, issue.teamId, 'Team');
  const values = checkedValues(state, team, input, issue.labelIds);
  const changes: { -readonly [Key in keyof IssueChanges]: IssueChanges[Key] } = {};
  const effects: EffectDetail[] = [];

  if (values.state && values.state.id !== issue.stateId) {
    const from = requireRecord(state.workflowStates, issue.stateId, 'WorkflowState');
    changes.fromStateId = from.id;
    changes.toStateId = values.state.id;
    effects.push({ kind: 'state-move', from: from.name, to: values.state.name, toType: values.state.type });
    issue.stateId = values.state.id;
    setStateTimes(issue, values.state, writer.now);
  }
  if (input.assigneeId !== undefined && input.assigneeId !== issue.assigneeId) {
    changes.fromAssigneeId = issue.assigneeId;
    changes.toAssigneeId = input.assigneeId;
    effects.push({ kind: 'assign', from: handle(state, issue.assigneeId), to: handle(state, input.assigneeId) });
    issue.assigneeId = input.assigneeId;
  }
  if (input.delegateId !== undefined && input.delegateId !== issue.delegateId) {
    changes.fromDelegateId = issue.delegateId;
    changes.toDelegateId = input.delegateId;
    effects.push({ kind: 'delegate', from: handle(state, issue.delegateId), to: handle(state, input.delegateId) });
    issue.delegateId = input.delegateId;
  }
  if (values.labelIds) {
    const { labelIds } = values;
    const added = labelIds.filter((id) => !issue.labelIds.includes(id));
    const removed = issue.labelIds.filter((id) => !labelIds.includes(id));
    if (added.length > 0) changes.addedLabelIds = added;
    if (removed.length > 0) changes.removedLabelIds = removed;
    for (const id of added) effects.push({ kind: 'label-add', label: labelName(state, id) });
    for (const id of removed) effects.push({ kind: 'label-remove', label: labelName(state, id) });
    issue.labelIds = labelIds;
  }
  if (typeof input.title === 'string' && input.title !== issue.title) {
    changes.fromTitle = issue.title;
    changes.toTitle = input.title;
    effects.push({ kind: 'edit', field: 'title', from: issue.title, to: input.title });
    issue.title = input.title;
  }
  if (input.description !== undefined && input.description !== issue.description) {
    changes.updatedDescription = true;
    effects.push({ kind: 'edit', field: 'description', from: issue.description, to: input.description });
    issue.description = input.description;
  }
  if (typeof input.priority === 'number' && input.priority !== issue.priority) {
    changes.fromPriority = issue.priority;
    changes.toPriority = input.priority;
    effects.push({ kind: 'edit', field: 'priority', from: issue.priority, to: input.priority });
    issue.priority = input.priority;
  }
  if (input.projectId !== undefined && input.projectId !== issue.projectId) {
    changes.fromProjectId = issue.projectId;
    changes.toProjectId = input.projectId;
    effects.push({ kind: 'edit', field: 'project', from: issue.projectId, to: input.projectId });
    issue.projectId = input.projectId;
  }
  if (input.parentId !== undefined && input.parentId !== issue.parentId) {
    changes.fromParentId = issue.parentId;
    changes.toParentId = input.parentId;
    effects.push({ kind: 'edit', field: 'parent', from: issue.parentId, to: input.parentId });
    issue.parentId = input.parentId;
  }

  if (effects.length === 0) return issue;
  writer.history(issue, changes);
  writer.touch(issue);
  for (const effect of effects) writer.effect(issue, effect);
  return issue;
}

/** Archives, or moves to the trash, which Linear keeps as an archived issue with `trashed` set. */
export function archiveIssue(writer: Writer, issue: IssueRecord, trash: boolean): IssueRecord {
  if (issue.archivedAt !== null && (!trash || issue.trashed)) return issue;
  issue.archivedAt = new Date(writer.now).toISOString();
  if (trash) issue.trashed = true;
  writer.history(issue, trash ? { archived: true, trashed: true } : { archived: true });
  writer.touch(issue);
  writer.effect(issue, { kind: 'archive', trash });
  return issue;
}

export function unarchiveIssue(writer: Writer, issue: IssueRecord): IssueRecord {
  if (issue.archivedAt === null) return issue;
  issue.archivedAt = null;
  issue.trashed = null;
  writer.history(issue, { archived: false });
  writer.touch(issue);
  writer.effect(issue, { kind: 'unarchive' });
  return issue;
}

function firstState(state: LinearState, team: TeamRecord): WorkflowStateRecord {
  const states = state.workflowStates.filter((each) => each.teamId === team.id);
  const first = states.find((each) => each.type === 'backlog') ?? states[0];
  if (!first) throw invalidInput(`Team ${team.key} has no workflow states.`);
  return first;
}

function setStateTimes(issue: IssueRecord, to: WorkflowStateRecord, now: number): void {
  const time = new Date(now).toISOString();
  const under = to.type === 'triage' || to.type === 'backlog' || to.type === 'unstarted';
  issue.startedAt = under ? null : to.type === 'started' ? (issue.startedAt ?? time) : issue.startedAt;
  issue.completedAt = to.type === 'completed' ? time : null;
  issue.canceledAt = to.type === 'canceled' ? time : null;
}

function handle(state: LinearState, userId: string | null): string | null {
  return state.users.find((user) => user.id === userId)?.displayName ?? userId;
}

function labelName(state: LinearState, id: string): string {
  return state.labels.find((label) => label.id === id)?.name ?? id;
}
