/** The audit stage: who is asked, what a failed audit leads to, what the gate wants of it; and runs that found no model. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import { gate } from '../../src/decide/gate.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Pipeline } from '../../src/domain/pipeline.ts';
import type { Cause, Run, RunResult } from '../../src/domain/run.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { AuditVerdict } from '../../src/domain/verdict.ts';
import {
  BASE,
  childOf,
  HEAD,
  ledger,
  makeBoard,
  makeCommand,
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
  NOW,
  REPOSITORY,
  STATES,
  sha,
} from './make.ts';

const PIPELINE: Pipeline = {
  name: 'default',
  stages: [
    { kind: 'implement', role: 'dev' },
    { kind: 'open', role: null },
    { kind: 'review', role: 'review' },
    { kind: 'checks', role: 'devops' },
    { kind: 'audit', role: 'audit' },
    { kind: 'merge', role: null },
    { kind: 'done', role: null },
  ],
};

const ROLE = makeSettings().roles.dev;
const CAUSE: Cause = { kind: 'audit', head: HEAD, base: BASE, digest: 'digest-1' };
const RESULT: Extract<RunResult, { kind: 'audit' }> = {
  kind: 'audit',
  decision: 'pass',
  summary: 'All there.',
  criteria: [{ criterion: 'Totals are rounded', met: true, evidence: 'test/totals.test.ts: rounds to cents, passed' }],
  head: HEAD,
  base: BASE,
  digest: 'digest-1',
};
const UNMET = { criterion: 'Negative totals too', met: false, evidence: 'no test, src/totals.ts:4 truncates' };

function auditRun(value: Partial<Run> = {}): Run {
  return makeRun({ id: 'run-audit', role: 'audit', cause: CAUSE, sessionId: 's-audit', result: RESULT, ...value });
}

function auditVerdict(value: Partial<AuditVerdict> = {}): AuditVerdict {
  return { ...makeVerdict(), id: 'audit-1', runId: 'run-audit', decision: 'pass', ...value };
}

/** Reviewed, green, and nothing but the audit between it and its merge. */
function greenWith(value: Partial<Snapshot>): Snapshot {
  const { runs = [], verdicts = [], ...rest } = value;
  return makeSnapshot({
    settings: makeSettings({ roles: { ...makeSettings().roles, ...(ROLE === undefined ? {} : { audit: ROLE }) } }),
    pipelines: new Map([['default', PIPELINE]]),
    board: makeBoard([makeIssue({ state: STATES.review, lastMove: null })]),
    repositories: new Map([
      [
        REPOSITORY,
        {
          known: true,
          value: makeRepository({
            pullRequests: [makePullRequest()],
            diffs: new Map([[`${BASE}..${HEAD}`, makeDiff()]]),
          }),
        },
      ],
    ]),
    records: [makeRecord({ head: HEAD, pullRequest: 7, claimedMove: 'created:issue-1' })],
    runs: [makeRun(), ...runs],
    verdicts: [makeVerdict(), ...verdicts],
    effects: ledger(
      makeEffect({ key: `push:issue-1:1:${HEAD}`, kind: 'push-branch', outsideId: HEAD }),
      makeEffect({ key: 'open:issue-1:1', kind: 'open-pull-request', outsideId: '7' }),
      makeEffect({ key: 'link:issue-1:1', kind: 'link-pull-request' }),
      makeEffect({ key: 'move:issue-1:1:started', kind: 'move-issue' }),
      makeEffect({ key: 'move:issue-1:1:review', kind: 'move-issue' }),
      makeEffect({ key: 'review:verdict-1', kind: 'post-review' }),
      makeEffect({ key: `status:${REPOSITORY}:${HEAD}:verdict-1`, kind: 'set-status' }),
      makeEffect({ key: `status:${REPOSITORY}:${HEAD}:audit-1`, kind: 'set-status' }),
    ),
    ...rest,
  });
}

const actionsOf = (value: Partial<Snapshot>): readonly Action[] =>
  decide(greenWith(value)).actions.filter((action) => action.kind !== 'progress-comment');

function only<Kind extends Action['kind']>(actions: readonly Action[], kind: Kind): Extract<Action, { kind: Kind }> {
  const found = actions.filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind);
  assert.equal(found.length, 1, JSON.stringify(actions));
  return found[0] as Extract<Action, { kind: Kind }>;
}

describe('the audit', () => {
  it('is asked for once the head is reviewed and green, bound to head, base and change', () => {
    const { role, cause, sessionId } = only(actionsOf({}), 'dispatch');
    assert.deepEqual({ role, cause, sessionId }, { role: 'audit', cause: CAUSE, sessionId: null });
  });

  it('is waited for while it runs, and its result is written into the ledger', () => {
    assert.deepEqual(actionsOf({ runs: [auditRun({ state: 'running', result: null })] }), []);
    assert.equal(only(actionsOf({ runs: [auditRun()] }), 'record-verdict').runId, 'run-audit');
  });

  it('that passed lets the issue on to its merge', () => {
    assert.equal(only(actionsOf({ runs: [auditRun()], verdicts: [auditVerdict()] }), 'merge').head, HEAD);
  });

  it('that failed goes back to the session of the dev as findings', () => {
    const result = { ...RESULT, decision: 'fail' as const, criteria: [...RESULT.criteria, UNMET] };
    const verdicts = [auditVerdict({ decision: 'fail' })];
    const { role, cause, sessionId } = only(actionsOf({ runs: [auditRun({ result })], verdicts }), 'dispatch');
    const expected = { role: 'dev', cause: { kind: 'findings', verdictId: 'audit-1' }, sessionId: 'session-1' };
    assert.deepEqual({ role, cause, sessionId }, expected);
  });

  it('counts its rounds together with those of reviews', () => {
    const rounds = ['a', 'b', 'c'].map((verdictId, index) =>
      makeRun({ id: `round-${verdictId}`, cause: { kind: 'findings', verdictId }, createdAt: NOW - 30_000 + index }),
    );
    const verdicts = [auditVerdict({ decision: 'fail' })];
    const { change } = only(actionsOf({ runs: [...rounds, auditRun()], verdicts }), 'update-record');
    assert.equal(change.phase, 'parked');
    assert.match(change.reason ?? '', /The audit of .* 3 rounds of findings did not settle it/);
  });

  it('of a head that moved away is called off', () => {
    const cause: Cause = { ...CAUSE, head: sha(0x0dd) } as Cause;
    const actions = actionsOf({ runs: [auditRun({ cause, state: 'running', result: null })] });
    assert.match(only(actions, 'cancel-run').reason, /while it was being audited/);
  });

  it('shows the criteria and what shows them on the issue', () => {
    const { actions } = decide(greenWith({ runs: [auditRun()], verdicts: [auditVerdict()] }));
    const { body } = only(actions, 'progress-comment');
    assert.match(body, /Audit: 1 of 1 criteria met at /);
    assert.match(body, /- met: Totals are rounded \(test\/totals\.test\.ts: rounds to cents, passed\)/);
  });
});

describe('the gate, where the pipeline has an audit', () => {
  const rows: readonly (readonly [string, AuditVerdict | null, 'yes' | 'no' | 'wait', RegExp])[] = [
    ['none', null, 'wait', /No audit/],
    ['of another head', auditVerdict({ head: sha(0x0dd) }), 'wait', /speaks of/],
    ['of another change', auditVerdict({ digest: 'digest-2' }), 'wait', /not the one that was audited/],
    ['that failed', auditVerdict({ decision: 'fail' }), 'no', /criteria of the issue not met/],
    ['by an author', auditVerdict({ runId: 'run-1' }), 'no', /own word does not count/],
    ['that passed', auditVerdict(), 'yes', /Every criterion/],
  ];
  for (const [name, audit, status, says] of rows) {
    it(`an audit ${name}: ${status}`, () => {
      const verdict = gate({
        now: NOW,
        settings: makeSettings(),
        project: makeProject(),
        pullRequest: makePullRequest(),
        ourHead: HEAD,
        baseBranch: 'main',
        diff: makeDiff(),
        review: makeVerdict(),
        audit,
        authorRuns: ['run-1'],
        reviewPosted: true,
        approvals: [],
        frozen: null,
      });
      assert.equal(verdict.status, status);
      assert.match(childOf(verdict, 'audit')?.reason ?? '', says);
    });
  }
});

describe('a run that found no model', () => {
  const MINUTE_MS = 60_000;
  const ended = 'No model of the chain of dev answered: overloaded.';
  const postponed = (count: number, endedAt: number): readonly Run[] =>
    Array.from({ length: count }, (_, index) =>
      makeRun({
        id: `run-${index + 1}`,
        cause: index === 0 ? { kind: 'implement' } : { kind: 'crashed', runId: `run-${index}` },
        state: 'postponed',
        endReason: ended,
        result: null,
        createdAt: endedAt - 1_000 + index,
        endedAt,
      }),
    );
  const after = (count: number, waitedMs: number): readonly Action[] => {
    const runs = postponed(count, NOW - waitedMs);
    const long = NOW - 48 * 3_600_000;
    const records = [makeRecord({ claimedMove: 'created:issue-1', resumedAt: long, roundsFrom: long })];
    const snapshot = { ...greenWith({}), records, runs, verdicts: [] };
    return decide(snapshot).actions.filter((action) => action.kind !== 'progress-comment');
  };

  it('waits half a minute, then twice as long each time, an hour at most', () => {
    for (const [count, minutes] of [
      [1, 0.5],
      [2, 1],
      [4, 4],
      [8, 60],
    ] as const) {
      assert.deepEqual(after(count, minutes * MINUTE_MS - 1), [], `${count} times`);
      assert.equal(only(after(count, minutes * MINUTE_MS), 'dispatch').sessionId, 'session-1');
    }
  });

  it('is never a crash round, and is parked only after many tries', () => {
    assert.equal(only(after(15, 60 * MINUTE_MS), 'dispatch').cause.kind, 'crashed');
    const { change } = only(after(16, 60 * MINUTE_MS), 'update-record');
    assert.match(change.reason ?? '', /overloaded\. Comment \/resume to try again/);
  });
});

describe('a question of the agent', () => {
  const asked = makeRun({ state: 'awaiting-human', endReason: 'dev asks: Cents or euros? @ada', result: null });

  it('parks the issue with the question, and wakes nobody by name', () => {
    const base = greenWith({});
    const records = [makeRecord({ claimedMove: 'created:issue-1' })];
    const { actions } = decide({ ...base, records, runs: [asked], verdicts: [] });
    const { change } = only(actions, 'update-record');
    assert.match(change.reason ?? '', /^dev asks: Cents or euros\?/);
    const parked = [makeRecord({ claimedMove: 'created:issue-1', phase: 'parked', reason: change.reason ?? '' })];
    const shown = decide({ ...base, records: parked, runs: [asked], verdicts: [] }).actions;
    assert.match(only(shown, 'progress-comment').body, /Cents or euros\? @\u200bada/);
    assert.match(only(shown, 'report').text, /is parked: dev asks: Cents or euros\?/);
  });

  it('goes on in the same session with the answer', () => {
    const base = greenWith({ commands: [makeCommand({ kind: 'answer', text: 'Cents.' })] });
    const records = [makeRecord({ claimedMove: 'created:issue-1', resumedAt: NOW })];
    const { actions } = decide({ ...base, records, runs: [asked], verdicts: [] });
    const { cause, sessionId } = only(actions, 'dispatch');
    assert.equal(sessionId, 'session-1');
    assert.deepEqual(cause, { kind: 'answer', commentId: 'comment-1', by: 'Ada', text: 'Cents.' });
  });
});
