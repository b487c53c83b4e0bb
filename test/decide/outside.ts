/**
 * A tiny outside to decide about: a board, a forge, agents and people as plain values, moved on one turn at a time. It
 * keeps its own books of what happened, so that a story is judged by the world and not by the bot's rows.
 */
import type { Decision } from '../../src/decide/decide.ts';
import type { OutsideAction, Report } from '../../src/domain/action.ts';
import { type Command, parseCommand } from '../../src/domain/command.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Actor, Issue, WorkflowState } from '../../src/domain/issue.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { CheckState, DiffFacts, PullRequest } from '../../src/domain/pull-request.ts';
import { isLive, type Run, subjectKey } from '../../src/domain/run.ts';
import type { Settings } from '../../src/domain/settings.ts';
import type { Freeze, Snapshot } from '../../src/domain/snapshot.ts';
import type { ReviewVerdict } from '../../src/domain/verdict.ts';
import { applyAction } from './apply-action.ts';
import { checkedDecision } from './check-decision.ts';
import {
  ADA,
  deepFreeze,
  makeBoard,
  makeCheck,
  makeDiff,
  makeIssue,
  makeMove,
  makePullRequest,
  makeSettings,
  makeSnapshot,
  NOW,
  REPOSITORY,
  STATES,
  sha,
} from './make.ts';

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly by: 'agent' | 'person' | 'forge';
  /** Names the change as a whole; an update by the forge keeps it. */
  readonly change: string;
  readonly files: readonly string[];
  /** It cannot be merged with a base that has moved past it. */
  readonly clash: boolean;
}

export type Ending =
  | { readonly kind: 'work'; readonly clash?: boolean; readonly files?: readonly string[] }
  /** Hands in the head it began with. */
  | { readonly kind: 'nothing-new' }
  | { readonly kind: 'approve' | 'request-changes' }
  | { readonly kind: 'failed' | 'timed-out' | 'stalled' | 'awaiting-human' }
  | { readonly kind: 'busy' };

export type Fault = 'none' | 'unreachable' | 'lost' | 'refused' | 'killed-before-row';

export interface Script {
  readonly work: (run: Run, outside: Outside) => Ending;
  readonly review: (run: Run, outside: Outside) => Ending;
  /** What CI says of a head; null leaves it running. */
  readonly ci: (head: string, outside: Outside) => CheckState | null;
  readonly fault: (action: OutsideAction, outside: Outside) => Fault;
  readonly costMicroUsd: number;
}

const SMOOTH: Script = {
  work: () => ({ kind: 'work' }),
  review: () => ({ kind: 'approve' }),
  ci: () => 'success',
  fault: () => 'none',
  costMicroUsd: 100_000,
};

export interface Landing {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly commit: string;
  readonly by: 'bot' | 'person';
}

export class Outside {
  now = NOW;
  settings: Settings;
  script: Script;
  linearDown = false;
  githubDown = false;
  /** GitHub shows every pull request as it was at the end of the turn before. */
  lagging = false;
  /** Linear's own GitHub integration moves an issue to Done when its pull request merges. */
  integration = false;
  readonly issues = new Map<string, Issue>();
  readonly commits = new Map<string, Commit>();
  readonly branches = new Map<string, string>();
  readonly pulls = new Map<number, PullRequest>();
  readonly ci = new Map<string, CheckState>();
  readonly comments = new Map<string, string>();
  readonly landings: Landing[] = [];
  readonly violations: string[] = [];
  readonly log: string[] = [];
  readonly reports: Report[] = [];
  readonly writes: OutsideAction[] = [];

  records: readonly IssueRecord[] = [];
  runs: readonly Run[] = [];
  verdicts: readonly ReviewVerdict[] = [];
  commands: readonly Command[] = [];
  readonly settled = new Map<string, string>();
  readonly effects = new Map<string, Effect>();
  readonly frozen = new Map<string, Freeze>();
  readonly reported = new Set<string>();
  readonly workspaces = new Map<string, string>();
  private readonly seenPairs = new Set<string>();
  private shown: readonly PullRequest[] = [];
  private counter = 0;

  constructor(script: Partial<Script> = {}, settings: Settings = makeSettings()) {
    this.script = { ...SMOOTH, ...script };
    this.settings = settings;
    this.branches.set('main', this.commit({ parents: [], by: 'person' }));
  }

  next(): number {
    this.counter += 1;
    return this.counter;
  }

  commit(value: Partial<Commit> & Pick<Commit, 'parents' | 'by'>): string {
    const number = this.next();
    const made = { sha: sha(number), change: `change-${number}`, files: [`src/f${number}.ts`], clash: false, ...value };
    this.commits.set(made.sha, made);
    return made.sha;
  }

  tip(branch: string): string {
    const tip = this.branches.get(branch);
    if (tip === undefined) throw new Error(`there is no branch ${branch}`);
    return tip;
  }

  contains(head: string, ancestor: string): boolean {
    if (head === ancestor) return true;
    return (this.commits.get(head)?.parents ?? []).some((parent) => this.contains(parent, ancestor));
  }

  mergeable(head: string, base: string): boolean {
    return this.contains(head, base) || this.commits.get(head)?.clash !== true;
  }

  record(key = 'ENG-1'): IssueRecord {
    const record = this.records.find((one) => one.key === key);
    if (record === undefined) throw new Error(`there is no record of ${key}`);
    return record;
  }

  pull(key = 'ENG-1'): PullRequest {
    const pull = this.pulls.get(this.record(key).pullRequest ?? -1);
    if (pull === undefined) throw new Error(`${key} has no pull request`);
    return pull;
  }

  // What people do.

  put(key: string, value: Partial<Issue> = {}): void {
    const id = `issue-${key}`;
    this.issues.set(id, makeIssue({ id, key, lastMove: null, state: STATES.backlog, createdAt: this.now, ...value }));
    this.move(key, STATES.todo);
  }

  move(key: string, state: WorkflowState, actor: Actor = ADA): string {
    const issue = this.issue(key);
    const historyId = `history-${this.next()}`;
    const lastMove = makeMove({ historyId, toStateId: state.id, at: this.now, actor });
    this.issues.set(issue.id, { ...issue, state, lastMove });
    return historyId;
  }

  edit(key: string, value: Partial<Issue>): void {
    const issue = this.issue(key);
    this.issues.set(issue.id, { ...issue, ...value });
  }

  say(key: string, text: string): void {
    const verb = parseCommand(text);
    if (verb === null) throw new Error(`${text} is no command`);
    const on = { kind: 'issue', issueId: this.issue(key).id } as const;
    const command = { commentId: `comment-${this.next()}`, on, by: 'Ada', at: this.now, verb };
    this.commands = [...this.commands, command];
  }

  personPushes(branch: string, value: Partial<Commit> = {}): string {
    const head = this.commit({ parents: [this.tip(branch)], by: 'person', ...value });
    this.setBranch(branch, head);
    return head;
  }

  changePull(number: number, value: Partial<PullRequest>): void {
    const pull = this.pulls.get(number);
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    this.pulls.set(number, { ...pull, ...value });
  }

  land(number: number, by: Landing['by']): string {
    const pull = this.pulls.get(number);
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    const base = this.tip(pull.baseBranch);
    const commit = this.commit({ parents: [base, pull.head], by: 'forge' });
    this.setBranch(pull.baseBranch, commit);
    this.landings.push({ number, head: pull.head, base, commit, by });
    this.changePull(number, { state: 'merged', mergeCommit: commit });
    return commit;
  }

  setBranch(branch: string, head: string): void {
    this.branches.set(branch, head);
    for (const pull of this.pulls.values()) {
      if (pull.branch === branch && pull.state === 'open') this.changePull(pull.number, { head });
    }
  }

  // Time.

  turn(): Decision {
    const snapshot = deepFreeze(this.snapshot());
    this.shown = this.livePulls();
    const decision = checkedDecision(snapshot);
    for (const action of decision.actions) {
      this.log.push(`${action.kind}: ${action.reason}`);
      applyAction(action, this);
    }
    this.now += 1_000;
    this.agentsWork(snapshot.runs);
    this.ciRuns();
    return decision;
  }

  /** Turns until nothing happens any more; that it ends at all is part of what is proved. */
  settle(turnsMax = 200): Decision {
    let still = 0;
    for (let turn = 0; turn < turnsMax; turn += 1) {
      const before = this.fingerprint();
      const decision = this.turn();
      still = decision.actions.length === 0 && before === this.fingerprint() ? still + 1 : 0;
      if (still === 4) return decision;
    }
    throw new Error(`it never settled; last:\n${this.log.slice(-12).join('\n')}`);
  }

  /** Turns until something holds, at most so many. */
  until(holds: () => boolean, turnsMax = 60): void {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      if (holds()) return;
      this.turn();
    }
    throw new Error(`it never came to that; last:\n${this.log.slice(-12).join('\n')}`);
  }

  addPull(value: Partial<PullRequest> & Pick<PullRequest, 'branch' | 'head'>): number {
    const number = this.next();
    this.pulls.set(number, makePullRequest({ number, url: `https://github.test/${number}`, checks: [], ...value }));
    return number;
  }

  private issue(key: string): Issue {
    const issue = this.issues.get(`issue-${key}`);
    if (issue === undefined) throw new Error(`there is no issue ${key}`);
    return issue;
  }

  private fingerprint(): string {
    const waiting = [...this.effects.values()].filter((effect) => (effect.retryAt ?? 0) > this.now).length;
    return JSON.stringify([this.records, this.runs.map((run) => run.state), [...this.ci], waiting]);
  }

  private livePulls(): readonly PullRequest[] {
    return [...this.pulls.values()].map((pull) => {
      const base = this.tip(pull.baseBranch);
      const pair = `${base}..${pull.head}`;
      const known = this.seenPairs.has(pair);
      this.seenPairs.add(pair);
      const state = this.ci.get(pull.head);
      const checks = state === undefined ? [] : [makeCheck({ sha: pull.head, state })];
      const mergeable = this.mergeable(pull.head, base) ? (known ? 'yes' : 'unknown') : 'conflict';
      return { ...pull, base, checks, mergeable };
    });
  }

  private snapshot(): Snapshot {
    const pullRequests = this.lagging ? this.shown : this.livePulls();
    const diffs = new Map<string, DiffFacts>();
    for (const { base, head } of pullRequests) {
      const commit = this.commits.get(head);
      if (commit === undefined) continue;
      const { change: digest, files } = commit;
      const baseIsAncestor = this.contains(head, base);
      diffs.set(
        `${base}..${head}`,
        makeDiff({ base, head, baseIsAncestor, digest, files, additions: 9, deletions: 1 }),
      );
    }
    const parents = new Map(pullRequests.map(({ head }) => [head, [...(this.commits.get(head)?.parents ?? [])]]));
    const bases = new Map([['main', { tip: this.tip('main'), checks: [], mergeQueue: false }]]);
    const unsureSince = new Map();
    const view = { name: REPOSITORY, defaultBranch: 'main', bases, pullRequests, unsureSince, diffs, parents };
    const down = { known: false, reason: 'No answer.', kind: 'unreachable', since: 0 } as const;
    const spent = new Map<string, number>();
    for (const run of this.runs) {
      if (run.subject.kind !== 'issue' || isLive(run.state)) continue;
      spent.set(run.subject.issueId, (spent.get(run.subject.issueId) ?? 0) + this.script.costMicroUsd);
    }
    return makeSnapshot({
      now: this.now,
      settings: this.settings,
      board: this.linearDown ? down : makeBoard([...this.issues.values()]),
      repositories: new Map([[REPOSITORY, this.githubDown ? down : { known: true, value: view }]]),
      records: this.records,
      runs: this.runs,
      verdicts: this.verdicts,
      effects: new Map(this.effects),
      spend: {
        dayMicroUsd: this.runs.filter((run) => !isLive(run.state)).length * this.script.costMicroUsd,
        byIssue: spent,
      },
      frozen: new Map(this.frozen),
      commands: this.commands,
      reported: new Set(this.reported),
    });
  }

  /** Runs that were alive when the turn began may end in it. */
  private agentsWork(before: readonly Run[]): void {
    for (const { id } of before) {
      const run = this.runs.find((one) => one.id === id);
      if (run === undefined || !isLive(run.state)) continue;
      const ending = run.role === 'review' ? this.script.review(run, this) : this.script.work(run, this);
      const ended = this.ended(run, ending);
      this.runs = this.runs.map((one) => (one === run ? ended : one));
    }
  }

  private ended(run: Run, ending: Ending): Run {
    const endedAt = this.now;
    switch (ending.kind) {
      case 'busy':
        return run;
      case 'failed':
      case 'timed-out':
      case 'stalled':
        return { ...run, state: ending.kind, endedAt, endReason: 'It broke.' };
      case 'awaiting-human':
        return { ...run, state: ending.kind, endedAt, endReason: 'Cents or euros?' };
      case 'approve':
      case 'request-changes': {
        const cause = this.rootCause(run);
        if (cause.kind !== 'review') throw new Error(`a review of ${cause.kind}`);
        const { head, base, digest } = cause;
        const summary = 'Looked at it.';
        const result = { kind: 'review', decision: ending.kind, summary, findings: [], head, base, digest } as const;
        return { ...run, state: 'succeeded', endedAt, endReason: 'done', result };
      }
      case 'nothing-new':
      case 'work': {
        const head = this.worked(run, ending);
        const base = this.tip('main');
        const result = { kind: 'work', head, base, summary: 'Did it.', commitTitle: 'Do it' } as const;
        return { ...run, state: 'succeeded', endedAt, endReason: 'done', result };
      }
    }
  }

  /** Like the agents' own rules: never without what is on the branch, and a conflict is resolved by merging the base. */
  private worked(run: Run, ending: Extract<Ending, { kind: 'work' | 'nothing-new' }>): string {
    const record = this.records.find(
      (one) => subjectKey({ kind: 'issue', issueId: one.issueId }) === subjectKey(run.subject),
    );
    if (record === undefined) throw new Error('work without a record');
    const name = `${record.key}-${record.attempt}`;
    const start = this.workspaces.get(name) ?? record.head ?? this.tip(record.baseBranch);
    const parents = [start];
    if (record.head !== null && !this.contains(start, record.head)) parents.push(record.head);
    if (ending.kind === 'work' && this.rootCause(run).kind === 'conflict') parents.push(this.tip(record.baseBranch));
    const { kind, ...plain } = ending;
    const head =
      kind === 'nothing-new' && parents.length === 1
        ? start
        : this.commit({ clash: false, ...plain, parents, by: 'agent' });
    this.workspaces.set(name, head);
    return head;
  }

  private rootCause(run: Run): Run['cause'] {
    const { cause } = run;
    if (cause.kind !== 'crashed') return cause;
    const before = this.runs.find((one) => one.id === cause.runId);
    return before === undefined ? cause : this.rootCause(before);
  }

  /** As with workflows on pull requests: none runs while it conflicts. */
  private ciRuns(): void {
    for (const pull of this.pulls.values()) {
      if (pull.state !== 'open' || !this.mergeable(pull.head, this.tip(pull.baseBranch))) continue;
      const state = this.ci.get(pull.head);
      if (state === undefined) this.ci.set(pull.head, 'running');
      else if (state === 'running') this.ci.set(pull.head, this.script.ci(pull.head, this) ?? 'running');
    }
  }
}
