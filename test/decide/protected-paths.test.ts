/** Every built-in guard rail against the tricks that try to slip past it, and honest files that must not be stopped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { protectedFiles } from '../../src/decide/protected-paths.ts';

/** One file for each built-in glob; those that may lie anywhere are also tried in folders. */
const ANYWHERE: readonly string[] = [
  'CODEOWNERS',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'Cargo.lock',
  'go.sum',
  'poetry.lock',
  'uv.lock',
  'Gemfile.lock',
  'composer.lock',
  'package.json',
  'Makefile',
  '.npmrc',
  'bunfig.toml',
  '.husky/pre-commit',
  '.githooks/post-merge',
  '.claude/settings.json',
  '.claude/hooks/a/b.sh',
  '.claude.json',
  '.codex/config.toml',
  '.cursor/rules/x.mdc',
  '.mcp.json',
  '.vscode/tasks.json',
  '.gitmodules',
  '.gitattributes',
  '.ripgreprc',
  'CLAUDE.md',
  'CLAUDE.local.md',
  'AGENTS.md',
  'GEMINI.md',
  'heartline.yaml',
  'HEARTBEAT.md',
];

const AT_ROOT: readonly string[] = [
  '.github/workflows/ci.yml',
  '.github/CODEOWNERS',
  '.github/actions/setup/action.yml',
  '.ci/run',
  '.gitlab-ci.yml',
  '.circleci/config.yml',
  'Jenkinsfile',
];

const HONEST: readonly string[] = [
  'src/totals.ts',
  'README.md',
  'docs/github/workflows.md',
  'src/makefile.ts',
  'src/makefiles/x.ts',
  'package.json.md',
  'src/package.jsonc',
  'lib/codeowners.rb',
  'src/github/client.ts',
  'src/hooks/use-cart.ts',
  'test/claude.md.test.ts',
  'docs/agents.mdx',
  'src/husky/index.ts',
  'src/vscode/theme.ts',
  'github/workflows/ci.yml',
  'src/ci/run',
  'gitmodules',
  'x.npmrc',
  'src/jenkinsfile.ts',
  'claudette.md',
  'my-package.json',
  'src/heartline.yaml.ts',
  'xgithub/workflows/ci.yml',
  'src/cargo.lockfile',
];

const fullWidth = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0));

const EVASIONS: readonly { readonly trick: string; readonly apply: (path: string) => string }[] = [
  { trick: 'as it is', apply: (path) => path },
  { trick: 'in capitals', apply: (path) => path.toUpperCase() },
  { trick: 'in small letters', apply: (path) => path.toLowerCase() },
  {
    trick: 'in mixed case',
    apply: (path) => [...path].map((one, at) => (at % 2 === 0 ? one.toUpperCase() : one)).join(''),
  },
  { trick: 'in full-width letters', apply: fullWidth },
  { trick: 'with a long s', apply: (path) => path.replaceAll('s', '\u017f') },
  { trick: 'with the Kelvin sign', apply: (path) => path.replace(/k/gi, '\u212a') },
  { trick: 'with an invisible joiner', apply: (path) => `${path.slice(0, 2)}\u200d${path.slice(2)}` },
  { trick: 'with a byte-order mark', apply: (path) => `\ufeff${path}` },
  { trick: 'with a soft hyphen', apply: (path) => `${path.slice(0, 3)}\u00ad${path.slice(3)}` },
];

describe('protected paths', () => {
  for (const path of [...ANYWHERE, ...AT_ROOT]) {
    for (const { trick, apply } of EVASIONS) {
      const written = apply(path);
      if (trick !== 'as it is' && written === path) continue;
      it(`hold ${path} ${trick}`, () => assert.deepEqual(protectedFiles([written], []), [written]));
    }
  }

  for (const path of ANYWHERE) {
    it(`hold ${path} in any folder`, () => {
      const nested = [`packages/a/${path}`, `a/b/c/d/${path}`, `line\nbreak/${path}`, `.hidden/${path}`];
      assert.deepEqual(protectedFiles(nested, []), nested);
    });
  }

  it('hold a file whose name breaks the line', () => {
    const files = ['.github/workflows/a\nb.yml', '.husky/pre\ncommit'];
    assert.deepEqual(protectedFiles(files, []), files);
  });

  it('hold a link or submodule that takes the place of a whole folder', () => {
    const files = ['.github', '.husky', 'app/.claude', '.cursor', '.vscode', '.ci', '.circleci', '.githooks', '.codex'];
    assert.deepEqual(protectedFiles(files, []), files);
  });

  for (const path of HONEST) {
    it(`leave ${path} alone`, () => assert.deepEqual(protectedFiles([path], []), []));
  }

  it('keep the order of the diff and name each file once', () => {
    const files = ['z/package.json', 'src/a.ts', '.github/CODEOWNERS'];
    assert.deepEqual(protectedFiles(files, ['**/package.json']), ['z/package.json', '.github/CODEOWNERS']);
  });

  it('hold what a project adds: folders, one level, middle folders, literal dots and brackets', () => {
    const extra = ['infra/**', 'docs/*.md', 'src/**/secret.ts', 'a+b/[x].ts'];
    const held = [
      'infra/main.tf',
      'infra/a/b.tf',
      'Infra/X.tf',
      'docs/a.md',
      'src/secret.ts',
      'src/a/b/secret.ts',
      'a+b/[x].ts',
    ];
    const free = ['infrastructure/main.tf', 'docs/a/b.md', 'src/xsecret.ts', 'aab/x.ts', 'docs/amd'];
    assert.deepEqual(protectedFiles([...held, ...free], extra), held);
  });

  it('hold every guard rail wherever it is put and however it is cased', () => {
    const folder = fc.stringMatching(/^[a-z0-9._ -]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(folder, { maxLength: 4 }),
        fc.constantFrom(...ANYWHERE),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        (folders, path, shout) => {
          const cased = [...path].map((one, at) => (shout[at % shout.length] ? one.toUpperCase() : one.toLowerCase()));
          const file = [...folders, cased.join('')].join('/');
          assert.deepEqual(protectedFiles([file], []), [file]);
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
});
