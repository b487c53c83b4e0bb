/** One issue, one pull request, as every surface shows them: status, why, board, digest. */
import type { Issue } from '../domain/issue.ts';
import type { IssueRecord, Phase } from '../domain/issue-record.ts';
import type { StageKind } from '../domain/pipeline.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import { no, type Verdict, wait, yes } from '../domain/verdict.ts';
import type { Sight } from './sight.ts';
import type { Turn } from './turn.ts';
import { roundsOf } from './words.ts';

export interface IssueView {
  readonly issueId: string;
  readonly key: string;
  readonly title: string;
  readonly url: string;
  readonly project: string;
  readonly phase: Phase | 'waiting';
  readonly stage: StageKind | null;
  readonly verdict: Verdict;
  readonly pullRequest: number | null;
  readonly mergeCommit: string | null;
  readonly rounds: { readonly review: number; readonly checks: number };
  readonly microUsd: MicroUsd;
}

export interface PullRequestView {
  readonly repository: string;
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly verdict: Verdict;
}

export function viewOfRecord(
  { snapshot, runs }: Sight,
  record: IssueRecord,
  stage: StageKind | null,
  verdict: Verdict,
): IssueView {
  const { issueId, key, ticket, project, phase, pullRequest, mergeCommit, attempt } = record;
  return {
    issueId,
    key,
    title: ticket.title,
    url: ticket.url,
    project,
    phase,
    stage,
    verdict,
    pullRequest,
    mergeCommit,
    rounds: roundsOf({ runs: runs(record).filter((run) => run.attempt === attempt) }),
    microUsd: snapshot.spend.byIssue.get(issueId) ?? 0,
  };
}

/** A record nothing was decided about: it rests, or was written this very turn. */
export function viewAtRest(sight: Sight, turn: Turn, record: IssueRecord): IssueView {
  return viewOfRecord(sight, record, null, verdictAtRest(record, turn.touched.get(record.issueId)));
}

export function viewOfWaiting(
  { snapshot }: Sight,
  issue: Issue,
  project: ProjectSettings,
  verdict: Verdict,
): IssueView {
  return {
    issueId: issue.id,
    key: issue.key,
    title: issue.title,
    url: issue.url,
    project: project.name,
    phase: 'waiting',
    stage: null,
    verdict,
    pullRequest: null,
    mergeCommit: null,
    rounds: { review: 0, checks: 0 },
    microUsd: snapshot.spend.byIssue.get(issue.id) ?? 0,
  };
}

function verdictAtRest(record: IssueRecord, written: string | undefined): Verdict {
  const reason = record.reason ?? `${record.key} is ${record.phase}.`;
  switch (record.phase) {
    case 'active':
      return wait('record', written ?? `${record.key} was not looked at this time.`);
    case 'done':
      return yes('done', reason);
    case 'parked':
    case 'cancelled':
      return no(record.phase, reason);
  }
}
