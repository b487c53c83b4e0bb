/** Writing comments. A comment does not move its issue's `updatedAt` unless the board was told so. */

import type { Writer } from './board.ts';
import { clientId, requireIssue, requireRecord } from './check-input.ts';
import { invalidInput } from './errors.ts';
import { base, next } from './new-record.ts';
import type { CommentRecord } from './records.ts';

export interface NewCommentInput {
  readonly id?: string | null;
  readonly issueId?: string | null;
  readonly parentId?: string | null;
  readonly body?: string | null;
}

export function createComment(writer: Writer, input: NewCommentInput): CommentRecord {
  const { state } = writer;
  const parent = input.parentId ? requireRecord(state.comments, input.parentId, 'Comment') : null;
  const issueId = input.issueId ?? parent?.issueId;
  if (!issueId) throw invalidInput('issueId or parentId must be given; the stand-in has comments on issues alone.');
  if (!input.body) throw invalidInput('body must not be empty.');
  const issue = requireIssue(state, issueId);
  const comment: CommentRecord = {
    ...base(clientId(input.id, state.comments, 'Comment') ?? writer.newId('comment'), next(state), writer.now),
    issueId: issue.id,
    body: input.body,
    editedAt: null,
    userId: writer.actor.userId,
    botActor: writer.actor.botActor,
    parentId: parent?.id ?? null,
  };
  state.comments.push(comment);
  if (writer.bumps.comment) writer.touch(issue);
  writer.effect(issue, { kind: 'comment-create', commentId: comment.id, body: comment.body });
  return comment;
}

export function updateComment(writer: Writer, comment: CommentRecord, body: string): CommentRecord {
  if (body === '') throw invalidInput('body must not be empty.');
  const issue = requireIssue(writer.state, comment.issueId);
  if (body === comment.body) return comment;
  const from = comment.body;
  comment.body = body;
  comment.editedAt = new Date(writer.now).toISOString();
  writer.touch(comment);
  if (writer.bumps.comment) writer.touch(issue);
  writer.effect(issue, { kind: 'comment-update', commentId: comment.id, from, to: body });
  return comment;
}

export function deleteComment(writer: Writer, comment: CommentRecord): void {
  const issue = requireIssue(writer.state, comment.issueId);
  writer.state.comments.splice(writer.state.comments.indexOf(comment), 1);
  if (writer.bumps.comment) writer.touch(issue);
  writer.effect(issue, { kind: 'comment-delete', commentId: comment.id, body: comment.body });
}
