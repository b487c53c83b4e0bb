/** A stop that comes while a merge is on the way: the issue rests, but what landed is held against what was tested. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BASE, HEAD, makeEffect, NOW, sha } from './make.ts';
import { acts, type Change, kinds, ready } from './ready.ts';

const LANDED = sha(0x1a9d);
const KEY = `merge:issue-1:${HEAD}:${BASE}`;
const asked = makeEffect({
  key: KEY,
  kind: 'merge',
  intendedAt: NOW - 60_000,
  outsideId: null,
  confirmedAt: null,
  unheardSince: NOW - 60_000,
});
const stopped = (change: Change = {}) =>
  ready({
    effects: [asked],
    ...change,
    pullRequest: { state: 'merged', mergeCommit: LANDED, ...change.pullRequest },
    record: { phase: 'cancelled', reason: 'Ada said /stop.', ...change.record },
  });

describe('a merge that had landed when it was stopped', () => {
  it('is told to people first', () => {
    const [action] = acts(stopped());
    assert.ok(action?.kind === 'update-record');
    assert.equal(action.change.mergeCommit, LANDED);
    assert.match(action.change.reason ?? '', /^Ada said \/stop\. Pull request #7 had landed by then, as /);
    assert.equal(action.change.phase, undefined, 'the stop stands');
  });

  it('is compared with what was tested', () => {
    const [action] = acts(stopped({ record: { mergeCommit: LANDED } }));
    assert.ok(action?.kind === 'verify-merge');
    assert.deepEqual([action.mergeCommit, action.head, action.base], [LANDED, HEAD, BASE]);
  });

  it('is compared whether or not its answer came', () => {
    const answered = makeEffect({ ...asked, confirmedAt: NOW - 50_000, outsideId: LANDED });
    assert.ok(kinds(stopped({ effects: [answered], record: { mergeCommit: LANDED } })).includes('verify-merge'));
  });

  const ROWS: readonly { readonly when: string; readonly change: Change }[] = [
    { when: 'it is verified', change: { record: { mergeCommit: LANDED, mergeVerified: true } } },
    {
      when: 'it was found wrong before',
      change: { more: { reported: new Set([`frozen:acme/shop:${LANDED}`]) } },
    },
    { when: 'nothing of ours had been asked for', change: { effects: [] } },
    { when: 'ours was put off', change: { effects: [{ ...asked, unheardSince: null, retryAt: NOW + 60_000 }] } },
    { when: 'GitHub had refused ours', change: { effects: [{ ...asked, refused: true }] } },
    { when: 'ours was for another head', change: { effects: [{ ...asked, key: `merge:issue-1:${sha(1)}:${BASE}` }] } },
    { when: 'it did not land', change: { pullRequest: { state: 'open', mergeCommit: null } } },
    { when: 'a person closed it', change: { pullRequest: { state: 'closed', mergeCommit: null } } },
  ];
  for (const { when, change } of ROWS)
    it(`is left alone when ${when}`, () => {
      const did = kinds(stopped(change));
      assert.ok(!did.includes('verify-merge') && !did.includes('update-record') && !did.includes('merge'), did.join());
    });
});
