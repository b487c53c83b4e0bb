/** The matrix of check states against the two ways a check is reported: only success, on this commit, by whom we expect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requiredChecks } from '../../src/decide/checks.ts';
import type { Check } from '../../src/domain/pull-request.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { HEAD, makeCheck, sha } from './make.ts';

const REQUIRED = [{ name: 'test', app: 'github-actions' }];
const OLD = sha(0x01d);

interface Row {
  readonly when: string;
  readonly checks: readonly Partial<Check>[];
  readonly status: Verdict['status'];
  readonly says: RegExp;
  /** How many of them an agent is sent to mend. */
  readonly mend: number;
}

const ROWS: readonly Row[] = [
  { when: 'is absent', checks: [], status: 'wait', says: /has not been reported on 000bead yet\.$/, mend: 0 },
  { when: 'is queued', checks: [{ state: 'queued' }], status: 'wait', says: /is queued/, mend: 0 },
  { when: 'is in progress', checks: [{ state: 'running' }], status: 'wait', says: /is running/, mend: 0 },
  { when: 'succeeded', checks: [{}], status: 'yes', says: /All 1 required/, mend: 0 },
  { when: 'failed', checks: [{ state: 'failure' }], status: 'no', says: /ended as failure/, mend: 1 },
  { when: 'was cancelled', checks: [{ state: 'cancelled' }], status: 'no', says: /ended as cancelled/, mend: 0 },
  { when: 'was skipped', checks: [{ state: 'skipped' }], status: 'no', says: /only success counts/, mend: 0 },
  { when: 'is neutral', checks: [{ state: 'neutral' }], status: 'no', says: /ended as neutral/, mend: 0 },
  { when: 'timed out', checks: [{ state: 'timed-out' }], status: 'no', says: /ended as timed-out/, mend: 1 },
  { when: 'is of an older commit', checks: [{ sha: OLD }], status: 'wait', says: /only an older commit/, mend: 0 },
  {
    when: 'is by another app',
    checks: [{ app: 'evil-ci' }],
    status: 'no',
    says: /evil-ci, not by github-act/,
    mend: 0,
  },
  {
    when: 'is there twice, one of them red',
    checks: [{}, { state: 'failure', id: 2 }],
    status: 'no',
    says: /ended as failure/,
    mend: 1,
  },
  // Beyond the twelve: what GitHub knows besides, and mixtures.
  { when: 'asks for action', checks: [{ state: 'action-required' }], status: 'no', says: /action-required/, mend: 0 },
  { when: 'is stale', checks: [{ state: 'stale' }], status: 'no', says: /ended as stale/, mend: 0 },
  { when: 'is there twice, both green', checks: [{}, { id: 2 }], status: 'yes', says: /passed/, mend: 0 },
  {
    when: 'is there twice, one running',
    checks: [{}, { state: 'running' }],
    status: 'wait',
    says: /is running/,
    mend: 0,
  },
  { when: 'is by nobody', checks: [{ app: null }], status: 'no', says: /reported by nobody/, mend: 0 },
  { when: 'differs in case', checks: [{ name: 'Test' }], status: 'wait', says: /not been reported/, mend: 0 },
  {
    when: 'is green by another app and red by ours',
    checks: [{ app: 'evil-ci' }, { state: 'failure' }],
    status: 'no',
    says: /failure/,
    mend: 1,
  },
  {
    when: 'is green on an older commit and running on this',
    checks: [{ sha: OLD }, { state: 'running' }],
    status: 'wait',
    says: /is running/,
    mend: 0,
  },
];

for (const kind of ['check-run', 'status'] as const) {
  describe(`a required check reported as a ${kind}`, () => {
    for (const row of ROWS) {
      it(`that ${row.when} is a ${row.status}`, () => {
        const checks = row.checks.map((check) => makeCheck({ kind, ...check }));
        const { verdict, failed } = requiredChecks(REQUIRED, checks, HEAD);
        assert.equal(verdict.status, row.status);
        assert.match(verdict.reason, row.says);
        assert.equal(failed.length, row.mend);
      });
    }
  });
}

describe('required checks together', () => {
  it('never pass when none is configured, whatever is green', () => {
    const { verdict, failed } = requiredChecks([], [makeCheck()], HEAD);
    assert.equal(verdict.status, 'no');
    assert.match(verdict.reason, /nothing is ever merged here/);
    assert.deepEqual(failed, []);
  });

  it('accept anybody only where the config names nobody', () => {
    const anybody = [{ name: 'test', app: null }];
    assert.equal(requiredChecks(anybody, [makeCheck({ app: 'whoever' })], HEAD).verdict.status, 'yes');
    assert.equal(requiredChecks(anybody, [makeCheck({ app: null })], HEAD).verdict.status, 'yes');
  });

  it('say no for one red even while another still runs', () => {
    const both = [...REQUIRED, { name: 'lint', app: null }];
    const { verdict, failed } = requiredChecks(
      both,
      [makeCheck({ state: 'running' }), makeCheck({ name: 'lint', state: 'failure' })],
      HEAD,
    );
    assert.equal(verdict.status, 'no');
    assert.deepEqual(
      failed.map((check) => check.name),
      ['lint'],
    );
  });

  it('ignore checks nobody asked for', () => {
    const { verdict } = requiredChecks(REQUIRED, [makeCheck(), makeCheck({ name: 'extra', state: 'failure' })], HEAD);
    assert.equal(verdict.status, 'yes');
  });
});
