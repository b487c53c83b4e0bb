/** Fields that are worked out from other records: relations, addresses, and the few texts Linear composes. */
import type {
  AttachmentRecord,
  CommentRecord,
  HistoryRecord,
  IssueChanges,
  IssueRecord,
  LabelRecord,
  OrganizationRecord,
  ProjectRecord,
  RelationRecord,
  TeamRecord,
  UserRecord,
  WorkflowStateRecord,
} from '../board/records.ts';
import type { QueryContext } from './context.ts';

type Derive<Record> = (record: Record, context: QueryContext) => unknown;

export const derivedFields: Readonly<Record<string, Readonly<Record<string, Derive<object>>>>> = {
  Organization: fields<OrganizationRecord>({
    users: (_, { state }) => state.users,
    teams: (_, { state }) => state.teams,
    labels: (_, { state }) => state.labels.filter((label) => label.teamId === null),
    userCount: (_, { state }) => state.users.length,
    createdIssueCount: (_, { state }) => state.issues.length,
  }),

  User: fields<UserRecord>({
    isMe: (user, { viewerId }) => user.id === viewerId,
    initials: (user) => user.name.replace(/(\S)\S*\s*/g, '$1'),
    url: (user, { state }) => `https://linear.app/${state.organization.urlKey}/profiles/${user.displayName}`,
    owner: (user) => user.admin,
    isAssignable: (user) => user.active,
    isMentionable: (user) => user.active,
    supportsAgentSessions: (user) => user.app,
    createdIssueCount: (user, { state }) => state.issues.filter((issue) => issue.creatorId === user.id).length,
    organization: (_, { state }) => state.organization,
    teams: (_, { state }) => state.teams,
    assignedIssues: (user, { state }) => state.issues.filter((issue) => issue.assigneeId === user.id),
    delegatedIssues: (user, { state }) => state.issues.filter((issue) => issue.delegateId === user.id),
    createdIssues: (user, { state }) => state.issues.filter((issue) => issue.creatorId === user.id),
  }),

  Team: fields<TeamRecord>({
    displayName: (team) => team.name,
    issueCount: (team, { state }) => state.issues.filter((issue) => issue.teamId === team.id).length,
    organization: (_, { state }) => state.organization,
    states: (team, { state }) => state.workflowStates.filter((each) => each.teamId === team.id),
    labels: (team, { state }) => state.labels.filter((label) => label.teamId === team.id || label.teamId === null),
    members: (_, { state }) => state.users.filter((user) => user.active),
    issues: (team, { state }) => state.issues.filter((issue) => issue.teamId === team.id),
    projects: (team, { state }) => state.projects.filter((project) => project.teamIds.includes(team.id)),
    defaultIssueState: (team, { state }) => stateOfType(state.workflowStates, team, 'backlog'),
    startWorkflowState: (team, { state }) => stateOfType(state.workflowStates, team, 'started'),
    triageIssueState: (team, { state }) => stateOfType(state.workflowStates, team, 'triage'),
    triageEnabled: (team, { state }) => stateOfType(state.workflowStates, team, 'triage') !== null,
  }),

  WorkflowState: fields<WorkflowStateRecord>({
    team: (workflowState, { state }) => byId(state.teams, workflowState.teamId),
    issues: (workflowState, { state }) => state.issues.filter((issue) => issue.stateId === workflowState.id),
  }),

  IssueLabel: fields<LabelRecord>({
    team: (label, { state }) => byId(state.teams, label.teamId),
    creator: (label, { state }) => byId(state.users, label.creatorId),
    organization: (_, { state }) => state.organization,
    issues: (label, { state }) => state.issues.filter((issue) => issue.labelIds.includes(label.id)),
  }),

  Project: fields<ProjectRecord>({
    slugId: (project) => project.id.slice(0, 12),
    url: (project, { state }) => `https://linear.app/${state.organization.urlKey}/project/${slug(project.name)}`,
    teams: (project, { state }) => state.teams.filter((team) => project.teamIds.includes(team.id)),
    issues: (project, { state }) => state.issues.filter((issue) => issue.projectId === project.id),
    status: (project) => ({ id: project.id, name: project.state, type: project.state }),
  }),

  Issue: fields<IssueRecord>({
    url: issueUrl,
    branchName: (issue, { state, viewerId }) =>
      `${byId(state.users, viewerId)?.displayName ?? 'feature'}/${issue.identifier.toLowerCase()}-${slug(issue.title)}`,
    priorityLabel: (issue) => ['No priority', 'Urgent', 'High', 'Medium', 'Low'][issue.priority] ?? 'No priority',
    prioritySortOrder: (issue) => issue.sequence,
    sortOrder: (issue) => -issue.sequence,
    boardOrder: (issue) => -issue.sequence,
    team: (issue, { state }) => byId(state.teams, issue.teamId),
    state: (issue, { state }) => byId(state.workflowStates, issue.stateId),
    assignee: (issue, { state }) => byId(state.users, issue.assigneeId),
    delegate: (issue, { state }) => byId(state.users, issue.delegateId),
    creator: (issue, { state }) => byId(state.users, issue.creatorId),
    project: (issue, { state }) => byId(state.projects, issue.projectId),
    parent: (issue, { state }) => byId(state.issues, issue.parentId),
    children: (issue, { state }) => state.issues.filter((each) => each.parentId === issue.id),
    labels: (issue, { state }) => state.labels.filter((label) => issue.labelIds.includes(label.id)),
    comments: (issue, { state }) => state.comments.filter((comment) => comment.issueId === issue.id),
    attachments: (issue, { state }) => state.attachments.filter((each) => each.issueId === issue.id),
    relations: (issue, { state }) => state.relations.filter((each) => each.issueId === issue.id),
    inverseRelations: (issue, { state }) => state.relations.filter((each) => each.relatedIssueId === issue.id),
    history: (issue, { state }) => state.history.filter((each) => each.issueId === issue.id),
  }),

  IssueRelation: fields<RelationRecord>({
    issue: (relation, { state }) => byId(state.issues, relation.issueId),
    relatedIssue: (relation, { state }) => byId(state.issues, relation.relatedIssueId),
  }),

  Comment: fields<CommentRecord>({
    issue: (comment, { state }) => byId(state.issues, comment.issueId),
    user: (comment, { state }) => byId(state.users, comment.userId),
    parent: (comment, { state }) => byId(state.comments, comment.parentId),
    children: (comment, { state }) => state.comments.filter((each) => each.parentId === comment.id),
    url: (comment, context) => {
      const issue = byId(context.state.issues, comment.issueId);
      return `${issue ? issueUrl(issue, context) : ''}#comment-${comment.id.slice(0, 8)}`;
    },
  }),

  Attachment: fields<AttachmentRecord>({
    issue: (attachment, { state }) => byId(state.issues, attachment.issueId),
    creator: (attachment, { state }) => byId(state.users, attachment.creatorId),
    sourceType: (attachment) => (attachment.url.includes('/pull/') ? 'github' : 'api'),
  }),

  IssueHistory: fields<HistoryRecord>({
    issue: (entry, { state }) => byId(state.issues, entry.issueId),
    actor: (entry, { state }) => byId(state.users, entry.actorId),
    actors: (entry, { state }) => state.users.filter((user) => user.id === entry.actorId),
    descriptionUpdatedBy: (entry, { state }) =>
      entry.delta.updatedDescription ? state.users.filter((user) => user.id === entry.actorId) : null,
    fromState: ({ delta }, { state }) => byId(state.workflowStates, delta.fromStateId),
    toState: ({ delta }, { state }) => byId(state.workflowStates, delta.toStateId),
    fromAssignee: ({ delta }, { state }) => byId(state.users, delta.fromAssigneeId),
    toAssignee: ({ delta }, { state }) => byId(state.users, delta.toAssigneeId),
    fromDelegate: ({ delta }, { state }) => byId(state.users, delta.fromDelegateId),
    toDelegate: ({ delta }, { state }) => byId(state.users, delta.toDelegateId),
    fromProject: ({ delta }, { state }) => byId(state.projects, delta.fromProjectId),
    toProject: ({ delta }, { state }) => byId(state.projects, delta.toProjectId),
    fromParent: ({ delta }, { state }) => byId(state.issues, delta.fromParentId),
    toParent: ({ delta }, { state }) => byId(state.issues, delta.toParentId),
    attachment: ({ delta }, { state }) => byId(state.attachments, delta.attachmentId),
    addedLabels: ({ delta }, { state }) => byIds(state.labels, delta.addedLabelIds),
    removedLabels: ({ delta }, { state }) => byIds(state.labels, delta.removedLabelIds),
    ...changeFields([
      'fromStateId',
      'toStateId',
      'fromAssigneeId',
      'toAssigneeId',
      'fromProjectId',
      'toProjectId',
      'fromParentId',
      'toParentId',
      'fromTitle',
      'toTitle',
      'fromPriority',
      'toPriority',
      'addedLabelIds',
      'removedLabelIds',
      'updatedDescription',
      'archived',
      'trashed',
      'attachmentId',
      'relationChanges',
    ]),
  }),
};

/** The table is read by name, so it forgets which record each row takes; this is the one place where it may. */
function fields<Record>(table: { readonly [field: string]: Derive<Record> }): { [field: string]: Derive<object> } {
  return table as { [field: string]: Derive<object> };
}

function changeFields(names: readonly (keyof IssueChanges)[]): { [field: string]: Derive<HistoryRecord> } {
  return Object.fromEntries(names.map((name) => [name, ({ delta }: HistoryRecord) => delta[name] ?? null]));
}

function issueUrl(issue: IssueRecord, { state }: QueryContext): string {
  return `https://linear.app/${state.organization.urlKey}/issue/${issue.identifier}/${slug(issue.title)}`;
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
}

function stateOfType(states: readonly WorkflowStateRecord[], team: TeamRecord, type: string): unknown {
  return states.find((each) => each.teamId === team.id && each.type === type) ?? null;
}

function byId<T extends { readonly id: string }>(records: readonly T[], id: string | null | undefined): T | null {
  return records.find((record) => record.id === id) ?? null;
}

function byIds<T extends { readonly id: string }>(records: readonly T[], ids: readonly string[] | undefined) {
  return ids ? records.filter((record) => ids.includes(record.id)) : null;
}
