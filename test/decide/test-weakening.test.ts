/** What each kind of sign says, what is excused, and that no text, however strange, is read for ever or passed by. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ChangedText } from '../../src/decide/test-weakening/changed-text.ts';
import { judgedAs } from '../../src/decide/test-weakening/judged-as.ts';
import { testWeakening } from '../../src/decide/test-weakening/test-weakening.ts';
import type { Weakening } from '../../src/domain/pull-request.ts';
import { PROJECT } from './tamper/corpus.ts';

const CART = 'test/cart/totals.test.ts';
const cart = PROJECT.get(CART) ?? '';

function edit(path: string, from: string, to: string): ChangedText {
  const before = PROJECT.get(path) ?? '';
  assert.ok(before.includes(from), `${path} has no ${from}`);
  return { path, before, after: before.replace(from, () => to) };
}

const SIGNS: readonly (readonly [string, readonly ChangedText[], Weakening['kind'], RegExp])[] = [
  [
    'a test that goes',
    [{ path: CART, before: cart, after: cart.slice(0, cart.indexOf("describe('legacyTotal'")) }],
    'test-removed',
    /^The test "legacyTotal > does not round" is gone\.$/,
  ],
  [
    'a file that goes',
    [{ path: CART, before: cart, after: null }],
    'test-removed',
    /^6 tests are gone, first "total > is zero/,
  ],
  [
    'a skip',
    [edit(CART, "it('rounds", "it.skip('rounds")],
    'test-skipped',
    /^"total > rounds to cents" is skipped from now on\.$/,
  ],
  ['only', [edit(CART, "it('rounds", "it.only('rounds")], 'test-focused', /runs alone, and hides the others/],
  [
    'a new test that is skipped',
    [edit(CART, "describe('legacyTotal'", "it.todo('more');\n\ndescribe('legacyTotal'")],
    'test-skipped',
    /^The new test "more" is skipped\.$/,
  ],
  [
    'an assertion that goes',
    [edit(CART, '    assert.equal(discount(80, 25), 60);\n', '')],
    'assertion-removed',
    /lost an assertion, first `assert\.equal\(discount\(80,25\),60\)`/,
  ],
  [
    'an assertion that asks for less',
    [edit(CART, 'assert.equal(total(lines), 8)', 'assert.ok(total(lines))')],
    'assertion-weaker',
    /asserts `assert\.ok\(total\(lines\)\)` where it asserted `assert\.equal\(total\(lines\),8\)`/,
  ],
  [
    'an assertion that may be passed by',
    [edit(CART, 'assert.equal(total(lines), 8)', 'if (ready) assert.equal(total(lines), 8)')],
    'assertion-silenced',
    /only under a condition/,
  ],
  [
    'a way out before the assertions',
    [edit(CART, 'const lines = [', 'if (!ready) return;\n    const lines = [')],
    'assertion-silenced',
    /has a way out before its assertions/,
  ],
  [
    'tests that stand under a condition',
    [edit(CART, "describe('discount'", "if (process.env.NIGHTLY) describe('discount'")],
    'test-skipped',
    /is skipped under a condition/,
  ],
  [
    'a test that goes while another of the same words but other figures grows',
    [
      {
        path: 'a.test.ts',
        before:
          "it('x', () => {\n  assert.equal(total(lines(1)), 11);\n});\nit('y', () => {\n  assert.equal(total(lines(2)), 22);\n});\n",
        after: "it('y', () => {\n  assert.equal(total(lines(2)), 22);\n  assert.equal(total(lines(5)), 55);\n});\n",
      },
    ],
    'test-removed',
    /^The test "x" is gone\.$/,
  ],
  [
    'a stand-in for the subject',
    [
      edit(
        CART,
        "describe('total'",
        "mock.module('../../src/cart/totals.ts', { namedExports: { total: () => 8 } });\ndescribe('total'",
      ),
    ],
    'subject-mocked',
    /stands in for/,
  ],
  [
    'a threshold',
    [edit('jest.config.js', 'lines: 90', 'lines: 80')],
    'threshold-loosened',
    /^lines is now 80, and was 90\.$/,
  ],
  [
    'new settings that leave a test out',
    [{ path: 'jest.config.js', before: null, after: "module.exports = { testPathIgnorePatterns: ['cart'] };\n" }],
    'threshold-loosened',
    /^testPathIgnorePatterns leaves out cart as well\.$/,
  ],
  [
    'new settings that let nothing at all pass',
    [{ path: 'web/vitest.config.ts', before: null, after: 'export default { test: { passWithNoTests: true } };\n' }],
    'threshold-loosened',
    /^passWithNoTests is now true\.$/,
  ],
  [
    'new settings that leave a source out of coverage, on a line of its own',
    [{ path: '.coveragerc', before: null, after: '[run]\nomit =\n    tests/*\n    app/pay.py\n' }],
    'threshold-loosened',
    /^omit leaves out app\/pay\.py as well\.$/,
  ],
  [
    'new settings with options that leave tests out',
    [{ path: '.pytest.ini', before: null, after: '[pytest]\naddopts = -q -k "not pay"\n' }],
    'threshold-loosened',
    /^A command leaves tests out\.$/,
  ],
  [
    'a file of tests that Rust builds no more',
    [{ path: 'src/lib.rs', before: 'pub mod a;\n#[cfg(test)]\nmod tests;\n', after: 'pub mod a;\n' }],
    'test-skipped',
    /^The tests in tests are no longer built\.$/,
  ],
  [
    'a runner of its own making',
    [
      edit(
        CART,
        "import { describe, it } from 'node:test';",
        "import { describe } from 'node:test';\nimport { it } from '../quiet.ts';",
      ),
    ],
    'assertion-silenced',
    /its runner from a file of its own/,
  ],
  [
    'a session that ends well whatever happened',
    [
      {
        path: 'tests/conftest.py',
        before: null,
        after: 'def pytest_sessionfinish(session):\n    session.exitstatus = 0\n',
      },
    ],
    'test-skipped',
    /or how they end/,
  ],
  [
    'a rule',
    [edit('.eslintrc.json', '"error",', '"warn",')],
    'threshold-loosened',
    /^The rule no-console is softer than before\.$/,
  ],
  [
    'a comment to a linter',
    [edit('src/cart/totals.ts', 'export function discount', '// eslint-disable-next-line\nexport function discount')],
    'check-silenced',
    /tells the linter to look away/,
  ],
  [
    'a snapshot without a cause',
    [edit('web/components/__tests__/__snapshots__/price-tag.test.jsx.snap', '$15.00', '$0.00')],
    'snapshots-rewritten',
    /no source and no test/,
  ],
  [
    'fewer rows of data',
    [{ path: 'test/data/cases.json', before: '[{"a":1},{"a":2}]', after: '[{"a":1}]' }],
    'test-removed',
    /^It has 1 rows where it had 2\.$/,
  ],
  [
    'tests nobody can read',
    [{ path: CART, before: cart, after: `${cart}${'('.repeat(500)}` }],
    'too-large',
    /too much of it/,
  ],
];

const EXCUSED: readonly (readonly [string, readonly ChangedText[]])[] = [
  ['a diff of nothing', []],
  [
    'a test that moves to another file as it is',
    [
      { path: CART, before: cart, after: null },
      { path: 'test/shop/totals.test.ts', before: null, after: cart },
    ],
  ],
  [
    'a test that goes with what it tested',
    [
      { path: CART, before: cart, after: null },
      { path: 'src/cart/totals.ts', before: PROJECT.get('src/cart/totals.ts') ?? '', after: null },
    ],
  ],
  [
    'a test that was skipped and goes',
    [{ path: 'a.test.ts', before: "it.skip('x', () => { assert.equal(one(), 1); });", after: '' }],
  ],
  [
    'a new test that only runs where it can',
    [{ path: 'a.test.ts', before: '', after: "it('x', { skip: !hasBwrap }, () => { assert.equal(one(), 1); });" }],
  ],
  ['a stronger assertion', [edit('spec/greeter_spec.rb', "start_with('Good morning')", "eq('Good morning, Ada')")]],
  ['a word in a string', [edit(CART, "it('rounds to cents'", "it('rounds to cents, never it.only() or it.skip()'")]],
  [
    'a source that has `fit` in it',
    [{ path: 'test/x.ts', before: '', after: "export const a = fit('column', width);" }],
  ],
  [
    'settings that move to a file of their own',
    [
      {
        path: 'vite.config.ts',
        before: "export default { test: { exclude: ['e2e/**'] } };\n",
        after: 'export default {};\n',
      },
      { path: 'vitest.config.ts', before: null, after: "export default { test: { exclude: ['e2e/**'] } };\n" },
    ],
  ],
  [
    'new settings of a linter or a compiler, which judge what was judged by none',
    [
      {
        path: 'web/eslint.config.js',
        before: null,
        after: "export default [{ ignores: ['gen/**'], rules: { semi: 'off' } }];\n",
      },
      {
        path: 'web/tsconfig.json',
        before: null,
        after: '{ "exclude": ["test"], "compilerOptions": { "strict": false } }\n',
      },
    ],
  ],
  [
    'a file of tests that goes with the line that names it',
    [
      { path: 'src/lib.rs', before: '#[cfg(test)]\nmod old_tests;\n', after: '' },
      { path: 'src/old_tests.rs', before: '// none left\n', after: null },
    ],
  ],
  ['what is no text of ours', [{ path: 'assets/logo.svg', before: '<a>', after: '' }]],
];

describe('signs of weakened tests', () => {
  for (const [what, files, kind, says] of SIGNS) {
    it(`${kind}: ${what}`, () => {
      const found = testWeakening(files);
      const sign = found.find((one) => one.kind === kind);
      assert.ok(sign, `found ${JSON.stringify(found)}`);
      assert.match(sign.reason, says);
      assert.ok(files.some(({ path }) => path === sign.path));
    });
  }

  it('names every kind of sign there is', () => {
    const kinds = new Set(SIGNS.map(([, , kind]) => kind));
    assert.equal(kinds.size, 11);
  });

  for (const [what, files] of EXCUSED) it(`none: ${what}`, () => assert.deepEqual(testWeakening(files), []));

  it('a test that goes is no less gone because a source gets another name in the same diff', () => {
    const source = PROJECT.get('src/cart/totals.ts') ?? '';
    const files = [
      { path: CART, before: cart, after: cart.slice(0, cart.indexOf("describe('legacyTotal'")) },
      { path: 'src/cart/totals.ts', before: source, after: source.replaceAll('legacyTotal', 'oldTotal') },
    ];
    assert.equal(testWeakening(files)[0]?.kind, 'test-removed');
  });

  const shorter = (text: string): string => text.replace(/\n([^\n]*)\n$/, ' $1\n');
  const RENAMED: readonly (readonly [string, string, string, RegExp])[] = [
    [CART, 'src/cart/totals.ts', 'discount', /\n {2}it\('refuses[^}]*\}\);/],
    ['tests/test_invoices.py', 'app/invoices.py', 'net_amount', /\ndef test_net_amount_without[^\n]*\n[^\n]*\n/],
    ['pkg/slug/slug_test.go', 'pkg/slug/slug.go', 'Shorten', /\nfunc TestShortenRefuses[\s\S]*?\n\}\n/],
    ['spec/greeter_spec.rb', 'lib/greeter.rb', 'greet', /\n {2}it 'greets later[\s\S]*?\n {2}end\n/],
  ];
  for (const [test, path, name, cut] of RENAMED) {
    it(`a test that goes has no leave where ${name} of ${path} has another name and a line less`, () => {
      const [tests, source] = [PROJECT.get(test) ?? '', PROJECT.get(path) ?? ''];
      assert.match(cut.exec(tests)?.[0] ?? '', new RegExp(name));
      const other = (text: string): string => text.replaceAll(name, `${name}Other`);
      const found = testWeakening([
        { path: test, before: tests, after: other(tests.replace(cut, '')) },
        { path, before: source, after: other(shorter(source)) },
      ]);
      assert.ok(
        found.some(({ kind }) => kind === 'test-removed'),
        JSON.stringify(found),
      );
    });
  }

  it('are bounded, however many there are', () => {
    const tests = Array.from({ length: 900 }, (_, at) => `it('t${at}', () => { assert.equal(f(${at}), ${at}); });`);
    const before = tests.join('\n');
    const found = testWeakening([{ path: 'a.test.ts', before, after: before.replaceAll("it('", "it.skip('") }]);
    assert.equal(found.length, 8);
  });

  it('are found by a function that never throws and does not care for order', () => {
    const bits = [
      "it('a', () => {",
      '});',
      'assert.equal(a, 1);',
      '`${',
      '`',
      "'",
      '"""',
      '/*',
      '*/',
      '//',
      '#',
      '\n',
      '  ',
      'def test_a(x):',
      'assert a == 1',
      '[1, 2],',
      '{',
      '(',
      '/',
      '#[test]',
      'fn a() {',
      '@Test',
      'void a()',
      'it "b" do',
      'end',
      '"strict": true,',
    ];
    const text = fc.option(fc.array(fc.constantFrom(...bits), { maxLength: 40 }).map((parts) => parts.join('')));
    const path = fc.constantFrom(
      CART,
      'tests/test_a.py',
      'a_test.go',
      'src/lib.rs',
      'ATest.java',
      'a_spec.rb',
      'ATests.cs',
      'tsconfig.json',
      'scripts/test.sh',
      'x/__snapshots__/a.snap',
      'src/a.ts',
    );
    fc.assert(
      fc.property(path, text, text, (where, before, after) => {
        const files = [{ path: where, before, after }];
        assert.deepEqual(testWeakening(files), testWeakening(files));
        assert.deepEqual(
          testWeakening([{ path: where, before, after: before }]).filter(({ kind }) => kind !== 'too-large'),
          [],
        );
      }),
      { numRuns: 400, seed: 21 },
    );
  });
});

/** From a name and place where the usual run of a project finds tests to one where it does not, and back. */
const OUT_OF_REACH: readonly (readonly [string, string])[] = [
  ['src/cart.test.ts', 'src/cart.tests.ts'],
  ['src/cart.test.ts', 'src/cart.e2e.ts'],
  ['src/cart.test.ts', 'src/cart.cy.ts'],
  ['src/cart.test.ts', 'src/dist/cart.test.ts'],
  ['src/cart.test.ts', 'src/node_modules/cart.test.ts'],
  ['src/cart.test.ts', 'src/.old/cart.test.ts'],
  ['cart/cart_test.go', 'cart/cart_windows_test.go'],
  ['cart/cart_test.go', 'cart/cart_arm64_test.go'],
  ['cart/cart_test.go', 'cart/testdata/cart_test.go'],
  ['cart/cart_test.go', '_old/cart_test.go'],
  ['src/test/java/CartTest.java', 'src/test/java/CartIT.java'],
  ['src/test/java/CartTest.java', 'src/test/java/CartSpec.java'],
  ['tests/test_cart.py', 'tests/build/test_cart.py'],
  ['tests/test_cart.py', 'tests/venv/deep/test_cart.py'],
];
const IN_REACH: readonly (readonly [string, string])[] = [
  ['src/cart.test.ts', 'src/cart.spec.ts'],
  ['src/cart.test.ts', 'src/build/cart.test.ts'],
  ['src/cart.test.ts', 'src/__tests__/cart.e2e.ts'],
  ['cart/cart_test.go', 'cart/cart_linux_test.go'],
  ['cart/cart_test.go', 'cart/cart_mips_rate_test.go'],
  ['src/test/java/CartTest.java', 'src/test/java/CartTests.java'],
  ['tests/test_cart.py', 'tests/cart_test.py'],
];

describe('a file of tests that gets another name or place', () => {
  const texts: Readonly<Record<string, string>> = {
    ts: "it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n",
    go: 'func TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal("no")\n\t}\n}\n',
    java: 'class C {\n  @Test void adds() {\n    assertEquals(3, add(1, 2));\n  }\n}\n',
    py: 'def test_add():\n    assert add(1, 2) == 3\n',
  };
  const signs = (from: string, to: string): readonly Weakening[] => {
    const text = texts[from.slice(from.lastIndexOf('.') + 1)] ?? '';
    return testWeakening([
      { path: from, before: text, after: null },
      { path: to, before: null, after: text },
    ]);
  };
  for (const [from, to] of OUT_OF_REACH) {
    it(`test-removed: ${from} becomes ${to}`, () => {
      assert.deepEqual(
        signs(from, to).map(({ kind, path }) => [kind, path]),
        [['test-removed', to]],
      );
    });
    it(`none: ${to} becomes ${from}`, () => assert.deepEqual(signs(to, from), []));
  }
  for (const [from, to] of IN_REACH) it(`none: ${from} becomes ${to}`, () => assert.deepEqual(signs(from, to), []));
});

const JUDGED: readonly (readonly [ReturnType<typeof judgedAs>, readonly string[]])[] = [
  [
    'measure',
    [
      'a.test.ts',
      'a.spec.jsx',
      'src/__tests__/a.js',
      'test/a.js',
      'tests/conftest.py',
      'tests/test_a.py',
      'pkg/a_test.go',
      'ATest.kt',
      'spec/a_spec.rb',
      'A.Tests/BTests.cs',
      'vitest.config.ts',
      'tsconfig.build.json',
      'pyproject.toml',
      '.github/workflows/ci.yml',
      'Makefile',
      'scripts/test.sh',
      'a/__snapshots__/b.snap',
      'test/fixtures/rows.json',
      'codecov.yml',
    ],
  ],
  ['source', ['src/a.ts', 'app/a.py', 'src/lib.rs', 'main.go', 'tests/disabled/test_a.py', 'lib/a.rb']],
  [null, ['README.md', 'logo.png', 'package-lock.json', 'docs/test.md', 'data.json']],
];

describe('what is looked at', () => {
  for (const [as, paths] of JUDGED)
    for (const path of paths) it(`${path}: ${as ?? 'nothing'}`, () => assert.equal(judgedAs(path), as));
});
