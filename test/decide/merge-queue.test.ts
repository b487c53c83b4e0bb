/** Whose turn it is: one lane for each base branch, its order, its holder, and what is done in a turn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IssueCase } from '../../src/decide/issue-case.ts';
import { type Candidate, holdsLane, mergeQueue, type QueueDecision } from '../../src/decide/merge-queue.ts';
import { merge } from '../../src/decide/stages/merge.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Issue } from '../../src/domain/issue.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import {
  BASE,
  ledger,
  makeCheck,
  makeDiff,
  makeEffect,
  makeIssue,
  makeProject,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSettings,
  makeVerdict,
  NOW,
  PIPELINE,
  STATES,
  sha,
} from './make.ts';

interface Entry {
  readonly number: number;
  readonly issue?: Partial<Issue>;
  readonly pull?: Partial<PullRequest>;
  /** Behind the base: everything else is in order. */
  readonly behind?: boolean;
  readonly repository?: string;
  readonly baseBranch?: string;
  readonly effects?: readonly Effect[];
  /** For how long GitHub has not said whether it merges. */
  readonly unsureMs?: number;
}

const headOf = (number: number): string => sha(0xf00 + number);

function caseOf(entry: Entry): IssueCase {
  const { number, repository = 'acme/shop', baseBranch = 'main', behind = false } = entry;
  const key = `ENG-${number}`;
  const head = headOf(number);
  const verdict = makeVerdict({ id: `v${number}`, number, repository, head });
  const posted = [
    makeEffect({ key: `review:v${number}`, kind: 'post-review' }),
    makeEffect({ key: `status:${repository}:${head}:v${number}`, kind: 'set-status' }),
  ];
  return {
    now: NOW,
    settings: makeSettings(),
    project: makeProject({ repository }),
    pipeline: PIPELINE,
    record: makeRecord({
      issueId: key,
      key,
      branch: `heartline/eng-${number}`,
      repository,
      baseBranch,
      head,
      pullRequest: number,
    }),
    issue: makeIssue({ id: key, key, state: STATES.review, ...entry.issue }),
    states: Object.values(STATES),
    repository: makeRepository({
      name: repository,
      unsureSince: new Map(entry.unsureMs === undefined ? [] : [[number, NOW - entry.unsureMs]]),
    }),
    remarks: [],
    baseView: { tip: BASE, checks: [], mergeQueue: false },
    pullRequest: makePullRequest({
      repository,
      number,
      head,
      baseBranch,
      checks: [makeCheck({ sha: head })],
      ...entry.pull,
    }),
    diff: makeDiff({ head, baseIsAncestor: !behind }),
    runs: [makeRun({ id: `run-${number}` })],
    verdicts: [verdict],
    audits: [],
    effects: ledger(...posted, ...(entry.effects ?? [])),
    spentMicroUsd: 0,
    dayMicroUsd: 0,
    frozen: null,
    answer: null,
  };
}

function candidate(entry: Entry): Candidate {
  const facts = caseOf(entry);
  const step = merge(facts);
  assert.ok(step.kind === 'queue');
  return { facts, gate: step.gate };
}

/** What each candidate is told to do, or why it waits. */
function told(decisions: readonly QueueDecision[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    decisions.map(({ facts, verdict, actions }) => [
      facts.record.key,
      actions.length === 0 ? verdict.reason : actions.map((action) => action.kind).join(),
    ]),
  );
}

const asked = (number: number, base = BASE, value: Partial<Effect> = {}): Effect =>
  makeEffect({ key: `update:ENG-${number}:${headOf(number)}:${base}`, kind: 'update-branch', ...value });
const merging = (number: number, value: Partial<Effect> = {}): Effect =>
  makeEffect({
    key: `merge:ENG-${number}:${headOf(number)}:${BASE}:merge`,
    kind: 'merge',
    confirmedAt: null,
    ...value,
  });
const draft = { draft: true } as const;
const unknown = { mergeable: 'unknown' } as const;
const urgent = { priority: 1 } as const;

interface Row {
  readonly when: string;
  readonly queue: readonly Entry[];
  readonly holders?: readonly Entry[];
  readonly tells: Readonly<Record<string, string>>;
}

const UNKNOWN = 'GitHub is still working out whether it can merge.';
const UNSURE =
  'For an hour GitHub has not said whether pull request #2 can merge. Open its page, which makes GitHub look again, or merge it by hand. Others go first until then; it goes on by itself when GitHub says yes.';
const ROWS: readonly Row[] = [
  { when: 'one is ready', queue: [{ number: 1 }], tells: { 'ENG-1': 'merge' } },
  { when: 'one is only behind', queue: [{ number: 1, behind: true }], tells: { 'ENG-1': 'update-branch' } },
  {
    when: 'two are ready: priority first',
    queue: [{ number: 1 }, { number: 2, issue: urgent }],
    tells: { 'ENG-1': 'ENG-2 merges first.', 'ENG-2': 'merge' },
  },
  {
    when: 'two are ready: then the oldest',
    queue: [{ number: 1 }, { number: 2, issue: { createdAt: 1 } }],
    tells: { 'ENG-1': 'ENG-2 merges first.', 'ENG-2': 'merge' },
  },
  {
    when: 'two are ready: then the key by its number',
    queue: [{ number: 10 }, { number: 9 }],
    tells: { 'ENG-10': 'ENG-9 merges first.', 'ENG-9': 'merge' },
  },
  {
    when: 'no priority comes after low',
    queue: [
      { number: 1, issue: { priority: 0 } },
      { number: 2, issue: { priority: 4 } },
    ],
    tells: { 'ENG-1': 'ENG-2 merges first.', 'ENG-2': 'merge' },
  },
  {
    when: 'one that may merge now goes before a more urgent one that is behind',
    queue: [{ number: 1 }, { number: 2, issue: urgent, behind: true }],
    tells: { 'ENG-1': 'merge', 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'one that waits for a person does not hold up the rest',
    queue: [{ number: 1, issue: urgent, pull: draft }, { number: 2 }],
    tells: { 'ENG-1': 'Pull request #1 is a draft: mark it ready for review.', 'ENG-2': 'merge' },
  },
  {
    when: 'two repositories are two lanes',
    queue: [{ number: 1 }, { number: 2, repository: 'acme/web' }],
    tells: { 'ENG-1': 'merge', 'ENG-2': 'merge' },
  },
  {
    when: 'two base branches are two lanes',
    queue: [{ number: 1 }, { number: 2, baseBranch: 'next' }],
    tells: { 'ENG-1': 'merge', 'ENG-2': 'merge' },
  },
  {
    when: 'one that is up to date and waits for GitHub goes before updating another',
    queue: [
      { number: 1, issue: urgent, behind: true },
      { number: 2, pull: unknown },
    ],
    tells: { 'ENG-1': 'ENG-2 merges first.', 'ENG-2': UNKNOWN },
  },
  {
    when: 'one that is up to date waits for GitHub for an hour: it gives up the lane',
    queue: [
      { number: 1, behind: true },
      { number: 2, pull: unknown, unsureMs: 3_600_000, effects: [asked(2)] },
    ],
    tells: { 'ENG-1': 'update-branch', 'ENG-2': UNSURE },
  },
  {
    when: 'one was asked to merge, was put off, and GitHub has not known for an hour: it gives up the lane',
    queue: [
      { number: 1, pull: unknown, unsureMs: 3_600_000, effects: [merging(1, { retryAt: NOW + 5_000 })] },
      { number: 2, behind: true },
    ],
    tells: { 'ENG-1': UNSURE.replace('#2', '#1'), 'ENG-2': 'update-branch' },
  },
  {
    when: 'two are behind: only one is brought up to date',
    queue: [
      { number: 1, behind: true },
      { number: 2, behind: true },
    ],
    tells: { 'ENG-1': 'update-branch', 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'one is behind and GitHub does not know whether it conflicts',
    queue: [{ number: 1, behind: true, pull: unknown }],
    tells: { 'ENG-1': UNKNOWN },
  },
  {
    when: 'one is held by another that is being checked again',
    queue: [{ number: 1, behind: true }],
    holders: [{ number: 2, effects: [asked(2)] }],
    tells: { 'ENG-1': 'ENG-2 merges first.' },
  },
  {
    when: 'the holder does not keep one back that may merge now',
    queue: [{ number: 1 }],
    holders: [{ number: 2, effects: [asked(2)] }],
    tells: { 'ENG-1': 'merge' },
  },
  {
    when: 'the holder holds its own lane only',
    queue: [{ number: 1, behind: true, baseBranch: 'next' }],
    holders: [{ number: 2, effects: [asked(2)] }],
    tells: { 'ENG-1': 'update-branch' },
  },
  {
    when: 'an update was agreed to and does not show yet: a more urgent one starts none',
    queue: [
      { number: 1, behind: true, effects: [asked(1)] },
      { number: 2, behind: true, issue: urgent },
    ],
    tells: { 'ENG-1': 'heartline/eng-1 is being brought up to date.', 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'a merge is under way: it is asked again under the same key, and the more urgent one waits',
    queue: [
      { number: 1, effects: [merging(1)] },
      { number: 2, issue: urgent },
    ],
    tells: { 'ENG-1': 'merge', 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'a merge is under way and paused after a failure',
    queue: [
      { number: 1, effects: [merging(1, { retryAt: NOW + 5_000, lastError: 'down' })] },
      { number: 2, issue: urgent },
    ],
    tells: {
      'ENG-1': `Merging pull request #1 at ${headOf(1).slice(0, 7)}: down. Tried again at ${new Date(NOW + 5_000).toISOString()}.`,
      'ENG-2': 'ENG-1 merges first.',
    },
  },
  {
    when: 'a merge is under way while the gate waits again',
    queue: [
      { number: 1, pull: unknown, effects: [merging(1)] },
      { number: 2, issue: urgent },
    ],
    tells: { 'ENG-1': UNKNOWN, 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'GitHub refused the merge for good',
    queue: [{ number: 1, effects: [merging(1, { refused: true, lastError: 'blocked' })] }, { number: 2 }],
    tells: { 'ENG-1': 'update-record', 'ENG-2': 'ENG-1 merges first.' },
  },
  {
    when: 'the merge is confirmed and GitHub does not show it yet',
    queue: [{ number: 1, effects: [merging(1, { confirmedAt: NOW })] }],
    tells: { 'ENG-1': 'Merged; waiting for GitHub to show it.' },
  },
];

describe('the merge queue', () => {
  for (const { when, queue, holders = [], tells } of ROWS) {
    it(`${when}: ${Object.entries(tells)
      .map((pair) => pair.join(' '))
      .join(', ')}`, () => {
      const candidates = queue.map(candidate);
      assert.deepEqual(told(mergeQueue(candidates, holders.map(caseOf), new Map())), tells);
    });
  }

  it('sends a merge the reviewed head, the tested base and the method', () => {
    const [decision] = mergeQueue([candidate({ number: 1 })], [], new Map());
    const [action] = decision?.actions ?? [];
    assert.ok(action?.kind === 'merge');
    assert.deepEqual(
      { head: action.head, base: action.base, number: action.number, method: action.method, key: action.key },
      { head: headOf(1), base: BASE, number: 1, method: 'merge', key: `merge:ENG-1:${headOf(1)}:${BASE}:merge` },
    );
  });

  it('never does two things in one lane, in whatever order the candidates come', () => {
    const entries = [1, 2, 3, 4].flatMap((number) => [
      { number, behind: number % 2 === 0 },
      { number: number + 4, behind: true, issue: { priority: number } },
    ]);
    for (let turn = 0; turn < entries.length; turn += 1) {
      const queue = [...entries.slice(turn), ...entries.slice(0, turn)].map(candidate);
      const acting = mergeQueue(queue, [], new Map()).filter((decision) => decision.actions.length > 0);
      assert.deepEqual(
        acting.map((decision) => decision.facts.record.key),
        ['ENG-1'],
      );
    }
  });
});

describe('who holds the lane', () => {
  it('is whoever was brought up to date with the base as it is now', () => {
    assert.equal(holdsLane(caseOf({ number: 1, effects: [asked(1)] })), true);
    assert.equal(holdsLane(caseOf({ number: 1 })), false);
    assert.equal(holdsLane(caseOf({ number: 1, effects: [asked(2)] })), false);
    assert.equal(holdsLane(caseOf({ number: 1, effects: [asked(1, sha(0x01d))] })), false);
  });
});
