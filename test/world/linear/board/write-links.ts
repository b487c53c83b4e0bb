/** Writing what hangs on issues: attachments, relations, and labels to hang on. */

import type { Writer } from './board.ts';
import { clientId, requireIssue, requireRecord } from './check-input.ts';
import { invalidInput } from './errors.ts';
import { base, next } from './new-record.ts';
import type { AttachmentRecord, LabelRecord, RelationRecord } from './records.ts';

export interface NewAttachmentInput {
  readonly id?: string | null;
  readonly issueId: string;
  readonly url: string;
  readonly title: string;
  readonly subtitle?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly groupBySource?: boolean | null;
}

/** Linear documents this as an upsert: the same url on the same issue updates the existing record. */
export function upsertAttachment(writer: Writer, input: NewAttachmentInput): AttachmentRecord {
  const { state } = writer;
  const issue = requireIssue(state, input.issueId);
  if (!URL.canParse(input.url)) throw invalidInput(`url must be a URL, not "${input.url}".`);
  const existing = state.attachments.find((each) => each.issueId === issue.id && each.url === input.url);
  if (existing) return updateAttachment(writer, existing, input);
  const attachment: AttachmentRecord = {
    ...base(clientId(input.id, state.attachments, 'Attachment') ?? writer.newId('attachment'), next(state), writer.now),
    issueId: issue.id,
    url: input.url,
    title: input.title,
    subtitle: input.subtitle ?? null,
    metadata: input.metadata ?? {},
    groupBySource: input.groupBySource ?? false,
    creatorId: writer.actor.userId,
  };
  state.attachments.push(attachment);
  writer.history(issue, { attachmentId: attachment.id });
  if (writer.bumps.attachment) writer.touch(issue);
  const { id: attachmentId, url, title } = attachment;
  writer.effect(issue, { kind: 'attachment-create', attachmentId, url, title });
  return attachment;
}

export interface AttachmentChanges {
  readonly title: string;
  readonly subtitle?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export function updateAttachment(
  writer: Writer,
  attachment: AttachmentRecord,
  input: AttachmentChanges,
): AttachmentRecord {
  const issue = requireIssue(writer.state, attachment.issueId);
  attachment.title = input.title;
  if (input.subtitle !== undefined) attachment.subtitle = input.subtitle;
  if (input.metadata) attachment.metadata = input.metadata;
  writer.touch(attachment);
  if (writer.bumps.attachment) writer.touch(issue);
  const { id: attachmentId, url, title } = attachment;
  writer.effect(issue, { kind: 'attachment-update', attachmentId, url, title });
  return attachment;
}

export function deleteAttachment(writer: Writer, attachment: AttachmentRecord): void {
  const issue = requireIssue(writer.state, attachment.issueId);
  writer.state.attachments.splice(writer.state.attachments.indexOf(attachment), 1);
  if (writer.bumps.attachment) writer.touch(issue);
  writer.effect(issue, { kind: 'attachment-delete', attachmentId: attachment.id, url: attachment.url });
}

export interface NewRelationInput {
  readonly id?: string | null;
  readonly issueId: string;
  readonly relatedIssueId: string;
  /** `blocks` says that `issueId` blocks `relatedIssueId`. */
  readonly type: string;
}

export function createRelation(writer: Writer, input: NewRelationInput): RelationRecord {
  const { state } = writer;
  const issue = requireIssue(state, input.issueId);
  const related = requireIssue(state, input.relatedIssueId);
  if (issue.id === related.id) throw invalidInput('An issue cannot be related to itself.');
  const same = (each: RelationRecord) =>
    each.issueId === issue.id && each.relatedIssueId === related.id && each.type === input.type;
  if (state.relations.some(same))
    throw invalidInput(`${issue.identifier} already ${input.type} ${related.identifier}.`);
  const relation: RelationRecord = {
    ...base(clientId(input.id, state.relations, 'IssueRelation') ?? writer.newId('relation'), next(state), writer.now),
    type: input.type,
    issueId: issue.id,
    relatedIssueId: related.id,
  };
  state.relations.push(relation);
  writer.history(issue, { relationChanges: [{ identifier: related.identifier, type: input.type }] });
  writer.history(related, { relationChanges: [{ identifier: issue.identifier, type: `${input.type}-inverse` }] });
  if (writer.bumps.relation) for (const each of [issue, related]) writer.touch(each);
  writer.effect(issue, {
    kind: 'relation-create',
    relationId: relation.id,
    type: input.type,
    related: related.identifier,
  });
  return relation;
}

export function deleteRelation(writer: Writer, relation: RelationRecord): void {
  const { state } = writer;
  const issue = requireIssue(state, relation.issueId);
  const related = requireIssue(state, relation.relatedIssueId);
  state.relations.splice(state.relations.indexOf(relation), 1);
  if (writer.bumps.relation) for (const each of [issue, related]) writer.touch(each);
  writer.effect(issue, {
    kind: 'relation-delete',
    relationId: relation.id,
    type: relation.type,
    related: related.identifier,
  });
}

export interface NewLabelInput {
  readonly id?: string | null;
  readonly name: string;
  readonly color?: string | null;
  readonly description?: string | null;
  readonly teamId?: string | null;
}

export function createLabel(writer: Writer, input: NewLabelInput): LabelRecord {
  const { state } = writer;
  if (input.teamId) requireRecord(state.teams, input.teamId, 'Team');
  const teamId = input.teamId ?? null;
  const sameName = (each: LabelRecord) =>
    each.teamId === teamId && each.name.toLowerCase() === input.name.toLowerCase();
  if (state.labels.some(sameName)) throw invalidInput(`A label named "${input.name}" already exists.`);
  const label: LabelRecord = {
    ...base(clientId(input.id, state.labels, 'IssueLabel') ?? writer.newId('label'), next(state), writer.now),
    name: input.name,
    color: input.color ?? '#95a2b3',
    description: input.description ?? null,
    teamId,
    creatorId: writer.actor.userId,
  };
  state.labels.push(label);
  writer.effect(null, { kind: 'label-create', label: label.name });
  return label;
}
