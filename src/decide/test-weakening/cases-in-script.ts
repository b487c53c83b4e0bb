/** Tests of JavaScript and TypeScript runners: node:test, Jest, Vitest, Mocha, Jasmine, Playwright, Deno, QUnit. */
import type { Masked } from './masked.ts';
import { swallowedAt } from './surroundings.ts';
import { TESTS_MAX } from './tangled.ts';
import { closingOf, lineStart, partsOf, type Switch, skipSpace, type TestCase } from './test-case.ts';

const CALL =
  /(?<![\w$])(?:(?:QUnit|Deno|t|test|suite|ctx|context)\s*\.\s*)?(?<![\w$]\s*\.\s*(?!test|it|describe))(test|it|specify|xit|xtest|xspecify|fit|ftest|describe|suite|context|xdescribe|xcontext|xsuite|fdescribe|fcontext)((?:\s*\.\s*[A-Za-z]\w*)*)\s*(?=[(`])/g;
const NOT_TESTS =
  /\.\s*(before|after|beforeEach|afterEach|beforeAll|afterAll|use|extend|step|info|setTimeout|slow|configure|expect|mock|run|plan|diagnostic|assert)\b/;
const GROUP = /^(x|f)?(describe|suite|context)$/;
/** Set inside a body or by a call without a name: `t.skip('why')`, `test.fixme()`, `test.skip(condition)`. */
const MARK =
  /(?<![\w$])(?:(?:t|this|ctx|context|test|it|task|describe)\s*\.\s*(skip|todo|fixme|fail|only)|(pending))\s*\(/g;

interface Node {
  readonly group: boolean;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly body: number;
  readonly switches: Set<Switch>;
}

export function casesInScript(source: Masked): readonly TestCase[] {
  const { said, bare } = source;
  const nodes: Node[] = [];
  for (const match of bare.matchAll(CALL)) {
    if (nodes.length > 2 * TESTS_MAX) break;
    const [whole, word = '', chain = ''] = match;
    if (NOT_TESTS.test(chain)) continue;
    const node = nodeAt(said, bare, match.index, match.index + whole.length, word, chain);
    if (node === null) continue;
    const before = bare.slice(lineStart(bare, match.index), match.index);
    if (/\bif\s*\(.*\)\s*$|(&&|\|\||\?|\belse)\s*$/.test(before)) node.switches.add('skip-if');
    nodes.push(node);
  }
  const innermost = (at: number): Node | undefined => nodes.findLast(({ start, end }) => start < at && at < end);
  for (const match of bare.matchAll(MARK)) {
    const open = match.index + match[0].length - 1;
    const first = bare[skipSpace(bare, open + 1)] ?? '';
    // With a name it is a test of its own, found above, unless it is the reason given by a running test.
    const named = /^(test|it|describe)/.test(match[0]) && /["'`]/.test(first);
    if (named) continue;
    const conditional = /^(test|it|describe)/.test(match[0])
      ? first !== ')'
      : swallowedAt(source, 'script', match.index).guards > 0 ||
        /\bif\b|&&|\?/.test(bare.slice(lineStart(bare, match.index), match.index));
    const mark: Switch =
      match[1] === 'only' ? 'only' : match[1] === 'fail' ? 'expected-failure' : conditional ? 'skip-if' : 'skip';
    const owner = innermost(match.index);
    if (owner !== undefined) owner.switches.add(mark);
    else for (const node of nodes) node.switches.add(mark);
  }
  return nodes
    .filter(({ group }) => !group)
    .map((node) => {
      const around = nodes.filter(({ group, start, end }) => group && start < node.start && node.end <= end);
      const inherited = around.flatMap(({ switches }) => [...switches]);
      return {
        name: [...around, node].map(({ name }) => name).join(' > '),
        start: node.start,
        end: node.end,
        body: node.body,
        switches: [...new Set([...node.switches, ...inherited])],
      };
    });
}

function nodeAt(said: string, bare: string, start: number, open: number, word: string, chain: string): Node | null {
  let at = open;
  let end = open;
  let last = open;
  // `it.each(table)(name, body)`, with the table in brackets or as a template.
  for (let groups = 0; groups < 3; groups++) {
    const next = skipSpace(bare, at);
    if (bare[next] === '`') at = bare.indexOf('`', next + 1) + 1 || bare.length;
    else if (bare[next] === '(') {
      last = next;
      at = closingOf(bare, next);
    } else break;
    end = at;
    if (!/\.\s*(each|for|skipIf|runIf)\b/.test(chain)) break;
  }
  const parts = partsOf(bare, last);
  const [first, second] = parts;
  if (first === undefined) return null;
  const named = /^\s*["'`]/.test(bare.slice(first[0], first[1]));
  const inside = bare.slice(last, end);
  const tail = parts.at(-1) ?? first;
  const handed = /^\s*[A-Za-z_$][\w$.]*\s*$/.test(bare.slice(tail[0], tail[1])) && parts.length > 1;
  // `fit` and the like are names of other things as well.
  const callback = /=>|\bfunction\b/.test(inside) || (handed && !/^[xf]/.test(word));
  const marked = /\.\s*(skip|fixme|fail|todo|only)\b/.test(chain);
  if (!named && marked) return null;
  if (!callback && !marked) return null;
  const bodyPart =
    parts.findLast(([from, to]) => /=>|\bfunction\b/.test(bare.slice(from, to))) ?? parts.at(-1) ?? first;
  const options = bodyPart === first || second === undefined ? '' : bare.slice(first[1], bodyPart[0]);
  const arrow = /=>|\bfunction\b[^(]*\(/.exec(bare.slice(bodyPart[0], bodyPart[1]));
  const body = bodyPart[0] + (arrow === null ? 0 : arrow.index + arrow[0].length);
  return {
    group: GROUP.test(word) || /\.\s*(describe|suite|context)\b/.test(chain),
    name: said
      .slice(first[0], first[1])
      .trim()
      .replace(/^["'`]|["'`]$/g, ''),
    start,
    end,
    body,
    switches: new Set(switchesOf(word, chain, options, bare.slice(start, last))),
  };
}

function switchesOf(word: string, chain: string, options: string, head: string): readonly Switch[] {
  const found: Switch[] = [];
  if (/^x/.test(word) || /\.\s*(skip|todo|fixme)\b/.test(chain)) found.push('skip');
  if (/\.\s*(skipIf|runIf)\b/.test(head)) found.push('skip-if');
  if (/^f(it|test|describe|context)/.test(word) || /\.\s*only\b/.test(chain)) found.push('only');
  if (/\.\s*(fails|failing|fail)\b/.test(chain)) found.push('expected-failure');
  if (/\bskip\s*[,}]/.test(options)) found.push('skip-if');
  const option = /\b(?:skip|todo|ignore)\s*:\s*(?!false\b)(["'`]|true\b)?/.exec(options);
  if (option !== null) found.push(option[1] === undefined ? 'skip-if' : 'skip');
  if (/\bonly\s*:\s*(?!false\b)/.test(options)) found.push('only');
  if (/\bfails\s*:\s*(?!false\b)/.test(options)) found.push('expected-failure');
  return found;
}
