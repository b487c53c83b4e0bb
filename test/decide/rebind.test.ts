/** A verdict follows its change over a moved base, and nothing else: every other difference asks the judge again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BASE, HEAD, makeCheck, makeEffect, makeRun, makeVerdict, NOW, REPOSITORY, sha } from './make.ts';
import { acts, type Change, kinds, ready } from './ready.ts';

const NEW_BASE = sha(0xba5f);
const UPDATED = sha(0xbeae);
const UPDATE = makeEffect({ key: `update:issue-1:${HEAD}:${NEW_BASE}`, kind: 'update-branch', outsideId: 'asked' });
const STATUS = makeEffect({ key: `status:${REPOSITORY}:${UPDATED}:verdict-2`, kind: 'set-status' });
const REVIEW = makeRun({
  id: 'run-review',
  role: 'review',
  cause: { kind: 'review', head: HEAD, base: BASE, digest: 'digest-1' },
  result: {
    kind: 'review',
    decision: 'approve',
    summary: 'Good.',
    findings: [],
    head: HEAD,
    base: BASE,
    digest: 'digest-1',
  },
});
const REBOUND = makeVerdict({ id: 'verdict-2', head: UPDATED, base: NEW_BASE, reboundFrom: 'verdict-1' });

/** The forge merged the new base into the branch, because we asked for it. */
const moved = (change: Change = {}): Change => ({
  record: { head: UPDATED, updatedAt: NOW },
  pullRequest: { head: UPDATED, base: NEW_BASE, checks: [makeCheck({ sha: UPDATED })], ...change.pullRequest },
  repository: { parents: new Map([[UPDATED, [HEAD, NEW_BASE]]]), ...change.repository },
  diff: change.diff ?? {},
  runs: [makeRun(), REVIEW],
  verdicts: change.verdicts ?? [makeVerdict()],
  effects: change.effects ?? [UPDATE],
  separateReviewer: change.separateReviewer ?? false,
});

describe('a verdict', () => {
  it('is carried over when only the base moved below the very same change', () => {
    const [action] = acts(ready(moved()));
    assert.ok(action?.kind === 'rebind-verdict');
    assert.deepEqual(
      { verdictId: action.verdictId, head: action.head, base: action.base },
      { verdictId: 'verdict-1', head: UPDATED, base: NEW_BASE },
    );
    assert.match(action.reason, /Only main moved/);
  });

  it('is carried over also when the base moved once more meanwhile, and then waits for the next update', () => {
    assert.deepEqual(kinds(ready(moved({ diff: { baseIsAncestor: false } }))), ['rebind-verdict']);
    const carried = { verdicts: [makeVerdict(), REBOUND], effects: [UPDATE, STATUS] };
    assert.ok(!kinds(ready(moved({ diff: { baseIsAncestor: false }, ...carried }))).includes('merge'));
  });

  it('that was carried over lets the pull request merge, and is posted again only where approvals count', () => {
    const carried = (change: Change) => ready(moved({ verdicts: [makeVerdict(), REBOUND], ...change }));
    assert.deepEqual(kinds(carried({ effects: [UPDATE] })), ['set-status']);
    assert.deepEqual(kinds(carried({ effects: [UPDATE, STATUS] })), ['merge']);
    assert.deepEqual(kinds(carried({ effects: [UPDATE, STATUS], separateReviewer: true })), ['post-review']);
  });

  const ROWS: readonly { readonly when: string; readonly change: Change }[] = [
    { when: 'the change is another one', change: moved({ diff: { digest: 'digest-2' } }) },
    {
      when: 'a person merged the base',
      change: moved({ effects: [] }),
    },
    {
      when: 'the update we asked for was of another head',
      change: moved({ effects: [{ ...UPDATE, key: `update:issue-1:${sha(0x1)}:${NEW_BASE}` }] }),
    },
    {
      when: 'the head is no merge',
      change: moved({ repository: { parents: new Map([[UPDATED, [HEAD]]]) } }),
    },
    {
      when: 'the head merges something else into itself first',
      change: moved({ repository: { parents: new Map([[UPDATED, [NEW_BASE, HEAD]]]) } }),
    },
    {
      when: 'three branches were merged',
      change: moved({ repository: { parents: new Map([[UPDATED, [HEAD, NEW_BASE, sha(0x3)]]]) } }),
    },
    {
      when: 'the verdict asked for changes',
      change: moved({ verdicts: [makeVerdict({ decision: 'request-changes', digest: 'digest-1', at: 0 })] }),
    },
    {
      when: 'a newer verdict on the very same head and change asked for changes',
      change: moved({
        verdicts: [makeVerdict(), makeVerdict({ id: 'verdict-9', decision: 'request-changes', at: NOW - 1 })],
      }),
    },
    {
      when: 'what the newer base brought touches the change: the digest of the next update says so',
      change: moved({ diff: { baseIsAncestor: true, digest: 'digest-over-newer-base' } }),
    },
    { when: 'the verdict is of an older head', change: moved({ verdicts: [makeVerdict({ head: sha(0x99) })] }) },
  ];
  for (const { when, change } of ROWS) {
    it(`is void when ${when}`, () => {
      assert.ok(!kinds(ready(change)).includes('rebind-verdict'), kinds(ready(change)).join());
      assert.ok(!kinds(ready(change)).includes('merge'));
    });
  }

  it('of a change that was refused is not asked for again: the same change twice is no progress', () => {
    const refused = makeVerdict({ decision: 'request-changes', head: sha(0x99) });
    const [action] = acts(ready({ verdicts: [refused], runs: [makeRun()] }));
    assert.ok(action?.kind === 'update-record' && action.change.phase === 'parked');
    assert.match(action.reason, /the very change that review refused at 0000099: no progress/);
    assert.equal(BASE, sha(0xba5e));
  });
});
