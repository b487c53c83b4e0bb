/** What people, integrations and automations do on the board, by the names they would use, without any request. */
import type { Board, Writer } from '../board/board.ts';
import { requireIssue } from '../board/check-input.ts';
import { actorOf, issueByIdentifier, named, stateByName, userByName } from '../board/find.ts';
import type { ActingAs, CommentRecord, IssueRecord, RelationRecord, TeamRecord } from '../board/records.ts';
import { createComment, deleteComment, updateComment } from '../board/write-comment.ts';
import { archiveIssue, createIssue, unarchiveIssue, updateIssue } from '../board/write-issue.ts';
import { createRelation } from '../board/write-links.ts';

/**
 * Issues go by identifier, users by id or display name, states, labels and projects by name. `actor` may also be an
 * integration, or null for an automation that Linear would not name.
 */
export interface People {
  moveIssue(identifier: string, stateName: string, actor: ActingAs): IssueRecord;
  comment(identifier: string, body: string, actor: ActingAs): CommentRecord;
  reply(commentId: string, body: string, actor: ActingAs): CommentRecord;
  editComment(commentId: string, body: string, actor: ActingAs): CommentRecord;
  deleteComment(commentId: string, actor: ActingAs): void;
  editIssue(identifier: string, edit: IssueEdit, actor: ActingAs): IssueRecord;
  assign(identifier: string, assignee: string | null, actor: ActingAs): IssueRecord;
  delegate(identifier: string, app: string | null, actor: ActingAs): IssueRecord;
  label(identifier: string, labelName: string, actor: ActingAs): IssueRecord;
  unlabel(identifier: string, labelName: string, actor: ActingAs): IssueRecord;
  archive(identifier: string, actor: ActingAs): IssueRecord;
  trash(identifier: string, actor: ActingAs): IssueRecord;
  unarchive(identifier: string, actor: ActingAs): IssueRecord;
  createIssue(issue: IssueDraft, actor: ActingAs): IssueRecord;
  /** `blocker` now blocks `blocked`. */
  block(blocker: string, blocked: string, actor: ActingAs): RelationRecord;
  /** An administrator renames a workflow state under everybody's feet. */
  renameState(teamKey: string, from: string, to: string, actor: ActingAs): void;
}

export interface IssueEdit {
  readonly title?: string;
  readonly description?: string | null;
  readonly priority?: 0 | 1 | 2 | 3 | 4;
  readonly project?: string | null;
}

export interface IssueDraft {
  readonly title: string;
  readonly team?: string;
  readonly description?: string;
  readonly state?: string;
  readonly priority?: 0 | 1 | 2 | 3 | 4;
  readonly labels?: readonly string[];
  readonly assignee?: string;
}

export function peopleOn(board: Board): People {
  const { state } = board;
  const doing = <T>(actor: ActingAs, apply: (writer: Writer) => T): T =>
    board.change({ actor: actorOf(state, actor), request: null }, apply);
  const issueOf = (identifier: string) => issueByIdentifier(state, identifier);
  const labelId = (name: string) => named(state.labels, name, 'label').id;
  const commentOf = (id: string) => {
    const comment = state.comments.find((each) => each.id === id);
    if (!comment) throw new Error(`No comment "${id}".`);
    return comment;
  };

  return {
    moveIssue: (identifier, stateName, actor) =>
      doing(actor, (writer) => {
        const issue = issueOf(identifier);
        const stateId = stateByName(state, teamOf(board, issue.teamId), stateName).id;
        return updateIssue(writer, issue, { stateId });
      }),
    comment: (identifier, body, actor) =>
      doing(actor, (writer) => createComment(writer, { issueId: issueOf(identifier).id, body })),
    reply: (commentId, body, actor) => doing(actor, (writer) => createComment(writer, { parentId: commentId, body })),
    editComment: (commentId, body, actor) =>
      doing(actor, (writer) => updateComment(writer, commentOf(commentId), body)),
    deleteComment: (commentId, actor) => doing(actor, (writer) => deleteComment(writer, commentOf(commentId))),
    editIssue: (identifier, { project, ...edit }, actor) =>
      doing(actor, (writer) => {
        if (project === undefined) return updateIssue(writer, issueOf(identifier), edit);
        const projectId = project === null ? null : named(state.projects, project, 'project').id;
        return updateIssue(writer, issueOf(identifier), { ...edit, projectId });
      }),
    assign: (identifier, assignee, actor) =>
      doing(actor, (writer) => {
        const assigneeId = assignee === null ? null : userByName(state, assignee);
        return updateIssue(writer, issueOf(identifier), { assigneeId });
      }),
    delegate: (identifier, app, actor) =>
      doing(actor, (writer) => {
        const delegateId = app === null ? null : userByName(state, app);
        return updateIssue(writer, issueOf(identifier), { delegateId });
      }),
    label: (identifier, name, actor) =>
      doing(actor, (writer) => updateIssue(writer, issueOf(identifier), { addedLabelIds: [labelId(name)] })),
    unlabel: (identifier, name, actor) =>
      doing(actor, (writer) => updateIssue(writer, issueOf(identifier), { removedLabelIds: [labelId(name)] })),
    archive: (identifier, actor) => doing(actor, (writer) => archiveIssue(writer, issueOf(identifier), false)),
    trash: (identifier, actor) => doing(actor, (writer) => archiveIssue(writer, issueOf(identifier), true)),
    unarchive: (identifier, actor) => doing(actor, (writer) => unarchiveIssue(writer, issueOf(identifier))),
    createIssue: ({ team: key, state: stateName, labels, assignee, ...draft }, actor) =>
      doing(actor, (writer) => {
        const team = key === undefined ? state.teams[0] : state.teams.find((each) => each.key === key);
        if (!team) throw new Error(`No team "${key}".`);
        return createIssue(writer, {
          ...draft,
          teamId: team.id,
          stateId: stateName === undefined ? null : stateByName(state, team, stateName).id,
          labelIds: (labels ?? []).map(labelId),
          assigneeId: assignee === undefined ? null : userByName(state, assignee),
        });
      }),
    block: (blocker, blocked, actor) =>
      doing(actor, (writer) =>
        createRelation(writer, {
          issueId: requireIssue(state, blocker).id,
          relatedIssueId: requireIssue(state, blocked).id,
          type: 'blocks',
        }),
      ),
    renameState: (teamKey, from, to, actor) =>
      doing(actor, (writer) => {
        const team = state.teams.find((each) => each.key === teamKey);
        if (!team) throw new Error(`No team "${teamKey}".`);
        const workflowState = stateByName(state, team, from);
        workflowState.name = to;
        writer.touch(workflowState);
        writer.effect(null, { kind: 'state-rename', from, to });
      }),
  };
}

function teamOf(board: Board, teamId: string): TeamRecord {
  const team = board.state.teams.find((each) => each.id === teamId);
  if (!team) throw new Error(`No team "${teamId}".`);
  return team;
}
