/** How much an assertion demands: exactly this, something of the kind, anything at all, or nothing. */
import type { Language } from './judged-as.ts';
import { partsOf } from './test-case.ts';

/** 3 an exact value, 2 a part or a bound of it, 1 that there is something, 0 nothing that could fail. */
export type Strength = 0 | 1 | 2 | 3;

/** A number that an assertion compares with, and on which side the looser numbers are. */
export interface Bound {
  readonly looser: 'higher' | 'lower';
  readonly value: number;
}

interface Written {
  readonly head: string;
  readonly text: string;
  readonly bare: string;
  readonly language: Language;
}

const NEVER_FAILS =
  /(\|\||\bor)\s*(true|True|1)\b|\b(true|True)\s*(\|\||\bor\b)|\bfalse\s*&&|\bFalse\s+and\b|&&\s*false\b|\band\s+False\b/;
const FAILS = /(^|[.!\s])(fail|Fail|FailNow|flunk|Error|Errorf|Fatal|Fatalf|XCTFail)\b/;
/** That something is there, whatever it is. */
const WEAK =
  /\b(toBeTruthy|toBeDefined|toBeInstanceOf|toBeTypeOf|toBeOk|toExist|exist|exists|truthy|isOk|isDefined|isNotNull|isNotEmpty|assertNotNull|assertIsNotNone|assertIsInstance|NotNull|NotNil|NotEmpty|IsNotNull|assert_not_nil|refute_nil|assert_instance_of|is_some|is_ok|be_truthy|be_present|be_a|be_an|be_kind_of|isInstanceOf|instanceOf|assertInstanceOf|toMatchSnapshot|toBeVisible|toBeAttached|toBeInTheDocument|assertDoesNotThrow|doesNotThrow|doesNotReject|assert_nothing_raised|notThrows|XCTAssertNotNil|assertNotNil|toBeNaN|toPass|present|isPresent|assert_operator|respond_to)\b/;
/** A part, a bound, or what it is not. */
const PARTIAL =
  /\b(toContain|toContainEqual|toContainText|toMatch|toHaveLength|toBeGreaterThan\w*|toBeLessThan\w*|toHaveBeenCalled|toBeCalled|toThrow|toThrowError|include|includes|contain|contains|match|matches|assertIn|assertContains|Contains|assertRegex\w*|assertGreater\w*|assertLess\w*|notEqual|notStrictEqual|notDeepEqual|assertNotEqual\w*|NotEqual|assert_ne|assert_not_equal|refute_equal|greater|less|Greater|Less|start_with|end_with|startsWith|endsWith|isGreaterThan\w*|isLessThan\w*|called|assert_called|be_within|between|raise_error|throws|rejects|assertThrows|assertRaises|raises|Throws|ThrowsAny|Error|assert_raises|assertFailsWith|assertFails|toSatisfy|hasSize|assert_match|assert_includes|be_positive|ifError|NoError|Regexp|Len)\b/;
/** Matchers that say something exact once they are told what. */
const EXACT_WITH_ARGUMENT =
  /\b(toThrow|toThrowError|raise_error|throws|rejects|assertThrows|assertRaises|raises|Throws|assert_raises|assertFailsWith|ErrorIs|ErrorContains)\b/;
const BOOLEAN =
  /^(assert|assert\.ok|assert\.isTrue|assert!|debug_assert!|assertTrue|self\.assertTrue|Assert\.True|Assert\.IsTrue|assert\.True|require\.True|XCTAssert|XCTAssertTrue|Assertions\.assertTrue|assert\.assert|t\.ok|t\.true|assert_true|assert )$/;
const WILDCARDS =
  /\bexpect\s*\.\s*(anything|any|objectContaining|stringContaining|stringMatching|arrayContaining)\b|\bANY\b|\b(mock|sinon\s*\.\s*match|Match|Arg|It|ArgumentMatchers)\s*\.\s*(ANY|any\w*|Any\w*|IsAny)\b|\bany(String|Int|Long|Object)?\s*\(\s*\)|\banything\b|\bAnything\b/g;
const ANY_ERROR = /\b(Exception|BaseException|Throwable|StandardError|RuntimeException)\b(?!\w)/;

export function strengthOf(written: Written): Strength {
  const { head, bare, text } = written;
  const name = head.replace(/\s*\??\.\s*/g, '.');
  if (NEVER_FAILS.test(bare)) return 0;
  if (FAILS.test(name) && !/^(assert|require|Assert)\.Error/.test(name)) return 3;
  if (saysNothing(written)) return 0;
  const words = bare.replace(/\(\s*\)/g, '()');
  let strength: Strength = 3;
  const negated = /\.\s*not\s*\.|\.\s*(not_to|to_not|isNot\w+|wont_\w+|should_not)\b/.test(bare);
  const bare1 = BOOLEAN.test(name);
  if (bare1) strength = truthStrength(bare);
  else if (/\btoBeNull\b|\bbe_nil\b|\bbe_empty\b|\btoBeUndefined\b/.test(words)) strength = negated ? 1 : 3;
  else if (WEAK.test(words)) strength = 1;
  else if (PARTIAL.test(words)) strength = EXACT_WITH_ARGUMENT.test(words) && tellsWhat(bare, text) ? 3 : 2;
  else if (negated) strength = 2;
  if (negated && strength === 3 && !/\b(toHaveBeenCalled|toThrow|toBeNull)/.test(words)) strength = 2;
  const wild = bare.match(WILDCARDS)?.length ?? 0;
  return wild > 0 && strength === 3 ? 2 : strength;
}

/** Wildcards within an assertion: more of them demand less. */
export function wildcardsIn(bare: string): number {
  return bare.match(WILDCARDS)?.length ?? 0;
}

/** What a bare truth demands is told by the expression. */
function truthStrength(bare: string): Strength {
  const alternatives = (bare.match(/\|\||\bor\b/g) ?? []).length;
  const expression = bare
    .replace(/=>/g, '')
    .replace(
      /\bis not None\b|!==?\s*(undefined|null|nil)\b|\bisinstance\b|\btypeof\b|\bis_some\b|\bis_ok\b|\bhasattr\b|\bcallable\b/g,
      ' weak ',
    );
  if (alternatives > 0) return 2;
  if (/===?|\bis None\b|\bis (True|False)\b|\.equals\s*\(|\bis_none\(\)|\beq\s*\(|matches!/.test(expression)) return 3;
  if (
    /[^-=<>]<=?[^<]|[^-=<>]>=?[^>]|!==?|\bnot in\b|\bin\b|\.(includes|contains|startswith|startsWith|endsWith|endswith|match|test|has|every|all)\w*\s*\(|\ball\s*\(|\bnot\b|\(\s*!/.test(
      expression,
    )
  )
    return 2;
  return 1;
}

/** Heads that take what they look at as an argument; of a project's own helpers nothing is known. */
const KNOWN_HEADS =
  /^((node:)?assert|expect|assert!|assert_eq!|assert_ne!|debug_assert\w*!|XCTAssert\w*|(self|Assert|Assertions|assert|require|chai\.assert|t|is)\.\w+|assert_?(true|false|equals?|not|same|null|nil|that|is|isnot|isnone|isnotnone|in|notnull|notnil|not_nil|includes|match|empty))$/i;

/** `assert True`, `expect(1).toBe(1)`, `assertEqual(x, x)`: nothing that could ever be otherwise. */
function saysNothing({ bare, text, head }: Written): boolean {
  if (/\.\s*(assertions|hasAssertions)$/.test(head)) return false;
  const inside = bare
    .slice(head.length)
    .replace(/\.\s*\w+(?=\s*\()|\.\s*(to|be|not|is|and|true|false|resolves|rejects)\b/g, ' ');
  const words = (inside.match(/[A-Za-z_$][\w$]*/g) ?? []).filter(
    (word) =>
      !/^(true|false|True|False|null|None|nil|undefined|to|eq|be|not|t|self|not_to|be_truthy|is|m|f|u\d+|i\d+|e\d*)$/.test(
        word,
      ),
  );
  const constant =
    KNOWN_HEADS.test(head.replace(/\s/g, '')) &&
    words.length === 0 &&
    /[("'`\d]|\b(true|True|None|null|nil)\b/.test(inside) &&
    !/\{|=>/.test(inside);
  if (constant) return !/\b(false|False)\b/.test(bare) || /\b(assertFalse|refute|isFalse|Assert\.False)\b/.test(bare);
  return sidesOf(text, bare).some(([left, right]) => left === right && left !== '');
}

/** Pairs of texts that the assertion holds against each other. */
function sidesOf(text: string, bare: string): readonly (readonly [string, string])[] {
  const open = bare.indexOf('(');
  const squeeze = (from: number, to: number): string => text.slice(from, to).replace(/\s+/g, '');
  const pairs: (readonly [string, string])[] = [];
  if (open >= 0) {
    const parts = partsOf(bare, open).map(([from, to]) => squeeze(from, to));
    const own = /^(t|tb)$/.test(parts[0] ?? '') ? parts.slice(1) : parts;
    if (/^\s*(\w+[.:!])*\w*([eE]qual|eq|[eE]quals|same|Same|is|_eq!?)\w*!?\s*$/.test(bare.slice(0, open)))
      pairs.push([own[0] ?? '', own[1] ?? '-']);
    const matcher = /\.\s*(?:toBe|toEqual|toStrictEqual|isEqualTo|eq|equal|eql|to\s+eq)\s*\(?/.exec(bare.slice(open));
    if (matcher !== null) {
      const from = open + matcher.index + matcher[0].length;
      const first = matcher[0].endsWith('(') ? partsOf(bare, from - 1)[0] : undefined;
      if (first !== undefined) pairs.push([own[0] ?? '', squeeze(first[0], first[1])]);
    }
  }
  const compared = /^\s*assert!?\s*\(?\s*(.+?)\s*(?:===?)\s*(.+?)\)?\s*$/s.exec(text);
  if (compared !== null) pairs.push([(compared[1] ?? '').replace(/\s+/g, ''), (compared[2] ?? '').replace(/\s+/g, '')]);
  return pairs;
}

/** Whether an error is looked at: its own kind or its words. */
function tellsWhat(bare: string, text: string): boolean {
  const matcher = EXACT_WITH_ARGUMENT.exec(bare);
  if (matcher === null) return false;
  const rest = bare.slice(matcher.index + matcher[0].length);
  if (/^\s*<\s*\w+/.test(rest)) return !ANY_ERROR.test(rest.slice(0, 60)) || /["'`/]/.test(rest);
  const open = rest.indexOf('(');
  const argument = open >= 0 && /^\s*\(/.test(rest) ? rest.slice(open + 1) : rest;
  const parts = open >= 0 && /^\s*\(/.test(rest) ? partsOf(rest, open).length : argument.trim() === '' ? 0 : 1;
  const calls = /\b(throws|rejects)\b/.test(matcher[0]) || /^assert/.test(matcher[0]);
  if (
    matcher[0] === 'assertRaises' ||
    matcher[0] === 'raises' ||
    matcher[0] === 'assertThrows' ||
    matcher[0] === 'assert_raises'
  )
    return parts > 0 && (!ANY_ERROR.test(argument) || /\bmatch\s*=/.test(text));
  return parts > (calls ? 1 : 0);
}

const COMPARISONS =
  /(<=?|\b(?:toBeLessThan|toBeLessThanOrEqual|isLessThan|assertLess|assertLessEqual|be_within|closeTo|isCloseTo)\s*\()\s*(-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)|(>=?|\b(?:toBeGreaterThan|toBeGreaterThanOrEqual|isGreaterThan|assertGreater|assertGreaterEqual)\s*\()\s*(-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)/gi;
const HIGHER_IS_LOOSER =
  /\b(abs|rel|delta|tolerance|epsilon|atol|rtol|within|offset|timeout|maxDiffPixels|maxDiffPixelRatio|threshold|abs_tol|rel_tol)\s*[=:]\s*(-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)/gi;
const LOWER_IS_LOOSER = /\b(?:places|precision|numDigits|decimal)\s*=\s*(\d+)/gi;

/** Numbers of an assertion by which it can be made easier, in the order they stand. */
export function boundsOf(text: string, bare: string): readonly Bound[] {
  const number = (written = ''): number => Number(written.replaceAll('_', ''));
  const found: Bound[] = [];
  for (const [, less, high, , low] of bare.matchAll(COMPARISONS)) {
    found.push(
      less !== undefined ? { looser: 'higher', value: number(high) } : { looser: 'lower', value: number(low) },
    );
  }
  for (const [, , value] of bare.matchAll(HIGHER_IS_LOOSER)) found.push({ looser: 'higher', value: number(value) });
  for (const [, value] of bare.matchAll(LOWER_IS_LOOSER)) found.push({ looser: 'lower', value: number(value) });
  const close = /\btoBeCloseTo\s*\(/.exec(bare);
  if (close !== null) {
    const second = partsOf(bare, close.index + close[0].length - 1)[1];
    found.push({ looser: 'lower', value: second === undefined ? 2 : number(text.slice(second[0], second[1]).trim()) });
  }
  const inDelta = /\b(?:InDelta|InEpsilon|assertAlmostEqual\w*|assert_in_delta|assertEquals|approximately)\s*\(?/.exec(
    bare,
  );
  if (inDelta?.[0].endsWith('(')) {
    const parts = partsOf(bare, inDelta.index + inDelta[0].length - 1).map(([from, to]) => bare.slice(from, to).trim());
    const last = parts[inDelta[0].startsWith('In') ? 3 : 2] ?? '';
    if (/^[\d.e+-]+[fd]?$/i.test(last)) found.push({ looser: 'higher', value: Number.parseFloat(last) });
  }
  return found.filter(({ value }) => Number.isFinite(value));
}
