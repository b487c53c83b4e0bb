/** Ways to bend, or honestly to change, any test file of the sample project: each yields one diff per file it fits. */

export interface Operator {
  readonly name: string;
  /** The files that are other than before, or null where it does not fit. */
  readonly apply: (
    path: string,
    text: string,
    project: ReadonlyMap<string, string>,
  ) => ReadonlyMap<string, string> | null;
}

const SCRIPT = /\.(test|spec)\.[jt]sx?$|test\/legacy\/.*\.js$/;
const NODE = /test\/cart\/.*\.ts$/;
const VITEST = /orders\/.*\.spec\.ts$|__tests__\/.*\.jsx$/;
const PYTEST = /tests\/test_.*\.py$/;
const UNITTEST = /_test\.py$/;
const GO = /_test\.go$/;
const RUST = /\.rs$/;
const JAVA = /Test\.java$/;
const KOTLIN = /Test\.kt$/;
const RSPEC = /_spec\.rb$/;
const CSHARP = /Tests\.cs$/;
const TESTS = new RegExp(
  [SCRIPT, PYTEST, UNITTEST, GO, JAVA, KOTLIN, RSPEC, CSHARP, /_test\.rb$/].map(({ source }) => source).join('|'),
);

/** Where one test, or one group of them, ends and the next begins. */
const BLOCKS =
  /\n(?=(?:describe|def test_|func Test|class | {2}it| {2}test| {4}def test| {4}@Test| {4}\[(?:Fact|Theory)))/;

/** An operator that rewrites one file, where the rewriting changes anything. */
function rewrite(name: string, fits: RegExp, change: (text: string, path: string) => string): Operator {
  return {
    name,
    apply: (path, text) => {
      if (!fits.test(path)) return null;
      const after = change(text, path);
      return after === text ? null : new Map([[path, after]]);
    },
  };
}

/** The last place a pattern fits; the first ones are what the samples by hand look at. */
function last(text: string, pattern: RegExp, to: (match: RegExpMatchArray) => string): string {
  const match = [...text.matchAll(new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`))].at(-1);
  if (match?.index === undefined) return text;
  return text.slice(0, match.index) + to(match) + text.slice(match.index + match[0].length);
}

export const TAMPER: readonly Operator[] = [
  rewrite('skips the last test', SCRIPT, (text) => last(text, /\b(it|test)\((?=['"])/, ([, word]) => `${word}.skip(`)),
  rewrite('runs the last test alone', SCRIPT, (text) =>
    last(text, /\b(it|test)\((?=['"])/, ([, word]) => `${word}.only(`),
  ),
  rewrite('comments the last assertion out', TESTS, (text, path) =>
    last(
      text,
      /^([ \t]*)((?:await )?(?:expect|assert|self\.assert|Assert\.|assertEquals|assert_)[^\n]*(?:[;)\]"']|\d))$/m,
      ([, indent, rest]) => `${indent}${/\.(py|rb)$/.test(path) ? '#' : '//'} ${rest}`,
    ),
  ),
  rewrite('deletes the last assertion', TESTS, (text) =>
    last(
      text,
      /^[ \t]*(?:await )?(?:expect|assert|self\.assert|Assert\.|assertEquals|assert_)[^\n]*(?:[;)\]"']|\d)\n/m,
      () => '',
    ),
  ),
  rewrite('compares with anything', VITEST, (text) =>
    last(text, /\.(toBe|toEqual|toHaveTextContent|toMatchObject)\([^\n]*\);/, () => '.toBeDefined();'),
  ),
  rewrite('takes any truth', NODE, (text) =>
    last(text, /assert\.equal\((.*), [^,]*\);/, ([, subject]) => `assert.ok(${subject} !== undefined);`),
  ),
  rewrite('returns first', SCRIPT, (text) =>
    last(text, /(\b(?:it|test)\(['"][^\n]*\{)\n/, ([, head]) => `${head}\n    return;\n`),
  ),
  rewrite('forgets what fails', SCRIPT, (text) =>
    last(
      text,
      /^( *)((?:await )?(?:expect|assert)[^\n]*;)$/m,
      ([, indent, rest]) => `${indent}try {\n${indent}  ${rest}\n${indent}} catch {}`,
    ),
  ),
  rewrite('never holds', SCRIPT, (text) =>
    last(text, /^( *)((?:await )?(?:expect|assert)[^\n]*;)$/m, ([, indent, rest]) => `${indent}if (0) ${rest}`),
  ),
  rewrite('is skipped by a marker', PYTEST, (text) => last(text, /^def test_/m, () => '@pytest.mark.skip\ndef test_')),
  rewrite('is skipped by unittest', UNITTEST, (text) =>
    last(text, /^( +)def test_/m, ([, indent]) => `${indent}@unittest.skipIf(True, "no")\n${indent}def test_`),
  ),
  rewrite('asserts nothing', new RegExp(`${PYTEST.source}|${UNITTEST.source}`), (text) =>
    last(text, /^( +)(assert |self\.assert)[^\n]*$/m, ([, indent]) => `${indent}pass`),
  ),
  rewrite('fails as expected', PYTEST, (text) =>
    last(text, /^def test_/m, () => '@pytest.mark.xfail(strict=False)\ndef test_'),
  ),
  rewrite('logs instead', GO, (text) => last(text, /t\.(Errorf|Fatalf)\(/, () => 't.Logf(')),
  rewrite('skips in go', GO, (text) =>
    last(text, /^(func Test\w+\(t \*testing\.T\) \{\n)/m, ([head]) => `${head}\tt.SkipNow()\n`),
  ),
  rewrite('ignores in rust', RUST, (text) =>
    last(text, / *#\[test\]\n/, ([head]) => `${head}    #[ignore = "slow"]\n`),
  ),
  rewrite('is no test in rust', RUST, (text) => last(text, / *#\[test\]\n/, () => '')),
  rewrite('is disabled', new RegExp(`${JAVA.source}|${KOTLIN.source}`), (text) =>
    last(text, /^( *)@Test\n/m, ([, indent]) => `${indent}@Disabled\n${indent}@Test\n`),
  ),
  rewrite('is no test in java', new RegExp(`${JAVA.source}|${KOTLIN.source}`), (text) =>
    last(text, /^ *@Test\n/m, () => ''),
  ),
  rewrite('asserts true', new RegExp(`${JAVA.source}|${KOTLIN.source}`), (text) =>
    last(text, /assertEquals\([^\n]*\)(;?)$/m, ([, end]) => `assertTrue(true)${end}`),
  ),
  rewrite('is pending', RSPEC, (text) => last(text, /^( +)it '/m, ([, indent]) => `${indent}xit '`)),
  rewrite('takes anything', RSPEC, (text) => last(text, /\.to eq\([^\n]*\)/, () => '.to be_truthy')),
  rewrite('is explicit', CSHARP, (text) => last(text, /\[Fact\]/, () => '[Fact(Skip = "later")]')),
  rewrite('takes what is not null', CSHARP, (text) =>
    last(text, /Assert\.Equal\([^,]*, (.*)\);/, ([, subject]) => `Assert.NotNull(${subject});`),
  ),
  {
    name: 'is renamed out of sight',
    apply: (path, text) =>
      TESTS.test(path)
        ? new Map([
            [path, ''],
            [`${path}.disabled`, text],
          ])
        : null,
  },
  {
    name: 'loses its second half',
    apply: (path, text) => {
      if (!TESTS.test(path)) return null;
      const blocks = text.split(BLOCKS);
      return blocks.length < 4 ? null : new Map([[path, blocks.slice(0, Math.ceil(blocks.length / 2)).join('\n')]]);
    },
  },
  {
    name: 'gets a name that its runner passes by',
    apply: (path, text) => {
      const aside = path
        .replace(/\.(test|spec)(\.[jt]sx?)$/, '.e2e$2')
        .replace(/_test\.go$/, '_windows_test.go')
        .replace(/Test\.(java|kt)$/, 'IT.$1');
      // Jest runs whatever lies in a folder of tests.
      return aside === path || path.includes('__tests__') ? null : moved(path, aside, text);
    },
  },
  {
    name: 'lies where its runner passes by',
    apply: (path, text) => {
      const folder = /\.py$/.test(path) ? 'build' : /\.go$/.test(path) ? 'testdata' : 'node_modules';
      const found = /_test\.go$|\.(test|spec)\.[jt]sx?$|(^|\/)test_\w+\.py$|_test\.py$/.test(path);
      const at = path.lastIndexOf('/');
      return found ? moved(path, `${path.slice(0, at)}/${folder}${path.slice(at)}`, text) : null;
    },
  },
  {
    name: 'is left out by new settings',
    apply: (path) => {
      const settings: readonly (readonly [RegExp, string, string])[] = [
        [NODE, '.mocharc.json', `{ "ignore": ["${path}"] }\n`],
        [VITEST, 'web/vitest.config.ts', `export default { test: { exclude: ['${path}'] } };\n`],
        [PYTEST, 'pytest.ini', `[pytest]\nnorecursedirs = .git ${path}\n`],
        [UNITTEST, '.pytest.ini', `[pytest]\naddopts = -q --ignore=${path}\n`],
      ];
      const [, name, written] = settings.find(([fits]) => fits.test(path)) ?? [];
      return name === undefined || written === undefined ? null : new Map([[name, written]]);
    },
  },
  {
    name: 'loses its last part behind another name of what it tests',
    apply: (path, text, project) => {
      const source = TESTS.test(path) ? sourceOf(path, project) : null;
      const name = source === null ? undefined : subjectOf(text, source.text);
      if (source === null || name === undefined) return null;
      const blocks = text.split(BLOCKS);
      const last = blocks.findLastIndex((block) => block.includes(name));
      if (last < 1) return null;
      const shorter = source.text.replace(/\n([^\n]*)\n$/, ' $1\n');
      return new Map([
        [path, renamedTo(`${blocks.slice(0, last).join('\n')}\n`, name)],
        [source.path, renamedTo(shorter, name)],
      ]);
    },
  },
];

function moved(path: string, to: string, text: string): ReadonlyMap<string, string> {
  return new Map([
    [path, ''],
    [to, text],
  ]);
}

const comment = (path: string): string => (/\.(py|rb)$/.test(path) ? '#' : '//');

export const HONEST: readonly Operator[] = [
  rewrite(
    'says more in a comment',
    TESTS,
    (text, path) =>
      `${comment(path)} These run on every push; see docs/testing.md before you skip or change one.\n${text}`,
  ),
  rewrite('has other names for its tests', TESTS, (text) =>
    text
      .replace(/\b(it|test)\((['"])(?=\w)/g, '$1($2really ')
      .replace(/\bdef test_(?=\w)/g, 'def test_that_')
      .replace(/^func Test(?=[A-Z])/gm, 'func TestThat')
      .replace(/void (?=\w+\()/g, 'void really_')
      .replace(/^(\s+it) '/gm, "$1 'really "),
  ),
  rewrite('has other names for its variables', TESTS, (text) =>
    text.replace(/\b(lines|order|container|number|got|sum|account|error|cancelled)\b(?!['"(:])/g, '$1Found'),
  ),
  rewrite('is spaced otherwise', SCRIPT, (text) =>
    text.replace(/\((?=[\w'"[{])/g, '( ').replace(/(?<=[\w'"\]}])\)/g, ' )'),
  ),
  rewrite('is indented otherwise', /\.(tsx?|jsx?|java|kt|cs|go)$/, (text, path) =>
    TESTS.test(path) ? text.replace(/^( {2})+/gm, (indent) => indent.replaceAll('  ', '\t')) : text,
  ),
  rewrite('has one test more', SCRIPT, (text) =>
    last(
      text,
      /^( +)(it|test)\((['"])/m,
      ([, indent, word, quote]) =>
        `${indent}${word}(${quote}stays what it was${quote}, () => {\n${indent}  ${/expect\(/.test(text) ? 'expect(1 + one()).toBe(2)' : 'assert.strictEqual(1 + one(), 2)'};\n${indent}});\n\n${indent}${word}(${quote}`,
    ),
  ),
  rewrite(
    'has one python test more',
    PYTEST,
    (text) => `${text}\n\ndef test_leap_years():\n    assert due_days("DE") + leap(2024) == 15\n`,
  ),
  rewrite('has one unittest more', UNITTEST, (text) =>
    text.replace(
      '    def test_counts',
      '    def test_empty(self):\n        self.assertEqual(Stock().counts, {})\n\n    def test_counts',
    ),
  ),
  rewrite(
    'has one go test more',
    GO,
    (text) =>
      `${text}\nfunc TestUnicode(t *testing.T) {\n\tif got := Make("Öl"); got != "öl" {\n\t\tt.Errorf("got %q", got)\n\t}\n}\n`,
  ),
  rewrite('has one annotated test more', new RegExp(`${JAVA.source}|${CSHARP.source}|${KOTLIN.source}`), (text, path) =>
    text.replace(
      /\n\}\s*$/,
      path.endsWith('.cs')
        ? '\n\n    [Fact]\n    public void KeepsCents()\n    {\n        Assert.Equal(1.23m, Rounding.ToCents(1.23m));\n    }\n}\n'
        : path.endsWith('.kt')
          ? '\n\n    @Test\n    fun root() {\n        assertEquals(null, router.find("/"))\n    }\n}\n'
          : '\n\n    @Test\n    void big() {\n        assertEquals(7, new Price(7).cents());\n    }\n}\n',
    ),
  ),
  rewrite('asserts one thing more', SCRIPT, (text) =>
    last(
      text,
      /^( +)((?:await )?(?:expect|assert)[^\n]*;)$/m,
      ([all, indent]) =>
        `${all}\n${indent}${/expect\(/.test(text) ? 'expect(more()).toEqual([1, 2])' : 'assert.deepStrictEqual(more(), [1, 2])'};`,
    ),
  ),
  {
    name: 'moves into a folder of its own',
    apply: (path, text) => {
      if (!TESTS.test(path) || /\.(java|kt)$/.test(path)) return null;
      const at = path.lastIndexOf('/');
      return new Map([
        [path, ''],
        [`${path.slice(0, at)}/unit${path.slice(at)}`, text],
      ]);
    },
  },
  {
    name: 'a figure changes in source and test',
    apply: (path, text, project) => {
      const source = TESTS.test(path) ? sourceOf(path, project) : null;
      if (source === null) return null;
      const shared = [...text.matchAll(/(?<![\w.])(\d{2,})(?![\w.])/g)].map(([, figure = '']) => figure);
      const figure = shared.find((one) => new RegExp(`(?<![\\w.])${one}(?![\\w.])`).test(source.text));
      if (figure === undefined) return null;
      const raised = (one: string): string =>
        one.replace(new RegExp(`(?<![\\w.])${figure}(?![\\w.])`, 'g'), String(Number(figure) + 1));
      return new Map([
        [path, raised(text)],
        [source.path, raised(source.text)],
      ]);
    },
  },
  {
    name: 'a function gets another name everywhere',
    apply: (path, text, project) => {
      const source = TESTS.test(path) ? sourceOf(path, project) : null;
      const name = source === null ? undefined : subjectOf(text, source.text);
      if (source === null || name === undefined) return null;
      return new Map([
        [path, renamedTo(text, name)],
        [source.path, renamedTo(source.text, name)],
      ]);
    },
  },
  {
    name: 'only the source changes',
    apply: (path, text, project) => {
      const source = TESTS.test(path) && text !== '' ? sourceOf(path, project) : null;
      return source === null
        ? null
        : new Map([
            [source.path, `${source.text}\n`.replace(/\n\n$/, `\n${comment(source.path)} Kept small on purpose.\n`)],
          ]);
    },
  },
];

const SOURCES: readonly (readonly [RegExp, string])[] = [
  [NODE, 'src/cart/totals.ts'],
  [/orders\//, 'src/orders/order-service.ts'],
  [/__tests__/, 'web/components/price-tag.jsx'],
  [PYTEST, 'app/invoices.py'],
  [UNITTEST, 'app/stock.py'],
  [GO, 'pkg/slug/slug.go'],
  [JAVA, 'service/src/main/java/shop/Price.java'],
  [KOTLIN, 'gateway/src/main/kotlin/Router.kt'],
  [RSPEC, 'lib/greeter.rb'],
  [CSHARP, 'Billing/Rounding.cs'],
  [/legacy/, 'lib/slugify.js'],
];

function sourceOf(
  path: string,
  project: ReadonlyMap<string, string>,
): { readonly path: string; readonly text: string } | null {
  const found = SOURCES.find(([fits]) => fits.test(path))?.[1];
  const text = found === undefined ? undefined : project.get(found);
  return found === undefined || text === undefined ? null : { path: found, text };
}

/** What a test calls of its source. */
function subjectOf(test: string, source: string): string | undefined {
  return [
    'discount',
    'net_amount',
    'invoice_number',
    'Shorten',
    'cancel',
    'greet',
    'take',
    'plus',
    'find',
    'ToCents',
    'slugify',
  ].find((one) => test.includes(one) && source.includes(one));
}

function renamedTo(text: string, name: string): string {
  return text.replace(new RegExp(`(?<![\\w/'-])${name}\\b(?!['-])`, 'g'), `${name}2`);
}
