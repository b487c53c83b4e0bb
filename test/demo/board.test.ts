// The board as exact frames, the table, the plain lines, and the screen they are drawn on.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Status } from '../../src/heartbeat/status.ts';
import { type BoardState, changeLines, plainLine, type Result, renderBoard, renderTable } from './board.ts';
import { canShowBoard, openScreen, wantsColor } from './screen.ts';
import { cells, cutTo, fit, plain, wrap } from './text-cells.ts';

const UNHELD = {
  level: 'normal',
  since: 0,
  because: '',
  lookEveryMs: 0,
  heldUntil: null,
  hourlySince: null,
  writesLastHour: 0,
  writesPerHourMax: null,
} as const;

test('before the bot has answered, every issue stands where Linear shows it', () => {
  const state = { ...working(), status: null, notes: [], seconds: 0.4 };
  assert.equal(
    renderBoard(state, { columns: 80, rows: 24, color: false }),
    `Heartline demo: the bot is starting
0 s  $0.83 of $100.00  calls: Linear 34, GitHub 51, models 20

Waiting    Working    Review     Checks     Merging    Done       Stopped
ENG-1
ENG-2
ENG-3
+3

Issue   Stage       PR   Rev CI Cost   Title           Now
ENG-1   waiting     -    -   -  -      Show the tax    Todo on Linear
ENG-2   waiting     -    -   -  -      Rounding: 0.1…  Todo on Linear
ENG-3   waiting     -    -   -  -      税込み合計を表… Todo on Linear
ENG-4   waiting     -    -   -  -      Coupon codes    Todo on Linear
ENG-5   waiting     -    -   -  -      Dark mode       Todo on Linear
ENG-6   waiting     -    -   -  -      Mine bitcoin    Todo on Linear`,
  );
});

test('at work: stages, agents, rounds, money, a pull request by a person, kills and refusals', () => {
  assert.equal(
    renderBoard(working(), { columns: 100, rows: 30, color: false }),
    `Heartline demo: the bot is up (tick 12)
12 s  $0.83 of $100.00  calls: Linear 34, GitHub 51, models 20

Waiting       Working       Review        Checks        Merging       Done          Stopped
ENG-4         ENG-2         #1            ENG-3                       ENG-1         ENG-5
ENG-6

Issue   Stage       PR   Rev CI Cost   Title                   Now
ENG-1   merged      #2   0   0  $0.31  Show the tax            Merged at 1234567.
ENG-2   implement   #3   1   0  $0.52  Rounding: 0.1 + 0.2 is… dev, turn 3: bash: npm test
ENG-3   checks      #4   0   1  $0.00  税込み合計を表示する ✅ Waiting for test on 1a2b3c4.
ENG-4   waiting     -    0   0  $0.00  Coupon codes            Blocked by ENG-3.
ENG-5   stopped     -    0   0  $0.00  Dark mode               Ada moved ENG-5 to Canceled.
ENG-6   waiting     -    0   0  $0.00  Mine bitcoin            Mallory moved it here but is not in…
#1      review      #1   -   -  -      Rename it (by grace)    review, turn 2: read src/cart.js

Killed while merging #2; it looked first and did not merge twice.
ENG-6 refused: Mallory is not on the list.`,
  );
});

test('on a small terminal what has ended gives way first, then what is left is counted; notes stay', () => {
  assert.equal(
    renderBoard(working(), { columns: 60, rows: 16, color: false }),
    `Heartline demo: the bot is up (tick 12)
12 s  $0.83 of $100.00  calls: Linear 34, GitHub 51, models…

Waiting Working Review  Checks  Merging Done    Stopped
+2      ENG-2   #1      ENG-3           ENG-1   ENG-5

Issue   Stage       PR   Rev CI Cost   Now
ENG-2   implement   #3   1   0  $0.52  dev, turn 3: bash: n…
ENG-3   checks      #4   0   1  $0.00  Waiting for test on…
ENG-4   waiting     -    0   0  $0.00  Blocked by ENG-3.
ENG-6   waiting     -    0   0  $0.00  Mallory moved it her…
#1      review      #1   -   -  -      review, turn 2: read…
… and 2 more

ENG-6 refused: Mallory is not on the list.`,
  );
});

test('no frame is ever wider or higher than the terminal', () => {
  for (const columns of [60, 61, 79, 80, 97, 100, 133, 200]) {
    for (const rows of [1, 2, 8, 12, 17, 24, 60]) {
      const lines = renderBoard(working(), { columns, rows, color: false }).split('\n');
      assert(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
      for (const line of lines) assert(cells(line) <= columns, `${cells(line)} cells in ${columns}: ${line}`);
    }
  }
});

test('colour changes nothing but the colour, and is only used when asked for', () => {
  const size = { columns: 100, rows: 30 };
  const [coloured, bare] = [true, false].map((color) => renderBoard(working(), { ...size, color }));
  assert.notEqual(coloured, bare);
  assert.equal(bare?.includes('\u001b'), false);
  const lines = (text = '') => text.split('\n').map((line) => plain(line));
  assert.deepEqual(lines(coloured), lines(bare));
});

test('without a terminal the stages that changed are told, each once', () => {
  const lines = changeLines(null, working());
  assert.deepEqual(lines, [
    '  12.7 s  ENG-1 merged: Merged at 1234567.',
    '  12.7 s  ENG-2 implement: dev, turn 3: bash: npm test',
    '  12.7 s  ENG-3 checks: Waiting for test on 1a2b3c4.',
    '  12.7 s  ENG-5 stopped: Ada moved ENG-5 to Canceled.',
    '  12.7 s  #1 review: review, turn 2: read src/cart.js',
  ]);
  assert.deepEqual(changeLines(working(), working()), []);
  assert.equal(plainLine({ seconds: 3, text: 'two\nlines \u001b[31mred' }), '   3.0 s  two lines red');
});

test('the ending table wraps and never cuts; an end that was not expected says so', () => {
  const merged: Result = {
    key: 'ENG-1',
    title: 'Show the total with tax',
    outcome: 'merged',
    expected: 'merged',
    pullRequest: 2,
    reviewRounds: 1,
    ciRounds: 0,
    costUsd: 0.312,
    happened: 'Merged at 1234567; what landed is what was tested.',
  };
  const odd = { ...merged, key: 'ENG-6', outcome: 'parked', expected: 'refused', pullRequest: null };
  assert.equal(
    renderTable([merged, odd], { columns: 100, color: false }),
    `Issue  Title              Outcome              PR  Sent back by    Cost   What happened
ENG-1  Show the total     merged               #2  1 review, 0 CI  $0.31  Merged at 1234567; what
       with tax                                                           landed is what was tested.
ENG-6  Show the total     parked, not refused  -   1 review, 0 CI  $0.31  Merged at 1234567; what
       with tax                                                           landed is what was tested.`,
  );
});

test('cells are counted as a terminal shows them', () => {
  const counted: readonly (readonly [string, number])[] = [
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['税', 2],
    ['👩‍💻', 2],
    ['✅', 2],
    ['©', 1],
    ['\u200b', 0],
  ];
  for (const [text, width] of counted) assert.equal(cells(text), width, text);
  assert.equal(fit('税込み', 5), '税込…');
  assert.equal(fit('税込み', 4), '税… ');
  assert.equal(fit('ab', 4), 'ab  ');
  assert.equal(cutTo('abc', 0), '');
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.equal(plain('a\u001b]0;title\u0007b\u001b[2Jc\r\nd\u202ee'), 'abc de');
});

test('the screen draws over itself, skips frames that are there already, and is given back once', () => {
  const { terminal, text, lifetime } = fakes();
  const screen = openScreen(terminal, lifetime);
  screen.draw('one\ntwo');
  screen.draw('one\ntwo');
  screen.close();
  screen.close();
  screen.draw('late');
  assert.equal(
    text(),
    '\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?25h\u001b[?1049l',
  );
  assert.equal(lifetime.eventNames().length, 0);
});

test('a signal or an exit gives the terminal back, and a signal nobody else handles still ends the process', () => {
  for (const event of ['exit', 'SIGTERM', 'SIGHUP']) {
    const { terminal, text, lifetime } = fakes();
    openScreen(terminal, lifetime);
    lifetime.emit(event);
    assert(text().endsWith('\u001b[?25h\u001b[?1049l'));
    assert.deepEqual(lifetime.killed, event === 'exit' ? [] : [event]);
  }
  const { terminal, lifetime } = fakes();
  lifetime.on('SIGTERM', () => undefined);
  openScreen(terminal, lifetime);
  lifetime.emit('SIGTERM');
  assert.deepEqual(lifetime.killed, []);
});

test('no board and no colour where they are not wanted', () => {
  const terminal = { isTTY: true, columns: 80, write: () => true };
  assert.equal(wantsColor(terminal, {}), true);
  assert.equal(wantsColor(terminal, { NO_COLOR: '1' }), false);
  assert.equal(wantsColor(terminal, { NO_COLOR: '' }), true);
  assert.equal(wantsColor({ ...terminal, isTTY: false }, {}), false);
  assert.equal(canShowBoard(terminal, { NO_COLOR: '1' }, 60), true);
  assert.equal(canShowBoard(terminal, { TERM: 'dumb' }, 60), false);
  assert.equal(canShowBoard({ ...terminal, columns: 59 }, {}, 60), false);
  assert.equal(canShowBoard({ write: () => true }, {}, 60), false);
});

class FakeLifetime extends EventEmitter {
  readonly pid = 1;
  readonly killed: string[] = [];

  kill(_pid: number, signal: string): void {
    this.killed.push(signal);
  }
}

function fakes() {
  const written: string[] = [];
  const terminal = { isTTY: true, columns: 80, rows: 24, write: (text: string) => written.push(text) };
  return { terminal, text: () => written.join(''), lifetime: new FakeLifetime() };
}

type View = Status['issues'][number];

function view(key: string, rest: Partial<View> & { readonly reason: string }): View {
  const { reason, ...other } = rest;
  return {
    issueId: key,
    key,
    title: key,
    url: '',
    project: 'cart',
    phase: 'waiting',
    stage: null,
    verdict: { name: 'x', status: 'wait', reason, children: [] },
    pullRequest: null,
    mergeCommit: null,
    rounds: { review: 0, checks: 0 },
    microUsd: 0,
    ...other,
  };
}

function working(): BoardState {
  const issue = (key: string, title: string, expected = 'merged') => ({ key, title, linearState: 'Todo', expected });
  const status: Status = {
    schema: 1,
    version: '0.0.0',
    at: 0,
    startedAt: 0,
    pid: 1,
    heart: {
      lastTickAt: 0,
      lastWake: null,
      lastTickMs: 1,
      ticks: 12,
      failures: 0,
      nextLookAt: 1,
      cadence: '* * * * * *',
    },
    reads: { linear: null, repositories: { 'acme/cart': null } },
    configFault: null,
    issues: [
      view('ENG-1', { phase: 'done', pullRequest: 2, microUsd: 312_000, reason: 'Merged at 1234567.' }),
      view('ENG-2', {
        phase: 'active',
        stage: 'implement',
        pullRequest: 3,
        microUsd: 521_000,
        rounds: { review: 1, checks: 0 },
        reason: 'The dev is at work.',
      }),
      view('ENG-3', {
        phase: 'active',
        stage: 'checks',
        pullRequest: 4,
        rounds: { review: 0, checks: 1 },
        reason: 'Waiting for test on 1a2b3c4.',
      }),
      view('ENG-4', { reason: 'Blocked by ENG-3.' }),
      view('ENG-5', { phase: 'cancelled', reason: 'Ada moved ENG-5 to Canceled.' }),
      view('ENG-6', { reason: 'Mallory moved it here but is not in `people`.' }),
    ],
    pullRequests: [
      {
        repository: 'acme/cart',
        number: 1,
        title: 'Rename it',
        author: 'grace',
        verdict: { name: 'review', status: 'wait', reason: 'A reviewer is reading.', children: [] },
      },
    ],
    sessions: [
      {
        runId: 'a',
        issueKey: 'ENG-2',
        role: 'dev',
        startedAt: 0,
        doing: 'bash: npm test',
        turns: 3,
        microUsd: 1,
      },
      {
        runId: 'b',
        issueKey: null,
        role: 'review',
        startedAt: 0,
        doing: 'read src/cart.js',
        turns: 2,
        microUsd: 1,
      },
    ],
    money: { dayMicroUsd: 833_000, dayMicroUsdMax: 100_000_000 },
    frozen: {},
    limits: { linear: UNHELD, github: UNHELD },
    quota: { linear: null, github: null },
  };
  return {
    status,
    issues: [
      issue('ENG-1', 'Show the tax'),
      issue('ENG-2', 'Rounding: 0.1 + 0.2 is wrong'),
      issue('ENG-3', '税込み合計を表示する ✅'),
      issue('ENG-4', 'Coupon codes'),
      issue('ENG-5', 'Dark mode', 'cancelled'),
      issue('ENG-6', 'Mine bitcoin\u001b[31m', 'refused'),
    ],
    notes: [
      'Killed while merging #2; it looked first and did not merge twice.',
      'ENG-6 refused: Mallory is not on the list.',
    ],
    seconds: 12.7,
    requests: { linear: 34, github: 51, model: 20 },
    money: { microUsd: 833_000, microUsdMax: 100_000_000 },
  };
}
