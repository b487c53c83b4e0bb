/** The pure parts of holding back: waits in all their units, what is left of a quota, levels, and what is told less often. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tooManyWords } from '../../src/decide/content-writes.ts';
import { limitReports } from '../../src/decide/limit-words.ts';
import { mayEdit } from '../../src/decide/progress-pace.ts';
import type { Effect, EffectKind } from '../../src/domain/effect.ts';
import { LEVELS, type Level, NO_PRESSURE } from '../../src/domain/pressure.ts';
import { graphqlKind, restKind } from '../../src/github/request-kind.ts';
import { availableAt, type Bucket, leftAt } from '../../src/governor/bucket.ts';
import { levelOf } from '../../src/governor/level.ts';
import { resetMs, retryAfterMs, untoldWaitMs, WAIT_MS_MAX } from '../../src/governor/told-wait.ts';
import { createWindow } from '../../src/governor/window.ts';

const NOON = Date.parse('2026-11-02T12:00:00.000Z');
const HOUR = 3_600_000;

describe('retry-after', () => {
  const cases: readonly (readonly [string, string | null, number | null])[] = [
    ['absent', null, null],
    ['empty', ' ', null],
    ['seconds', '7', 7_000],
    ['parts of a second are not early', '1.5', 1_500],
    ['at once is a moment all the same', '0', 1_000],
    ['negative', '-5', null],
    ['an HTTP date', 'Mon, 02 Nov 2026 12:00:30 GMT', 30_000],
    ['a date that is over', 'Mon, 02 Nov 2026 11:59:30 GMT', null],
    ['a point in time in seconds', String(NOON / 1_000 + 90), 90_000],
    ['a point in time in milliseconds', String(NOON + 90_000), 90_000],
    ['a point in time that is over', String(NOON / 1_000 - 90), null],
    ['absurd', '86400', WAIT_MS_MAX],
    ['a date of next year', 'Tue, 02 Nov 2027 12:00:00 GMT', WAIT_MS_MAX],
    ['words', 'soon', null],
    ['endless', 'Infinity', null],
  ];
  for (const [name, text, wait] of cases) test(name, () => assert.equal(retryAfterMs(text, NOON), wait));
});

describe('a reset', () => {
  const cases: readonly (readonly [string, string | null, number | null])[] = [
    ['absent', null, null],
    ['in seconds, as GitHub says it', String(NOON / 1_000 + 60), 60_000],
    ['in milliseconds, as Linear says it', String(NOON + 60_000), 60_000],
    ['over', String(NOON - 1), null],
    ['nought', '0', null],
    ['negative', '-1', null],
    ['years away', String(NOON + 1_000 * HOUR), WAIT_MS_MAX],
    ['no number', 'tomorrow', null],
  ];
  for (const [name, text, wait] of cases) test(name, () => assert.equal(resetMs(text, NOON), wait));
});

test('where no time is told the wait is a minute and grows, up to an hour, the same each time', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 100].map((refusals) => untoldWaitMs(refusals) / 60_000),
    [1, 1, 2, 4, 8, 16, 32, 60, 60, 60],
  );
});

const bucket = (left: number, change: Partial<Bucket> = {}): Bucket => ({
  name: 'requests',
  limit: 1_000,
  left,
  at: 0,
  resetAt: HOUR,
  refill: 'at-reset',
  ...change,
});

test('a leaking bucket fills all the time, the other at its reset', () => {
  const leaking = bucket(0, { refill: 'steady' });
  assert.deepEqual(
    [0, HOUR / 4, HOUR, 2 * HOUR].map((now) => leftAt(leaking, now)),
    [0, 250, 1_000, 1_000],
  );
  assert.deepEqual(
    [0, HOUR - 1, HOUR].map((now) => leftAt(bucket(3), now)),
    [3, 3, 1_000],
  );
  assert.equal(availableAt(leaking, 100, 0), HOUR / 10);
  assert.equal(availableAt(bucket(3), 100, 0), HOUR);
  assert.equal(availableAt(bucket(300), 100, 5), 5);
});

describe('the level', () => {
  const cases: readonly (readonly [
    string,
    { left: number; resetIn?: number; before?: Level; held?: boolean; reserve?: number },
    Level,
  ])[] = [
    ['full', { left: 1_000 }, 'normal'],
    ['half used in no time', { left: 600 }, 'normal'],
    ['more than half used, the whole hour to go', { left: 490 }, 'careful'],
    ['more than half used, half an hour to go', { left: 490, resetIn: HOUR * 0.4 }, 'normal'],
    ['a fifth left', { left: 200 }, 'scarce'],
    ['a fifth left for a minute', { left: 200, resetIn: 60_000 }, 'normal'],
    ['the reserve is touched, whatever the time', { left: 100, resetIn: 60_000 }, 'exhausted'],
    ['without a reserve little is left', { left: 140, reserve: 0 }, 'scarce'],
    ['without a reserve nothing is left', { left: 0, reserve: 0 }, 'exhausted'],
    ['full and asked to wait', { left: 1_000, held: true }, 'exhausted'],
    ['a little better is not better', { left: 210, before: 'scarce' }, 'scarce'],
    ['clearly better is', { left: 260, before: 'scarce' }, 'careful'],
    ['a wave at the edge is nothing', { left: 520, before: 'careful', resetIn: HOUR }, 'careful'],
    ['far better at once', { left: 1_000, before: 'exhausted', resetIn: 1 }, 'normal'],
  ];
  for (const [name, { left, resetIn = HOUR, before = 'normal', held = false, reserve = 0.1 }, level] of cases) {
    test(name, () => {
      const buckets = [bucket(1_000), bucket(left, { resetAt: resetIn })];
      assert.equal(levelOf({ buckets, held, reserveShare: reserve, before, now: 0 }), level);
    });
  }
  test('the less there is, the worse it gets', () => {
    let before: Level = 'normal';
    for (let left = 1_000; left >= 0; left -= 1) {
      const level = levelOf({ buckets: [bucket(left)], held: false, reserveShare: 0.1, before, now: 0 });
      assert.ok(LEVELS.indexOf(level) >= LEVELS.indexOf(before), `${left}: ${before} to ${level}`);
      before = level;
    }
    assert.equal(before, 'exhausted');
  });
});

test('a window says when there is room again, not a moment early', () => {
  const window = createWindow(60_000);
  for (const at of [0, 10_000, 20_000]) window.add(5, at);
  assert.equal(window.fitsAt(5, 20, 20_000), 20_000);
  assert.equal(window.fitsAt(5, 15, 20_000), 60_000);
  assert.equal(window.fitsAt(10, 15, 20_000), 70_000);
  assert.equal(window.fitsAt(5, 15, 59_999), 60_000);
  assert.equal(window.used(60_000), 10);
});

const effect = (kind: EffectKind, change: Partial<Effect> = {}): Effect => ({
  key: `${kind}:${Math.random()}`,
  kind,
  subject: 'issue:1',
  intendedAt: NOON,
  confirmedAt: NOON,
  outsideId: 'x',
  attempts: 1,
  refusals: 0,
  retryAt: null,
  lastError: null,
  refused: false,
  unheardSince: null,
  ...change,
});

describe('an edit of the one comment', () => {
  const edited = (minutesAgo: number) => [effect('progress-comment', { confirmedAt: NOON - minutesAgo * 60_000 })];
  const many = Array.from({ length: 24 }, () => effect('progress-comment', { confirmedAt: 0 }));
  const cases: readonly (readonly [string, Level, readonly Effect[], boolean, boolean])[] = [
    ['is made at once', 'normal', edited(0), false, true],
    ['waits 5 minutes when careful', 'careful', edited(4), false, false],
    ['and is made then', 'careful', edited(5), false, true],
    ['waits 15 minutes when scarce', 'scarce', edited(14), false, false],
    ['and is made then too', 'scarce', edited(15), false, true],
    ['that is the first is made when scarce', 'scarce', [], false, true],
    ['is left out when exhausted', 'exhausted', edited(500), false, false],
    ['that is the first is left out when exhausted', 'exhausted', [], false, false],
    ['that is the last word is made even so', 'exhausted', edited(0), true, true],
    ['is one too many', 'normal', many, false, false],
    ['that is the last word is never too many', 'normal', many, true, true],
  ];
  for (const [name, level, edits, lastWord, made] of cases)
    test(name, () => assert.equal(mayEdit({ level, now: NOON, lastWord, edits }), made));
});

describe('words on GitHub for one issue', () => {
  const written = (count: number, change: Partial<Effect> = {}) =>
    new Map(
      Array.from({ length: count }, (_, index) => [
        `review:${index}`,
        effect('post-review', { key: `review:${index}`, ...change }),
      ]),
    );
  /** So many words in each attempt, its pull request the first of them. */
  const attempts = (counts: readonly number[], ...more: readonly string[]) =>
    new Map(
      [
        ...counts.flatMap((count, attempt) =>
          Array.from({ length: count }, (_, index) =>
            index === 0 ? `open:1:${attempt + 1}` : `review:${attempt}:${index}`,
          ),
        ),
        ...more,
      ].map((key, at) => {
        const kind = key.startsWith('open:') ? 'open-pull-request' : 'post-review';
        return [key, effect(kind, { key, intendedAt: NOON + at, confirmedAt: NOON + at })];
      }),
    );
  const cases: readonly (readonly [string, EffectKind, ReadonlyMap<string, Effect>, boolean])[] = [
    ['the last that is fair', 'post-review', written(7), true],
    ['one too many', 'post-review', written(8), false],
    ['an answer leaves room for reviews', 'reply', written(6), false],
    ['an answer before that', 'reply', written(5), true],
    ['one that has no answer yet counts', 'post-review', written(8, { confirmedAt: null }), false],
    ['one that was refused does not', 'post-review', written(8, { confirmedAt: null, refused: true }), true],
    ["another issue's do not", 'post-review', written(8, { subject: 'issue:2' }), true],
    ['the pull request of a further attempt', 'open-pull-request', written(8), true],
    ['its review, whatever earlier attempts wrote', 'post-review', attempts([8, 1]), true],
    ['and an answer', 'reply', attempts([8, 1]), true],
    ['the last that is fair in that attempt', 'post-review', attempts([8, 7]), true],
    ['one too many in that attempt', 'post-review', attempts([1, 8]), false],
    ['an answer that leaves room for its reviews', 'reply', attempts([1, 6]), false],
    ['a pull request asked for anew begins no attempt', 'post-review', attempts([8], 'open:1:1~9'), false],
    ['a merge is no words', 'merge', written(8), true],
    ['nor is a status', 'set-status', written(8), true],
  ];
  for (const [name, kind, effects, fair] of cases) {
    test(name, () => assert.equal(tooManyWords({ kind, key: 'new', subject: 'issue:1' }, effects) === null, fair));
  }
  test('trying the same one again counts it once', () => {
    const effects = written(8);
    assert.equal(tooManyWords({ kind: 'post-review', key: 'review:0', subject: 'issue:1' }, effects), null);
  });
});

test('people hear of a change to worse once an hour at most, and of none to better', () => {
  const because = '212 of 2,500 requests left';
  const scarce = { level: 'scarce', since: NOON, worse: true, because, hourlySince: null } as const;
  const [report] = limitReports({ ...NO_PRESSURE, linear: scarce });
  assert.match(report?.text ?? '', /^Linear's quota is scarce \(212 of 2,500 requests left\): /);
  assert.deepEqual(limitReports({ ...NO_PRESSURE, linear: { ...scarce, since: NOON + 60_000 } })[0]?.key, report?.key);
  assert.notEqual(limitReports({ ...NO_PRESSURE, linear: { ...scarce, level: 'exhausted' } })[0]?.key, report?.key);
  assert.notEqual(limitReports({ ...NO_PRESSURE, github: scarce })[0]?.key, report?.key);
  assert.deepEqual(limitReports({ ...NO_PRESSURE, linear: { ...scarce, worse: false } }), []);
  assert.deepEqual(limitReports(NO_PRESSURE), []);
});

test('requests to GitHub are known by their route or document', () => {
  const rest = (route: string) => {
    const { urgency, write, content } = restKind(route);
    return `${urgency}${write ? ' write' : ''}${content ? ' of words' : ''}`;
  };
  assert.equal(rest('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'), 'urgent write');
  assert.equal(rest('PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch'), 'urgent write');
  assert.equal(rest('POST /repos/{owner}/{repo}/pulls'), 'ordinary write of words');
  assert.equal(rest('POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews'), 'ordinary write of words');
  assert.equal(rest('POST /repos/{owner}/{repo}/issues/{issue_number}/comments'), 'ordinary write of words');
  assert.equal(rest('POST /repos/{owner}/{repo}/statuses/{sha}'), 'ordinary write');
  assert.equal(rest('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews'), 'ordinary');
  const graphql = (document: string) => {
    const { urgency, write, content } = graphqlKind(document);
    return `${urgency}${write ? ' write' : ''}${content ? ' of words' : ''}`;
  };
  assert.equal(graphql('query Observe($owner: String!) { x }'), 'look');
  assert.equal(graphql('\n query Named($owner: String!) { x }'), 'urgent');
  assert.equal(graphql('mutation Enqueue($id: ID!) { enqueuePullRequest(input: { id: $id }) { x } }'), 'urgent write');
  assert.equal(
    graphql('mutation Reply($id: ID!) { addPullRequestReviewThreadReply(input: { id: $id }) { x } }'),
    'ordinary write of words',
  );
});
