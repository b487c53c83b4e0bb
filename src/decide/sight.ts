/** A snapshot made easy to ask: which issue, project, runs and pull request belong to which record, and what people said of it. */
import type { Command } from '../domain/command.ts';
import type { Issue, WorkflowState } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import { type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { Board, Snapshot } from '../domain/snapshot.ts';
import { isAudit, isReview } from '../domain/verdict.ts';
import { effectsOf } from './effects-of.ts';
import { moveOf } from './eligible.ts';
import type { IssueCase } from './issue-case.ts';
import { untold } from './remarks.ts';
import { dollars } from './words.ts';

export interface Sight {
  readonly snapshot: Snapshot;
  /** Null when Linear could not be read. */
  readonly board: Board | null;
  issue(issueId: string): Issue | null;
  project(record: IssueRecord): ProjectSettings | null;
  states(project: ProjectSettings): readonly WorkflowState[];
  /** The record a comment is about: by its issue or by its pull request; of a /stop also by one of an earlier attempt. */
  recordOf(command: Command): IssueRecord | null;
  runs(record: IssueRecord): readonly Run[];
  pullRequest(record: IssueRecord): PullRequest | null;
  /** All facts about an issue we carry, or why they are not known. */
  caseOf(record: IssueRecord): IssueCase | { readonly unknown: string };
  /** Who holds an issue back with a /stop said since it was put where it is. */
  stoppedBy(issue: Issue): string | null;
  /** Ended before, and put where work starts once more: what is said since then is about the attempt to come. */
  putBack(record: IssueRecord, command: Command): boolean;
  /** The day's cap that is used up, as a sentence; null when there is money left. */
  readonly brokeBecause: string | null;
}

export function createSight(snapshot: Snapshot): Sight {
  const board = snapshot.board.known ? snapshot.board.value : null;
  const issues = new Map(board?.issues.map((issue) => [issue.id, issue]));
  const runs = Map.groupBy(snapshot.runs, (run) => subjectKey(run.subject));
  const issueOf = (issueId: string): Issue | null => issues.get(issueId) ?? null;
  const projectOf = (record: IssueRecord): ProjectSettings | null =>
    snapshot.settings.projects.find((one) => one.name === record.project) ?? null;

  const cases = new Map<IssueRecord, ReturnType<Sight['caseOf']>>();
  let byOwner: Sorted | null = null;
  const sorted = (): Sorted => {
    byOwner ??= {
      verdicts: Map.groupBy(snapshot.verdicts, (one) => pullRequestName(one.repository, one.number)),
      commands: Map.groupBy(snapshot.commands, sight.recordOf),
    };
    return byOwner;
  };

  const sight: Sight = {
    snapshot,
    board,
    issue: issueOf,
    project: projectOf,
    states: (project) => board?.states.get(project.team) ?? [],
    recordOf: ({ on, verb }) =>
      snapshot.records.find((record) =>
        on.kind === 'issue'
          ? record.issueId === on.issueId
          : record.repository === on.repository && record.pullRequest === on.number,
      ) ?? (verb.kind === 'stop' && on.kind === 'pull-request' ? openedBefore(snapshot, on) : null),
    runs: (record) => runs.get(subjectKey({ kind: 'issue', issueId: record.issueId })) ?? [],
    pullRequest: (record) => {
      const view = snapshot.repositories.get(record.repository);
      if (record.pullRequest === null || view === undefined || !view.known) return null;
      return view.value.pullRequests.find((one) => one.number === record.pullRequest) ?? null;
    },
    caseOf: (record) => {
      // Several duties ask for it, and nothing that it is made of changes while a turn is decided.
      const facts = cases.get(record) ?? gather(sight, record, sorted());
      cases.set(record, facts);
      return facts;
    },
    stoppedBy: (issue) => {
      const since = issue.lastMove?.at ?? issue.createdAt;
      const last = snapshot.commands.findLast(
        ({ on, at, verb }) =>
          on.kind === 'issue' &&
          on.issueId === issue.id &&
          at >= since &&
          (verb.kind === 'stop' || verb.kind === 'resume' || verb.kind === 'retry'),
      );
      return last?.verb.kind === 'stop' ? last.by : null;
    },
    putBack: (record, command) => {
      if (record.phase !== 'cancelled' && record.phase !== 'done') return false;
      const issue = issueOf(record.issueId);
      if (issue === null || issue.state.name !== projectOf(record)?.states.todo) return false;
      return moveOf(issue) !== record.claimedMove && command.at >= (issue.lastMove?.at ?? issue.createdAt);
    },
    brokeBecause: broke(snapshot),
  };
  return sight;
}

/** On the pull request of an earlier attempt people mean the issue all the same, when they say /stop. */
function openedBefore(
  { records, effects }: Snapshot,
  on: { readonly repository: string; readonly number: number },
): IssueRecord | null {
  const opened = ({ repository, issueId }: IssueRecord): boolean =>
    repository === on.repository &&
    [...effectsOf(effects, subjectKey({ kind: 'issue', issueId })).values()].some(
      ({ kind, outsideId }) => kind === 'open-pull-request' && outsideId === String(on.number),
    );
  return records.find(opened) ?? null;
}

/** What belongs to one issue among all of its kind, found without looking through all of them for each issue. */
interface Sorted {
  readonly verdicts: ReadonlyMap<string, Snapshot['verdicts']>;
  readonly commands: ReadonlyMap<IssueRecord | null, Snapshot['commands']>;
}

function pullRequestName(repository: string, number: number): string {
  return `${repository}#${number}`;
}

function gather(sight: Sight, record: IssueRecord, sorted: Sorted): ReturnType<Sight['caseOf']> {
  const { snapshot } = sight;
  if (!snapshot.board.known) return { unknown: `Linear could not be read: ${snapshot.board.reason}` };
  const issue = sight.issue(record.issueId);
  if (issue === null) return { unknown: `Linear did not show ${record.key}.` };
  const project = sight.project(record);
  if (project === null) {
    return {
      unknown: `No project "${record.project}" is configured any more: put it back, or move ${record.key} out of ${issue.state.name}.`,
    };
  }
  const pipeline = snapshot.pipelines.get(project.pipeline);
  if (pipeline === undefined) return { unknown: `There is no pipeline "${project.pipeline}".` };
  const repository = snapshot.repositories.get(record.repository);
  if (repository === undefined) return { unknown: `${record.repository} has not been read yet.` };
  if (!repository.known) return { unknown: `GitHub could not be read: ${repository.reason}` };
  const pullRequest = sight.pullRequest(record);
  const judgements =
    record.pullRequest === null
      ? []
      : (sorted.verdicts.get(pullRequestName(record.repository, record.pullRequest)) ?? []);
  const commands = sorted.commands.get(record) ?? [];
  const effects = effectsOf(snapshot.effects, subjectKey({ kind: 'issue', issueId: record.issueId }));
  const pair = pullRequest === null ? '' : `${pullRequest.base}..${pullRequest.head}`;
  return {
    now: snapshot.now,
    settings: snapshot.settings,
    project,
    pipeline,
    record,
    issue,
    states: sight.states(project),
    repository: repository.value,
    pullRequest,
    diff: repository.value.diffs.get(pair) ?? null,
    runs: sight.runs(record).filter((run) => run.attempt === record.attempt),
    verdicts: judgements.filter(isReview),
    audits: judgements.filter(isAudit),
    effects,
    spentMicroUsd: snapshot.spend.byIssue.get(record.issueId) ?? 0,
    dayMicroUsd: snapshot.spend.dayMicroUsd,
    frozen: snapshot.frozen.get(record.repository) ?? null,
    baseView: repository.value.bases.get(record.baseBranch) ?? null,
    remarks: untold({
      pullRequest,
      settled: new Set(
        [...effects.values()]
          .filter((effect) => effect.kind === 'resolve-thread' && effect.confirmedAt !== null)
          .map((effect) => effect.key.slice(`resolve:${record.issueId}:`.length)),
      ),
      people: snapshot.settings.people,
      commands,
      runs: sight.runs(record),
    }),
    answer: commands.find((command) => command.verb.kind === 'answer') ?? null,
  };
}

function broke({ spend, settings }: Snapshot): string | null {
  const { dayMicroUsdMax } = settings.budget;
  return spend.dayMicroUsd >= dayMicroUsdMax
    ? `Today's ${dollars(dayMicroUsdMax)} are used up: new work starts after midnight UTC, or raise budget.dayUsd.`
    : null;
}
