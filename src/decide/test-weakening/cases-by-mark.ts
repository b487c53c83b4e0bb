/** Tests known by an annotation, an attribute or the name of a function: JUnit, Kotlin, xUnit, NUnit, Rust, Go, PHPUnit, XCTest. */
import type { Language } from './judged-as.ts';
import type { Masked } from './masked.ts';
import { closingOf, lineEnd, lineStart, type Switch, skipSpace, type TestCase } from './test-case.ts';

const MARKS: Partial<Record<Language, RegExp>> = {
  java: /@(\w+\.)*(Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property|Theory)\b/,
  csharp:
    /\[\s*(\w+\s*,\s*)*(Fact|Theory|Test|TestCase|TestCaseSource|TestMethod|DataTestMethod|SkippableFact)(Attribute)?\b/,
  rust: /#\[\s*([\w]+::)*(test|rstest|test_case|quickcheck|proptest|wasm_bindgen_test)\b/,
  php: /#\[\s*[\w\\]*Test\b/,
  swift: /@Test\b/,
};

const SKIPS =
  /@(Disabled|Ignore)\b|\benabled\s*=\s*false|\[\s*(\w+(\([^)]*\))?\s*,\s*)*(Ignore|Explicit)\b|\bSkip\s*=|#\[\s*ignore\b|\.disabled\(/;
const SKIPS_IF = /@(Disabled|Enabled)(On|If|For)\w*|#\[\s*cfg\b|#\[\s*cfg_attr\([^)]*\bignore\b/;
const SKIP_CALLS =
  /\b(Assum(e|ptions)\s*\.\s*\w+|assum(e|ing)(True|False|That|Not|No)?\w*)\s*\(|\b(t|tb|b|f)\s*\.\s*Skip(f|Now)?\s*\(|\bAssert\s*\.\s*(Ignore|Inconclusive|Skip)\w*\s*\(|\bSkip\s*\.\s*(If|IfNot|When|Unless)\s*\(|markTest(Skipped|Incomplete)\s*\(|\bXCTSkip/;

const NAMED: Partial<Record<Language, RegExp>> = {
  go: /^func[ \t]+((?:Test|Fuzz|Example)(?:[A-Z_]\w*)?)[ \t]*\(/gm,
  php: /\bfunction[ \t]+(test\w*)[ \t]*\(/g,
  swift: /\bfunc[ \t]+(test\w*)[ \t]*\(/g,
};

export function casesByMark(source: Masked, language: Language): readonly TestCase[] {
  const found = [...named(source, language), ...marked(source, language)].toSorted((a, b) => a.start - b.start);
  return found.filter(({ body }, index) => found.findIndex((other) => other.body === body) === index);
}

function named({ bare }: Masked, language: Language): readonly TestCase[] {
  const pattern = NAMED[language];
  if (pattern === undefined) return [];
  return [...bare.matchAll(pattern)].map((match): TestCase => {
    const parameters = match.index + match[0].length - 1;
    const { body, end } = bodyAfter(bare, closingOf(bare, parameters));
    return {
      name: match[1] ?? '',
      start: lineStart(bare, match.index),
      end,
      body,
      switches: skipsIn(bare.slice(body, end)),
    };
  });
}

function marked({ bare, said }: Masked, language: Language): readonly TestCase[] {
  const mark = MARKS[language];
  if (mark === undefined) return [];
  const opening =
    language === 'rust' || language === 'php' ? /#\[/g : language === 'csharp' ? /\[(?=[A-Z])/g : /@(?=[A-Za-z])/g;
  const cases: TestCase[] = [];
  const whole = new Set<Switch>();
  let from = 0;
  for (const match of bare.matchAll(opening)) {
    if (match.index < from) continue;
    const run = endOfRun(bare, match.index);
    from = run;
    const head = bare.slice(match.index, run);
    const rest = bare.slice(run, run + 400);
    if (
      /^\s*((public|internal|open|abstract|final|sealed|partial|static|data|private)\s+)*(class|object|struct)\b/.test(
        rest,
      )
    ) {
      if (SKIPS.test(head)) whole.add('skip');
      continue;
    }
    if (!mark.test(head)) continue;
    const parameters = rest.search(/\(/);
    if (parameters < 0) continue;
    const name = /(`[^`\n]*`|\w+)\s*(<[^>]*>\s*)?$/.exec(said.slice(run, run + parameters))?.[1] ?? '';
    const { body, end } = bodyAfter(bare, closingOf(bare, run + parameters));
    const switches = new Set<Switch>();
    if (SKIPS.test(head)) switches.add('skip');
    if (SKIPS_IF.test(head)) switches.add('skip-if');
    for (const one of skipsIn(bare.slice(body, end))) switches.add(one);
    if (/#\[\s*should_panic\b/.test(head)) switches.add('expected-failure');
    cases.push({ name, start: match.index, end, body, switches: [...switches] });
  }
  return cases.map((one) => ({ ...one, switches: [...new Set([...one.switches, ...whole])] }));
}

/** A call that skips, by a condition where one stands on the line or before it. */
function skipsIn(body: string): readonly Switch[] {
  const call = SKIP_CALLS.exec(body);
  if (call === null) return [];
  return [/\bif\b/.test(body.slice(0, call.index)) || /^(Assum|assum|Skip)/.test(call[0]) ? 'skip-if' : 'skip'];
}

/** Behind the last of the annotations or attributes that follow each other. */
function endOfRun(bare: string, start: number): number {
  let at = start;
  for (;;) {
    const next = skipSpace(bare, at);
    if (bare[next] === '@' && /\w/.test(bare[next + 1] ?? '')) {
      let to = next + 1;
      while (/[\w.:]/.test(bare[to] ?? '')) to += 1;
      at = bare[to] === '(' ? closingOf(bare, to) : to;
    } else if (bare[next] === '[' || bare.startsWith('#[', next))
      at = closingOf(bare, bare[next] === '[' ? next : next + 1);
    else return at;
  }
}

/** A body in braces, or the one expression that stands for it. */
function bodyAfter(bare: string, from: number): { readonly body: number; readonly end: number } {
  for (let at = from; at < bare.length && at < from + 400; at++) {
    if (bare[at] === '{') return { body: at, end: closingOf(bare, at) };
    if (bare[at] === ';' || bare[at] === '}') return { body: at, end: at };
    if (bare[at] === '=') {
      const expression = skipSpace(bare, bare[at + 1] === '>' ? at + 2 : at + 1);
      const open = bare.slice(expression, lineEnd(bare, expression)).search(/[({]/);
      const end = open < 0 ? lineEnd(bare, expression) : closingOf(bare, expression + open);
      return { body: expression, end: Math.max(end, lineEnd(bare, expression)) };
    }
  }
  return { body: from, end: lineEnd(bare, from) };
}
