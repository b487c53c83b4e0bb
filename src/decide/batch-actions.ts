/** What is done for a batch, as actions: its words for people, and under which names it stands in the ledger. */
import type {
  DropBatch,
  JudgedPart,
  Merge,
  OpenBatch,
  PostReview,
  Report,
  SetStatus,
  VerifyMerge,
} from '../domain/action.ts';
import { baseSubject, subjectKey } from '../domain/run.ts';
import {
  type Batch,
  type BatchMember,
  batchBranch,
  batchMergeKey,
  batchReport,
  type DropReason,
  dropKey,
} from './batch.ts';
import { short } from './checks.ts';
import { REVIEW_CONTEXT } from './stages/review.ts';
import { joined } from './words.ts';

export type Unopened = Pick<Batch, 'key' | 'repository' | 'baseBranch' | 'base' | 'members'>;

export function openBatch(batch: Unopened, members: readonly JudgedPart[]): OpenBatch {
  const { key, repository, baseBranch, base } = batch;
  const names = namesOf(batch);
  const marker = `<!-- heartline:${key} -->`;
  return {
    kind: 'open-batch',
    key,
    repository,
    baseBranch,
    base,
    members,
    branch: batchBranch(batch),
    title: `Batch of ${names}`,
    body: [
      `${names}, tested and merged together. Each was reviewed by itself; nothing is reviewed here.`,
      members.map((one) => `- #${one.number} at ${one.head}`).join('\n'),
      'Close it to have them tried in smaller groups.',
      marker,
    ].join('\n\n'),
    marker,
    subject: baseSubject(repository, baseBranch),
    reason: `${names} are ready but for ${baseBranch} as it is now: they are tested and merged together.`,
  };
}

/** What GitHub's own rules may ask for on the commit that merges: that each part of it was approved. */
export function approvedStatus(batch: Batch): SetStatus {
  return {
    kind: 'set-status',
    key: statusKey(batch),
    repository: batch.repository,
    head: headOf(batch),
    context: REVIEW_CONTEXT,
    state: 'success',
    description: `${batch.members.length} changes, each approved`,
    subject: pullSubject(batch),
    reason: approvedReason(batch),
  };
}

/** The same where it takes the word of an identity of its own. */
export function approvingReview(batch: Batch): PostReview {
  const marker = `<!-- heartline:${reviewKey(batch)} -->`;
  return {
    kind: 'post-review',
    key: reviewKey(batch),
    repository: batch.repository,
    number: numberOf(batch),
    head: headOf(batch),
    event: 'approve',
    body: `${approvedReason(batch)}\n\n${marker}`,
    findings: [],
    marker,
    subject: pullSubject(batch),
    reason: approvedReason(batch),
  };
}

export function mergeBatch(batch: Batch, title: string, members: Merge['members']): Merge {
  const { repository, base, baseBranch } = batch;
  const number = numberOf(batch);
  return {
    kind: 'merge',
    key: batchMergeKey(batch) ?? '',
    issueId: null,
    repository,
    number,
    head: headOf(batch),
    base,
    baseBranch,
    method: 'merge',
    title: `${title} (#${number})`,
    members,
    subject: pullSubject(batch),
    reason: `${namesOf(batch)} are merged together as #${number}.`,
  };
}

export function verifyBatch(batch: Batch, mergeCommit: string): VerifyMerge {
  const { repository, baseBranch, base } = batch;
  const name = `#${numberOf(batch)}`;
  const text = `${repository}${name} merged as ${short(mergeCommit)}, and with it ${namesOf(batch)}.`;
  return {
    kind: 'verify-merge',
    record: null,
    name,
    subject: pullSubject(batch),
    repository,
    baseBranch,
    mergeCommit,
    head: headOf(batch),
    base,
    method: 'merge',
    report: { key: batchReport(batch, mergeCommit), text },
    reason: `What ${name} landed as ${short(mergeCommit)} is compared with what was tested.`,
  };
}

const WHY: Readonly<Record<DropReason, string>> = {
  landed: 'they landed, and the branch they were tested on is not needed any more.',
  red: 'they do not pass together, so they are tried in smaller groups.',
  stale: 'something moved since they were put together, so they are put together anew.',
};

export function dropBatch(batch: Batch, why: DropReason): DropBatch {
  const { repository, baseBranch, base, members } = batch;
  return {
    kind: 'drop-batch',
    key: dropKey(batch, why),
    repository,
    base,
    members,
    branch: batchBranch(batch),
    subject: baseSubject(repository, baseBranch),
    reason: `${namesOf(batch)}: ${WHY[why]}`,
  };
}

/** People hear of it only where GitHub takes no batch at all. */
export function refusedBatch(batch: Batch, error: string): Report {
  const { repository, baseBranch } = batch;
  const what = batch.pullRequest === null ? 'take' : `merge #${batch.pullRequest.number},`;
  const text = `${repository}: GitHub does not ${what} what is tested together: ${error}. Pull requests are merged one at a time for a day. See the rules of ${baseBranch}, or set batchMax to 1.`;
  const subject = baseSubject(repository, baseBranch);
  return { kind: 'report', key: refusalKey(batch), event: 'trouble', text, subject, reason: text };
}

/** Nobody is at work on it who could settle that, and everybody else waits with it. */
export function waitingBatch(batch: Batch, why: string): Report {
  const { repository, baseBranch } = batch;
  const name = `#${numberOf(batch)}`;
  const text = `${repository}: ${name}, which tests several pull requests together, waits: ${why} Nothing else merges into ${baseBranch} until that is settled, or ${name} is closed.`;
  const subject = baseSubject(repository, baseBranch);
  return { kind: 'report', key: `batch-waits:${batch.key}`, event: 'ready', text, subject, reason: text };
}

/** It is over, and stays open for a person to close. */
export function keptBatch(batch: Batch, error: string): Report {
  const { repository, baseBranch } = batch;
  const text = `${repository}: #${numberOf(batch)} tested several pull requests together and is over, but its branch could not be deleted: ${error}. Close it and delete its branch; until then pull requests are merged one at a time.`;
  const subject = baseSubject(repository, baseBranch);
  return { kind: 'report', key: `batch-left:${batch.key}`, event: 'trouble', text, subject, reason: text };
}

export function refusalKey({ key }: Batch): string {
  return `batch-refused:${key}`;
}

export function statusKey(batch: Batch): string {
  return `status:${batch.repository}:${headOf(batch)}:batch`;
}

export function reviewKey(batch: Batch): string {
  return `review:batch:${batch.repository}:${numberOf(batch)}:${headOf(batch)}`;
}

export function namesOf({ members }: { readonly members: readonly BatchMember[] }): string {
  return joined(members.map(({ number }) => `#${number}`));
}

function approvedReason(batch: Batch): string {
  return `${namesOf(batch)} were each approved, and ${short(headOf(batch))} is them merged.`;
}

function pullSubject(batch: Batch): string {
  return subjectKey({ kind: 'pull-request', repository: batch.repository, number: numberOf(batch) });
}

/** Asked only of one that is open. */
function numberOf({ pullRequest }: Batch): number {
  return pullRequest?.number ?? 0;
}

function headOf({ pullRequest }: Batch): string {
  return pullRequest?.head ?? '';
}
