/** What people hear of reads that fail: once for each spell, at once where a person is needed, restarts or not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import type { TroubleKind } from '../../src/domain/outside-error.ts';
import { DUTIES } from '../../src/domain/pipeline.ts';
import type { Known } from '../../src/domain/snapshot.ts';
import { makeSnapshot, NOW, REPOSITORY } from './make.ts';

const MINUTE = 60_000;

type Look = readonly [minute: number, kind: TroubleKind | 'good', since?: number];

/** Looks at the minutes given; a `since` later than the first is what a restart leaves. What was told, by minute. */
function told(what: 'Linear' | typeof REPOSITORY, looks: readonly Look[]): readonly string[] {
  const reported = new Set<string>();
  return looks.flatMap(([minute, kind, since = 0]) => {
    const read: Known<never> | null =
      kind === 'good' ? null : { known: false, reason: `It says ${kind}.`, kind, since: NOW + since * MINUTE };
    const { board, repositories } = makeSnapshot();
    const snapshot = makeSnapshot({
      now: NOW + minute * MINUTE,
      board: what === 'Linear' ? (read ?? board) : board,
      repositories: what === 'Linear' || read === null ? repositories : new Map([[what, read]]),
      reported,
    });
    const reports = decide(snapshot).actions.filter((action) => action.kind === 'report');
    for (const { key } of reports) reported.add(key);
    return reports.map(({ event, text }) => `${minute} ${event}: ${text}`);
  });
}

const cases: readonly (readonly [string, readonly Look[], readonly RegExp[]])[] = [
  [
    'a revoked token, at once and once, and its end',
    [
      [0, 'unauthorised'],
      [1, 'unauthorised'],
      [3_000, 'unauthorised'],
      [3_001, 'good'],
      [3_002, 'good'],
    ],
    [
      /^0 trouble: .* cannot be read since .* UTC.*\. It says unauthorised\. .*restart Heartline/,
      /^3001 .* read again/,
    ],
  ],
  ['what is not there, at once', [[0, 'missing']], [/^0 trouble: .* cannot be read .*\. See that/]],
  [
    'a short outage, not at all',
    [
      [0, 'unreachable'],
      [14, 'unreachable'],
      [15, 'good'],
    ],
    [],
  ],
  [
    'a long one, after a quarter of an hour',
    [
      [0, 'unreachable'],
      [14, 'limited'],
      [15, 'unreachable'],
      [16, 'invalid'],
      [99, 'good'],
    ],
    [/^15 trouble: .* cannot be read .*heartline check/, /^99 .* read again/],
  ],
  [
    'a token that ran out during an outage, as well',
    [
      [15, 'unreachable'],
      [20, 'unauthorised'],
      [21, 'unreachable'],
      [22, 'unauthorised'],
      [23, 'good'],
      [24, 'good'],
    ],
    [/^15 .*unreachable/, /^20 .*unauthorised/, /^23 .* read again/],
  ],
  [
    'restarts in the middle, not again',
    [
      [0, 'unauthorised'],
      [5, 'unauthorised', 5],
      [1_500, 'unauthorised', 1_500],
      [1_501, 'good'],
    ],
    [/^0 /, /^1501 .* read again/],
  ],
  [
    'the next spell, again',
    [
      [0, 'missing'],
      [1, 'good'],
      [2, 'missing', 2],
      [3, 'good'],
      [4, 'unreachable', 4],
      [20, 'unreachable', 4],
    ],
    [/^0 /, /^1 /, /^2 /, /^3 /, /^20 /],
  ],
];

for (const what of ['Linear', REPOSITORY] as const) {
  describe(`${what} cannot be read: people hear of`, () => {
    for (const [name, looks, wanted] of cases) {
      it(name, () => {
        const heard = told(what, looks);
        assert.equal(heard.length, wanted.length, heard.join('\n'));
        for (const [index, line] of heard.entries()) {
          assert.match(line, wanted[index] ?? /never/);
          assert.ok(line.includes(` ${what} `), line);
        }
      });
    }
  });
}

it('nobody hears anything where the duty to report is off', () => {
  const board = { known: false, reason: 'No.', kind: 'unauthorised', since: NOW } as const;
  const duties = new Set([...DUTIES].filter((duty) => duty !== 'report'));
  assert.deepEqual(decide(makeSnapshot({ board, duties })).actions, []);
});
