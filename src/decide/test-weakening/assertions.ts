/** The assertions of a source: where they stand, what they name and hold, how much they demand, and what may keep them from failing. */
import type { Language } from './judged-as.ts';
import type { Masked } from './masked.ts';
import { type Bound, boundsOf, type Strength, strengthOf } from './strength.ts';
import { swallowedAt } from './surroundings.ts';
import { ASSERTIONS_MAX } from './tangled.ts';
import { closingOf, lineEnd, lineStart, skipSpace } from './test-case.ts';

export interface Assertion {
  readonly start: number;
  readonly end: number;
  /** As written, without spaces that mean nothing. */
  readonly text: string;
  readonly strength: Strength;
  readonly names: ReadonlySet<string>;
  readonly literals: ReadonlySet<string>;
  readonly bounds: readonly Bound[];
  readonly awaited: boolean;
  /** Conditions around it. */
  readonly guards: number;
  /** What it throws is caught and forgotten. */
  readonly swallowed: boolean;
}

/** How one is read: head, all that follows it, and what stands before and behind it in its statement. */
interface Found {
  readonly start: number;
  readonly end: number;
  readonly head: string;
}

const CALL =
  /(?<![\w$.:])([A-Za-z_$][\w$]*(?:(?:\s*\??\.\s*|::)[A-Za-z_$][\w$]*)*!?)(\s*<[^<>()\n]{0,80}>)?[ \t]*(?=[({])/g;
const DEFINES = /\b(function|def|func|fn|fun|void|class|new|async|static|public|private|internal|Task)\s*$/;
const HEAD_NAME =
  /^(assert|expect|should|refute|verify|must|ensure|check|require|XCTAssert|XCTFail|flunk)([A-Z_]\w*)?!?$/;
const T_METHODS =
  /^(is|not|deepEqual|notDeepEqual|equal|equals|notEqual|strictEqual|deepStrictEqual|ok|notOk|true|false|truthy|falsy|throws|throwsAsync|notThrows|rejects|doesNotThrow|like|regex|match|same|strictSame|snapshot|Error|Errorf|Fatal|Fatalf|Fail|FailNow|fail|ifError|error)$/;
const ASYMMETRIC =
  /^(anything|any|objectContaining|arrayContaining|stringContaining|stringMatching|closeTo|extend|not|addSnapshotSerializer|getState|setState)$/;

export function assertionsIn(source: Masked, language: Language): readonly Assertion[] {
  const found =
    language === 'ruby'
      ? inRuby(source)
      : [...byCall(source, language), ...(language === 'python' ? statements(source) : [])];
  let until = -1;
  return found
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ start, end }) => {
      if (start < until) return false;
      until = end;
      return true;
    })
    .slice(0, ASSERTIONS_MAX + 1)
    .map((one) => read(source, language, one));
}

/** Whether a dotted name is the head of an assertion. */
function isAssertionHead(name: string, language: Language): boolean {
  const parts = name.split(/\s*\??\.\s*|::/);
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (first === 'expect') return parts.length === 1 || !ASYMMETRIC.test(parts[1] ?? '');
  if (parts.length === 2 && /^(t|tt|tb)$/.test(first) && T_METHODS.test(last)) return true;
  if (first === 'pytest') return /^(raises|warns|fail)$/.test(last);
  if (first === 'require') return language === 'go' && parts.length > 1;
  if (
    parts.some((part, at) => /^(assert|Assert|Assertions)$/.test(part) && (at < parts.length - 1 || parts.length === 1))
  )
    return !/^(Ignore|Inconclusive|AssertionError)$/.test(last);
  if (language === 'rust' && /^(debug_)?assert\w*!$/.test(last)) return true;
  if (/^(fail|flunk)$/.test(last)) return parts.length === 1;
  if (!HEAD_NAME.test(last)) return false;
  // A verb alone says little: `page.check()`, `Result.expect()`, `store.ensure()`.
  return /^(assert\w*|XCT\w*|refute\w*)!?$/.test(last) || /^\w+?[A-Z_]/.test(last)
    ? !/^(check|ensure|must|require)$/.test(last)
    : parts.length === 1 && /^(assert|verify)!?$/.test(last);
}

function byCall(source: Masked, language: Language): readonly Found[] {
  const { bare } = source;
  const found: Found[] = [];
  for (const match of bare.matchAll(CALL)) {
    const name = match[1] ?? '';
    const shouldChain = language === 'script' && /\bshould\b/.test(name);
    if (!shouldChain && !isAssertionHead(name, language)) continue;
    if (DEFINES.test(bare.slice(Math.max(0, match.index - 20), match.index))) continue;
    const open = skipSpace(bare, match.index + match[0].length);
    if (bare[open] === '{' && language !== 'java' && language !== 'swift') continue;
    found.push({ start: match.index, end: chainEnd(bare, closingOf(bare, open)), head: name });
  }
  if (language === 'script' || language === 'java') {
    for (const match of bare.matchAll(/\.\s*(should|andExpect|verify[A-Z]\w*)\s*\(/g)) {
      const start = statementStart(bare, match.index);
      found.push({
        start,
        end: chainEnd(bare, closingOf(bare, match.index + match[0].length - 1)),
        head: match[1] ?? '',
      });
    }
  }
  return found;
}

/** Python's own statement, up to the end of its logical line. */
function statements({ bare }: Masked): readonly Found[] {
  return [...bare.matchAll(/(?<=^[ \t]*|[:;][ \t]+)assert\b(?=[ \t(])/gm)].map((match) => {
    return { start: match.index, end: logicalEnd(bare, match.index), head: 'assert ' };
  });
}

const RUBY_HEAD =
  /(?<![\w.:@])(expect\b(?=[\s({])|(?:assert|refute)\w*\b(?![ \t]*=[^=>])|flunk\b)|\.(?:must|wont)_\w+|\.should(?:_not)?\b/g;

function inRuby({ bare }: Masked): readonly Found[] {
  return [...bare.matchAll(RUBY_HEAD)]
    .filter(({ index }) => !/\bdef\s*(self\.)?$/.test(bare.slice(lineStart(bare, index), index)))
    .map((match) => {
      const start = match[0].startsWith('.') ? statementStart(bare, match.index) : match.index;
      return { start, end: logicalEnd(bare, start), head: match[0] };
    });
}

function logicalEnd(bare: string, from: number): number {
  let at = from;
  for (;;) {
    const one = bare[at];
    if (one === undefined || one === '\n' || one === ';' || one === '}' || one === ')') return at;
    if ('([{'.includes(one)) at = closingOf(bare, at);
    else if (one === '\\' && bare[at + 1] === '\n') at += 2;
    else at += 1;
  }
}

/** Characters of one statement that are looked back over. */
const STATEMENT_MAX = 4_000;

function chainEnd(bare: string, from: number): number {
  let at = from;
  for (;;) {
    const next = skipSpace(bare, at);
    const member = /^\s*\??\.\s*[A-Za-z_]\w*(\s*<[^<>()\n]{0,80}>)?/.exec(bare.slice(at, at + 200));
    if (member !== null) at += member[0].length;
    else if (bare[at] === '(' || bare[at] === '[') at = closingOf(bare, at);
    else if (
      bare[at] === ' ' &&
      bare[next] === '{' &&
      /\w\s*$/.test(bare.slice(Math.max(0, at - 20), at)) &&
      next - at === 1
    )
      return at;
    else return at;
  }
}

function statementStart(bare: string, at: number): number {
  let depth = 0;
  for (let from = at - 1; from >= 0 && from > at - STATEMENT_MAX; from--) {
    const one = bare[from] ?? '';
    if (')]}'.includes(one)) depth += 1;
    else if ('([{'.includes(one)) {
      if (depth === 0) return skipSpace(bare, from + 1);
      depth -= 1;
    } else if (depth === 0 && (one === ';' || (one === '\n' && !/^\s*\./.test(bare.slice(from + 1, at + 1)))))
      return skipSpace(bare, from + 1);
  }
  return at;
}

function read(source: Masked, language: Language, found: Found): Assertion {
  const { said, bare } = source;
  const { start, end, head } = found;
  const line = Math.max(lineStart(bare, start), lastOf(bare, start));
  const before = bare.slice(line, start);
  const behind = suffix(bare, end);
  const goCondition = language === 'go' && /\b(Error|Fatal|Fail)/.test(head) ? conditionAround(bare, start) : null;
  const [from, to] = goCondition ?? [start, end];
  const text = said.slice(from, to) + (goCondition === null ? said.slice(end, end + behind.length) : '');
  const plain = bare.slice(from, to) + (goCondition === null ? behind : '');
  const { guards, swallowed } = swallowedAt(source, language, start);
  const own = goCondition === null ? 0 : 1;
  return {
    start,
    end,
    text: normal(text),
    strength: strengthOf({ head, text, bare: plain, language }),
    names: new Set(plain.match(/[A-Za-z_$][\w$]*/g) ?? []),
    literals: literalsIn(text, plain),
    bounds: boundsOf(text, plain),
    awaited: /\b(await|return|yield)\b/.test(before) || /=>\s*$/.test(before),
    guards: Math.max(0, guards - own) + (conditional(before) ? 1 : 0) + (/^\s*(if|unless)\b/.test(behind) ? 1 : 0),
    swallowed:
      swallowed ||
      /\.\s*catch\s*\(\s*(\(\s*\w*\s*\)|\w+|function\s*\(\s*\w*\s*\))\s*(=>)?\s*(\{\s*\}|undefined|null)/.test(plain),
  };
}

function lastOf(bare: string, at: number): number {
  const from = Math.max(bare.lastIndexOf(';', at - 1), bare.lastIndexOf('{', at - 1), bare.lastIndexOf('}', at - 1));
  return from + 1;
}

function conditional(before: string): boolean {
  const own = before.slice(before.lastIndexOf('=>') + 1);
  return /(&&|\|\||\?\?|\bif\b.*|\band|\bor|\?)\s*(await\s*)?$/.test(own) && !/\.\s*$/.test(own);
}

function suffix(bare: string, end: number): string {
  const rest = bare.slice(end, lineEnd(bare, end));
  const more = /^\s*(\|\||&&|\?\?|\bor\b|\band\b|if\b|unless\b)[^;]*/.exec(rest);
  return more === null ? '' : more[0];
}

/** The header of the innermost `if` around a place: what Go's tests assert. */
function conditionAround(bare: string, at: number): readonly [number, number] | null {
  let depth = 0;
  for (let from = at - 1; from >= 0 && from > at - 4_000; from--) {
    const one = bare[from];
    if (one === '}') depth += 1;
    else if (one === '{') {
      if (depth > 0) depth -= 1;
      else {
        const header = lineStart(bare, from);
        return /\bif\b/.test(bare.slice(header, from)) ? [skipSpace(bare, header), from] : null;
      }
    }
  }
  return null;
}

export function normal(text: string): string {
  return text
    .replace(/,(\s*[)\]}])/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/ ?([()[\]{},.;:=<>+*/&|!?-]) ?/g, '$1')
    .replace(/["'`]/g, '"')
    .trim();
}

/** Strings and numbers of a piece of source, quotes taken off. */
export function literalsIn(text: string, bare: string): ReadonlySet<string> {
  const literals = new Set<string>();
  for (const match of text.matchAll(
    /"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\])*)`|\/((?:\\.|[^/\\\n])+)\/[a-z]*/g,
  )) {
    literals.add((match[1] ?? match[2] ?? match[3] ?? match[4] ?? '').trim());
  }
  for (const [number] of bare.matchAll(/(?<![\w.])\d[\d_]*(\.\d+)?(e[+-]?\d+)?/gi))
    literals.add(
      number
        .replaceAll('_', '')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, ''),
    );
  for (const [word] of bare.matchAll(/\b(true|false|null|undefined|None|True|False|nil)\b/g))
    literals.add(word.toLowerCase());
  return literals;
}
