/** The tests of one version of a file, each with its assertions, the rows it runs over, and the words it is made of. */
import { type Assertion, assertionsIn, literalsIn } from './assertions.ts';
import { casesInPython, casesInRuby } from './cases-by-indent.ts';
import { casesByMark } from './cases-by-mark.ts';
import { casesInScript } from './cases-in-script.ts';
import type { Language } from './judged-as.ts';
import { type Masked, masked } from './masked.ts';
import { loopsAround, namedRows, rowsOf, type Table, tablesOf } from './rows.ts';
import { isNested, swallowedAt } from './surroundings.ts';
import { isTangled, isTooMuch } from './tangled.ts';
import { closingOf, lineEnd, type Switch, type TestCase } from './test-case.ts';

export interface ReadTest {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly switches: readonly Switch[];
  /** Conditions around the whole test. */
  readonly guards: number;
  readonly assertions: readonly Assertion[];
  readonly rows: readonly string[];
  readonly names: ReadonlySet<string>;
  readonly literals: ReadonlySet<string>;
  /** Ways out before the last assertion. */
  readonly exits: number;
  readonly loops: number;
}

export interface ReadFile {
  readonly path: string;
  readonly source: Masked;
  readonly language: Language;
  readonly tests: readonly ReadTest[];
  /** Functions beside the tests that assert, set-up included; one entry per function. */
  readonly shared: readonly ReadTest[];
}

const EXITS =
  /\breturn[ \t]*(?=[;\n}]|$)|\breturn\s+(undefined|null|None|nil|true|True|void 0)\b|\bprocess\s*\.\s*exit\s*\(|\bsys\s*\.\s*exit\s*\(|\bos\s*\.\s*_?[eE]xit\s*\(|\bSystem\s*\.\s*exit\s*\(/g;
const LOOPS =
  /\bfor\b|\bforEach\b|\.\s*each\b|\brange\b|\bsubTest\b|\.\s*map\s*\(|\bparametrize\b|InlineData|CsvSource|ValueSource|#\[case/g;
const COMMON =
  /^(const|let|var|await|async|function|return|new|it|test|describe|expect|assert|self|def|func|fn|fun|void|public|private|class|import|from|if|else|for|of|in|and|or|not|do|end|to|true|false|null|None|True|False|nil|undefined|use|mut|pub|val|with|as|this|err|string|int|long|struct|t|testing|Test|Fact|Theory|decimal|m|equal|equals|toBe|toEqual|Equal|assertEquals|assertEqual|strictEqual|deepEqual)$/;

function casesOf(source: Masked, language: Language): readonly TestCase[] {
  switch (language) {
    case 'script':
      return casesInScript(source);
    case 'python':
      return casesInPython(source);
    case 'ruby':
      return casesInRuby(source);
    case 'text':
      return [];
    case 'go':
    case 'rust':
    case 'java':
    case 'csharp':
    case 'php':
    case 'swift':
      return casesByMark(source, language);
  }
}

/** Null when there is more of it than can be judged. */
export function readTests(path: string, text: string, language: Language): ReadFile | null {
  const source = masked(text, language);
  if (isTangled(source)) return null;
  const cases = casesOf(source, language);
  const assertions = assertionsIn(source, language);
  if (isTooMuch(source, cases, assertions.length)) return null;
  const inner = (at: number): TestCase | undefined => cases.findLast(({ start, end }) => start <= at && at < end);
  const byCase = Map.groupBy(assertions, ({ start }) => inner(start) ?? null);
  const tables = tablesOf(source);
  const tests = cases.map((one) => readTest(path, source, language, tables, one, byCase.get(one) ?? []));
  const functions = functionsOf(source, language);
  const around = (at: number): string =>
    functions.findLast(({ start, end }) => start <= at && at < end)?.name ?? '(set-up)';
  const free = Map.groupBy(byCase.get(null) ?? [], ({ start }) => around(start));
  const shared = [...free].map(([name, own]) => {
    const start = own[0]?.start ?? 0;
    const end = own.at(-1)?.end ?? start;
    return readTest(path, source, language, [], { name, start, end, body: end, switches: [] }, own);
  });
  return { path, source, language, tests, shared };
}

function readTest(
  path: string,
  source: Masked,
  language: Language,
  tables: readonly Table[],
  one: TestCase,
  own: readonly Assertion[],
): ReadTest {
  const text = source.said.slice(one.start, one.end);
  const bare = source.bare.slice(one.start, one.end);
  const last = own.at(-1)?.start ?? one.end;
  const loops = loopsAround(source.bare, one.start);
  const heads = loops.map(([from, to]) => source.bare.slice(from, to)).join('\n');
  const rows = [
    ...loops.flatMap(([from, to]) => rowsOf(source, from, to)),
    ...rowsOf(source, one.start, one.end),
    ...namedRows(tables, `${heads}\n${bare}`, one),
  ];
  const rowText = rows.join('\n');
  const around = swallowedAt(source, language, one.start);
  const line = source.bare.slice(source.bare.lastIndexOf('\n', one.start - 1) + 1, one.start);
  return {
    path,
    name: one.name,
    text,
    switches: one.switches,
    guards: around.guards + (/\bif\b|&&|\?\s*$/.test(line) ? 1 : 0),
    assertions: own,
    rows,
    names: new Set((bare.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((word) => !COMMON.test(word))),
    literals: new Set([...literalsIn(text, bare), ...literalsIn(rowText, rowText.replace(/"[^"\n]*"/g, '""'))]),
    exits: exitsIn(source.bare, one.body, Math.max(one.body, last)),
    loops: (bare.match(LOOPS) ?? []).length + loops.length,
  };
}

const FUNCTIONS =
  /\b(?:function\s*\*?|def|func|fn|fun)\s+(?:self\.)?(?:\([^()\n]*\)\s*)?([A-Za-z_]\w*[?!]?)|\b(?:const|let)\s+([A-Za-z_]\w*)\s*=\s*(?:async\s*)?(?:\([^()\n]*\)|\w+)\s*(?::[^=\n]{0,60})?=>|^\s*(?:(?:private|public|protected|internal|static|async)\s+)+[\w<>[\],? ]+?\s(\w+)\s*\(/gm;

interface Declared {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The functions of a file in order; without braces each lasts until the next. */
function functionsOf({ bare }: Masked, language: Language): readonly Declared[] {
  const braces = language !== 'python' && language !== 'ruby';
  return [...bare.matchAll(FUNCTIONS)].map((match) => {
    const behind = match.index + match[0].length;
    const open = braces ? bare.indexOf('{', behind) : -1;
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    return {
      name,
      start: match.index,
      end: open < 0 ? bare.length : Math.max(closingOf(bare, open), lineEnd(bare, behind)),
    };
  });
}

/** Behind a `return` that leaves the test itself, not a function within it. */
function exitsIn(bare: string, from: number, to: number): number {
  const brace = bare.indexOf('{', from);
  const body = brace >= 0 && brace < to ? brace : from;
  return [...bare.slice(from, to).matchAll(EXITS)].filter(({ index }) => !isNested(bare, body, from + index)).length;
}
