/** GitHub's own merge queue: handed over once, taken out when a person stops it, and once more when they say to go on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Effect } from '../../src/domain/effect.ts';
import type { ReviewThread } from '../../src/domain/pull-request.ts';
import type { Freeze } from '../../src/domain/snapshot.ts';
import { BASE, HEAD, makeCheck, makeEffect, makeVerdict, NOW, REPOSITORY, sha } from './make.ts';
import { acts, type Change, kinds, ready, reasonOf } from './ready.ts';

const bases = new Map([['main', { tip: BASE, checks: [], mergeQueue: true }]]);
const KEY = `enqueue:issue-1:${HEAD}`;
const LONG_AGO = NOW - 600_000;
const entry = (at: number, value: Partial<Effect> = {}): Effect =>
  makeEffect({ key: KEY, kind: 'enqueue', outsideId: 'queued', intendedAt: at, confirmedAt: at, ...value });
const lined = (change: Change = {}) =>
  ready({ repository: { bases }, ...change, record: { resumedAt: NOW - 3_600_000, ...change.record } });

describe('the queue of the forge', () => {
  it('is handed what may merge, and nothing is merged beside it', () => {
    const [action] = acts(lined());
    assert.ok(action?.kind === 'enqueue');
    assert.equal(action.key, KEY);
  });

  const behind = (landsAsJudged: boolean | null): Change => ({ diff: { baseIsAncestor: false, landsAsJudged } });
  const ROWS: readonly { readonly when: string; readonly change: Change; readonly does: readonly string[] }[] = [
    { when: 'the base moved and it lands there as it was judged', change: behind(true), does: ['enqueue'] },
    { when: 'it would land on the moved base as another change', change: behind(false), does: ['update-branch'] },
    { when: 'nobody knows as what it would land', change: behind(null), does: ['update-branch'] },
    { when: 'it is lined up', change: { effects: [entry(LONG_AGO)], pullRequest: { queued: 'waiting' } }, does: [] },
    { when: 'GitHub does not show it yet', change: { effects: [entry(NOW - 1_000)] }, does: [] },
    { when: 'it was put out', change: { effects: [entry(LONG_AGO)] }, does: ['update-record', 'report'] },
    {
      when: 'it was put out and is behind its base',
      change: { effects: [entry(LONG_AGO)], diff: { baseIsAncestor: false } },
      does: ['update-branch'],
    },
    {
      when: 'a person said to go on since',
      change: { effects: [entry(LONG_AGO)], record: { resumedAt: NOW - 5_000 } },
      does: ['enqueue'],
    },
    {
      when: 'its answer never came and a person said to go on since',
      change: {
        effects: [entry(LONG_AGO, { confirmedAt: null, outsideId: null, lastError: 'no answer' })],
        record: { resumedAt: NOW - 5_000 },
      },
      does: ['enqueue'],
    },
    {
      when: 'a person said so and it is lined up again',
      change: {
        effects: [entry(LONG_AGO), entry(NOW - 1_000, { key: `${KEY}~${NOW - 5_000}` })],
        record: { resumedAt: NOW - 5_000 },
      },
      does: [],
    },
    {
      when: 'a person said so and it was put out again',
      change: {
        effects: [entry(LONG_AGO), entry(NOW - 300_000, { key: `${KEY}~${NOW - 400_000}` })],
        record: { resumedAt: NOW - 400_000 },
      },
      does: ['update-record', 'report'],
    },
  ];
  for (const { when, change, does } of ROWS)
    it(`when ${when}: ${does.join() || 'waits'}`, () => assert.deepEqual(kinds(lined(change)), does));
});

describe('what is lined up and should not land any more', () => {
  const LEFT = `dequeue:issue-1:${HEAD}`;
  const left = makeEffect({ key: LEFT, kind: 'dequeue', outsideId: 'out', confirmedAt: NOW - 300_000 });
  const freeze = (cause: Freeze['cause']): NonNullable<Change['more']> => ({
    frozen: new Map([[REPOSITORY, { reason: 'It broke.', cause, branch: 'main', sha: sha(1) }]]),
  });
  const thread: ReviewThread = {
    id: 't',
    reviewId: null,
    resolved: false,
    outdated: false,
    path: 'src/totals.ts',
    line: 1,
    comments: [],
  };
  const red = new Map([
    ['main', { tip: BASE, checks: [makeCheck({ sha: BASE, state: 'failure' })], mergeQueue: true }],
  ]);
  const revertOf = { mergeCommit: BASE, pullRequest: 6, title: 't', check: 'test', sha: BASE };
  const running = [makeCheck({ state: 'running' })];

  const ROWS: readonly { readonly when: string; readonly change: Change; readonly out: boolean }[] = [
    { when: 'a bad merge froze the repository', change: { more: freeze('bad-merge') }, out: true },
    { when: 'a red base froze it', change: { more: freeze('red-base') }, out: true },
    { when: 'the base is seen red in this very look', change: { repository: { bases: red } }, out: true },
    {
      when: 'the repository is frozen and a check runs again',
      change: { more: freeze('bad-merge'), pullRequest: { checks: running } },
      out: true,
    },
    { when: 'somebody opened a thread', change: { pullRequest: { threads: [thread] } }, out: true },
    { when: 'somebody pointed it elsewhere', change: { pullRequest: { baseBranch: 'next' } }, out: true },
    {
      when: 'its check failed after all',
      change: { pullRequest: { checks: [makeCheck({ state: 'failure' })] } },
      out: true,
    },
    { when: 'part of it came to the base by another way', change: { diff: { digest: 'digest-2' } }, out: true },
    { when: 'a check runs again', change: { pullRequest: { checks: running } }, out: false },
    { when: 'GitHub does not know whether it merges', change: { pullRequest: { mergeable: 'unknown' } }, out: false },
    { when: 'git cannot be read', change: { repository: { diffs: new Map() } }, out: false },
    {
      when: 'it takes back what made the base red',
      change: { more: freeze('red-base'), record: { revertOf } },
      out: false,
    },
    { when: 'a person lined it up', change: { more: freeze('bad-merge'), effects: [] }, out: false },
    {
      when: 'we took it out before',
      change: { more: freeze('bad-merge'), effects: [entry(LONG_AGO), left] },
      out: false,
    },
  ];
  for (const { when, change, out } of ROWS)
    it(`is ${out ? 'taken out' : 'left in'} when ${when}`, () => {
      const { pullRequest, repository, ...more } = change;
      const did = acts(
        lined({
          effects: [entry(LONG_AGO)],
          ...more,
          pullRequest: { queued: 'waiting', ...pullRequest },
          repository: { bases, ...repository },
        }),
      );
      const keys = did.flatMap((action) => (action.kind === 'dequeue' ? [action.key] : []));
      assert.deepEqual(keys, out ? [LEFT] : []);
    });

  it('says why it does not land', () => {
    const snapshot = lined({
      effects: [entry(LONG_AGO)],
      pullRequest: { queued: 'waiting' },
      more: freeze('bad-merge'),
    });
    assert.match(reasonOf(snapshot), /^Merging is frozen in acme\/shop: It broke/);
  });

  it('is lined up again when the gate says yes, instead of being called thrown out, and taken out again', () => {
    const [action] = acts(lined({ effects: [entry(LONG_AGO), left] }));
    assert.ok(action?.kind === 'enqueue');
    assert.equal(action.key, `${KEY}~${NOW - 300_000}`);
    const again = entry(NOW - 200_000, { key: action.key });
    const effects = [entry(LONG_AGO), left, again];
    assert.deepEqual(kinds(lined({ effects })), ['update-record', 'report'], 'somebody else took it out');
    const [out] = acts(lined({ effects, pullRequest: { queued: 'testing' }, more: freeze('bad-merge') }));
    assert.ok(out?.kind === 'dequeue');
    assert.equal(out.key, `${LEFT}~${NOW - 200_000}`);
  });
});

describe('a stop of what is lined up', () => {
  const stopped = (effects: readonly Effect[]) =>
    acts(
      lined({ effects, record: { phase: 'cancelled', reason: 'Ada said /stop.' }, pullRequest: { queued: 'waiting' } }),
    )
      .filter((action) => action.kind === 'dequeue')
      .map((action) => action.key);
  const LEFT = `dequeue:issue-1:${HEAD}`;
  const left = makeEffect({ key: LEFT, kind: 'dequeue', outsideId: 'out', confirmedAt: NOW - 300_000 });

  it('takes it out, once', () => {
    assert.deepEqual(stopped([entry(LONG_AGO)]), [LEFT]);
    assert.deepEqual(stopped([entry(LONG_AGO), left]), []);
  });

  it('takes out also what was lined up again after an answer that never came', () => {
    const lost = entry(LONG_AGO, { confirmedAt: null, outsideId: null });
    const [action] = acts(lined({ effects: [lost, left], record: { resumedAt: NOW - 70_000 } }));
    assert.ok(action?.kind === 'enqueue' && action.key === `${KEY}~${NOW - 70_000}`);
    const again = entry(NOW - 60_000, { key: action.key });
    assert.deepEqual(stopped([lost, left, again]), [`${LEFT}~${NOW - 60_000}`]);
  });

  it('takes out also what was lined up again since', () => {
    const again = entry(NOW - 60_000, { key: `${KEY}~${NOW - 70_000}` });
    assert.deepEqual(stopped([entry(LONG_AGO), left, again]), [`${LEFT}~${NOW - 60_000}`]);
  });

  it('leaves alone what a person lined up by hand', () => assert.deepEqual(stopped([]), []));
});

describe('what the queue landed', () => {
  const LANDED = sha(0x1a9d);
  const landed = (effects: readonly Effect[]) =>
    acts(
      lined({
        effects,
        record: { mergeCommit: LANDED, resumedAt: NOW - 70_000 },
        // The base is at what landed, or past it: the tip says nothing about what was judged.
        pullRequest: { state: 'merged', mergeCommit: LANDED, base: LANDED },
        verdicts: [makeVerdict({ base: sha(0xb0) })],
      }),
    ).find((action) => action.kind === 'verify-merge');

  it('is held against the base that it was judged on', () => {
    const action = landed([entry(LONG_AGO)]);
    assert.deepEqual([action?.method, action?.head, action?.base], ['queue', HEAD, sha(0xb0)]);
  });

  it('is looked at also when it had refused once before and a person said to go on', () => {
    const refused = entry(LONG_AGO, { confirmedAt: null, outsideId: null, refused: true });
    const again = entry(NOW - 60_000, { key: `${KEY}~${NOW - 70_000}` });
    assert.equal(landed([refused, again])?.method, 'queue');
    assert.equal(landed([refused]), undefined, 'a person merged it');
  });
});
