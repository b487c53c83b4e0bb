/** What a bench hands in: figures with the bounds they are held to, as a table for people, as JSON, and as an exit code. */
import { parseArgs } from 'node:util';

export interface Figure {
  readonly name: string;
  /** Null when it could not be measured, which never counts as good enough. */
  readonly value: number | null;
  readonly unit: string;
  readonly bound: Bound;
  /** The same measured on something else in the same run; in the figure's unit where none is named. */
  readonly beside?: { readonly what: string; readonly value: number | null; readonly unit?: string };
}

export type Bound =
  | { readonly kind: 'at-most'; readonly value: number }
  | { readonly kind: 'exactly'; readonly value: number }
  /** Shown, not judged. */
  | { readonly kind: 'none' };

export interface Report {
  readonly bench: string;
  /** What was measured, a sentence each. */
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
  /** Whatever else a reader may want, for the JSON alone. */
  readonly detail: unknown;
}

export const atMost = (value: number): Bound => ({ kind: 'at-most', value });
export const exactly = (value: number): Bound => ({ kind: 'exactly', value });
export const shown: Bound = { kind: 'none' };

/** Runs the bench as a command: `--json` prints one document, `--assert` makes a figure that is short or missing exit 1. */
export async function runBench(measure: () => Promise<Report>): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, assert: { type: 'boolean', default: false } },
  });
  const { bench, notes, figures, detail } = await measure();
  const short = figures.filter((figure) => !isMet(figure));
  if (values.json) {
    const document = { schema: 1, bench, ok: short.length === 0, short: short.map(complaint), notes, figures, detail };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    process.stdout.write(`${[bench, ...notes.map((note) => `  ${note}`), '', ...table(figures)].join('\n')}\n`);
  }
  for (const figure of short) process.stderr.write(`short: ${complaint(figure)}\n`);
  if (values.assert && short.length > 0) process.exitCode = 1;
}

function isMet({ value, bound }: Figure): boolean {
  if (value === null || Number.isNaN(value)) return false;
  switch (bound.kind) {
    case 'at-most':
      return value <= bound.value;
    case 'exactly':
      return value === bound.value;
    case 'none':
      return true;
  }
}

function complaint(figure: Figure): string {
  const found = figure.value === null ? 'not measured' : shownValue(figure.value, figure.unit);
  return `${figure.name}: ${found}${wanted(figure.bound) === '' ? '' : `, wanted ${wanted(figure.bound)}`}`;
}

function wanted(bound: Bound): string {
  switch (bound.kind) {
    case 'at-most':
      return `at most ${bound.value}`;
    case 'exactly':
      return `exactly ${bound.value}`;
    case 'none':
      return '';
  }
}

function table(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map((figure) => [
    figure.bound.kind === 'none' ? ' ' : isMet(figure) ? '✓' : '✗',
    figure.name,
    figure.value === null ? 'missing' : shownValue(figure.value, figure.unit),
    wanted(figure.bound),
    figure.beside === undefined
      ? ''
      : `${figure.beside.what}: ${figure.beside.value === null ? 'missing' : shownValue(figure.beside.value, figure.beside.unit ?? figure.unit)}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function shownValue(value: number, unit: string): string {
  const number = Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1);
  return unit === '' ? number : `${number} ${unit}`;
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
