/** One row for each rule of the gate, and the property that nothing but all of them together opens it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type GateFacts, gate } from '../../src/decide/gate.ts';
import type { Review, ReviewThread } from '../../src/domain/pull-request.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import {
  childOf,
  HEAD,
  makeChange,
  makeCheck,
  makeDiff,
  makeProject,
  makePullRequest,
  makeSettings,
  makeVerdict,
  NOW,
  sha,
} from './make.ts';

const OTHER = sha(0x0dd);
const HOUR_MS = 3_600_000;
const FINE: GateFacts = {
  now: NOW,
  settings: makeSettings(),
  project: makeProject(),
  pullRequest: makePullRequest(),
  ourHead: HEAD,
  baseBranch: 'main',
  diff: makeDiff(),
  review: makeVerdict(),
  authorRuns: ['run-1'],
  reviewPosted: true,
  approvals: [],
  spentMicroUsd: 1,
  frozen: null,
};

const OBJECTION: Review = {
  id: 5,
  author: 'ada',
  byPerson: true,
  state: 'changes-requested',
  sha: HEAD,
  body: 'Refunds are lost.',
  at: NOW - 1_000,
};

const THREAD: ReviewThread = {
  id: 'thread-1',
  reviewId: null,
  resolved: false,
  outdated: false,
  path: 'src/totals.ts',
  line: 4,
  comments: [{ id: 'comment-1', author: 'ada', byPerson: true, body: 'Why?', at: NOW }],
};

const WORKFLOW = makeDiff({ files: ['src/totals.ts', '.github/workflows/ci.yml'] });

const SIGN = { kind: 'test-skipped', path: 'test/a.test.ts', reason: '"adds" is skipped from now on.' } as const;
const WEAKENED = makeDiff({ weakening: [SIGN] });

interface Row {
  readonly rule: string;
  readonly when: string;
  readonly facts: Partial<GateFacts>;
  readonly status: Verdict['status'];
  readonly says: RegExp;
}

const pull = (value: Parameters<typeof makePullRequest>[0]): Partial<GateFacts> => ({
  pullRequest: makePullRequest(value),
});
const approved = (sha: string, agoMs: number): Partial<GateFacts> => ({
  diff: WORKFLOW,
  approvals: [{ sha, by: 'Ada', at: NOW - agoMs }],
});

const ROWS: readonly Row[] = [
  {
    rule: 'freeze',
    when: 'the repository is frozen',
    facts: { frozen: 'A bad merge.' },
    status: 'no',
    says: /frozen in acme\/shop: A bad/,
  },
  { rule: 'open', when: 'it was closed', facts: pull({ state: 'closed' }), status: 'no', says: /is closed/ },
  { rule: 'open', when: 'it is merged', facts: pull({ state: 'merged' }), status: 'no', says: /is merged/ },
  { rule: 'open', when: 'it is a draft', facts: pull({ draft: true }), status: 'no', says: /mark it ready/ },
  { rule: 'open', when: 'it comes from a fork', facts: pull({ fromFork: true }), status: 'no', says: /from a fork/ },
  {
    rule: 'head',
    when: 'somebody pushed',
    facts: { ourHead: OTHER },
    status: 'no',
    says: /not the one we pushed \(00000dd\)/,
  },
  {
    rule: 'head',
    when: 'nothing of ours was pushed',
    facts: { ourHead: null },
    status: 'no',
    says: /not the one we pushed\.$/,
  },
  {
    rule: 'target',
    when: 'a person pointed it at another branch',
    facts: pull({ baseBranch: 'release' }),
    status: 'no',
    says: /goes into release, not main/,
  },
  { rule: 'size', when: 'the diff is unknown', facts: { diff: null }, status: 'wait', says: /not been read/ },
  {
    rule: 'size',
    when: 'it changes nothing',
    facts: { diff: makeDiff({ files: [] }) },
    status: 'no',
    says: /changes nothing/,
  },
  {
    rule: 'size',
    when: 'it touches a file too many',
    facts: { diff: makeDiff({ files: Array.from({ length: 21 }, (_, at) => `f${at}`) }) },
    status: 'no',
    says: /21 files changed, at most 20/,
  },
  {
    rule: 'size',
    when: 'it touches as many files as may be',
    facts: { diff: makeDiff({ files: Array.from({ length: 20 }, (_, at) => `f${at}`) }) },
    status: 'yes',
    says: /20 files/,
  },
  {
    rule: 'size',
    when: 'it has a line too many',
    facts: { diff: makeDiff({ additions: 400, deletions: 1 }) },
    status: 'no',
    says: /401 lines changed, at most 400/,
  },
  {
    rule: 'size',
    when: 'it has as many lines as may be',
    facts: { diff: makeDiff({ additions: 399, deletions: 1 }) },
    status: 'yes',
    says: /400 lines/,
  },
  {
    rule: 'protected paths',
    when: 'the diff is unknown',
    facts: { diff: null },
    status: 'wait',
    says: /not been read/,
  },
  {
    rule: 'protected paths',
    when: 'a workflow changed',
    facts: { diff: WORKFLOW },
    status: 'no',
    says: /ci\.yml: needs a person\. Comment "\/approve 000bead"/,
  },
  {
    rule: 'protected paths',
    when: 'a person approved this head',
    facts: approved(HEAD, HOUR_MS),
    status: 'yes',
    says: /Ada approved 000bead/,
  },
  {
    rule: 'protected paths',
    when: 'a person approved another head',
    facts: approved(OTHER, HOUR_MS),
    status: 'no',
    says: /needs a person/,
  },
  {
    rule: 'protected paths',
    when: 'the approval is a day old to the moment',
    facts: approved(HEAD, 24 * HOUR_MS),
    status: 'yes',
    says: /approved/,
  },
  {
    rule: 'protected paths',
    when: 'the approval has expired',
    facts: approved(HEAD, 24 * HOUR_MS + 1),
    status: 'no',
    says: /needs a person/,
  },
  {
    rule: 'protected paths',
    when: 'a link is new',
    facts: {
      diff: makeDiff({ changes: [makeChange({ path: 'src/x', status: 'added', modeAfter: '120000' })] }),
    },
    status: 'no',
    says: /src\/x \(a new link\): needs a person/,
  },
  {
    rule: 'protected paths',
    when: 'part of the diff could not be looked at',
    facts: { diff: makeDiff({ unjudged: ['more than 1000 changed files'] }) },
    status: 'no',
    says: /^more than 1000 changed files: needs a person/,
  },
  {
    rule: 'protected paths',
    when: 'the project protects it',
    facts: { project: makeProject({ protectedPaths: ['{src,lib}/tot?ls.ts'] }) },
    status: 'no',
    says: /src\/totals\.ts: needs a person/,
  },
  { rule: 'tests', when: 'the diff is unknown', facts: { diff: null }, status: 'wait', says: /not been read/ },
  {
    rule: 'tests',
    when: 'there are signs that they were weakened',
    facts: { diff: WEAKENED },
    status: 'no',
    says: /^Tests may have been weakened, which needs a person\. test\/a\.test\.ts: "adds" is skipped from now on\. Comment "\/approve 000bead" after looking\.$/,
  },
  {
    rule: 'tests',
    when: 'there are more signs than one can read',
    facts: { diff: makeDiff({ weakening: Array.from({ length: 5 }, () => SIGN) }) },
    status: 'no',
    says: /And 2 more\. Comment/,
  },
  {
    rule: 'tests',
    when: 'a person approved this head',
    facts: { ...approved(HEAD, HOUR_MS), diff: WEAKENED },
    status: 'yes',
    says: /^Ada approved 000bead, where tests may be weaker\. test\/a\.test\.ts/,
  },
  {
    rule: 'tests',
    when: 'a person approved another head',
    facts: { ...approved(OTHER, HOUR_MS), diff: WEAKENED },
    status: 'no',
    says: /needs a person/,
  },
  {
    rule: 'tests',
    when: 'the approval has expired',
    facts: { ...approved(HEAD, 24 * HOUR_MS + 1), diff: WEAKENED },
    status: 'no',
    says: /needs a person/,
  },
  { rule: 'review', when: 'nobody reviewed', facts: { review: null }, status: 'wait', says: /No review of 000bead/ },
  {
    rule: 'review',
    when: 'another head was reviewed',
    facts: { review: makeVerdict({ head: OTHER }) },
    status: 'wait',
    says: /speaks of 00000dd/,
  },
  {
    rule: 'review',
    when: 'another change was reviewed',
    facts: { review: makeVerdict({ digest: 'digest-2' }) },
    status: 'wait',
    says: /not the one that was reviewed/,
  },
  { rule: 'review', when: 'the diff is unknown', facts: { diff: null }, status: 'wait', says: /not been read/ },
  {
    rule: 'review',
    when: 'it asks for changes',
    facts: { review: makeVerdict({ decision: 'request-changes' }) },
    status: 'no',
    says: /asks for changes/,
  },
  {
    rule: 'review',
    when: 'the author reviewed',
    facts: { authorRuns: ['run-1', 'run-review'] },
    status: 'no',
    says: /own approval does not count/,
  },
  {
    rule: 'review',
    when: 'the review is not on GitHub',
    facts: { reviewPosted: false },
    status: 'wait',
    says: /not on GitHub yet/,
  },
  {
    rule: 'objections',
    when: 'a person on the list asked for changes, and somebody else approved',
    facts: pull({ reviews: [OBJECTION, { ...OBJECTION, id: 6, author: 'mallory', state: 'approved' }] }),
    status: 'no',
    says: /Ada asked for changes in a review\. It merges once Ada approves it/,
  },
  {
    rule: 'objections',
    when: 'they only went on talking since',
    facts: pull({ reviews: [OBJECTION, { ...OBJECTION, id: 6, state: 'commented', at: NOW }] }),
    status: 'no',
    says: /Ada asked for changes/,
  },
  ...(
    [
      ['approved since', [OBJECTION, { ...OBJECTION, id: 6, state: 'approved', at: NOW }]],
      ['were dismissed', [{ ...OBJECTION, state: 'dismissed' }]],
      ['are a stranger’s', [{ ...OBJECTION, author: 'mallory' }]],
      ['are ours under their name', [{ ...OBJECTION, body: 'x <!-- heartline:review:1 -->' }]],
    ] as const
  ).map(
    ([what, reviews]): Row => ({
      rule: 'objections',
      when: `changes asked for ${what}`,
      facts: pull({ reviews }),
      status: 'yes',
      says: /Nobody/,
    }),
  ),
  {
    rule: 'money',
    when: 'more is used than the budget allows by now',
    facts: { spentMicroUsd: FINE.settings.budget.issueMicroUsdMax + 1 },
    status: 'no',
    says: /\$.* of \$.* are used: raise budget\.issueUsd/,
  },
  {
    rule: 'money',
    when: 'all of it is used',
    facts: { spentMicroUsd: FINE.settings.budget.issueMicroUsdMax },
    status: 'yes',
    says: /are used\./,
  },
  {
    rule: 'threads',
    when: 'a thread is open',
    facts: pull({ threads: [THREAD] }),
    status: 'no',
    says: /1 review thread is open, first on src\/totals\.ts:4\. Resolve/,
  },
  {
    rule: 'threads',
    when: 'two are open, one on a whole file',
    facts: pull({ threads: [{ ...THREAD, line: null }, THREAD] }),
    status: 'no',
    says: /2 review threads are open, first on src\/totals\.ts\. Resolve/,
  },
  {
    rule: 'threads',
    when: 'all are resolved',
    facts: pull({ threads: [{ ...THREAD, resolved: true, outdated: true }] }),
    status: 'yes',
    says: /No open/,
  },
  {
    rule: 'threads',
    when: 'one is open on a line that is gone: GitHub counts it too',
    facts: pull({ threads: [{ ...THREAD, outdated: true, line: null }] }),
    status: 'no',
    says: /1 review thread is open, first on src\/totals\.ts, where the line is gone by now\. Resolve/,
  },
  {
    rule: 'checks',
    when: 'none is configured',
    facts: { project: makeProject({ checks: [] }) },
    status: 'no',
    says: /nothing is ever merged/,
  },
  {
    rule: 'checks',
    when: 'one is red',
    facts: pull({ checks: [makeCheck({ state: 'failure' })] }),
    status: 'no',
    says: /ended as failure/,
  },
  {
    rule: 'checks',
    when: 'one runs',
    facts: pull({ checks: [makeCheck({ state: 'running' })] }),
    status: 'wait',
    says: /is running/,
  },
  {
    rule: 'conflicts',
    when: 'it conflicts',
    facts: pull({ mergeable: 'conflict' }),
    status: 'no',
    says: /Conflicts with main/,
  },
  {
    rule: 'conflicts',
    when: 'GitHub does not know yet',
    facts: pull({ mergeable: 'unknown' }),
    status: 'wait',
    says: /still working out/,
  },
  {
    rule: 'conflicts',
    when: 'GitHub has not known for less than an hour',
    facts: { ...pull({ mergeable: 'unknown' }), unsureSince: NOW - 3_599_999 },
    status: 'wait',
    says: /still working out/,
  },
  {
    rule: 'conflicts',
    when: 'GitHub has not known for an hour',
    facts: { ...pull({ mergeable: 'unknown' }), unsureSince: NOW - 3_600_000 },
    status: 'no',
    says: /For an hour GitHub has not said .* Open its page/,
  },
  {
    rule: 'conflicts',
    when: 'GitHub has not known for an hour and has it in its queue',
    facts: { ...pull({ mergeable: 'unknown', queued: 'testing' }), unsureSince: NOW - 3_600_000 },
    status: 'wait',
    says: /still working out/,
  },
  {
    rule: 'base',
    when: 'the base moved',
    facts: { diff: makeDiff({ baseIsAncestor: false }) },
    status: 'wait',
    says: /main moved to 000ba5e/,
  },
  { rule: 'base', when: 'the diff is unknown', facts: { diff: null }, status: 'wait', says: /not been compared/ },
];

const closed = ROWS.filter((row) => row.status !== 'yes');

describe('the gate', () => {
  it('opens when every rule says yes, and each says why', () => {
    const verdict = gate(FINE);
    assert.equal(verdict.status, 'yes');
    assert.equal(verdict.reason, 'Pull request #7 may merge at 000bead.');
    for (const child of verdict.children) {
      assert.equal(child.status, 'yes', child.name);
      assert.match(child.reason, /\.$/);
    }
  });

  for (const row of ROWS) {
    it(`${row.rule}: ${row.status} when ${row.when}`, () => {
      const verdict = gate({ ...FINE, ...row.facts });
      const child = childOf(verdict, row.rule);
      assert.equal(child.status, row.status);
      assert.match(child.reason, row.says);
      if (row.status === 'yes') assert.equal(verdict.status, 'yes');
      else assert.notEqual(verdict.status, 'yes');
    });
  }

  it('has a closing row for every rule', () => {
    assert.deepEqual(new Set(closed.map((row) => row.rule)), new Set(gate(FINE).children.map((child) => child.name)));
  });

  it('says no rather than wait when both are there, and gives that reason', () => {
    const verdict = gate({ ...FINE, frozen: 'Stop.', ...pull({ mergeable: 'unknown' }) });
    assert.equal(verdict.status, 'no');
    assert.match(verdict.reason, /Stop\./);
  });

  it('stays shut under any combination of faults, and an unknown never opens it', () => {
    fc.assert(
      fc.property(fc.subarray([...closed], { minLength: 1 }), (rows) => {
        const pullRequest = Object.assign({}, FINE.pullRequest, ...rows.map((row) => changed(row.facts.pullRequest)));
        const facts: GateFacts = Object.assign({}, FINE, ...rows.map((row) => row.facts), { pullRequest });
        const verdict = gate(facts);
        assert.notEqual(verdict.status, 'yes');
        assert.ok(verdict.children.some((child) => child.status !== 'yes'));
        if (facts.diff === null || facts.pullRequest.mergeable === 'unknown') assert.notEqual(verdict.status, 'yes');
      }),
      { numRuns: 500, seed: 11 },
    );
  });

  it('is yes exactly when all of its rules are', () => {
    fc.assert(
      fc.property(fc.subarray([...ROWS]), (rows) => {
        const verdict = gate(Object.assign({}, FINE, ...rows.map((row) => row.facts)));
        assert.equal(
          verdict.status === 'yes',
          verdict.children.every((child) => child.status === 'yes'),
        );
        assert.equal(
          verdict.status === 'no',
          verdict.children.some((child) => child.status === 'no'),
        );
      }),
      { numRuns: 500, seed: 12 },
    );
  });
});

/** Only what a row changed, so that rows about the pull request add up instead of undoing each other. */
function changed(value: GateFacts['pullRequest'] | undefined): Partial<GateFacts['pullRequest']> {
  if (value === undefined) return {};
  const plain: Readonly<Record<string, unknown>> = { ...FINE.pullRequest };
  return Object.fromEntries(
    Object.entries(value).filter(([name, one]) => JSON.stringify(one) !== JSON.stringify(plain[name])),
  );
}
