/** Every built-in guard rail against the tricks that try to slip past it, and honest files that must not be stopped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { guardedChanges } from '../../src/decide/protected-paths.ts';
import type { FileChange } from '../../src/domain/pull-request.ts';
import { ANYWHERE, AT_ROOT, LOOKALIKES, TRICKS } from '../guards/guard-rails.ts';
import { makeChange } from './make.ts';

/** Which of these need a person when they are changed. */
function protectedFiles(files: readonly string[], extra: readonly string[]): readonly string[] {
  return guardedChanges(
    files.map((path) => makeChange({ path })),
    extra,
  ).map(({ path }) => path);
}

describe('protected paths', () => {
  for (const path of [...ANYWHERE, ...AT_ROOT]) {
    for (const { trick, apply } of TRICKS) {
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

  for (const path of LOOKALIKES) {
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

  const globs: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['{infra,db}/**', ['infra/main.tf', 'db/a/b.sql', 'DB'], ['infrastructure/x', 'src/db/x']],
    ['src/{auth/**,pay?.ts}', ['src/auth/a.ts', 'src/pay1.ts'], ['src/pay.ts', 'src/pay12.ts', 'src/pay/.ts']],
    ['/deploy.sh', ['deploy.sh', 'Deploy.SH'], ['src/deploy.sh']],
    ['./deploy.sh', ['deploy.sh'], ['a/deploy.sh']],
    ['infra/', ['infra/a', 'infra'], ['infrab']],
    ['src/auth', ['src/auth', 'src/auth/login.ts'], ['src/author.ts']],
    ['**/*.pem', ['a.pem', 'x/y/z.pem', 'x/dir.pem/a'], ['a.pems']],
    ['src/[ab].ts', ['src/a.ts', 'src/b.ts', 'src/[ab].ts'], ['src/c.ts', 'src/ab.ts']],
    ['app/[id]/page.tsx', ['app/[id]/page.tsx'], ['app/x/page.tsx']],
    ['v[!0-9]', ['vx'], ['v1', 'v/']],
    ['a,b', ['a,b'], ['a', 'b']],
    ['ein/Ünïcode/**', ['ein/u\u0308ni\u0308code/x'], ['ein/unicode/x']],
  ];
  for (const [glob, held, free] of globs) {
    it(`understand ${glob}`, () => {
      assert.deepEqual(protectedFiles([...held, ...free], [glob]), held);
    });
  }

  it('hold everything where a glob cannot be read, though settings refuse it', () => {
    assert.deepEqual(protectedFiles(['src/totals.ts'], ['!src']), ['src/totals.ts']);
  });

  const modes: readonly (readonly [string, Partial<FileChange>, RegExp | null])[] = [
    ['a new link', { status: 'added', modeBefore: '000000', modeAfter: '120000' }, /a new link/],
    ['a link that points elsewhere', { modeBefore: '120000', modeAfter: '120000' }, /a changed link/],
    ['a file that becomes a link', { status: 'type-changed', modeAfter: '120000' }, /a changed link/],
    ['a link that becomes a file', { status: 'type-changed', modeBefore: '120000' }, /another kind/],
    ['a link that goes', { status: 'deleted', modeBefore: '120000', modeAfter: '000000' }, null],
    ['a new submodule', { status: 'added', modeBefore: '000000', modeAfter: '160000' }, /a new submodule/],
    ['a submodule that moves', { modeBefore: '160000', modeAfter: '160000' }, /a moved submodule/],
    ['a file that becomes executable', { modeAfter: '100755' }, /made executable/],
    ['a program that stays one', { modeBefore: '100755', modeAfter: '100755' }, null],
    ['a program that is one no more', { modeBefore: '100755' }, null],
    ['a new program', { path: 'bin/x', status: 'added', modeBefore: '000000', modeAfter: '100755' }, null],
    [
      'a new program among hooks',
      { path: 'tools/git-hooks/pre-push', status: 'added', modeAfter: '100755' },
      /among hooks/,
    ],
    ['a new program of CI', { path: 'tools/ci/lint', status: 'added', modeAfter: '100755' }, /among hooks/],
    ['a new program in a .d folder', { path: 'etc/cron.d/x', status: 'added', modeAfter: '100755' }, /among hooks/],
    ['a component called hook', { path: 'src/hooks/use-cart.ts', status: 'added' }, null],
    ['an unusual mode', { modeAfter: '100664' }, /unusual mode 100664/],
    ['what a link of a protected name leads to', { aliases: ['docs/x.md', 'CLAUDE.md'] }, /link CLAUDE\.md leads to/],
    ['what another link leads to', { aliases: ['docs/x.md'] }, null],
    ['a link through which a project’s own folder is reached', { aliases: ['infra/x'] }, /link infra\/x/],
  ];
  for (const [what, value, says] of modes) {
    it(`${says === null ? 'leave alone' : 'hold'}: ${what}`, () => {
      const [found] = guardedChanges([makeChange({ path: 'src/x', ...value })], ['infra/**']);
      if (says === null) assert.equal(found, undefined);
      else assert.match(found?.why ?? '', says);
    });
  }

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
