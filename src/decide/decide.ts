/**
 * One tick's decisions: a pure function from what is known to what to do, and to what people see. Duties in HEARTBEAT.md's
 * order: reconcile, steer, care, merge, review, dispatch, report.
 */
import type { Action } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { Issue, WorkflowState } from '../domain/issue.ts';
import type { IssueRecord, Phase } from '../domain/issue-record.ts';
import type { StageKind } from '../domain/pipeline.ts';
import type { PullRequest, RepositoryView } from '../domain/pull-request.ts';
import { type MicroUsd, type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { Board, Snapshot } from '../domain/snapshot.ts';
import { no, type Verdict, wait, yes } from '../domain/verdict.ts';
import { care } from './care.ts';
import { belongsTo, eligible, moveOf, moverOf } from './eligible.ts';
import type { IssueCase } from './issue-case.ts';
import { type Candidate, holdsLane, mergeQueue } from './merge-queue.ts';
import { byPriority } from './order.ts';
import { endRuns, takenAway } from './reconcile.ts';
import { BRANCH_PREFIX, reviewOthers, wantsReview } from './review-others.ts';
import { isRunning, openSlots } from './slots.ts';
import { steer } from './steer.ts';
import { dollars, progressOf, progressText, roundsOf } from './words.ts';

/** One issue as every surface shows it: status, why, board, digest. */
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

export interface Decision {
  readonly actions: readonly Action[];
  readonly issues: readonly IssueView[];
  readonly pullRequests: readonly PullRequestView[];
}

/** How long after its end an issue's comment is still brought up to date, should Linear have been out of reach. */
const LAST_WORD_MS = 24 * 3_600_000;

export function decide(snapshot: Snapshot): Decision {
  const turn = new Turn(snapshot);
  const { duties } = snapshot;
  if (duties.has('reconcile')) turn.reconcile();
  if (duties.has('steer')) turn.steer();
  if (duties.has('care')) turn.care();
  if (duties.has('review')) turn.reviewOthers();
  if (duties.has('dispatch')) turn.dispatchNew();
  turn.viewTheRest();
  if (duties.has('report')) turn.report();
  return turn.decision();
}

/** The accumulating part of one decision. It lives for one call and never leaves this file. */
class Turn {
  private readonly snapshot: Snapshot;
  private readonly board: Board | null;
  private readonly issues: ReadonlyMap<string, Issue>;
  private readonly actions: Action[] = [];
  private readonly views = new Map<string, IssueView>();
  private readonly pullRequests: PullRequestView[] = [];
  private readonly cases = new Map<
    string,
    { readonly facts: IssueCase; readonly stage: StageKind; readonly verdict: Verdict }
  >();
  /** Records this turn writes, and why: a second write would lose by its generation, so they rest until the next look. */
  private readonly touched = new Map<string, string>();
  private readonly slots;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.board = snapshot.board.known ? snapshot.board.value : null;
    this.issues = new Map(this.board?.issues.map((issue) => [issue.id, issue]));
    this.slots = openSlots(snapshot.settings, snapshot.runs, snapshot.accepting);
  }

  reconcile(): void {
    const { records, runs, effects } = this.snapshot;
    for (const record of records) {
      if (record.phase === 'cancelled' || record.phase === 'done' || record.phase === 'parked') {
        const reason = record.reason ?? `${record.key} is ${record.phase}.`;
        this.add(endRuns(record, runs, reason));
      }
      if (record.phase !== 'active' && record.phase !== 'parked') continue;
      if (this.board === null) continue;
      const reason = takenAway({ ...this.standingOf(record), record, effects });
      if (reason === null) {
        this.mergedByHand(record);
        continue;
      }
      this.update(record, { phase: 'cancelled', reason }, reason);
      this.add(endRuns(record, runs, reason));
    }
  }

  steer(): void {
    for (const command of this.snapshot.commands) {
      const record = this.recordOf(command);
      if (record === null || this.putBack(record, command)) {
        // A /stop holds for as long as nobody takes it back, so it stays open; nothing else has anything to steer.
        if (command.verb.kind !== 'stop' || command.on.kind !== 'issue' || this.takenBack(command))
          this.settle(command, 'Nothing of ours to steer there.', 'No work on it.');
        continue;
      }
      if (this.touched.has(record.issueId)) continue;
      if (command.at < record.movedAt) {
        this.settle(command, 'Older than the move that started this attempt.', 'Overtaken.');
        continue;
      }
      if (command.verb.kind === 'answer' && this.stoppedAfter(record, command)) {
        // It waited for its agent when the /stop came: it must not wake what was stopped after it.
        if (record.phase === 'cancelled') this.settle(command, 'Overtaken by /stop.', 'Overtaken.');
        continue;
      }
      if (record.phase === 'cancelled' && command.verb.kind !== 'stop' && command.verb.kind !== 'approve') {
        // Going on with what a person moved away would only be undone at the next look, over and over.
        if (this.board === null) continue;
        const gone = takenAway({ ...this.standingOf(record), record, effects: this.snapshot.effects });
        if (gone !== null) {
          this.settle(command, `${gone} Move it to the state work starts from to start again.`, gone);
          continue;
        }
      }
      const runs = this.runsOf(record);
      const actions = steer({ now: this.snapshot.now, command, record, pullRequest: this.pullRequestOf(record), runs });
      this.add(actions);
    }
  }

  care(): void {
    const candidates: Candidate[] = [];
    const holders: IssueCase[] = [];
    const active = this.snapshot.records.filter(
      (record) => record.phase === 'active' && !this.touched.has(record.issueId),
    );
    const ordered = active
      .map((record) => ({ record, made: this.caseOf(record) }))
      .sort((a, b) => this.compare(a.record, b.record));
    for (const { record, made } of ordered) {
      if ('unknown' in made) {
        this.view(record, null, wait('facts', made.unknown));
        continue;
      }
      const step = care(made);
      if (step.queued) candidates.push({ facts: made, gate: step.verdict });
      else if (isBetween(step.stage) && holdsLane(made)) holders.push(made);
      const verdict = this.admit(step.actions, step.verdict);
      this.cases.set(record.issueId, { facts: made, stage: step.stage, verdict });
    }
    for (const { facts, verdict, actions } of mergeQueue(candidates, holders)) {
      const off = !this.snapshot.duties.has('merge');
      if (!off) this.add(actions);
      const shown = off ? wait('merge', 'Merging is switched off in HEARTBEAT.md.', [verdict]) : verdict;
      this.cases.set(facts.record.issueId, { facts, stage: 'merge', verdict: shown });
    }
    for (const { facts, stage, verdict } of this.cases.values()) this.view(facts.record, stage, verdict, facts);
  }

  reviewOthers(): void {
    const { repositories, settings, records, runs, verdicts, effects, now } = this.snapshot;
    for (const project of uniqueByRepository(settings.projects)) {
      const view = repositories.get(project.repository);
      if (view === undefined || !view.known) continue;
      for (const pullRequest of view.value.pullRequests) {
        if (!wantsReview(pullRequest, project)) continue;
        if (
          records.some(
            (record) => record.repository === pullRequest.repository && record.pullRequest === pullRequest.number,
          )
        )
          continue;
        const key = subjectKey({
          kind: 'pull-request',
          repository: pullRequest.repository,
          number: pullRequest.number,
        });
        const step = reviewOthers({
          now,
          project,
          repository: view.value,
          pullRequest,
          runs: runs.filter((run) => subjectKey(run.subject) === key),
          verdicts: verdicts.filter(
            (one) => one.repository === pullRequest.repository && one.number === pullRequest.number,
          ),
          effects,
        });
        const broke = step.actions.some((action) => action.kind === 'dispatch') ? this.brokeBecause() : null;
        const verdict = broke === null ? this.admit(step.actions, step.verdict) : wait('money', broke, [step.verdict]);
        this.pullRequests.push({
          repository: pullRequest.repository,
          number: pullRequest.number,
          title: pullRequest.title,
          author: pullRequest.author,
          verdict,
        });
      }
    }
  }

  dispatchNew(): void {
    const { settings, records, repositories } = this.snapshot;
    if (this.board === null) return;
    for (const issue of [...this.board.issues].sort(byPriority)) {
      const record = records.find((one) => one.issueId === issue.id) ?? null;
      if (record !== null && (record.phase === 'active' || record.phase === 'parked')) continue;
      const project =
        settings.projects.find((one) => belongsTo(issue, one)) ??
        settings.projects.find((one) => one.team === issue.teamKey);
      if (project === undefined) continue;
      const repository = repositories.get(project.repository);
      const states = this.statesOf(project);
      let verdict = eligible({
        issue,
        project,
        states,
        people: settings.people,
        repository,
        record,
        stoppedBy: this.stoppedBy(issue),
        brokeBecause: this.brokeBecause(),
      });
      if (verdict.status === 'yes' && repository?.known === true && !this.touched.has(issue.id)) {
        const busy = this.slots.take('dev');
        if (busy === null) this.claim(issue, project, repository.value, record);
        else verdict = wait('eligible', busy, verdict.children);
      }
      // A finished issue keeps showing what came of it; one that waits shows why.
      if (record === null || verdict.status !== 'no') this.waitingView(issue, project, verdict);
      this.refusal(issue, project, verdict);
    }
  }

  /** Whoever asks sees every issue we know, also those this turn had no care for. */
  viewTheRest(): void {
    for (const record of this.snapshot.records) {
      if (!this.views.has(record.issueId)) this.view(record, null, this.atRest(record));
    }
  }

  report(): void {
    for (const record of this.snapshot.records) {
      if (record.phase === 'parked') {
        this.say(
          `parked:${record.issueId}:${record.generation}`,
          'parked',
          `${record.key} is parked: ${record.reason ?? ''}`,
          record,
        );
      } else if (record.phase === 'cancelled') {
        this.say(
          `cancelled:${record.issueId}:${record.generation}`,
          'cancelled',
          `${record.key} is stopped: ${record.reason ?? ''}`,
          record,
        );
      }
      // A finished issue's comment is written once more; long after that its runs are no longer looked at.
      const finished = record.phase === 'done' || record.phase === 'cancelled';
      if (!finished || this.snapshot.now - record.updatedAt < LAST_WORD_MS) this.progress(record);
    }
    for (const { facts, stage, verdict } of this.cases.values()) {
      if (stage === 'merge' && verdict.status === 'no') {
        this.say(
          `waiting:${facts.record.issueId}:${verdict.reason}`,
          'ready',
          `${facts.record.key} waits for you: ${verdict.reason}`,
          facts.record,
        );
      }
    }
  }

  decision(): Decision {
    const issues = [...this.views.values()].sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
    return { actions: this.actions, issues, pullRequests: this.pullRequests };
  }

  private atRest(record: IssueRecord): Verdict {
    const reason = record.reason ?? `${record.key} is ${record.phase}.`;
    switch (record.phase) {
      case 'active':
        return wait('record', this.touched.get(record.issueId) ?? `${record.key} was not looked at this time.`);
      case 'done':
        return yes('done', reason);
      case 'parked':
      case 'cancelled':
        return no(record.phase, reason);
    }
  }

  private add(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'update-record') {
        if (this.touched.has(action.issueId)) continue;
        this.touched.set(action.issueId, action.reason);
      }
      if (
        action.kind === 'cancel-run' &&
        this.actions.some((one) => one.kind === 'cancel-run' && one.runId === action.runId)
      )
        continue;
      if (action.kind === 'report' && this.snapshot.reported.has(action.key)) continue;
      this.actions.push(action);
    }
  }

  /** Lets through what there is a slot for; the verdict says when something has to wait for one. */
  private admit(actions: readonly Action[], verdict: Verdict): Verdict {
    let shown = verdict;
    for (const action of actions) {
      if (action.kind !== 'dispatch') this.add([action]);
      else if (!isRunning(action, this.snapshot.runs)) {
        const busy = this.slots.take(action.role);
        if (busy === null) this.actions.push(action);
        else shown = wait('slots', busy, [verdict]);
      }
    }
    return shown;
  }

  private update(
    record: IssueRecord,
    change: Extract<Action, { kind: 'update-record' }>['change'],
    reason: string,
  ): void {
    this.add([{ kind: 'update-record', issueId: record.issueId, generation: record.generation, change, reason }]);
  }

  private claim(
    issue: Issue,
    project: ProjectSettings,
    repository: RepositoryView,
    previous: IssueRecord | null,
  ): void {
    const attempt = (previous?.attempt ?? 0) + 1;
    const branch = `${BRANCH_PREFIX}${issue.key.toLowerCase()}${attempt === 1 ? '' : `-${attempt}`}`;
    const { now } = this.snapshot;
    const reason = `${moverOf(issue).name} put ${issue.key} in ${project.states.todo}.`;
    this.touched.set(issue.id, reason);
    this.actions.push({
      kind: 'claim',
      record: {
        issueId: issue.id,
        key: issue.key,
        project: project.name,
        repository: project.repository,
        baseBranch: project.baseBranch ?? repository.defaultBranch,
        attempt,
        phase: 'active',
        reason: null,
        claimedAt: now,
        claimedBy: moverOf(issue),
        claimedMove: moveOf(issue),
        movedAt: issue.lastMove?.at ?? issue.createdAt,
        branch,
        head: null,
        pullRequest: null,
        mergeCommit: null,
        mergeVerified: false,
        approvals: [],
        roundsFrom: now,
        resumedAt: now,
      },
      previousGeneration: previous?.generation ?? null,
      reason,
    });
  }

  /** People hear once when an issue they put in Todo cannot start for a reason that waiting does not cure. */
  private refusal(issue: Issue, project: ProjectSettings, verdict: Verdict): void {
    if (verdict.status !== 'no' || issue.state.name !== project.states.todo) return;
    const cause = verdict.children.find((child) => child.status === 'no');
    if (cause === undefined || cause.name === 'selection' || cause.name === 'fresh') return;
    this.say(`refused:${moveOf(issue)}:${cause.name}`, 'refused', `${issue.key} was not started: ${cause.reason}`, {
      issueId: issue.id,
    });
  }

  private progress(record: IssueRecord): void {
    // What this turn changes is told by the next, when it is so: every edit of the comment counts.
    if (this.touched.has(record.issueId)) return;
    const made = this.caseOf(record);
    if ('unknown' in made) return;
    const standing = this.cases.get(record.issueId);
    const verdict = standing?.verdict ?? wait('record', record.reason ?? '');
    const progress = progressOf(made, verdict, standing?.stage ?? 'implement');
    const key = `progress:${record.issueId}:${progress.fingerprint}`;
    const effect = this.snapshot.effects.get(key);
    if (
      effect !== undefined &&
      (effect.confirmedAt !== null || effect.refused || (effect.retryAt ?? 0) > this.snapshot.now)
    )
      return;
    this.actions.push({
      kind: 'progress-comment',
      key,
      issueId: record.issueId,
      body: progressText(made, progress),
      subject: subjectKey({ kind: 'issue', issueId: record.issueId }),
      reason: progress.headline,
    });
  }

  private say(
    key: string,
    event: Extract<Action, { kind: 'report' }>['event'],
    text: string,
    about: { readonly issueId: string },
  ): void {
    this.add([
      {
        kind: 'report',
        key,
        event,
        text,
        subject: subjectKey({ kind: 'issue', issueId: about.issueId }),
        reason: text,
      },
    ]);
  }

  private caseOf(record: IssueRecord): IssueCase | { readonly unknown: string } {
    const { snapshot } = this;
    if (!snapshot.board.known) return { unknown: `Linear could not be read: ${snapshot.board.reason}` };
    const issue = this.issues.get(record.issueId);
    if (issue === undefined) return { unknown: `Linear did not show ${record.key}.` };
    const project = snapshot.settings.projects.find((one) => one.name === record.project);
    if (project === undefined)
      return {
        unknown: `No project "${record.project}" is configured any more: put it back, or move ${record.key} out of ${issue.state.name}.`,
      };
    const pipeline = snapshot.pipelines.get(project.pipeline);
    if (pipeline === undefined) return { unknown: `There is no pipeline "${project.pipeline}".` };
    const repository = snapshot.repositories.get(record.repository);
    if (repository === undefined) return { unknown: `${record.repository} has not been read yet.` };
    if (!repository.known) return { unknown: `GitHub could not be read: ${repository.reason}` };
    const pullRequest = this.pullRequestOf(record);
    const answers = snapshot.commands.filter(
      (command) => command.verb.kind === 'answer' && this.recordOf(command) === record,
    );
    return {
      now: snapshot.now,
      settings: snapshot.settings,
      project,
      pipeline,
      record,
      issue,
      states: this.statesOf(project),
      repository: repository.value,
      pullRequest,
      diff:
        pullRequest === null ? null : (repository.value.diffs.get(`${pullRequest.base}..${pullRequest.head}`) ?? null),
      runs: this.runsOf(record).filter((run) => run.attempt === record.attempt),
      verdicts: snapshot.verdicts.filter(
        (one) => one.repository === record.repository && one.number === record.pullRequest,
      ),
      effects: snapshot.effects,
      spentMicroUsd: snapshot.spend.byIssue.get(record.issueId) ?? 0,
      dayMicroUsd: snapshot.spend.dayMicroUsd,
      frozen: snapshot.frozen.get(record.repository) ?? null,
      answer: answers[0] ?? null,
    };
  }

  private recordOf(command: Command): IssueRecord | null {
    const { on } = command;
    return (
      this.snapshot.records.find((record) =>
        on.kind === 'issue'
          ? record.issueId === on.issueId
          : record.repository === on.repository && record.pullRequest === on.number,
      ) ?? null
    );
  }

  private standingOf(record: IssueRecord): { readonly issue: Issue | null; readonly project: ProjectSettings | null } {
    return {
      issue: this.issues.get(record.issueId) ?? null,
      project: this.snapshot.settings.projects.find((one) => one.name === record.project) ?? null,
    };
  }

  private runsOf(record: IssueRecord): readonly Run[] {
    return this.snapshot.runs.filter((run) => run.subject.kind === 'issue' && run.subject.issueId === record.issueId);
  }

  private pullRequestOf(record: IssueRecord): PullRequest | null {
    const view = this.snapshot.repositories.get(record.repository);
    if (record.pullRequest === null || view === undefined || !view.known) return null;
    return view.value.pullRequests.find((one) => one.number === record.pullRequest) ?? null;
  }

  private statesOf(project: ProjectSettings): readonly WorkflowState[] {
    return this.board?.states.get(project.team) ?? [];
  }

  /** A /stop on an issue we have not taken up holds until it is moved again or somebody says /resume. */
  private stoppedBy(issue: Issue): string | null {
    const since = issue.lastMove?.at ?? issue.createdAt;
    const words = this.snapshot.commands.filter(
      ({ on, at, verb }) =>
        on.kind === 'issue' &&
        on.issueId === issue.id &&
        at >= since &&
        (verb.kind === 'stop' || verb.kind === 'resume' || verb.kind === 'retry'),
    );
    return words.at(-1)?.verb.kind === 'stop' ? (words.at(-1)?.by ?? null) : null;
  }

  /** Ended before, and put where work starts once more: what is said since then is about the attempt to come. */
  private putBack(record: IssueRecord, command: Command): boolean {
    if (record.phase !== 'cancelled' && record.phase !== 'done') return false;
    const issue = this.issues.get(record.issueId);
    const todo = this.snapshot.settings.projects.find((one) => one.name === record.project)?.states.todo;
    if (issue === undefined || issue.state.name !== todo || moveOf(issue) === record.claimedMove) return false;
    return command.at >= (issue.lastMove?.at ?? issue.createdAt);
  }

  private stoppedAfter(record: IssueRecord, command: Command): boolean {
    const { commands } = this.snapshot;
    return commands
      .slice(commands.indexOf(command) + 1)
      .some((later) => later.verb.kind === 'stop' && this.recordOf(later) === record);
  }

  private takenBack(stop: Command): boolean {
    const { commands } = this.snapshot;
    return commands
      .slice(commands.indexOf(stop) + 1)
      .some(
        ({ on, verb }) =>
          on.kind === 'issue' &&
          stop.on.kind === 'issue' &&
          on.issueId === stop.on.issueId &&
          (verb.kind === 'resume' || verb.kind === 'retry'),
      );
  }

  /** Parked work that a person finished and merged is done: what parked it does not matter any more. */
  private mergedByHand(record: IssueRecord): void {
    const pullRequest = record.phase === 'parked' && record.mergeCommit === null ? this.pullRequestOf(record) : null;
    if (pullRequest?.state !== 'merged' || pullRequest.mergeCommit === null) return;
    const { mergeCommit } = pullRequest;
    this.update(
      record,
      { phase: 'active', reason: null, mergeCommit },
      `Pull request #${pullRequest.number} is merged.`,
    );
  }

  private settle(command: Command, outcome: string, reason: string): void {
    this.add([{ kind: 'settle-command', commentId: command.commentId, outcome, reason }]);
  }

  private brokeBecause(): string | null {
    const { dayMicroUsd } = this.snapshot.spend;
    const { dayMicroUsdMax } = this.snapshot.settings.budget;
    return dayMicroUsd >= dayMicroUsdMax
      ? `Today's ${dollars(dayMicroUsdMax)} are used up: new work starts after midnight UTC, or raise budget.dayUsd.`
      : null;
  }

  /** What is begun before what is new; among those the board's order. */
  private compare(a: IssueRecord, b: IssueRecord): number {
    const one = this.issues.get(a.issueId);
    const other = this.issues.get(b.issueId);
    return one === undefined || other === undefined ? a.claimedAt - b.claimedAt : byPriority(one, other);
  }

  private view(record: IssueRecord, stage: StageKind | null, verdict: Verdict, facts?: IssueCase): void {
    const { snapshot } = this;
    this.views.set(record.issueId, {
      issueId: record.issueId,
      key: record.key,
      title: record.ticket.title,
      url: record.ticket.url,
      project: record.project,
      phase: record.phase,
      stage,
      verdict,
      pullRequest: record.pullRequest,
      mergeCommit: record.mergeCommit,
      rounds: roundsOf(facts ?? { runs: this.runsOf(record) }),
      microUsd: snapshot.spend.byIssue.get(record.issueId) ?? 0,
    });
  }

  private waitingView(issue: Issue, project: ProjectSettings, verdict: Verdict): void {
    this.views.set(issue.id, {
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
      microUsd: this.snapshot.spend.byIssue.get(issue.id) ?? 0,
    });
  }
}

/** Pushed and not yet in the queue: nothing but review and CI stands between it and its merge. */
function isBetween(stage: StageKind): boolean {
  return stage === 'open' || stage === 'review' || stage === 'checks';
}

function uniqueByRepository(projects: readonly ProjectSettings[]): readonly ProjectSettings[] {
  return projects.filter(
    (project, index) => projects.findIndex((one) => one.repository === project.repository) === index,
  );
}
