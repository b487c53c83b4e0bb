/** The rows that tests run over: what loops, `each`, `parametrize` and annotations are given. */
import { normal } from './assertions.ts';
import type { Masked } from './masked.ts';
import { closingOf, partsOf, skipSpace, type TestCase } from './test-case.ts';

const LOOKED_BACK_MAX = 1_500;
const ITERATED = /\b(?:of|in|range|each\s*\()\s*([A-Za-z_]\w*)\b|\b([A-Za-z_]\w*)\s*\.\s*(?:forEach|each|map)\b/g;
const TABLE =
  /(?:\bof\s*|\bin\s*|\.\s*each\s*\(\s*|\brange\s*|parametrize\s*\(\s*(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)|\[[^[\]\n]*\])\s*,\s*|(?:CsvSource|ValueSource|MethodSource)\s*\(\s*(?:\w+\s*=\s*)?|:=\s*|=\s*)(?=[[({]|\w*\[\])/g;

export function rowsOf({ said, bare }: Masked, start: number, end: number): readonly string[] {
  const rows: string[] = [];
  const from = start;
  let until = -1;
  for (const match of bare.slice(from, end).matchAll(TABLE)) {
    const at = from + match.index + match[0].length;
    if (at < until) continue;
    const open = openingOf(bare, at);
    if (open === null) continue;
    until = closingOf(bare, open);
    const iterated =
      !/=\s*$/.test(match[0]) ||
      isIterated(bare.slice(start, end), bare.slice(Math.max(0, from + match.index - 40), from + match.index));
    if (iterated) rows.push(...rowsIn(said, bare, open));
  }
  for (const [row] of bare
    .slice(start, end)
    .matchAll(/\[\s*(InlineData|TestCase|DataRow)\s*\([^\n]*\)|#\[\s*case\s*\([^\n]*\)/g))
    rows.push(row);
  return rows;
}

/** A table that stands beside the tests. */
export interface Table {
  readonly name: string;
  readonly start: number;
  readonly rows: readonly string[];
}

const DECLARED =
  /^(?:export\s+)?(?:const|let|var|final|val|static)?[ \t]*([A-Za-z_]\w*)\b[^=\n]{0,80}=[ \t]*(?=[[({]|\w*\[\])/gm;

export function tablesOf({ said, bare }: Masked): readonly Table[] {
  return [...bare.matchAll(DECLARED)].flatMap((match): readonly Table[] => {
    const open = openingOf(bare, match.index + match[0].length);
    const rows = open === null ? [] : rowsIn(said, bare, open);
    return rows.length === 0 ? [] : [{ name: match[1] ?? '', start: match.index, rows }];
  });
}

/** Rows of the tables that a loop in or around the test goes over. */
export function namedRows(tables: readonly Table[], text: string, { start, end }: TestCase): readonly string[] {
  const names = new Set([...text.matchAll(ITERATED)].map((match) => match[1] ?? match[2] ?? ''));
  return tables
    .filter((table) => names.has(table.name) && (table.start < start || table.start >= end))
    .flatMap(({ rows }) => rows);
}

/** The bracket in which rows stand: behind `[]struct{ … }` it is the second one. */
function openingOf(bare: string, at: number): number | null {
  if (/^(\w*\[\]|map\[)/.test(bare.slice(at, at + 20))) {
    const type = bare.indexOf('{', at);
    if (type < 0) return null;
    if (!/\b(struct|interface)\s*$/.test(bare.slice(at, type))) return type;
    const next = bare.slice(closingOf(bare, type)).search(/\S/) + closingOf(bare, type);
    return bare[next] === '{' ? next : null;
  }
  return '[({'.includes(bare[at] ?? ' ') ? at : null;
}

function rowsIn(said: string, bare: string, open: number): readonly string[] {
  const parts = partsOf(bare, open);
  const isRow = ([from, to]: readonly [number, number]): boolean =>
    /^\s*([[({"']|pytest\s*\.\s*param|new\b|\w+\s*[:(])/.test(bare.slice(from, to));
  return parts.every(isRow) ? parts.map(([from, to]) => normal(said.slice(from, to))) : [];
}

function isIterated(own: string, before: string): boolean {
  const name = /([A-Za-z_]\w*)\s*(:[^=]*)?$/.exec(before.trimEnd())?.[1];
  return name !== undefined && [...own.matchAll(ITERATED)].some((match) => (match[1] ?? match[2]) === name);
}

const LOOPS = /\bfor\s*\(|\bfor\b[^\n(]*\bin\b[^\n]*|[\w.\])]+\s*\.\s*(?:forEach|each)\b[^\n]*/g;

/** Where the heads of the loops begin and end that a place lies in: `for (…)`, `for x in …:`, `rows.forEach(`. */
export function loopsAround(bare: string, at: number): readonly (readonly [number, number])[] {
  const from = Math.max(0, at - LOOKED_BACK_MAX);
  return [...bare.slice(from, at).matchAll(LOOPS)].flatMap(({ index, 0: head }) => {
    const start = from + index;
    const end = head.endsWith('(') ? closingOf(bare, start + head.length - 1) : start + head.length;
    const brace = head.endsWith('{') ? end - 1 : skipSpace(bare, end);
    const body = bare[brace] === '{' ? closingOf(bare, brace) : -1;
    // Without braces it holds what follows at once.
    const inside = body > at || (body < 0 && end <= at && bare.slice(end, at).trim() === '');
    return end <= at && inside ? [[start, end] as const] : [];
  });
}
