// The demo's live board as a pure function of what is known, the table it ends in, and the plain lines for where there
// is no terminal. Drawing it without flicker is screen.ts's.
import { dollars } from '../../src/decide/words.ts';
import type { LiveSession } from '../../src/heartbeat/ports.ts';
import type { Status } from '../../src/heartbeat/status.ts';
import { cells, cutTo, fit, plain, wrap } from './text-cells.ts';

export interface BoardState {
  /** The bot's own account; null while it has not answered yet. */
  readonly status: Status | null;
  readonly issues: readonly BoardIssue[];
  /** What was killed or refused and why, newest last. */
  readonly notes: readonly string[];
  readonly seconds: number;
  readonly requests: { readonly linear: number; readonly github: number; readonly model: number };
  readonly money: { readonly microUsd: number; readonly microUsdMax: number };
}

export interface BoardIssue {
  readonly key: string;
  readonly title: string;
  /** Name of the state it is in on Linear. */
  readonly linearState: string;
  /** How it should end: merged, parked, cancelled, refused. */
  readonly expected: string;
}

export interface BoardSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** Below this the board is cut at the edge; whoever shows it had better print plain lines. */
export const COLUMNS_MIN = 60;
const STAGE_ROWS_MAX = 4;
const NOTES_MAX = 5;

/** Lines of at most `columns` cells, one row fewer than the terminal has so that it never scrolls. */
export function renderBoard(state: BoardState, size: BoardSize): string {
  const paint = painter(size.color);
  const rows = rowsOf(state);
  const height = Math.max(1, size.rows - 1);
  const whole = { stageRows: STAGE_ROWS_MAX, rows: rows.length, notes: NOTES_MAX };
  const tight = { stageRows: 1, rows: rows.length, notes: 1 };
  const frame = (room: typeof whole): readonly string[] => [
    ...headLines(state, size.columns, paint),
    '',
    ...stageLines(rows, size.columns, room.stageRows, paint),
    '',
    ...rowLines(rows, size.columns, room.rows, paint),
    ...noteLines(state.notes.slice(-room.notes), size.columns, paint),
  ];
  for (const room of [whole, { ...whole, notes: 2 }, { ...tight, notes: 2 }, tight]) {
    const lines = frame(room);
    if (lines.length <= height) return lines.join('\n');
  }
  // Rows give way last, and the line that counts what is left out needs one too.
  const over = frame(tight).length - height;
  return frame({ ...tight, rows: Math.max(0, rows.length - over - 1) })
    .slice(0, height)
    .join('\n');
}

/** What changed from one state to the next, a line each: the board for where there is no terminal. */
export function changeLines(before: BoardState | null, after: BoardState): readonly string[] {
  const known = new Map(before === null ? [] : rowsOf(before).map((row) => [row.key, row.stage]));
  return rowsOf(after)
    .filter((row) => row.stage !== (known.get(row.key) ?? 'waiting'))
    .map((row) => plainLine({ seconds: after.seconds, text: `${row.key} ${row.stage}: ${row.now}` }));
}

export function plainLine({ seconds, text }: { readonly seconds: number; readonly text: string }): string {
  return `${seconds.toFixed(1).padStart(6)} s  ${plain(text)}`;
}

type Column = (typeof COLUMNS)[number];
const COLUMNS = ['Waiting', 'Working', 'Review', 'Checks', 'Merging', 'Done', 'Stopped'] as const;

interface Row {
  readonly key: string;
  readonly title: string;
  readonly column: Column;
  readonly stage: string;
  readonly pullRequest: number | null;
  readonly reviewRounds: number | null;
  readonly checkRounds: number | null;
  readonly microUsd: number | null;
  /** What an agent does right now, else why the issue is where it is. */
  readonly now: string;
  readonly tone: Tone;
}

function rowsOf({ status, issues }: BoardState): readonly Row[] {
  const sessions = status?.sessions ?? [];
  const loose = sessions.filter((session) => session.issueKey === null);
  const others = status?.pullRequests ?? [];
  return [
    ...issues.map((issue) => issueRow(issue, status)),
    ...others.map((one): Row => {
      // A session on a person's pull request does not say which; with one of each there is no doubt.
      const session = others.length === 1 && loose.length === 1 ? loose[0] : undefined;
      return {
        ...outsider(`#${one.number}`, `${one.title} (by ${one.author})`, one.number),
        stage: session === undefined ? 'by a person' : 'review',
        now: session === undefined ? plain(one.verdict.reason) : doing([session]),
        tone: session === undefined ? 'quiet' : 'busy',
      };
    }),
    ...(others.length === 1 && loose.length === 1
      ? []
      : loose.map((session): Row => ({ ...outsider('-', '', null), stage: session.role, now: doing([session]) }))),
  ];
}

function outsider(key: string, title: string, pullRequest: number | null): Row {
  const none = { reviewRounds: null, checkRounds: null, microUsd: null };
  return { key, title: plain(title), column: 'Review', stage: '', pullRequest, ...none, now: '', tone: 'busy' };
}

function issueRow({ key, title, linearState, expected }: BoardIssue, status: Status | null): Row {
  const view = status?.issues.find((one) => one.key === key);
  if (view === undefined) {
    return {
      ...outsider(key, title, null),
      column: 'Waiting',
      stage: 'waiting',
      now: `${plain(linearState)} on Linear`,
      tone: 'quiet',
    };
  }
  const sessions = (status?.sessions ?? []).filter((session) => session.issueKey === key);
  const { column, stage, outcome } = placeOf(view);
  return {
    key,
    title: plain(title),
    column,
    stage,
    pullRequest: view.pullRequest,
    reviewRounds: view.rounds.review,
    checkRounds: view.rounds.checks,
    microUsd: view.microUsd,
    now: sessions.length > 0 ? doing(sessions) : plain(view.verdict.reason),
    tone: toneOf(outcome, expected, sessions.length > 0),
  };
}

function placeOf(view: Status['issues'][number]): {
  readonly column: Column;
  readonly stage: string;
  readonly outcome: string | null;
} {
  switch (view.phase) {
    case 'waiting':
      return { column: 'Waiting', stage: 'waiting', outcome: null };
    case 'parked':
      return { column: 'Stopped', stage: 'parked', outcome: 'parked' };
    case 'cancelled':
      return { column: 'Stopped', stage: 'stopped', outcome: 'cancelled' };
    case 'done':
      return { column: 'Done', stage: 'merged', outcome: 'merged' };
    case 'active':
      break;
  }
  switch (view.stage) {
    case null:
    case 'implement':
    case 'open':
      return { column: 'Working', stage: view.stage ?? 'active', outcome: null };
    case 'review':
      return { column: 'Review', stage: 'review', outcome: null };
    case 'checks':
      return { column: 'Checks', stage: 'checks', outcome: null };
    case 'audit':
      return { column: 'Checks', stage: 'audit', outcome: null };
    case 'merge':
    case 'done':
      return { column: 'Merging', stage: view.stage, outcome: null };
  }
}

function doing(sessions: readonly LiveSession[]): string {
  return sessions.map((one) => `${one.role}, turn ${one.turns}: ${plain(one.doing)}`).join('; ');
}

type Tone = 'good' | 'odd' | 'busy' | 'quiet' | 'none';

function toneOf(outcome: string | null, expected: string, busy: boolean): Tone {
  if (outcome !== null) return outcome === expected ? 'good' : 'odd';
  if (busy) return 'busy';
  return expected === 'refused' ? 'quiet' : 'none';
}

type Paint = (tone: Tone | 'strong', text: string) => string;

function painter(color: boolean): Paint {
  const codes = { good: 32, odd: 33, busy: 36, quiet: 2, strong: 1, none: 0 };
  return (tone, text) => (color && tone !== 'none' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text);
}

function headLines(state: BoardState, columns: number, paint: Paint): readonly string[] {
  const { requests, money } = state;
  const figures = [
    `${Math.floor(state.seconds)} s`,
    `${dollars(money.microUsd)} of ${dollars(money.microUsdMax)}`,
    `calls: Linear ${requests.linear}, GitHub ${requests.github}, models ${requests.model}`,
  ].join('  ');
  const bot = state.status === null ? 'the bot is starting' : `the bot is up (tick ${state.status.heart.ticks})`;
  const unread = [state.status?.reads.linear ?? null, ...Object.values(state.status?.reads.repositories ?? {})];
  const frozen = Object.entries(state.status?.frozen ?? {}).map(([name, reason]) => `Frozen ${name}: ${reason}`);
  return [
    paint('strong', cutTo(`Heartline demo: ${bot}`, columns)),
    cutTo(figures, columns),
    ...unread
      .filter((reason) => reason !== null && reason !== 'not read yet')
      .map((reason) => paint('odd', cutTo(`Could not be read: ${plain(reason ?? '')}`, columns))),
    ...frozen.map((line) => paint('odd', cutTo(plain(line), columns))),
  ];
}

/** The issues' keys under the stage they stand in. */
function stageLines(rows: readonly Row[], columns: number, rowsMax: number, paint: Paint): readonly string[] {
  const width = Math.floor(columns / COLUMNS.length);
  const stacks = COLUMNS.map((column) => rows.filter((row) => row.column === column && row.key !== '-'));
  const height = Math.min(rowsMax, Math.max(1, ...stacks.map((stack) => stack.length)));
  const lines = [
    paint(
      'strong',
      COLUMNS.map((column) => fit(column, width))
        .join('')
        .trimEnd(),
    ),
  ];
  for (let index = 0; index < height; index += 1) {
    const line = stacks.map((stack) => {
      const more = stack.length - height;
      if (index === height - 1 && more > 0) return fit(`+${more + 1}`, width);
      const row = stack[index];
      return row === undefined ? ' '.repeat(width) : `${paint(row.tone, fit(row.key, width - 1))} `;
    });
    lines.push(line.join('').trimEnd());
  }
  return lines;
}

const WIDTHS = { key: 8, stage: 12, pullRequest: 5, review: 4, checks: 3, cost: 7 } as const;
const TITLE_SHARE = 0.4;
/** Where less is left than this, what happens now matters more than the title. */
const ROOM_FOR_TITLE = 36;

/** Where not all fit, those that have ended are left out first. */
function rowLines(rows: readonly Row[], columns: number, rowsMax: number, paint: Paint): readonly string[] {
  const ended = (row: Row) => row.column === 'Done' || row.column === 'Stopped';
  const wanted = [...rows.filter((row) => !ended(row)), ...rows.filter(ended)].slice(0, rowsMax);
  const shown = rows.filter((row) => wanted.includes(row));
  const room = columns - Object.values(WIDTHS).reduce((sum, width) => sum + width, 0);
  const title = room >= ROOM_FOR_TITLE ? Math.floor(room * TITLE_SHARE) : 0;
  const line = (...parts: readonly string[]) => {
    const [key = '', stage = '', pull = '', review = '', checks = '', cost = '', name = '', now = ''] = parts;
    const facts = [
      fit(key, WIDTHS.key - 1),
      fit(stage, WIDTHS.stage - 1),
      fit(pull, WIDTHS.pullRequest - 1),
      fit(review, WIDTHS.review - 1),
      fit(checks, WIDTHS.checks - 1),
      fit(cost, WIDTHS.cost - 1),
      ...(title === 0 ? [] : [fit(name, title - 1)]),
    ].join(' ');
    return `${facts} ${cutTo(now, columns - cells(facts) - 1)}`.trimEnd();
  };
  const number = (value: number | null) => (value === null ? '-' : String(value));
  const missing = rows.length - shown.length;
  return [
    paint('strong', line('Issue', 'Stage', 'PR', 'Rev', 'CI', 'Cost', 'Title', 'Now')),
    ...shown.map((row) =>
      paint(
        row.tone,
        line(
          row.key,
          row.stage,
          row.pullRequest === null ? '-' : `#${row.pullRequest}`,
          number(row.reviewRounds),
          number(row.checkRounds),
          row.microUsd === null ? '-' : dollars(row.microUsd),
          row.title,
          row.now,
        ),
      ),
    ),
    ...(missing === 0 ? [] : [cutTo(`… and ${missing} more`, columns)]),
  ];
}

function noteLines(notes: readonly string[], columns: number, paint: Paint): readonly string[] {
  if (notes.length === 0) return [];
  return ['', ...notes.map((note) => paint('quiet', cutTo(plain(note), columns)))];
}

export interface Result {
  readonly key: string;
  readonly title: string;
  readonly outcome: string;
  readonly expected: string;
  readonly pullRequest: number | null;
  readonly reviewRounds: number;
  readonly ciRounds: number;
  readonly costUsd: number;
  /** A sentence: what happened. */
  readonly happened: string;
}

/** The ending, whole: what does not fit is wrapped, never cut. */
export function renderTable(results: readonly Result[], size: Pick<BoardSize, 'columns' | 'color'>): string {
  const paint = painter(size.color);
  const rows = results.map((one) => [
    one.key,
    plain(one.title),
    one.outcome === one.expected ? one.outcome : `${one.outcome}, not ${one.expected}`,
    one.pullRequest === null ? '-' : `#${one.pullRequest}`,
    `${one.reviewRounds} review, ${one.ciRounds} CI`,
    dollars(Math.round(one.costUsd * 1_000_000)),
    plain(one.happened),
  ]);
  const titles = ['Issue', 'Title', 'Outcome', 'PR', 'Sent back by', 'Cost', 'What happened'];
  const fixed = [0, 2, 3, 4, 5].map((column) => widest(column, [titles, ...rows]));
  const room = Math.max(40, size.columns - fixed.reduce((sum, width) => sum + width + 2, 0) - 2);
  const title = Math.min(Math.floor(room * TITLE_SHARE), widest(1, [titles, ...rows]));
  const [key = 0, outcome = 0, pull = 0, rounds = 0, cost = 0] = fixed;
  const widths = [key, title, outcome, pull, rounds, cost, room - title];
  const block = (row: readonly string[]): readonly string[] => {
    const parts = row.map((text, column) => wrap(text, widths[column] ?? 0));
    return Array.from({ length: Math.max(...parts.map((lines) => lines.length)) }, (_, index) =>
      parts
        .map((lines, column) => fit(lines[index] ?? '', widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  };
  const tone = (one: Result | undefined): Tone => (one === undefined || one.outcome === one.expected ? 'none' : 'odd');
  return [
    ...block(titles).map((line) => paint('strong', line)),
    ...rows.flatMap((row, index) => block(row).map((line) => paint(tone(results[index]), line))),
  ].join('\n');
}

function widest(column: number, rows: readonly (readonly string[])[]): number {
  return Math.max(...rows.map((row) => cells(row[column] ?? '')));
}
