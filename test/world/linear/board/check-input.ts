/** Looking at what a client sent before anything is changed; what is wrong becomes Linear's own error. */
import { entityNotFound, invalidInput } from './errors.ts';
import { isUuidV4 } from './ids.ts';
import type { IssueRecord, LinearState, TeamRecord, WorkflowStateRecord } from './records.ts';
import type { IssueInput } from './write-issue.ts';

export function requireRecord<T extends { readonly id: string }>(records: readonly T[], id: string, type: string): T {
  const record = records.find((each) => each.id === id);
  if (!record) throw entityNotFound(type, id);
  return record;
}

/** By UUID or by human key, as Linear accepts both wherever it takes an issue's id. */
export function requireIssue(state: LinearState, id: string): IssueRecord {
  const wanted = id.toUpperCase();
  const issue = state.issues.find((each) => each.id === id || each.identifier === wanted);
  if (!issue) throw entityNotFound('Issue', id);
  return issue;
}

/** An id chosen by the client: of the right shape and not yet taken. Null when it chose none. */
export function clientId(
  id: string | null | undefined,
  taken: readonly { readonly id: string }[],
  type: string,
): string | null {
  if (id === undefined || id === null) return null;
  if (!isUuidV4(id)) throw invalidInput(`id must be a UUID of version 4, not "${id}".`);
  if (taken.some((record) => record.id === id)) throw invalidInput(`${type} with id "${id}" already exists.`);
  return id;
}

export interface CheckedValues {
  /** Null when the input names none. */
  readonly state: WorkflowStateRecord | null;
  readonly labelIds: readonly string[] | null;
}

/** What the input asks for, looked up and allowed for this team. `current` are the labels the issue has now. */
export function checkedValues(
  state: LinearState,
  team: TeamRecord,
  input: IssueInput,
  current: readonly string[],
): CheckedValues {
  if (input.title === '') throw invalidInput('title must not be empty.');
  if (typeof input.priority === 'number' && ![0, 1, 2, 3, 4].includes(input.priority)) {
    throw invalidInput(`priority must be 0, 1, 2, 3 or 4, not ${input.priority}.`);
  }
  if (input.assigneeId) requireRecord(state.users, input.assigneeId, 'User');
  if (input.delegateId && !requireRecord(state.users, input.delegateId, 'User').app) {
    throw invalidInput('delegateId must name an app user.');
  }
  if (input.projectId) requireRecord(state.projects, input.projectId, 'Project');
  if (input.parentId) requireRecord(state.issues, input.parentId, 'Issue');
  const workflowState = input.stateId ? requireRecord(state.workflowStates, input.stateId, 'WorkflowState') : null;
  if (workflowState && workflowState.teamId !== team.id) {
    throw invalidInput(`stateId names a state of another team than ${team.key}.`);
  }
  return { state: workflowState, labelIds: labelTarget(state, team, input, current) };
}

function labelTarget(
  state: LinearState,
  team: TeamRecord,
  input: IssueInput,
  current: readonly string[],
): readonly string[] | null {
  const { labelIds, addedLabelIds, removedLabelIds } = input;
  if (!labelIds && !addedLabelIds && !removedLabelIds) return null;
  for (const id of [...(labelIds ?? []), ...(addedLabelIds ?? []), ...(removedLabelIds ?? [])]) {
    const label = requireRecord(state.labels, id, 'IssueLabel');
    if (label.teamId !== null && label.teamId !== team.id) {
      throw invalidInput(`The label "${label.name}" belongs to another team than ${team.key}.`);
    }
  }
  const wanted = new Set([...(labelIds ?? current), ...(addedLabelIds ?? [])]);
  for (const id of removedLabelIds ?? []) wanted.delete(id);
  return [...wanted];
}
