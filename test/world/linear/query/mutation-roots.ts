/** The root fields of Mutation that are written, each one change of the board in the name of the key's user. */

import type { Writer } from '../board/board.ts';
import { requireIssue, requireRecord } from '../board/check-input.ts';
import { invalidInput } from '../board/errors.ts';
import { createComment, deleteComment, updateComment } from '../board/write-comment.ts';
import { archiveIssue, createIssue, type IssueInput, unarchiveIssue, updateIssue } from '../board/write-issue.ts';
import {
  createLabel,
  createRelation,
  deleteAttachment,
  deleteRelation,
  updateAttachment,
  upsertAttachment,
} from '../board/write-links.ts';
import type { QueryContext } from './context.ts';
import type { Root } from './query-roots.ts';

type Input = Readonly<Record<string, unknown>>;

export const mutationRoots: Readonly<Record<string, Root>> = {
  issueCreate: mutation((writer, _args, input) => ({ issue: createIssue(writer, newIssue(input(newIssueKeys))) })),
  issueUpdate: mutation((writer, args, input) => ({
    issue: updateIssue(writer, issueOf(writer, args), input(issueKeys) as IssueInput),
  })),
  issueAddLabel: mutation((writer, args) => ({
    issue: updateIssue(writer, issueOf(writer, args), { addedLabelIds: [text(args, 'labelId')] }),
  })),
  issueRemoveLabel: mutation((writer, args) => ({
    issue: updateIssue(writer, issueOf(writer, args), { removedLabelIds: [text(args, 'labelId')] }),
  })),
  issueArchive: mutation((writer, args) => ({
    entity: archiveIssue(writer, issueOf(writer, args), args.trash === true),
  })),
  issueUnarchive: mutation((writer, args) => ({ entity: unarchiveIssue(writer, issueOf(writer, args)) })),
  issueDelete: mutation((writer, args) => ({ entity: archiveIssue(writer, issueOf(writer, args), true) })),

  commentCreate: mutation((writer, _args, input) => ({ comment: createComment(writer, input(commentKeys)) })),
  commentUpdate: mutation((writer, args, input) => {
    const comment = requireRecord(writer.state.comments, text(args, 'id'), 'Comment');
    return { comment: updateComment(writer, comment, text(input(['body']), 'body')) };
  }),
  commentDelete: mutation((writer, args) => {
    const comment = requireRecord(writer.state.comments, text(args, 'id'), 'Comment');
    deleteComment(writer, comment);
    return { entityId: comment.id };
  }),

  attachmentCreate: mutation((writer, _args, input) => {
    const given = input(attachmentKeys);
    const named = { issueId: text(given, 'issueId'), url: text(given, 'url'), title: text(given, 'title') };
    return { attachment: upsertAttachment(writer, { ...given, ...named }) };
  }),
  attachmentLinkURL: mutation((writer, args) => ({ attachment: link(writer, args) })),
  attachmentLinkGitHubPR: mutation((writer, args) => ({ attachment: link(writer, args) })),
  attachmentUpdate: mutation((writer, args, input) => {
    const attachment = requireRecord(writer.state.attachments, text(args, 'id'), 'Attachment');
    const given = input(['title', 'subtitle', 'metadata']);
    return { attachment: updateAttachment(writer, attachment, { ...given, title: text(given, 'title') }) };
  }),
  attachmentDelete: mutation((writer, args) => {
    const attachment = requireRecord(writer.state.attachments, text(args, 'id'), 'Attachment');
    deleteAttachment(writer, attachment);
    return { entityId: attachment.id };
  }),

  issueRelationCreate: mutation((writer, _args, input) => {
    const given = input(['id', 'issueId', 'relatedIssueId', 'type']);
    const issueId = text(given, 'issueId');
    const relatedIssueId = text(given, 'relatedIssueId');
    return { issueRelation: createRelation(writer, { ...given, issueId, relatedIssueId, type: text(given, 'type') }) };
  }),
  issueRelationDelete: mutation((writer, args) => {
    const relation = requireRecord(writer.state.relations, text(args, 'id'), 'IssueRelation');
    deleteRelation(writer, relation);
    return { entityId: relation.id };
  }),
  issueLabelCreate: mutation((writer, _args, input) => {
    const given = input(['id', 'name', 'color', 'description', 'teamId']);
    return { issueLabel: createLabel(writer, { ...given, name: text(given, 'name') }) };
  }),
};

const issueKeys = [
  'title',
  'description',
  'priority',
  'stateId',
  'assigneeId',
  'delegateId',
  'projectId',
  'parentId',
  'labelIds',
  'addedLabelIds',
  'removedLabelIds',
];
const newIssueKeys = [...issueKeys, 'id', 'teamId'];
const commentKeys = ['id', 'issueId', 'parentId', 'body', 'doNotSubscribeToIssue'];
const attachmentKeys = ['id', 'issueId', 'url', 'title', 'subtitle', 'metadata', 'groupBySource', 'iconUrl'];

type Apply = (writer: Writer, args: Input, input: (written: readonly string[]) => Input) => object;

function mutation(apply: Apply): Root {
  return (args, context) => {
    const input = (written: readonly string[]) => inputOf(args, written, context);
    return context.board.change(context.cause, (writer) => {
      const payload = apply(writer, args, input);
      return { success: true, lastSyncId: writer.state.sequence, ...payload };
    });
  };
}

/** The input may hold nothing that would be dropped without a word. */
function inputOf(args: Input, written: readonly string[], context: QueryContext): Input {
  const input = args.input;
  if (typeof input !== 'object' || input === null) throw invalidInput('input must be an object.');
  for (const [key, value] of Object.entries(input)) {
    if (value !== undefined && !written.includes(key)) throw context.notWritten(`input "${key}" of this mutation`);
  }
  return input as Input;
}

function newIssue(input: Input) {
  return { ...(input as IssueInput), teamId: text(input, 'teamId') };
}

function issueOf(writer: Writer, args: Input) {
  return requireIssue(writer.state, text(args, 'id'));
}

function link(writer: Writer, args: Input) {
  const url = text(args, 'url');
  const title = typeof args.title === 'string' ? args.title : url;
  return upsertAttachment(writer, { ...args, issueId: text(args, 'issueId'), url, title });
}

function text(args: Input, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw invalidInput(`${name} must be given.`);
  return value;
}
