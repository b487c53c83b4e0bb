/** Several pull requests tested and merged as one: who goes together, what ends a batch, and what its merge means for its members. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Batch, batchesOn, batchReport, chooseBatch, DAY_MS, NOT_TOGETHER } from '../../src/decide/batch.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { BASE, HEAD, ledger, makeCheck, makeEffect, makeProject, NOW, REPOSITORY, sha } from './make.ts';
import { acts } from './ready.ts';
import {
  dropped,
  HELD,
  headOf,
  keyOf,
  LANDED,
  membersOf,
  merging,
  BATCH as NUMBER,
  opened,
  type Part,
  type Scene,
  STATUS,
  together,
} from './together.ts';

const SHOP = makeProject({ batchMax: 5 });
const TWO: readonly Part[] = [{ number: 1 }, { number: 2 }];
const seen = (scene: Scene): Snapshot => together({ parts: TWO, ...scene });

const MEMBERS = membersOf([1, 2]);
const KEY = keyOf(1, 2);
const OPENED = opened({}, [1, 2]);
const BATCH = batchesOn(ledger(OPENED), REPOSITORY, 'main')[0] as Batch;
const MERGE = merging({ intendedAt: NOW - 30_000, unheardSince: NOW - 30_000 });
const drop = (why: 'landed' | 'red' | 'stale', value: Partial<Effect> = {}): Effect => dropped(why, value, KEY);

const of = <Kind extends Action['kind']>(snapshot: Snapshot, kind: Kind) =>
  acts(snapshot).filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind);
const kinds = (snapshot: Snapshot): readonly string[] => acts(snapshot).map(({ kind }) => kind);

describe('a batch', () => {
  it('is made of those that are ready but for a newer base', () => {
    const [opened] = of(seen({}), 'open-batch');
    assert.deepEqual(
      opened?.members.map(({ number, head }) => ({ number, head })),
      MEMBERS,
    );
    assert.deepEqual(kinds(seen({})), ['open-batch']);
  });

  it('that is green is merged with its members', () => {
    const [merged] = of(seen({ effects: [OPENED, STATUS], batch: {} }), 'merge');
    assert.deepEqual(
      [merged?.number, merged?.head, merged?.base, merged?.members.map(({ issueId }) => issueId)],
      [NUMBER, HELD, BASE, ['issue-1', 'issue-2']],
    );
  });

  it('that waits for a person is told to people, for everybody waits with it', () => {
    const thread = {
      id: 't1',
      reviewId: null,
      resolved: false,
      outdated: false,
      path: 'src/part-1.ts',
      line: 1,
      comments: [],
    };
    const waits = seen({ effects: [OPENED, STATUS], batch: { threads: [thread] } });
    assert.deepEqual(kinds(waits), ['report']);
    assert.match(of(waits, 'report')[0]?.text ?? '', /#40.*review thread is open/);
  });
});

describe('what a batch landed', () => {
  const merged = { state: 'merged', mergeCommit: LANDED } as const;
  const after = { parts: [1, 2].map((nth) => ({ number: nth, pull: merged })), batch: merged, base: { tip: LANDED } };
  const answered = { ...MERGE, confirmedAt: NOW - 20_000, outsideId: LANDED };

  it('is compared although it was dropped while the answer was on its way', () => {
    const late = seen({ ...after, effects: [OPENED, drop('stale'), answered] });
    assert.equal(of(late, 'verify-merge')[0]?.mergeCommit, LANDED);
  });

  it('once it was looked at leaves the lane to the next batch, heard of or not', () => {
    const [next, parts] = [sha(0x77), [3, 4].map((nth) => ({ number: nth }))];
    const done = seen({
      parts,
      base: { tip: next },
      effects: [OPENED, MERGE, drop('landed')],
      batch: merged,
      more: { reported: new Set([batchReport(BATCH, LANDED)]) },
    });
    assert.equal(of(done, 'open-batch').length, 1);
  });

  it('is compared as any other where a person pushed to it and had that merged', () => {
    const [theirs, subject] = [sha(0x7e1), `pull:${REPOSITORY}#${NUMBER}`];
    const key = `merge:${subject}:${theirs}:${BASE}:merge`;
    const ordered = makeEffect({ key, kind: 'merge', subject, outsideId: LANDED });
    const pushed = seen({ ...after, effects: [OPENED, drop('red'), ordered], batch: { ...merged, head: theirs } });
    assert.deepEqual(
      of(pushed, 'verify-merge').map(({ head, mergeCommit }) => [head, mergeCommit]),
      [[theirs, LANDED]],
    );
  });
});

describe('a merge call of a batch that never came to anything', () => {
  const unheard = { ...MERGE, intendedAt: NOW - 600_000, unheardSince: NOW - 600_000 };
  const dropped = drop('stale', { intendedAt: NOW - 500_000, confirmedAt: NOW - 500_000 });

  it('does not keep the lane from its next batch', () => {
    const after = seen({
      parts: [3, 4].map((nth) => ({ number: nth })),
      effects: [OPENED, unheard, dropped],
      batch: { state: 'closed' },
    });
    assert.equal(of(after, 'open-batch').length, 1);
  });

  it('does not hold a member that a person merged by hand', () => {
    const byHand = seen({
      parts: [{ number: 1, pull: { state: 'merged', mergeCommit: LANDED } }],
      effects: [OPENED, unheard, dropped],
      batch: { state: 'closed' },
      base: { tip: LANDED },
    });
    assert.equal(of(byHand, 'update-record')[0]?.change.mergeCommit, LANDED);
  });

  it('leaves the lane to nobody while it may still arrive', () => {
    const moment = seen({
      parts: [
        { number: 1 },
        { number: 2, record: { phase: 'cancelled' } },
        { number: 3, diff: { baseIsAncestor: true } },
      ],
      effects: [OPENED, STATUS, { ...MERGE, unheardSince: NOW - 1_000 }],
      batch: {},
    });
    assert.equal(of(moment, 'drop-batch').length, 1);
    assert.ok(!kinds(moment).includes('merge'), kinds(moment).join());
  });
});

describe('a batch that is dropped', () => {
  it('leaves nobody to begin alone in the same look', () => {
    const red = [makeCheck({ sha: HELD, state: 'failure' })];
    const failed = { effects: [OPENED, STATUS], batch: { checks: red } };
    assert.deepEqual(kinds(seen(failed)), ['drop-batch']);
  });

  it('holds nobody up where GitHub does not answer', () => {
    const waiting = drop('stale', {
      confirmedAt: null,
      outsideId: null,
      retryAt: NOW + 60_000,
      lastError: 'no answer',
    });
    assert.deepEqual(kinds(seen({ effects: [OPENED, STATUS, waiting], batch: {} })), ['update-branch']);
  });
});

describe('a merge of a batch that was refused', () => {
  const refused = { ...MERGE, unheardSince: null, refused: true, lastError: 'merge: it was closed by somebody else' };

  it('is not told as GitHub’s word where a person closed it', () => {
    const closed = seen({ effects: [OPENED, STATUS, refused], batch: { state: 'closed' } });
    assert.deepEqual(kinds(closed), ['drop-batch']);
  });

  it('is not told as GitHub’s word where a member went', () => {
    const gone = seen({
      parts: [{ number: 1 }, { number: 2, pull: { state: 'closed' } }],
      effects: [OPENED, STATUS, refused],
      batch: {},
    });
    assert.match(of(gone, 'drop-batch')[0]?.key ?? '', /^drop:stale:/);
    assert.ok(!of(gone, 'report').some(({ key }) => key.startsWith('batch-refused:')));
  });

  it('is told before the batch is dropped', () => {
    assert.deepEqual(kinds(seen({ effects: [OPENED, STATUS, refused], batch: {} })), ['report', 'drop-batch']);
  });
});

describe('who is put together', () => {
  it('is of one project, whose checks are the ones that test it', () => {
    const other = makeProject({ name: 'till', batchMax: 5, checks: [{ name: 'test', app: 'other-ci' }] });
    const mixed = seen({
      projects: [SHOP, other],
      parts: [
        { number: 1 },
        {
          number: 2,
          record: { project: 'till' },
          pull: { checks: [makeCheck({ sha: headOf(2), app: 'other-ci' })] },
        },
      ],
    });
    assert.deepEqual(kinds(mixed), ['update-branch']);
  });

  it('is found whatever other project of the repository comes first', () => {
    const other = makeProject({ name: 'till' });
    assert.deepEqual(kinds(seen({ projects: [other, SHOP] })), ['open-batch']);
  });

  it('never goes before whoever is first and has to go alone', () => {
    const parts = [{ number: 1, issue: { priority: 1 } } as const, { number: 3 }, { number: 4 }];
    const [update] = of(seen({ parts, effects: [OPENED, drop('red')], batch: { state: 'closed' } }), 'update-branch');
    assert.equal(update?.number, 1);
  });
});

describe('of those that failed together', () => {
  const FRESH = { opened: OPENED, dropped: 'red' } as const;
  const failed = (...numbers: readonly number[]): Batch => ({
    ...BATCH,
    ...FRESH,
    members: numbers.map((number) => ({ number, head: HEAD })),
  });
  const line = (...numbers: readonly number[]) =>
    numbers.map((number) => ({ number, head: HEAD, files: [`src/part-${number}.ts`] }));
  const next = (willing: readonly number[], ...earlier: readonly Batch[]): readonly number[] =>
    chooseBatch(line(...willing), earlier, 10, NOW).map(({ number }) => number);
  const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

  it('half go together, until who is first is alone', () => {
    const [all, half, pair] = [failed(...TEN), failed(1, 2, 3, 4, 5), failed(1, 2)];
    assert.deepEqual(next(TEN, all), [1, 2, 3, 4, 5]);
    assert.deepEqual(next(TEN, all, half), [1, 2]);
    assert.deepEqual(next(TEN, all, half, pair), []);
  });

  it('the others go together again once it is known which it was', () => {
    const tried = [failed(...TEN), failed(1, 2, 3, 4, 5), failed(1, 2)];
    assert.deepEqual(next(TEN.slice(2), ...tried), TEN.slice(2));
  });

  it('each goes alone after six that failed in a row, and for a day', () => {
    const many = [1, 2, 3, 4, 5, 6].map((nth) => failed(10 * nth + 1, 10 * nth + 2));
    assert.deepEqual(next([1, 2], ...many), []);
    assert.deepEqual(next([1, 2], ...many.slice(1)), [1, 2]);
    const between: Batch = { ...failed(98, 99), dropped: 'landed' };
    assert.deepEqual(next([1, 2], ...many.slice(0, 3), between, ...many.slice(3)), [1, 2]);
    const old = many.map((one) => ({ ...one, opened: { ...OPENED, intendedAt: NOW - DAY_MS } }));
    assert.deepEqual(next([1, 2], ...old), [1, 2]);
  });
});

describe('a base that turns red by what landed together', () => {
  const merged = { state: 'merged', mergeCommit: LANDED } as const;
  const checks = [makeCheck({ sha: LANDED, state: 'failure', id: 90 })];
  const red = { base: { checks, tip: LANDED }, batch: merged } as const;
  const told = (snapshot: Snapshot): string => of(snapshot, 'freeze')[0]?.reason ?? '';

  it('names all of them before the answer came', () => {
    const parts = [1, 2].map((nth) => ({ number: nth, pull: merged }));
    assert.match(
      told(seen({ ...red, parts, effects: [OPENED, MERGE] })),
      /landed together: ENG-1 \(#1\) and ENG-2 \(#2\)/,
    );
  });

  it('is not blamed on the one that is left of them', () => {
    const answered = { ...MERGE, confirmedAt: NOW - 20_000, outsideId: LANDED };
    const parts = [
      { number: 1, pull: merged, record: { phase: 'done', mergeCommit: LANDED, mergeVerified: true } },
      { number: 2, record: { phase: 'cancelled', pullRequest: null, head: null } },
    ] as const;
    const after = seen({
      ...red,
      parts,
      effects: [OPENED, drop('landed'), answered],
      more: { reported: new Set([batchReport(BATCH, LANDED)]) },
    });
    assert.match(told(after), /landed together: ENG-1 \(#1\) and #2/);
    assert.deepEqual(of(after, 'update-record'), []);
  });
});

describe('what GitHub does not let us do with a batch', () => {
  const no = (lastError: string) =>
    makeEffect({ ...OPENED, confirmedAt: null, outsideId: null, refused: true, lastError });

  it('is told once where it is not opened, and is not tried with others for a day', () => {
    const denied = no('push: branches of that name are not allowed');
    const [first, second] = acts(seen({ effects: [denied] }));
    assert.ok(first?.kind === 'report' && first.event === 'trouble');
    assert.match(first.text, /branches of that name are not allowed/);
    assert.equal(second?.kind, 'drop-batch');
    const reported = new Set([first.key]);
    const parts = [3, 4].map((nth) => ({ number: nth }));
    assert.deepEqual(kinds(seen({ parts, effects: [denied, drop('red')], more: { reported } })), ['update-branch']);
  });

  it('is nothing to tell where they only do not go together', () => {
    assert.deepEqual(kinds(seen({ effects: [no(`put 2 pull requests together: ${NOT_TOGETHER}`)] })), ['drop-batch']);
  });

  it('leaves no second one open where the first cannot be cleared away', () => {
    const kept = drop('stale', { confirmedAt: null, outsideId: null, refused: true, lastError: 'deletions are off' });
    const parts = [3, 4].map((nth) => ({ number: nth }));
    const open = seen({ parts, effects: [OPENED, kept], batch: {} });
    assert.deepEqual(kinds(open), ['report', 'update-branch']);
    assert.match(of(open, 'report')[0]?.text ?? '', /#40.*deletions are off/);
    assert.deepEqual(kinds(seen({ parts, effects: [OPENED, kept], batch: { state: 'closed' } })), ['open-batch']);
  });
});
