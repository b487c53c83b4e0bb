/** A failed check gets one more run on the same commit before anybody is paid to mend it; what was flaky is marked as such. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runOf } from '../../src/decide/checks.ts';
import type { Check } from '../../src/domain/pull-request.ts';
import { HEAD, makeCheck, makeEffect, makeRun, NOW, sha } from './make.ts';
import { acts, type Change, kinds, ready, reasonOf } from './ready.ts';

const RED = makeCheck({ state: 'failure', id: 41, at: NOW - 9_000 });
const KEY = `rerun:issue-1:${HEAD}:test`;
const asked = (of: Check, agoMs = 1_000) =>
  makeEffect({ key: KEY, kind: 'rerun-check', outsideId: runOf(of), confirmedAt: NOW - agoMs });

const withCheck = (check: Check, change: Change = {}) =>
  ready({ ...change, project: { rerunChecks: true, ...change.project }, pullRequest: { checks: [check] } });

describe('a failed check', () => {
  it('is run once more, with exactly the run that failed', () => {
    const [action, ...more] = acts(withCheck(RED));
    assert.ok(action?.kind === 'rerun-check');
    assert.deepEqual([action.key, action.check, more.length], [KEY, RED, 0]);
  });

  it('is waited for while GitHub still shows the old run', () => {
    assert.deepEqual(kinds(withCheck(RED, { effects: [asked(RED)] })), []);
    assert.match(reasonOf(withCheck(RED, { effects: [asked(RED)] })), /It is run once more/);
  });

  it('that failed again goes to devops, once', () => {
    const again = { ...RED, id: 42, at: NOW - 500 };
    assert.deepEqual(kinds(withCheck(again, { effects: [asked(RED)] })), ['dispatch']);
  });

  it('that GitHub never began to run again goes to devops all the same', () => {
    assert.deepEqual(kinds(withCheck(RED, { effects: [asked(RED, 200_000)] })), ['dispatch']);
  });

  it('that cannot be run again goes to devops', () => {
    const refused = makeEffect({
      key: KEY,
      kind: 'rerun-check',
      confirmedAt: null,
      refused: true,
      lastError: 'a status',
    });
    assert.deepEqual(kinds(withCheck(RED, { effects: [refused] })), ['dispatch']);
  });

  it('goes straight to devops where the project wants no second run', () => {
    assert.deepEqual(kinds(withCheck(RED, { project: { rerunChecks: false } })), ['dispatch']);
  });

  it('that passed then is labelled, once, and the pull request merges', () => {
    const green = makeCheck({ id: 42, at: NOW });
    const [label, merge] = acts(withCheck(green, { effects: [asked(RED)] }));
    assert.ok(label?.kind === 'add-label');
    assert.deepEqual([label.number, label.label, merge?.kind], [7, 'flaky-check', 'merge']);
    const put = makeEffect({ key: label.key, kind: 'add-label' });
    assert.deepEqual(kinds(withCheck(green, { effects: [asked(RED), put] })), ['merge']);
  });

  it('that was mended twice and is red still parks with what to do', () => {
    const mended = [1, 2].map((n) =>
      makeRun({
        id: `run-d${n}`,
        role: 'devops',
        cause: { kind: 'checks-failed', head: sha(n), checks: ['test'] },
        createdAt: NOW - 30_000 + n,
      }),
    );
    const [action] = acts(withCheck(RED, { project: { rerunChecks: false }, runs: [makeRun(), ...mended] }));
    assert.ok(action?.kind === 'update-record' && action.change.phase === 'parked');
    assert.match(action.reason, /test was mended twice and is still red: no progress.*\/answer/);
  });
});

describe('a check that nobody reports', () => {
  const pushedAgo = (hours: number): Change => ({
    record: { resumedAt: 0 },
    pullRequest: { checks: [] },
    effects: [
      makeEffect({
        key: `push:issue-1:1:${HEAD}`,
        kind: 'push-branch',
        outsideId: HEAD,
        confirmedAt: NOW - hours * 3_600_000,
      }),
    ],
  });

  it('is waited for, and then a person hears of it', () => {
    assert.deepEqual(kinds(ready(pushedAgo(5))), []);
    const [action] = acts(ready(pushedAgo(7)));
    assert.ok(action?.kind === 'update-record' && action.change.phase === 'parked');
    assert.match(action.reason, /test was not reported on 000bead within 6 hours\. Look whether CI runs/);
  });

  it('but by a stranger’s app is no pass and no reason to give up yet', () => {
    const snapshot = ready({ pullRequest: { checks: [makeCheck({ app: 'evil-ci' })] } });
    assert.deepEqual(kinds(snapshot), []);
    assert.match(reasonOf(snapshot), /reported by evil-ci, not by github-actions/);
  });
});
