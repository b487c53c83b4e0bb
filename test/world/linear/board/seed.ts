/** The board as it stands when the world begins: plain data with sensible defaults, turned into records. */
import { actorOf, issueByIdentifier, named, stateByName, teamByKey, userByName } from './find.ts';
import { idFrom } from './ids.ts';
import { base, next } from './new-record.ts';
import type { ActingAs, HistoryRecord, IssueRecord, LinearState, TeamRecord, WorkflowStateType } from './records.ts';

export interface LinearSeed {
  readonly organization?: { readonly name?: string; readonly urlKey?: string };
  /** One team `ENG`, "Engineering", when absent. */
  readonly teams?: readonly TeamSeed[];
  readonly users: readonly UserSeed[];
  readonly labels?: readonly { readonly name: string; readonly team?: string; readonly color?: string }[];
  readonly projects?: readonly { readonly name: string; readonly teams?: readonly string[] }[];
  /** In order of creation; each team numbers its own from 1. */
  readonly issues?: readonly IssueSeed[];
  /** When the seed was made; the clock's now when absent. Issues without a time of their own follow a second apart. */
  readonly at?: number;
}

export interface TeamSeed {
  readonly key: string;
  readonly name?: string;
  readonly states?: readonly { readonly name: string; readonly type: WorkflowStateType }[];
}

export interface UserSeed {
  readonly name: string;
  /** The handle by which seeds and people name this user; the first name in lower case when absent. */
  readonly displayName?: string;
  readonly id?: string;
  readonly email?: string;
  /** An OAuth app's own user. */
  readonly app?: boolean;
  readonly admin?: boolean;
  readonly guest?: boolean;
  readonly active?: boolean;
}

/** Users, states, labels, projects and issues are named by handle, name or identifier. */
export interface IssueSeed {
  readonly title: string;
  readonly id?: string;
  readonly team?: string;
  readonly description?: string | null;
  /** `Todo` when absent. */
  readonly state?: string;
  readonly priority?: 0 | 1 | 2 | 3 | 4;
  readonly labels?: readonly string[];
  readonly assignee?: string;
  readonly delegate?: string;
  /** The first user when absent; null for an issue made by an integration. */
  readonly creator?: string | null;
  readonly project?: string;
  readonly parent?: string;
  readonly blockedBy?: readonly string[];
  /** When given, the issue was made in the team's first backlog state and moved to `state` by this actor. */
  readonly movedBy?: ActingAs;
  readonly createdAt?: number;
  readonly updatedAt?: number;
  readonly archived?: boolean;
  readonly trashed?: boolean;
}

const usualWorkflow: readonly { readonly name: string; readonly type: WorkflowStateType }[] = [
  { name: 'Triage', type: 'triage' },
  { name: 'Backlog', type: 'backlog' },
  { name: 'Todo', type: 'unstarted' },
  { name: 'In Progress', type: 'started' },
  { name: 'In Review', type: 'started' },
  { name: 'Done', type: 'completed' },
  { name: 'Canceled', type: 'canceled' },
];

export function stateFromSeed(seed: LinearSeed, now: number): LinearState {
  const at = seed.at ?? now;
  const urlKey = seed.organization?.urlKey ?? 'stand-in';
  const state: LinearState = {
    organization: {
      ...base(idFrom(`organization ${urlKey}`), 0, at),
      name: seed.organization?.name ?? 'Stand-in',
      urlKey,
    },
    users: [],
    teams: [],
    workflowStates: [],
    labels: [],
    projects: [],
    issues: [],
    relations: [],
    comments: [],
    attachments: [],
    history: [],
    sequence: 0,
  };
  for (const user of seed.users) addUser(state, user, at);
  for (const team of seed.teams ?? [{ key: 'ENG', name: 'Engineering' }]) addTeam(state, team, at);
  for (const label of seed.labels ?? []) {
    state.labels.push({
      ...base(idFrom(`label ${label.team ?? ''} ${label.name}`), next(state), at),
      name: label.name,
      color: label.color ?? '#95a2b3',
      description: null,
      teamId: label.team === undefined ? null : teamByKey(state, label.team).id,
      creatorId: null,
    });
  }
  for (const project of seed.projects ?? []) {
    const keys = project.teams ?? state.teams.map((team) => team.key);
    state.projects.push({
      ...base(idFrom(`project ${project.name}`), next(state), at),
      name: project.name,
      description: '',
      state: 'started',
      teamIds: keys.map((key) => teamByKey(state, key).id),
    });
  }
  const issues = seed.issues ?? [];
  for (const [index, issue] of issues.entries()) {
    // Older than "now", in the order given, so that nothing in the seed lies in the future of its reader.
    addIssue(state, issue, issue.createdAt ?? at - (issues.length - index) * 1000);
  }
  // Only now, because an issue may be blocked by one that stands further down.
  for (const [index, issue] of issues.entries()) addBlockers(state, issue, state.issues[index], at);
  return state;
}

function addUser(state: LinearState, seed: UserSeed, at: number): void {
  const displayName = seed.displayName ?? (seed.name.split(' ')[0] ?? seed.name).toLowerCase();
  state.users.push({
    ...base(seed.id ?? idFrom(`user ${displayName}`), next(state), at),
    name: seed.name,
    displayName,
    email: seed.email ?? `${displayName}@example.com`,
    app: seed.app ?? false,
    admin: seed.admin ?? false,
    guest: seed.guest ?? false,
    active: seed.active ?? true,
  });
}

function addTeam(state: LinearState, seed: TeamSeed, at: number): void {
  const team: TeamRecord = {
    ...base(idFrom(`team ${seed.key}`), next(state), at),
    key: seed.key,
    name: seed.name ?? seed.key,
  };
  state.teams.push(team);
  for (const [position, { name, type }] of (seed.states ?? usualWorkflow).entries()) {
    const id = idFrom(`state ${seed.key} ${name}`);
    state.workflowStates.push({ ...base(id, next(state), at), name, type, position, teamId: team.id });
  }
}

function addIssue(state: LinearState, seed: IssueSeed, at: number): void {
  const team = seed.team === undefined ? state.teams[0] : teamByKey(state, seed.team);
  if (!team) throw new Error('The seed has issues but no team.');
  const number = state.issues.filter((issue) => issue.teamId === team.id).length + 1;
  const identifier = `${team.key}-${number}`;
  const workflowState = stateByName(state, team, seed.state ?? 'Todo');
  const time = new Date(seed.updatedAt ?? at).toISOString();
  const gone = seed.archived === true || seed.trashed === true;
  const issue: IssueRecord = {
    ...base(seed.id ?? idFrom(`issue ${identifier}`), next(state), at),
    updatedAt: time,
    archivedAt: gone ? time : null,
    number,
    identifier,
    teamId: team.id,
    title: seed.title,
    description: seed.description ?? null,
    priority: seed.priority ?? 0,
    stateId: workflowState.id,
    assigneeId: seed.assignee === undefined ? null : userByName(state, seed.assignee),
    delegateId: seed.delegate === undefined ? null : userByName(state, seed.delegate),
    creatorId: creatorOf(state, seed),
    botActor: null,
    labelIds: (seed.labels ?? []).map((name) => named(state.labels, name, 'label').id),
    projectId: seed.project === undefined ? null : named(state.projects, seed.project, 'project').id,
    parentId: seed.parent === undefined ? null : issueByIdentifier(state, seed.parent).id,
    trashed: seed.trashed === true ? true : null,
    startedAt: ['started', 'completed'].includes(workflowState.type) ? time : null,
    completedAt: workflowState.type === 'completed' ? time : null,
    canceledAt: workflowState.type === 'canceled' ? time : null,
  };
  state.issues.push(issue);
  if (seed.movedBy !== undefined) state.history.push(firstMove(state, issue, team, seed.movedBy));
}

function creatorOf(state: LinearState, seed: IssueSeed): string | null {
  if (seed.creator === null) return null;
  if (seed.creator !== undefined) return userByName(state, seed.creator);
  return state.users[0]?.id ?? null;
}

function firstMove(state: LinearState, issue: IssueRecord, team: TeamRecord, movedBy: ActingAs): HistoryRecord {
  const from = state.workflowStates.find((each) => each.teamId === team.id && each.type === 'backlog');
  if (!from) throw new Error(`Team ${team.key} has no backlog state for "movedBy" to start from.`);
  const { userId, botActor } = actorOf(state, movedBy);
  return {
    ...base(idFrom(`history ${issue.identifier} seed`), next(state), Date.parse(issue.updatedAt)),
    issueId: issue.id,
    actorId: userId,
    botActor,
    delta: { fromStateId: from.id, toStateId: issue.stateId },
  };
}

function addBlockers(state: LinearState, seed: IssueSeed, issue: IssueRecord | undefined, at: number): void {
  for (const identifier of seed.blockedBy ?? []) {
    const blocker = issueByIdentifier(state, identifier);
    if (!issue) continue;
    state.relations.push({
      ...base(idFrom(`relation ${identifier} blocks ${issue.identifier}`), next(state), at),
      type: 'blocks',
      issueId: blocker.id,
      relatedIssueId: issue.id,
    });
  }
}
