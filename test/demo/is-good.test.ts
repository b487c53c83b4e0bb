/** What makes a demo fail, each by itself; its time only when that is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGood, type Wanted } from './is-good.ts';

type Document = Parameters<typeof isGood>[0];

const merged: Document['issues'][number] = {
  key: 'ENG-1',
  title: 'Give a discount',
  state: 'Done',
  outcome: 'merged',
  pullRequest: 2,
  mergeCommit: 'abc',
  reviewRounds: 0,
  ciRounds: 0,
  expected: 'merged',
  costUsd: 0.03,
  reason: '',
};
const good: Document = {
  schema: 1,
  settled: true,
  seconds: 21,
  issues: [merged],
  oracles: [{ name: 'merged-head-was-reviewed', observed: 9 }],
  violations: [],
  kills: [],
};
const kill = { at: 'PUT /merge before its effect', effectInFlight: true };
const plain: Wanted = { kills: 0 };
const timed: Wanted = { kills: 0, assert: true };

for (const [when, change, wanted, is] of [
  ['all is well', {}, plain, true],
  ['it never came to rest', { settled: false }, plain, false],
  ['a judge objects', { violations: [{ oracle: 'x', subject: 'y', detail: 'z' }] }, plain, false],
  ['a judge saw nothing', { oracles: [{ name: 'x', observed: 0 }] }, plain, false],
  ['an issue came to another end', { issues: [{ ...merged, outcome: 'parked' }] }, plain, false],
  ['a kill was wanted and did not happen', {}, { kills: 1 }, false],
  ['all wanted kills happened', { kills: [kill] }, { kills: 1 }, true],
  ['it took long and nobody asked', { seconds: 61 }, plain, true],
  ['it took as long as it may', { seconds: 60 }, timed, true],
  ['it took longer than it may', { seconds: 60.1 }, timed, false],
  ['it took longer, and was killed on the way', { seconds: 120, kills: [kill] }, { kills: 1, assert: true }, true],
  ['it took longer than that', { seconds: 120.1, kills: [kill] }, { kills: 1, assert: true }, false],
] as const) {
  test(`${when}: ${is ? 'fine' : 'it fails'}`, () => assert.equal(isGood({ ...good, ...change }, wanted), is));
}
