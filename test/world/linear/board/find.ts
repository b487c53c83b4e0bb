/**
 * Finding records by the names people use. Each throws with the names there are: a misspelt name in a seed or a test
 * should say so at once.
 */
import type {
  ActingAs,
  Actor,
  IssueRecord,
  LinearState,
  TeamRecord,
  UserRecord,
  WorkflowStateRecord,
} from './records.ts';

function findUser(state: LinearState, handleOrId: string): UserRecord | undefined {
  return state.users.find((user) => user.id === handleOrId || user.displayName === handleOrId);
}

export function actorOf(state: LinearState, acting: ActingAs): Actor {
  if (acting === null) return { userId: null, botActor: null };
  if (typeof acting !== 'string') return { userId: null, botActor: acting };
  return { userId: userByName(state, acting), botActor: null };
}

export function userByName(state: LinearState, name: string): string {
  const user = findUser(state, name);
  if (!user)
    throw new Error(`No user "${name}"; there are: ${state.users.map((each) => each.displayName).join(', ')}.`);
  return user.id;
}

export function teamByKey(state: LinearState, key: string): TeamRecord {
  const team = state.teams.find((each) => each.key === key);
  if (!team) throw new Error(`No team "${key}"; there are: ${state.teams.map((each) => each.key).join(', ')}.`);
  return team;
}

export function stateByName(state: LinearState, team: TeamRecord, name: string): WorkflowStateRecord {
  const states = state.workflowStates.filter((each) => each.teamId === team.id);
  return named(states, name, `workflow state of team ${team.key}`);
}

export function issueByIdentifier(state: LinearState, identifier: string): IssueRecord {
  const issue = state.issues.find((each) => each.identifier === identifier || each.id === identifier);
  if (!issue) throw new Error(`No issue "${identifier}".`);
  return issue;
}

export function named<T extends { readonly name: string }>(records: readonly T[], name: string, what: string): T {
  const found = records.find((record) => record.name === name);
  if (!found) throw new Error(`No ${what} "${name}"; there are: ${records.map((each) => each.name).join(', ')}.`);
  return found;
}
