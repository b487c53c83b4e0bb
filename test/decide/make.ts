/** Builders for the nouns the deciding code reads: sensible defaults, everything overridable, plain data throughout. */
import type { Command, CommandVerb } from '../../src/domain/command.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Actor, Issue, Move, WorkflowState } from '../../src/domain/issue.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import { DUTIES, type Pipeline } from '../../src/domain/pipeline.ts';
import { NO_PRESSURE } from '../../src/domain/pressure.ts';
import type { Check, DiffFacts, FileChange, PullRequest, RepositoryView } from '../../src/domain/pull-request.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Person, ProjectSettings, RoleSettings, Settings } from '../../src/domain/settings.ts';
import type { Board, Snapshot } from '../../src/domain/snapshot.ts';
import type { ReviewVerdict, Verdict } from '../../src/domain/verdict.ts';

export const NOW = Date.UTC(2026, 0, 5, 12, 0, 0);
export const REPOSITORY = 'acme/shop';

/** A fake commit id that stays itself when it is shortened. */
export function sha(number: number): string {
  return number.toString(16).padStart(7, '0').padEnd(40, '0');
}

export const BASE = sha(0xba5e);
export const HEAD = sha(0xbead);

export const ADA: Actor = { kind: 'person', id: 'user-ada', name: 'Ada', email: 'ada@acme.test' };
export const MALLORY: Actor = { kind: 'person', id: 'user-mallory', name: 'Mallory', email: 'mallory@else.test' };
export const ROBOT: Actor = { kind: 'automation', name: 'GitHub' };
export const PEOPLE: readonly Person[] = [{ name: 'Ada', linear: 'Ada@acme.test', github: 'ada' }];

export const STATES = {
  triage: { id: 'state-triage', name: 'Triage', type: 'triage' },
  backlog: { id: 'state-backlog', name: 'Backlog', type: 'backlog' },
  todo: { id: 'state-todo', name: 'Todo', type: 'unstarted' },
  started: { id: 'state-started', name: 'In Progress', type: 'started' },
  review: { id: 'state-review', name: 'In Review', type: 'started' },
  done: { id: 'state-done', name: 'Done', type: 'completed' },
  canceled: { id: 'state-canceled', name: 'Canceled', type: 'canceled' },
  duplicate: { id: 'state-duplicate', name: 'Duplicate', type: 'duplicate' },
} as const satisfies Record<string, WorkflowState>;

export function makeMove(value: Partial<Move> = {}): Move {
  return { historyId: 'move-1', toStateId: STATES.todo.id, at: NOW - 60_000, actor: ADA, ...value };
}

export function makeIssue(value: Partial<Issue> = {}): Issue {
  return {
    id: 'issue-1',
    key: 'ENG-1',
    title: 'Round the totals',
    description: 'Totals are rounded to cents. Done when the test says so.',
    url: 'https://linear.test/ENG-1',
    priority: 2,
    createdAt: NOW - 86_400_000,
    updatedAt: NOW - 60_000,
    teamKey: 'ENG',
    projectName: null,
    state: STATES.todo,
    labels: [],
    assignees: [],
    creator: ADA,
    blockers: [],
    archived: false,
    lastMove: makeMove(),
    ...value,
  };
}

export function makeCheck(value: Partial<Check> = {}): Check {
  return {
    kind: 'check-run',
    name: 'test',
    id: 1,
    state: 'success',
    sha: HEAD,
    app: 'github-actions',
    url: null,
    at: NOW,
    ...value,
  };
}

export function makePullRequest(value: Partial<PullRequest> = {}): PullRequest {
  return {
    repository: REPOSITORY,
    number: 7,
    url: 'https://github.test/acme/shop/pull/7',
    title: 'ENG-1: Round the totals',
    body: '',
    state: 'open',
    draft: false,
    author: 'heartline-bot',
    labels: [],
    branch: 'heartline/eng-1',
    head: HEAD,
    baseBranch: 'main',
    base: BASE,
    fromFork: false,
    mergeable: 'yes',
    checks: [makeCheck()],
    reviews: [],
    threads: [],
    queued: null,
    mergeCommit: null,
    createdAt: NOW - 30_000,
    updatedAt: NOW - 30_000,
    ...value,
  };
}

export function makeDiff(value: Partial<DiffFacts> = {}): DiffFacts {
  const files = value.files ?? ['src/totals.ts'];
  return {
    base: BASE,
    head: HEAD,
    baseIsAncestor: true,
    landsAsJudged: true,
    digest: 'digest-1',
    files,
    changes: files.map((path) => makeChange({ path })),
    weakening: [],
    unjudged: [],
    additions: 10,
    deletions: 2,
    ...value,
  };
}

export function makeChange(value: Partial<FileChange> = {}): FileChange {
  return {
    path: 'src/totals.ts',
    status: 'modified',
    modeBefore: '100644',
    modeAfter: '100644',
    aliases: [],
    ...value,
  };
}

export function makeRepository(value: Partial<RepositoryView> = {}): RepositoryView {
  return {
    name: REPOSITORY,
    defaultBranch: 'main',
    bases: new Map([['main', { tip: BASE, checks: [], mergeQueue: false }]]),
    pullRequests: [],
    unsureSince: new Map(),
    diffs: new Map(),
    parents: new Map(),
    ...value,
  };
}

export function makeRun(value: Partial<Run> = {}): Run {
  return {
    id: 'run-1',
    subject: { kind: 'issue', issueId: 'issue-1' },
    issueKey: 'ENG-1',
    repository: REPOSITORY,
    role: 'dev',
    cause: { kind: 'implement' },
    attempt: 1,
    sessionId: 'session-1',
    state: 'succeeded',
    endReason: null,
    result: { kind: 'work', head: HEAD, base: BASE, summary: 'Rounded.', commitTitle: 'Round the totals' },
    model: 'fake/model',
    createdAt: NOW - 40_000,
    endedAt: NOW - 35_000,
    ...value,
  };
}

export function makeVerdict(value: Partial<ReviewVerdict> = {}): ReviewVerdict {
  return {
    id: 'verdict-1',
    runId: 'run-review',
    repository: REPOSITORY,
    number: 7,
    decision: 'approve',
    head: HEAD,
    base: BASE,
    digest: 'digest-1',
    at: NOW - 20_000,
    reboundFrom: null,
    ...value,
  };
}

export function makeRecord(value: Partial<IssueRecord> = {}): IssueRecord {
  return {
    issueId: 'issue-1',
    key: 'ENG-1',
    project: 'shop',
    repository: REPOSITORY,
    baseBranch: 'main',
    generation: 3,
    attempt: 1,
    phase: 'active',
    reason: null,
    ticket: { title: 'Round the totals', description: 'To cents.', url: 'https://linear.test/ENG-1', comments: [] },
    claimedAt: NOW - 50_000,
    claimedBy: ADA,
    claimedMove: 'move-1',
    movedAt: NOW - 60_000,
    branch: 'heartline/eng-1',
    head: null,
    pullRequest: null,
    mergeCommit: null,
    mergeVerified: false,
    approvals: [],
    revertOf: null,
    roundsFrom: NOW - 50_000,
    resumedAt: NOW - 50_000,
    stoppedAt: 0,
    updatedAt: NOW - 50_000,
    ...value,
  };
}

export function makeEffect(value: Partial<Effect> & Pick<Effect, 'key' | 'kind'>): Effect {
  return {
    subject: 'issue:issue-1',
    intendedAt: NOW - 10_000,
    confirmedAt: NOW - 10_000,
    outsideId: null,
    attempts: 1,
    refusals: 0,
    retryAt: null,
    lastError: null,
    refused: false,
    unheardSince: null,
    ...value,
  };
}

export function ledger(...effects: readonly Effect[]): ReadonlyMap<string, Effect> {
  return new Map(effects.map((effect) => [effect.key, effect]));
}

export function makeCommand(verb: CommandVerb, value: Partial<Command> = {}): Command {
  return {
    commentId: 'comment-1',
    on: { kind: 'issue', issueId: 'issue-1' },
    by: 'Ada',
    at: NOW - 1_000,
    verb,
    ...value,
  };
}

export function makeProject(value: Partial<ProjectSettings> = {}): ProjectSettings {
  return {
    name: 'shop',
    team: 'ENG',
    linearProject: null,
    labels: [],
    assignee: null,
    states: { todo: 'Todo', started: null, review: 'In Review', done: null },
    repository: REPOSITORY,
    baseBranch: null,
    checks: [{ name: 'test', app: 'github-actions' }],
    mergeMethod: 'merge',
    batchMax: 1,
    autoMerge: true,
    draft: false,
    rerunChecks: false,
    verify: ['npm test'],
    protectedPaths: [],
    setup: [],
    lockfiles: [],
    registries: [],
    toolchains: [],
    env: {},
    reviewPullRequests: 'none',
    pipeline: 'default',
    ...value,
  };
}

const ROLE: RoleSettings = {
  chain: ['fake/model'],
  turnsMax: 40,
  minutesMax: 30,
  runMicroUsdMax: 2_000_000,
  concurrencyMax: 4,
  outputTokensMax: 8_000,
};

export function makeSettings(value: Partial<Settings> = {}): Settings {
  return {
    projects: [makeProject()],
    people: PEOPLE,
    roles: { dev: ROLE, review: ROLE, devops: ROLE },
    budget: { issueMicroUsdMax: 5_000_000, dayMicroUsdMax: 50_000_000 },
    limits: {
      reviewRoundsMax: 3,
      checkRoundsMax: 3,
      crashRoundsMax: 3,
      runsMax: 6,
      changedFilesMax: 20,
      changedLinesMax: 400,
      approvalHoursMax: 24,
      checkHoursMax: 6,
    },
    separateReviewer: false,
    ...value,
  };
}

export const PIPELINE: Pipeline = {
  name: 'default',
  stages: [
    { kind: 'implement', role: 'dev' },
    { kind: 'open', role: null },
    { kind: 'review', role: 'review' },
    { kind: 'checks', role: 'devops' },
    { kind: 'merge', role: null },
    { kind: 'done', role: null },
  ],
};

export function makeSnapshot(value: Partial<Snapshot> = {}): Snapshot {
  return {
    now: NOW,
    settings: makeSettings(),
    duties: new Set(DUTIES),
    pipelines: new Map([['default', PIPELINE]]),
    board: makeBoard([]),
    repositories: new Map([[REPOSITORY, { known: true, value: makeRepository() }]]),
    records: [],
    runs: [],
    verdicts: [],
    effects: new Map(),
    spend: { dayMicroUsd: 0, byIssue: new Map() },
    frozen: new Map(),
    commands: [],
    pressure: NO_PRESSURE,
    reported: new Set(),
    accepting: true,
    ...value,
  };
}

/** What Linear shows, and the ids it was asked for and does not know. */
export function makeBoard(issues: readonly Issue[], gone: readonly string[] = []) {
  const board: Board = { issues, gone: new Set(gone), states: new Map([['ENG', Object.values(STATES)]]) };
  return { known: true, value: board } as const;
}

export function issuesOf({ board }: Pick<Snapshot, 'board'>): readonly Issue[] {
  return board.known ? board.value.issues : [];
}

/** Freezes objects and arrays all the way down. Maps and sets cannot be frozen, so their changing methods are taken away. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const entry of value instanceof Map ? value.entries() : value.values()) deepFreeze(entry);
    const refuse = (): never => {
      throw new Error('decide() changed a snapshot');
    };
    for (const method of ['set', 'add', 'delete', 'clear']) {
      if (method in value) Object.defineProperty(value, method, { value: refuse });
    }
    return Object.freeze(value);
  }
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}

export function childOf(verdict: Verdict, name: string): Verdict {
  const child = verdict.children.find((one) => one.name === name);
  if (child === undefined) throw new Error(`${verdict.name} has no rule "${name}"`);
  return child;
}
