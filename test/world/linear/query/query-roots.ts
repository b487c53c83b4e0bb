/** The root fields of Query that are written. A list becomes a filtered page where the schema says connection. */
import { requireIssue, requireRecord } from '../board/check-input.ts';
import { invalidInput } from '../board/errors.ts';
import type { QueryContext } from './context.ts';

export type Root = (args: Readonly<Record<string, unknown>>, context: QueryContext) => unknown;

export const queryRoots: Readonly<Record<string, Root>> = {
  viewer: (_, { state, viewerId }) => requireRecord(state.users, viewerId, 'User'),
  organization: (_, { state }) => state.organization,
  rateLimitStatus: (_, context) => context.rateLimitStatus(),

  users: (_, { state }) => state.users.filter((user) => user.active),
  user: ({ id }, { state, viewerId }) => requireRecord(state.users, id === 'me' ? viewerId : String(id), 'User'),
  teams: (_, { state }) => state.teams,
  team: ({ id }, { state }) => {
    const team = state.teams.find((each) => each.id === id || each.key === id);
    return team ?? requireRecord(state.teams, String(id), 'Team');
  },
  workflowStates: (_, { state }) => state.workflowStates,
  workflowState: ({ id }, { state }) => requireRecord(state.workflowStates, String(id), 'WorkflowState'),
  issueLabels: (_, { state }) => state.labels,
  issueLabel: ({ id }, { state }) => requireRecord(state.labels, String(id), 'IssueLabel'),
  projects: (_, { state }) => state.projects,
  project: ({ id }, { state }) => requireRecord(state.projects, String(id), 'Project'),

  issues: (_, { state }) => state.issues,
  issue: ({ id }, { state }) => requireIssue(state, String(id)),
  issueRelations: (_, { state }) => state.relations,
  issueRelation: ({ id }, { state }) => requireRecord(state.relations, String(id), 'IssueRelation'),
  comments: (_, { state }) => state.comments,
  comment: ({ id, hash }, { state }) => {
    if (typeof id === 'string') return requireRecord(state.comments, id, 'Comment');
    if (typeof hash !== 'string') throw invalidInput('Either id or hash must be given.');
    const comment = state.comments.find((each) => each.id.startsWith(hash));
    return comment ?? requireRecord(state.comments, hash, 'Comment');
  },
  attachments: (_, { state }) => state.attachments,
  attachment: ({ id }, { state }) => requireRecord(state.attachments, String(id), 'Attachment'),
  attachmentsForURL: ({ url }, { state }) => state.attachments.filter((each) => each.url === url),
};

/** Arguments of connections that a root itself takes care of, besides those of filtering and paging. */
export const ownArguments: Readonly<Record<string, readonly string[]>> = { attachmentsForURL: ['url'] };
