/** Tests whose end shows in their indentation: pytest and unittest, RSpec and Minitest. */
import type { Masked } from './masked.ts';
import { TESTS_MAX } from './tangled.ts';
import { lineEnd, lineStart, type Switch, type TestCase } from './test-case.ts';

interface Block {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly head: string;
  readonly test: boolean;
  readonly counts: boolean;
}

const PYTHON_BLOCK = /^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)/gm;
const PYTHON_SKIPS = /\b(skip|SkipTest)\b/;
const PYTHON_SKIPS_IF = /\b(skipif|skipIf|skipUnless)\b/;
const PYTHON_FAILS = /\b(xfail|expectedFailure)\b/;
const PYTHON_SKIP_CALLS = /\b(pytest\s*\.\s*(skip|importorskip)\s*\(|skipTest\s*\(|raise\s+(\w+\s*\.\s*)?SkipTest)/;

export function casesInPython({ said, bare }: Masked): readonly TestCase[] {
  const blocks: (Block & { readonly kind: string })[] = [];
  for (const match of bare.matchAll(PYTHON_BLOCK)) {
    if (blocks.length > 2 * TESTS_MAX) break;
    const [, indent = '', kind = '', name = ''] = match;
    const start = decoratorsAbove(bare, match.index, indent);
    const opening = headEnd(bare, match.index);
    const head = said.slice(start, opening);
    const counts = kind === 'def' || /^Test/.test(name) || /\(.*(TestCase|Tests?|Mixin|Base)\b/.test(head);
    blocks.push({ kind, name, start, end: blockEnd(bare, opening, indent), head, test: /^test/i.test(name), counts });
  }
  const module = topLevel(bare);
  const whole: Switch[] = [];
  if (/^pytestmark\s*=.*\b(skip|skipif)\b/m.test(bare) || PYTHON_SKIP_CALLS.test(module)) whole.push('skip');
  if (/^pytestmark\s*=.*\bxfail\b/m.test(bare)) whole.push('expected-failure');
  if (/^__test__\s*=\s*False/m.test(bare)) whole.push('skip');
  return blocks
    .filter(({ kind, name }) => kind === 'def' && /^test/.test(name))
    .flatMap((block): readonly TestCase[] => {
      const around = blocks.filter(({ start, end }) => start < block.start && block.end <= end);
      // A function inside a function is nobody's test, and a class counts by its name or its bases.
      if (around.some(({ kind, counts }) => kind === 'def' || !counts)) return [];
      const switches = new Set<Switch>(whole);
      const heads = [...around, block].map(({ head }) => head.slice(0, head.search(/^\s*(async\s+)?(def|class)\b/m)));
      for (const head of heads) {
        if (PYTHON_SKIPS.test(head)) switches.add('skip');
        if (PYTHON_SKIPS_IF.test(head)) switches.add('skip-if');
        if (PYTHON_FAILS.test(head)) switches.add('expected-failure');
      }
      const body = bare.slice(block.start + block.head.length, block.end);
      if (PYTHON_SKIP_CALLS.test(body)) switches.add(/\bif\b|importorskip/.test(body) ? 'skip-if' : 'skip');
      if (/\bpytest\s*\.\s*xfail\s*\(/.test(body)) switches.add('expected-failure');
      return [
        {
          name: [...around.map(({ name }) => name), block.name].join(' > '),
          start: block.start,
          end: block.end,
          body: block.start + block.head.length,
          switches: [...switches],
        },
      ];
    });
}

function decoratorsAbove(bare: string, at: number, indent: string): number {
  let start = at;
  let first = at;
  while (start > 0) {
    const above = lineStart(bare, start - 1);
    const line = bare.slice(above, start - 1);
    if (line.trim() === '' || /^\s*(def|class|return|import|from|assert)\b/.test(line)) break;
    if (line.startsWith(`${indent}@`)) first = above;
    else if (!/^[ \t]/.test(line.slice(indent.length)) && !/^\s*[)\]}"']/.test(line)) break;
    start = above;
  }
  return first;
}

/** A signature is at most this long. */
const HEAD_MAX = 4_000;

/** Behind the colon that ends a signature, which may go over several lines. */
function headEnd(bare: string, at: number): number {
  let depth = 0;
  const end = Math.min(bare.length, at + HEAD_MAX);
  for (let to = at; to < end; to++) {
    const one = bare[to] ?? '';
    depth += '([{'.includes(one) ? 1 : ')]}'.includes(one) ? -1 : 0;
    if (one === ':' && depth === 0) return to + 1;
  }
  return end;
}

function blockEnd(bare: string, from: number, indent: string): number {
  let at = lineEnd(bare, from);
  let end = at;
  while (at < bare.length) {
    const to = lineEnd(bare, at + 1);
    const line = bare.slice(at + 1, to);
    const outside =
      line.trim() !== '' &&
      !/^[)\]}]/.test(line.slice(indent.length)) &&
      !(line.startsWith(indent) && /^[ \t]/.test(line.slice(indent.length)));
    if (outside) break;
    if (line.trim() !== '') end = to;
    at = to;
  }
  return end;
}

function topLevel(bare: string): string {
  return bare
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .join('\n');
}

const RUBY_BLOCK =
  /^([ \t]*)(?:(?:RSpec\s*\.\s*)?(describe|context|feature|xdescribe|xcontext|fdescribe|fcontext|it|specify|example|scenario|test|should|xit|xspecify|xexample|xscenario|fit|fspecify|fexample|pending|skip)\b(?=\s*\(?\s*["':A-Z{])|(def)[ \t]+(test_\w+)|(class)[ \t]+(\w+))/gm;
/** Characters of a body in which a mark is looked for. */
const BODY_MAX = 20_000;
const RUBY_GROUP = /^(x|f)?(describe|context|feature)$|^class$/;

export function casesInRuby({ said, bare }: Masked): readonly TestCase[] {
  const blocks: (Block & { readonly group: boolean; readonly switches: readonly Switch[]; readonly body: number })[] =
    [];
  const ends = Map.groupBy(bare.matchAll(/^([ \t]*)end\b/gm), (match) => match[1] ?? '');
  const endAfter = (indent: string, at: number): number => {
    const found = ends.get(indent)?.find(({ index }) => index > at);
    return found === undefined ? bare.length : found.index + found[0].length;
  };
  for (const match of bare.matchAll(RUBY_BLOCK)) {
    if (blocks.length > 2 * TESTS_MAX) break;
    const [, indent = '', call, def, method, type, typeName] = match;
    const word = call ?? def ?? type ?? '';
    const line = lineEnd(bare, match.index);
    const head = said.slice(match.index, line);
    const bareHead = bare.slice(match.index, line);
    const blockOpens = /\bdo\b|\{/.exec(bareHead);
    // `pending 'why'` inside a test is a mark, not a test.
    if (call !== undefined && blockOpens === null && !/^(it|specify|example|scenario|test)$/.test(call)) continue;
    const closed = blockOpens !== null && /\}\s*$/.test(bareHead);
    const open = blockOpens === null && def === undefined && type === undefined;
    const end = closed || open ? line : endAfter(indent, line);
    const quoted = /["'](.*)["']/.exec(head)?.[1];
    const switches: Switch[] = [];
    if (/^x|^pending$|^skip$/.test(word) || /:skip\b|\bskip:|:pending\b|\bpending:/.test(bareHead))
      switches.push('skip');
    if (/^f(it|spec|ex|desc|con)/.test(word) || /:focus\b|\bfocus:/.test(bareHead)) switches.push('only');
    blocks.push({
      name: method ?? typeName ?? quoted ?? head.trim(),
      start: match.index,
      end,
      head,
      test: true,
      counts: true,
      group: RUBY_GROUP.test(word),
      switches,
      body: closed && blockOpens !== null ? match.index + blockOpens.index : line,
    });
  }
  return blocks
    .filter(({ group }) => !group)
    .map((block) => {
      const around = blocks.filter(({ group, start, end }) => group && start < block.start && block.end <= end);
      const switches = new Set([...block.switches, ...around.flatMap((one) => one.switches)]);
      if (/^\s*(skip|pending)\b(?!\s*=)/m.test(bare.slice(block.body, Math.min(block.end, block.body + BODY_MAX))))
        switches.add('skip');
      return {
        name: [...around.map(({ name }) => name), block.name].join(' > '),
        start: block.start,
        end: block.end,
        body: block.body,
        switches: [...switches],
      };
    });
}
