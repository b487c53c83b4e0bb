/** Style as a test: each rule of the house reads the tree and names what breaks it, and each is shown to be able to fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { DUTIES, type StageKind } from '../src/domain/pipeline.ts';
import { type Cause, ROLES } from '../src/domain/run.ts';
import * as pages from './tidy/pages.ts';
import * as rules from './tidy/rules.ts';
import { FILES, read, SAMPLE, SOURCES, sourceOf } from './tidy/tree.ts';

const manifest = JSON.parse(read('package.json')) as pages.Package;
/** Scripts of package.json start files that nothing imports. */
const started = Object.values(manifest.scripts).flatMap((script) => /^node (\S+\.ts)/.exec(script)?.[1] ?? []);

function clean(violations: readonly string[]): void {
  assert.equal(violations.join('\n'), '');
}

describe('the code', () => {
  test('imports point down, and adapters do not know each other', () => clean(rules.floors(SOURCES)));
  test('what ships does not reach for its tests', () => clean(rules.towardsTests(SOURCES)));
  test('domain and decide are pure', () => clean(rules.purity(SOURCES)));
  test('no file is dead', () => clean(rules.deadFiles(SOURCES, started)));
  test('no data is dead', () => clean(rules.deadData(SOURCES, FILES, [SAMPLE])));
  test('no type is waved through', () => clean(rules.types(SOURCES)));
  test('names say what is meant: no default exports, no index, no filler', () => clean(rules.names(SOURCES)));
  test('no test stands alone or is still to be written', () => clean(rules.wholeTests(SOURCES)));
  test('a file opens with what it is for', () => clean(rules.openings(SOURCES)));
  test(`a file of src has at most ${rules.LINES_MAX} lines`, () => clean(rules.lengths(SOURCES)));
  test('what a file exports, another imports; what src does, src itself', () => clean(rules.deadExports(SOURCES)));
});

/** A file that breaks a rule, and what the rule then says. */
const planted: readonly (readonly [keyof typeof checks, string, string, RegExp])[] = [
  ['floors', 'src/decide/x.ts', "import { z } from 'zod';", /x\.ts:1 imports zod, which src\/decide\/ may not/],
  ['floors', 'src/domain/x.ts', "import { readFile } from 'node:fs';", /imports node:fs/],
  ['floors', 'src/decide/x.ts', "import type { Forge } from '../heartbeat/ports.ts';", /ports\.ts/],
  ['floors', 'src/heartbeat/x.ts', "import { y } from '../store/store.ts';", /imports src\/store\/store\.ts/],
  ['floors', 'src/github/x.ts', "import { y } from '../linear/wire.ts';", /imports src\/linear\/wire\.ts/],
  ['floors', 'src/github/x.ts', "const y = await import('../git/mirror.ts');", /imports src\/git\/mirror\.ts/],
  ['floors', 'src/github/x.ts', "import { act } from '../heartbeat/act.ts';", /imports src\/heartbeat\/act\.ts/],
  ['floors', 'src/linear/x.ts', "import OpenAI from 'openai';", /imports openai/],
  ['floors', 'src/cli/x.ts', "import { createForge } from '../github/create-forge.ts';", /create-forge/],
  ['floors', 'src/models/x.ts', "import { priceOf } from '../config/prices.ts';", /imports src\/config/],
  ['floors', 'src/shop/x.ts', '', /is on no floor/],
  ['towardsTests', 'src/cli/x.ts', "import { y } from '../../test/needs.ts';", /what ships/],
  ['towardsTests', 'src/cli/x.ts', "const y = new URL('../../bench/tick.ts', import.meta.url);", /bench\/tick\.ts/],
  ['purity', 'src/decide/x.ts', 'const now = Date.now();', /uses Date\.now/],
  ['purity', 'src/decide/x.ts', 'const now = new Date();', /uses new Date\(\)/],
  ['purity', 'src/decide/x.ts', 'const dice = Math.random();', /uses Math\.random/],
  ['purity', 'src/domain/x.ts', 'const home = process.env.HOME;', /uses process\.env/],
  ['purity', 'src/domain/x.ts', "await fetch('http://127.0.0.1');", /uses fetch/],
  ['purity', 'src/decide/x.ts', 'setTimeout(() => {}, 1);', /uses setTimeout/],
  ['purity', 'src/decide/x.ts', 'console.log(1);', /uses console\.log/],
  ['purity', 'src/decide/x.ts', 'const id = crypto.randomUUID();', /uses crypto/],
  ['purity', 'src/decide/x.ts', 'const text = day.toLocaleString();', /toLocaleString/],
  ['deadFiles', 'src/decide/x.ts', '', /src\/decide\/x\.ts is imported by nothing/],
  ['deadFiles', 'src/store/migrations/0002-x.ts', '', /0002-x\.ts is imported by nothing/],
  ['deadFiles', 'test/world/x.ts', '', /test\/world\/x\.ts is imported by nothing/],
  ['deadFiles', 'bench/x.ts', '', /bench\/x\.ts is imported by nothing/],
  ['types', 'src/cli/x.ts', 'let y: any;', /x\.ts:1 has any/],
  ['types', 'test/x.ts', 'const y = z!.length;', /has z!/],
  ['types', 'src/cli/x.ts', 'let y!: number;', /has y!/],
  ['types', 'src/cli/x.ts', `${'// @ts'}-ignore\nconst y = 1;`, /@ts-ignore/],
  ['names', 'src/cli/x.ts', 'export default 1;', /export default/],
  ['names', 'src/cli/x.ts', 'export default function y() {}', /export default/],
  ['names', 'src/cli/x.ts', "export { y } from './z.ts';", /export … from/],
  ['names', 'src/cli/index.ts', '', /index\.ts/],
  ['names', 'test/world/git-helper.ts', '', /name it by what it does/],
  ['names', 'src/cli/StoreManager.ts', '', /kebab-case/],
  ['wholeTests', 'test/x.test.ts', "test.only('y', () => {});", /test\.only/],
  ['wholeTests', 'test/x.test.ts', "test.todo('y');", /test\.todo/],
  ['openings', 'src/cli/x.ts', 'const y = 1;', /does not open with a comment/],
  ['lengths', 'src/cli/x.ts', '\n'.repeat(401), /has 401 lines/],
  ['deadExports', 'src/cli/x.ts', 'export const y = 1;', /exports y/],
  ['deadExports', 'src/cli/x.ts', 'export interface Y { readonly z: 1 }', /exports Y/],
  ['deadExports', 'test/world/x.ts', 'export const y = 1;', /x\.ts exports y, which no other file imports/],
  ['deadExports', 'bench/x.ts', 'export function y() {}', /exports y/],
];

const checks = {
  floors: rules.floors,
  towardsTests: rules.towardsTests,
  purity: rules.purity,
  deadFiles: (sources: rules.Sources) => rules.deadFiles(sources, started),
  types: rules.types,
  names: rules.names,
  wholeTests: rules.wholeTests,
  openings: rules.openings,
  lengths: rules.lengths,
  deadExports: rules.deadExports,
};

describe('each rule can fail', () => {
  for (const [rule, path, text, says] of planted) {
    test(`${rule}: ${path} with ${text.trim().split('\n')[0] || 'nothing'}`, () => {
      const before = checks[rule](SOURCES);
      const found = checks[rule](new Map([...SOURCES, [path, sourceOf(path, text)]]));
      assert.match(found.filter((one) => !before.includes(one)).join('\n'), says);
    });
  }

  test('a type that a signature names may be exported', () => {
    const text = 'export interface Y { readonly z: 1 }\nexport function x(y: Y): void {}';
    const found = rules.deadExports(new Map([['src/cli/x.ts', sourceOf('src/cli/x.ts', text)]]));
    assert.deepEqual(found, ['src/cli/x.ts exports x, which no other file of src imports']);
  });

  test('data that no source names', () => {
    const source = sourceOf('src/isolation/x.ts', "const OWN_FILES = ['hosts'];");
    const files = ['src/isolation/etc/hosts', 'src/isolation/etc/group'];
    const found = rules.deadData(new Map([[source.path, source]]), files, []);
    assert.deepEqual(found, ['src/isolation/etc/group is opened by no source']);
  });
});

/** Which runs a role gets as the one that works in a stage of this kind; stages without a role have none. */
const CAUSES: Readonly<Record<StageKind, readonly Cause['kind'][]>> = {
  implement: ['implement', 'findings', 'conflict', 'checks-failed', 'remarks', 'revert', 'crashed', 'answer'],
  open: [],
  review: ['review', 'crashed', 'answer'],
  // Whoever wrote last is asked for everything that follows.
  checks: ['checks-failed', 'findings', 'conflict', 'crashed', 'answer'],
  audit: ['audit', 'crashed'],
  merge: [],
  done: [],
};

describe('the prompts', () => {
  const stages = FILES.filter((path) => path.startsWith('config/pipelines/')).flatMap(
    (path) => (parse(read(path)) as { stages: { kind: StageKind; role?: string }[] }).stages,
  );
  const facts: pages.PromptFacts = {
    roles: ROLES,
    tools: [...SOURCES]
      .filter(([path]) => path.startsWith('src/agents/tools/'))
      .flatMap(([, { text }]) => [...text.matchAll(/^ {2}name: '(\w+)',$/gm)].map(([, name = '']) => name)),
    causesOf: (role) => stages.filter((stage) => stage.role === role).flatMap(({ kind }) => CAUSES[kind]),
  };
  const prompts = FILES.filter((path) => /^prompts\/.*\.md$/.test(path)).map((path) => path.slice('prompts/'.length));

  for (const name of prompts) {
    test(`${name} fits its role`, () => clean(pages.promptPage(name, read(`prompts/${name}`), facts)));
  }
  test('every role of a pipeline has one', () => {
    const roles = stages.flatMap(({ role }) => (role === undefined ? [] : [role]));
    clean(roles.filter((role) => !prompts.includes(`${role}.md`)));
  });

  const dev = read('prompts/dev.md');
  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ['an unknown role', 'role: dev', 'role: tester', /there is no role tester/],
    ['an unknown tool', '[bash,', '[browser,', /there is no tool browser/],
    ['an input nobody uses', 'inputs:', 'inputs: [colour] #', /no section uses the input colour/],
    ['a variable that is no input', '{{ heading }}', '{{ heding }}', /heding is used/],
    ['a cause without words', '# conflict', '# quarrel', /needs a section "# conflict"[\s\S]*"# quarrel" is asked for/],
    ['another opening', "You are Heartline's dev agent.", 'Hello.', /"# system" begins/],
  ];
  for (const [name, from, to, says] of wrong) {
    test(`told of: ${name}`, () => {
      assert.ok(dev.includes(from));
      let text = dev.replace(from, to);
      if (from === 'inputs:') text = text.replace(/#\n? *\[.*\]/, '');
      assert.match(pages.promptPage('dev.md', text, facts).join('\n'), says);
    });
  }
});

describe('the pages', () => {
  const commands = [...read('src/cli/main.ts').matchAll(/\.command\('(\w+)'\)/g)].map(([, name = '']) => name);
  const known = { commands, scripts: Object.keys(manifest.scripts), files: FILES };

  test('HEARTBEAT.md tells the duties in the order in which decide performs them', () => {
    const duties = DUTIES.map((duty) => `${duty.slice(0, 1).toUpperCase()}${duty.slice(1)}`);
    assert.deepEqual(pages.headings(read('HEARTBEAT.md')), [...duties, 'Never', 'Standing orders']);
    const [body = ''] = /^export function decide\([\s\S]*?^}/m.exec(read('src/decide/decide.ts')) ?? [];
    assert.deepEqual(
      [...body.matchAll(/duties\.has\('(\w+)'\)/g)].map(([, duty]) => duty),
      DUTIES,
    );
  });

  for (const path of FILES.filter((path) => path.endsWith('.md') && !/^(prompts|test)\//.test(path))) {
    test(`${path} names only commands, scripts and files that are there`, () =>
      clean(pages.namedByPage(path, read(path), known)));
  }
  test('a page that names what is not there is told', () => {
    const text =
      'Run `heartline fly` or `npm run fly`, see [more](docs/fly.md).\n\n    npx heartline swim --fast\n\n' +
      '`src/cli`, `test/adapters/git-*.test.ts`, `~/src/mine`; `src/fly.ts`, `test/fly/` and `npm test -- test/swim-*.ts`.\n';
    assert.deepEqual(pages.namedByPage('README.md', text, known), [
      'README.md names heartline fly, which is no command',
      'README.md names heartline swim, which is no command',
      'README.md names npm run fly, which is no script',
      'README.md names src/fly.ts, which is not there',
      'README.md names test/fly, which is not there',
      'README.md names test/swim-*.ts, which is not there',
      'README.md links to docs/fly.md, which is not there',
    ]);
  });
});

describe('the package', () => {
  const importedBy = (inSrc: boolean): readonly string[] =>
    [...SOURCES.values()]
      .filter(({ path }) => path.startsWith('src/') === inSrc)
      .flatMap(({ imports, text }) => [
        ...imports.map(({ target }) => target),
        ...[...text.matchAll(/import\.meta\.resolve\('([^']+)'\)/g)].map(([, name = '']) => name),
      ]);
  const inSrc = importedBy(true);
  const beside = importedBy(false);

  test('every version is exact', () => clean(pages.unpinned(manifest)));
  test('every dependency is imported where it belongs', () => clean(pages.guests(manifest, inSrc, beside)));
  test('no file names a machine or a package host', () =>
    clean(FILES.filter((path) => !/\.(png|gif|jpg)$/.test(path)).flatMap((path) => pages.places(path, read(path)))));

  test('what is wrong in a package is told', () => {
    const none = { dependencies: {}, devDependencies: {}, optionalDependencies: {}, scripts: {} };
    assert.deepEqual(pages.unpinned({ ...none, dependencies: { a: '^1.0.0', b: '1.0.0', c: 'latest' } }), [
      'a ^1.0.0 is not one exact version',
      'c latest is not one exact version',
    ]);
    const found = pages.guests(
      { ...none, dependencies: { a: '1.0.0' }, devDependencies: { b: '1.0.0' } },
      ['b/c'],
      ['b'],
    );
    assert.deepEqual(found, [
      'a is installed and imported by nothing it is installed for',
      'b is imported by src, but a production install leaves it out',
    ]);
  });

  for (const text of [
    `see ${'/work'}/main`,
    `"${'/root'}/.npm"`,
    '"resolved": "x"',
    `https://${'registry'}.example.org/a`,
  ]) {
    test(`told of: ${text}`, () => assert.equal(pages.places('package-lock.json', text).length, 1));
  }
});
