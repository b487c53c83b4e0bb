/** Who goes together, and what the ledger remembers of those who did: the batch as values, before anything is done about it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  allBatches,
  type Batch,
  type BatchMember,
  batchBranch,
  batchesOn,
  batchKey,
  batchMergeKey,
  batchOf,
  chooseBatch,
  DAY_MS,
  type DropReason,
  dropKey,
  landedBatch,
  mayLand,
  type Willing,
} from '../../src/decide/batch.ts';
import type { Effect } from '../../src/domain/effect.ts';
import { baseSubject } from '../../src/domain/run.ts';
import { BASE, ledger, makeEffect, NOW, REPOSITORY, sha } from './make.ts';

const headOf = (number: number): string => sha(0xf00 + number);
const member = (number: number, head = headOf(number)): BatchMember => ({ number, head });
/** Each at a file of its own, unless another is told. */
const willing = (number: number, ...files: readonly string[]): Willing => ({
  ...member(number),
  files: files.length === 0 ? [`src/f${number}.ts`] : files,
});

function failed(numbers: readonly number[], value: { at?: number; dropped?: DropReason } = {}): Batch {
  const { at = NOW - 60_000, dropped = 'red' } = value;
  const members = numbers.map((number) => member(number));
  const key = batchKey(REPOSITORY, 'main', BASE, members);
  const opened = makeEffect({ key, kind: 'open-batch', intendedAt: at });
  return { key, repository: REPOSITORY, baseBranch: 'main', base: BASE, members, opened, pullRequest: null, dropped };
}

interface Row {
  readonly when: string;
  readonly willing: readonly Willing[];
  readonly failed?: readonly Batch[];
  readonly max?: number;
  readonly chosen: readonly number[];
}

const SIX = [1, 2, 3, 4, 5, 6].map((number) => willing(number));
const ROWS: readonly Row[] = [
  { when: 'nobody is willing', willing: [], chosen: [] },
  { when: 'one is willing, which is no batch', willing: [willing(1)], chosen: [] },
  { when: 'they come in their order', willing: [willing(3), willing(1), willing(2)], chosen: [3, 1, 2] },
  { when: 'no more than asked for', willing: SIX, max: 3, chosen: [1, 2, 3] },
  { when: 'one by one is asked for', willing: SIX, max: 1, chosen: [] },
  {
    when: 'two touch the same file, the later one stays behind',
    willing: [willing(1, 'a', 'b'), willing(2, 'b', 'c'), willing(3, 'c')],
    chosen: [1, 3],
  },
  { when: 'all touch the same file', willing: [willing(1, 'a'), willing(2, 'a'), willing(3, 'a')], chosen: [] },
  {
    when: 'one that stays behind takes no place',
    willing: [willing(1, 'a'), willing(2, 'a'), willing(3)],
    max: 2,
    chosen: [1, 3],
  },
  { when: 'four failed together', willing: SIX.slice(0, 4), failed: [failed([1, 2, 3, 4])], chosen: [1, 2] },
  { when: 'five failed together', willing: SIX.slice(0, 5), failed: [failed([1, 2, 3, 4, 5])], chosen: [1, 2] },
  { when: 'two failed together', willing: SIX.slice(0, 2), failed: [failed([1, 2])], chosen: [] },
  {
    when: 'three failed together, so each is alone',
    willing: SIX.slice(0, 3),
    failed: [failed([1, 2, 3])],
    chosen: [],
  },
  {
    when: 'half of those that failed go, and with nobody else',
    willing: SIX,
    failed: [failed([1, 2, 3, 4])],
    chosen: [1, 2],
  },
  {
    when: 'two failed together, who is first goes alone, whoever else is willing',
    willing: SIX.slice(0, 3),
    failed: [failed([1, 2])],
    chosen: [],
  },
  {
    when: 'a half failed as well, and who is first is of it',
    willing: SIX.slice(0, 4),
    failed: [failed([1, 2, 3, 4]), failed([1, 2])],
    chosen: [],
  },
  {
    when: 'of four that failed two landed since',
    willing: [willing(3), willing(4)],
    failed: [failed([1, 2, 3, 4])],
    chosen: [],
  },
  {
    when: 'of two that failed one is left and is first',
    willing: [willing(2), willing(3), willing(4)],
    failed: [failed([1, 2])],
    chosen: [],
  },
  {
    when: 'it failed a day ago',
    willing: SIX.slice(0, 4),
    failed: [failed([1, 2, 3, 4], { at: NOW - DAY_MS })],
    chosen: [1, 2, 3, 4],
  },
  {
    when: 'it failed not quite a day ago',
    willing: SIX.slice(0, 4),
    failed: [failed([1, 2, 3, 4], { at: NOW - DAY_MS + 1 })],
    chosen: [1, 2],
  },
  {
    when: 'those that failed have new heads',
    willing: [1, 2].map((number) => ({ ...willing(number), head: sha(0xe00 + number) })),
    failed: [failed([1, 2])],
    chosen: [1, 2],
  },
  {
    when: 'it was overtaken, which says nothing about them',
    willing: SIX.slice(0, 2),
    failed: [failed([1, 2], { dropped: 'stale' }), failed([1, 2], { dropped: 'landed' })],
    chosen: [1, 2],
  },
];

describe('who goes together', () => {
  for (const { when, willing: those, failed: before = [], max = 10, chosen } of ROWS)
    it(`when ${when}: ${chosen.join(', ') || 'nobody'}`, () =>
      assert.deepEqual(
        chooseBatch(those, before, max, NOW),
        chosen.map((number) => {
          const one = those.find((it) => it.number === number);
          return { number, head: one?.head };
        }),
      ));

  it('ends with each alone, however often they fail', () => {
    const all = Array.from({ length: 10 }, (_, index) => willing(index + 1));
    const red: Batch[] = [];
    for (let turn = 0; turn < 100; turn += 1) {
      const members = chooseBatch(all, red, 10, NOW);
      if (members.length === 0) break;
      assert.ok(
        !red.some((one) => JSON.stringify(one.members) === JSON.stringify(members)),
        'the same are not tried twice',
      );
      red.push(failed(members.map((one) => one.number)));
    }
    assert.deepEqual(chooseBatch(all, red, 10, NOW), []);
    assert.equal(red[0]?.members.length, 10);
  });
});

describe('what the ledger remembers of a batch', () => {
  const members = [member(12), member(7)];
  const opened = (baseBranch: string, value: Partial<Effect> = {}): Effect =>
    makeEffect({
      key: batchKey(REPOSITORY, baseBranch, BASE, members),
      kind: 'open-batch',
      subject: baseSubject(REPOSITORY, baseBranch),
      outsideId: `31@${sha(0xba7c)}`,
      ...value,
    });
  const dropped = (baseBranch: string, why: DropReason): Effect =>
    makeEffect({
      key: dropKey({ key: batchKey(REPOSITORY, baseBranch, BASE, members) }, why),
      kind: 'drop-batch',
      subject: baseSubject(REPOSITORY, baseBranch),
    });

  for (const branch of ['main', 'release/2.x', 'team/a/next'])
    it(`is read back from its key, on ${branch}`, () => {
      const [batch, ...more] = batchesOn(ledger(opened(branch)), REPOSITORY, branch);
      assert.deepEqual(more, []);
      assert.ok(batch);
      assert.deepEqual(
        [batch.repository, batch.baseBranch, batch.base, batch.members, batch.pullRequest, batch.dropped],
        [REPOSITORY, branch, BASE, members, { number: 31, head: sha(0xba7c) }, null],
      );
      assert.equal(batchBranch(batch), `heartline/batch/12-7-on-${BASE.slice(0, 12)}`);
    });

  it('stands without a pull request until that is known', () => {
    const [batch] = batchesOn(ledger(opened('main', { outsideId: null, confirmedAt: null })), REPOSITORY, 'main');
    assert.deepEqual([batch?.members, batch?.pullRequest], [members, null]);
    assert.equal(batch && batchMergeKey(batch), null);
  });

  for (const why of ['landed', 'red', 'stale'] as const)
    it(`was dropped as ${why}`, () => {
      const effects = ledger(opened('release/2.x'), dropped('release/2.x', why), opened('main'));
      assert.equal(batchesOn(effects, REPOSITORY, 'release/2.x')[0]?.dropped, why);
      assert.equal(batchesOn(effects, REPOSITORY, 'main')[0]?.dropped, null, 'the same members elsewhere are another');
    });

  it('is found on every base branch, and by its pull request', () => {
    const effects = ledger(opened('main'), opened('release/2.x', { outsideId: `32@${sha(0xba7d)}` }));
    assert.deepEqual(
      allBatches(effects).map((one) => one.baseBranch),
      ['main', 'release/2.x'],
    );
    assert.equal(batchOf(effects, REPOSITORY, 32)?.baseBranch, 'release/2.x');
    assert.equal(batchOf(effects, REPOSITORY, 12), null, 'a member is no batch');
    assert.equal(batchOf(effects, 'acme/web', 31), null);
  });

  const MERGE = `merge:pull:${REPOSITORY}#31:${sha(0xba7c)}:${BASE}:merge`;
  const merge = (value: Partial<Effect>): Effect => makeEffect({ key: MERGE, kind: 'merge', ...value });
  const open = { confirmedAt: null } as const;
  const MERGES: readonly (readonly [string, readonly Effect[], boolean, string | null])[] = [
    ['nobody asked for', [], false, null],
    ['that was answered', [merge({ outsideId: sha(0x1a) })], false, sha(0x1a)],
    ['that was put off', [merge({ ...open, retryAt: NOW + 5_000 })], false, null],
    ['that was refused', [merge({ ...open, refused: true })], false, null],
    ['that nothing was heard of', [merge({ ...open, unheardSince: NOW - 5_000 })], true, null],
  ];
  for (const [what, effects, may, landed] of MERGES)
    it(`may have landed by a merge ${what}: ${landed === null ? may : 'it did'}`, () => {
      const all = ledger(opened('main'), ...effects);
      const [batch] = batchesOn(all, REPOSITORY, 'main');
      assert.ok(batch);
      assert.equal(batchMergeKey(batch), MERGE);
      assert.deepEqual([mayLand(all, batch), landedBatch(all, batch)], [may, landed]);
    });
});
