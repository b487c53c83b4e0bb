/** An issue whose pull request may merge this very moment; each test changes the one thing it is about. */
import { decide } from '../../src/decide/decide.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Command } from '../../src/domain/command.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Issue } from '../../src/domain/issue.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { DiffFacts, PullRequest, RepositoryView } from '../../src/domain/pull-request.ts';
import type { Run } from '../../src/domain/run.ts';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { ReviewVerdict } from '../../src/domain/verdict.ts';
import {
  BASE,
  deepFreeze,
  HEAD,
  ledger,
  makeBoard,
  makeDiff,
  makeEffect,
  makeIssue,
  makeProject,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSettings,
  makeSnapshot,
  makeVerdict,
  REPOSITORY,
  STATES,
} from './make.ts';

export interface Change {
  readonly issue?: Partial<Issue>;
  readonly project?: Partial<ProjectSettings>;
  readonly separateReviewer?: boolean;
  readonly record?: Partial<IssueRecord>;
  readonly pullRequest?: Partial<PullRequest>;
  readonly diff?: Partial<DiffFacts>;
  readonly repository?: Partial<RepositoryView>;
  readonly runs?: readonly Run[];
  readonly verdicts?: readonly ReviewVerdict[];
  /** On top of the ledger that a ready issue has. */
  readonly effects?: readonly Effect[];
  readonly commands?: readonly Command[];
  readonly more?: Partial<Snapshot>;
}

export const READY_EFFECTS: readonly Effect[] = [
  makeEffect({ key: `push:issue-1:1:${HEAD}`, kind: 'push-branch', outsideId: HEAD }),
  makeEffect({ key: 'open:issue-1:1', kind: 'open-pull-request', outsideId: '7' }),
  makeEffect({ key: 'link:issue-1:1', kind: 'link-pull-request' }),
  makeEffect({ key: 'move:issue-1:1:started', kind: 'move-issue' }),
  makeEffect({ key: 'move:issue-1:1:review', kind: 'move-issue' }),
  makeEffect({ key: 'review:verdict-1', kind: 'post-review', outsideId: '900' }),
  makeEffect({ key: `status:${REPOSITORY}:${HEAD}:verdict-1`, kind: 'set-status' }),
];

export function ready(change: Change = {}): Snapshot {
  const pullRequest = makePullRequest(change.pullRequest);
  const { base, head } = pullRequest;
  const diff = makeDiff({ base, head, ...change.diff });
  const repository = makeRepository({
    pullRequests: [pullRequest],
    diffs: new Map([[`${base}..${head}`, diff]]),
    parents: new Map([[head, [BASE]]]),
    ...change.repository,
  });
  const issue = makeIssue({ state: STATES.review, lastMove: null, ...change.issue });
  return deepFreeze(
    makeSnapshot({
      settings: makeSettings({
        projects: [makeProject(change.project)],
        separateReviewer: change.separateReviewer ?? false,
      }),
      board: makeBoard([issue]),
      repositories: new Map([[REPOSITORY, { known: true, value: repository }]]),
      records: [makeRecord({ head: HEAD, pullRequest: 7, claimedMove: 'created:issue-1', ...change.record })],
      runs: change.runs ?? [makeRun()],
      verdicts: change.verdicts ?? [makeVerdict()],
      effects: ledger(...READY_EFFECTS, ...(change.effects ?? [])),
      commands: change.commands ?? [],
      ...change.more,
    }),
  );
}

/** What is done, but for the comment on the issue. */
export function acts(snapshot: Snapshot): readonly Action[] {
  return decide(snapshot).actions.filter((action) => action.kind !== 'progress-comment');
}

export function kinds(snapshot: Snapshot): readonly string[] {
  return acts(snapshot).map((action) => action.kind);
}

export function reasonOf(snapshot: Snapshot): string {
  return decide(snapshot).issues.find((view) => view.key === 'ENG-1')?.verdict.reason ?? '';
}
