/** Drafts: our own become ready with the approval, a person's stop the work. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeEffect, makeRun, NOW } from './make.ts';
import { acts, kinds, ready } from './ready.ts';

const DRAFT = { pullRequest: { draft: true } };
const LONG_AGO = NOW - 600_000;
const opened = makeEffect({ key: 'open:issue-1:1', kind: 'open-pull-request', outsideId: '7', confirmedAt: LONG_AGO });

describe('a draft', () => {
  it('that the project asked for is made ready once it is approved', () => {
    assert.deepEqual(kinds(ready({ ...DRAFT, project: { draft: true } })), ['mark-ready']);
  });

  it('is not made ready before', () => {
    assert.deepEqual(kinds(ready({ ...DRAFT, project: { draft: true }, verdicts: [] })), ['dispatch']);
  });

  it('that was just made ready is waited for', () => {
    const made = makeEffect({ key: 'ready:issue-1:1', kind: 'mark-ready', confirmedAt: NOW - 1_000 });
    assert.deepEqual(kinds(ready({ ...DRAFT, project: { draft: true }, effects: [made] })), []);
  });

  it('that a person made parks the work at once, whoever is at it', () => {
    const running = makeRun({
      id: 'run-2',
      cause: { kind: 'answer', commentId: 'c', by: 'Ada', text: 'x' },
      state: 'running',
    });
    const snapshot = ready({ ...DRAFT, effects: [opened], runs: [makeRun(), running] });
    const [action] = acts(snapshot);
    assert.ok(action?.kind === 'update-record' && action.change.phase === 'parked');
    assert.match(action.reason, /was made a draft\. Mark it ready for review and comment \/resume/);
    // The next look at the parked record ends what still runs.
    const next = ready({ ...DRAFT, record: { phase: 'parked', reason: 'x' }, runs: [makeRun(), running] });
    assert.ok(kinds(next).includes('cancel-run'));
  });

  it('that a person made a moment after we opened it is theirs all the same', () => {
    const justOpened = { ...opened, confirmedAt: NOW - 1_000 };
    assert.deepEqual(kinds(ready({ ...DRAFT, effects: [justOpened] })), ['update-record']);
  });

  it('that a person made again after we made it ready parks it too', () => {
    const made = makeEffect({ key: 'ready:issue-1:1', kind: 'mark-ready', confirmedAt: LONG_AGO });
    const snapshot = ready({ ...DRAFT, project: { draft: true }, effects: [opened, made] });
    assert.deepEqual(kinds(snapshot), ['update-record']);
  });

  it('is what opening asks for where the project says so', () => {
    const fresh = { key: 'open:issue-1:1', kind: 'open-pull-request', confirmedAt: null } as const;
    const [action] = acts(
      ready({ project: { draft: true }, record: { pullRequest: null }, effects: [makeEffect(fresh)] }),
    );
    assert.ok(action?.kind === 'open-pull-request');
    assert.equal(action.draft, true);
  });
});
