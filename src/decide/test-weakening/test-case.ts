/** One test as written, whatever the language, and how brackets are followed to find where it ends. */

/** Why a test does not count, or stands alone, in the words of its runner. */
export type Switch = 'skip' | 'skip-if' | 'only' | 'expected-failure';

export interface TestCase {
  /** With the groups it lies in, parted by " > ". */
  readonly name: string;
  /** Where it begins and ends in its file, decorators and options included. */
  readonly start: number;
  readonly end: number;
  /** Where its body begins: what stands before is name, options and rows of a table. */
  readonly body: number;
  readonly switches: readonly Switch[];
}

const OPENING = '([{';
const CLOSING = ')]}';

/** Texts longer than this are read once for all their brackets: what is scanned from each of many places costs a square. */
const SCANNED_MAX = 4_000;
const TABLES_MAX = 4;
/** A memory of what never changes: the brackets of a text. */
const tables = new Map<string, Int32Array>();

/** Behind the bracket that closes the one at `at`; the end of the text when none does. */
export function closingOf(bare: string, at: number): number {
  if (bare.length > SCANNED_MAX) return tableOf(bare)[at] || bare.length;
  let depth = 0;
  for (let to = at; to < bare.length; to++) {
    const one = bare[to] ?? '';
    if (OPENING.includes(one)) depth += 1;
    else if (CLOSING.includes(one)) {
      depth -= 1;
      if (depth <= 0) return to + 1;
    }
  }
  return bare.length;
}

function tableOf(bare: string): Int32Array {
  const known = tables.get(bare);
  if (known !== undefined) return known;
  const table = new Int32Array(bare.length);
  const open: number[] = [];
  for (let at = 0; at < bare.length; at++) {
    const one = bare[at] ?? '';
    if (OPENING.includes(one)) open.push(at);
    else if (CLOSING.includes(one)) table[open.pop() ?? at] = at + 1;
  }
  for (const oldest of tables.keys()) {
    if (tables.size < TABLES_MAX) break;
    tables.delete(oldest);
  }
  tables.set(bare, table);
  return table;
}

/** The parts of a bracket's contents between commas of its own level, as positions. */
export function partsOf(bare: string, open: number): readonly (readonly [number, number])[] {
  const end = closingOf(bare, open) - 1;
  const parts: (readonly [number, number])[] = [];
  let from = open + 1;
  for (let at = open + 1; at < end; at++) {
    const one = bare[at] ?? '';
    if (OPENING.includes(one)) at = closingOf(bare, at) - 1;
    else if (one === ',') {
      parts.push([from, at]);
      from = at + 1;
    }
  }
  if (bare.slice(from, end).trim() !== '') parts.push([from, end]);
  return parts;
}

export function skipSpace(text: string, at: number): number {
  let to = at;
  while (to < text.length && /\s/.test(text[to] ?? '')) to += 1;
  return to;
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
