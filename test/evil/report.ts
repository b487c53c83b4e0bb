/** The tables for people: each attempt with the layers that stopped it, the ways by room, and the totals. */
import type { Line } from './row.ts';

/** held: stopped, and shown to succeed without the layers. open: stopped, and not shown. */
const MARKS = { held: 'held', unproved: 'open', 'not provable': '  ? ', red: 'RED ' } as const;

export function report(
  lines: readonly Line[],
  totals: object,
  found: readonly { readonly canary: string; readonly form: string; readonly where: string }[],
): string {
  const groups = Map.groupBy(lines, (line) => [line.room, line.group].filter(Boolean).join(': '));
  const text = [...groups].flatMap(([group, list]) => [
    `\n${group}`,
    ...list.map((line) => {
      const { verdict, name, stoppedBy, detail } = line;
      const shown = line.verdict === 'held' ? `without: ${line.without}` : detail;
      const cut = shown.replaceAll(/\s+/g, ' ').slice(0, 110);
      return `  ${MARKS[verdict]}  ${name.padEnd(52)}  ${stoppedBy.join(' + ').padEnd(28)}  ${cut}`;
    }),
  ]);
  const sightings = found.map(({ canary, form, where }) => `  FOUND  ${canary} in ${form}, ${where}`);
  const sums = Object.entries(totals).map(([name, value]) => `  ${name.padEnd(22)} ${value}`);
  return [
    ...text,
    ...(sightings.length > 0 ? ['\ncanaries', ...sightings] : []),
    ...table(lines),
    '\ntotals',
    ...sums,
    '',
  ].join('\n');
}

export interface WaysOfRoom {
  readonly room: string;
  readonly ways: number;
  readonly held: number;
  readonly unproved: number;
  readonly notProvable: number;
  readonly red: number;
}

/** How many ways were tried where, and what came of them. */
export function waysByRoom(lines: readonly Line[]): readonly WaysOfRoom[] {
  return [...Map.groupBy(lines, (line) => line.room ?? 'outside a room')].map(([room, list]) => {
    const count = (verdict: Line['verdict']): number => list.filter((line) => line.verdict === verdict).length;
    return {
      room,
      ways: list.length,
      held: count('held'),
      unproved: count('unproved'),
      notProvable: count('not provable'),
      red: count('red'),
    };
  });
}

function table(lines: readonly Line[]): readonly string[] {
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(14)).join('')}`;
  return [
    '\nways by room',
    row('', 'tried', 'held', 'unproved', 'not provable', 'red'),
    ...waysByRoom(lines).map(({ room, ways, held, unproved, notProvable, red }) =>
      row(room, ways, held, unproved, notProvable, red),
    ),
  ];
}
