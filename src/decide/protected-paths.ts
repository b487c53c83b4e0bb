/** Which changes need a person: what runs in CI, decides what is installed, instructs agents, configures us, or hides what it brings. */

import { pathGlob } from '../domain/path-glob.ts';
import type { FileChange } from '../domain/pull-request.ts';

/**
 * Names are compared case-folded and Unicode-normalised, because a case-insensitive checkout elsewhere would not tell
 * `.GitHub/Workflows` from the real one, and some file systems ignore invisible characters. `**` crosses folders, `*` does
 * not. `folder/**` also means the folder's own name: a link or a submodule of that name brings contents the diff hides.
 */
const ALWAYS: readonly string[] = [
  '.github/**',
  '**/codeowners',
  '**/package-lock.json',
  '**/npm-shrinkwrap.json',
  '**/yarn.lock',
  '**/pnpm-lock.yaml',
  '**/bun.lock',
  '**/bun.lockb',
  '**/cargo.lock',
  '**/go.sum',
  '**/poetry.lock',
  '**/uv.lock',
  '**/gemfile.lock',
  '**/composer.lock',
  '**/pipfile.lock',
  '**/pdm.lock',
  '**/pylock*.toml',
  '**/deno.lock',
  '**/packages.lock.json',
  '**/*gradle.lockfile',
  '**/mix.lock',
  '**/package.resolved',
  '**/pubspec.lock',
  '**/podfile.lock',
  '**/flake.lock',
  '**/package.json',
  '**/package.{json5,yaml}',
  '**/pnpm-workspace.yaml',
  '**/.pnpmfile.*',
  '**/.pnp.*',
  '**/makefile',
  '**/gnumakefile',
  '**/.cargo/**',
  '**/.mvn/**',
  '**/gradle-wrapper.*',
  '**/.npmrc',
  '**/.yarnrc',
  '**/.yarnrc.yml',
  '**/.yarn/**',
  '**/bunfig.toml',
  '**/.husky/**',
  '**/.githooks/**',
  '**/{,.}lefthook{,-local}.{yml,yaml,toml,json,jsonc}',
  '**/.lefthook/**',
  '**/.pre-commit-config.yaml',
  '**/.claude/**',
  '**/.claude.json',
  '**/.codex/**',
  '**/.cursor/**',
  '**/.cursorrules',
  '**/.windsurfrules',
  '**/.windsurf/**',
  '**/.clinerules/**',
  '**/.gemini/**',
  '**/.agents/**',
  '**/.devcontainer/**',
  '**/.devcontainer.json',
  '**/.mcp.json',
  '**/.vscode/**',
  '**/.gitmodules',
  '**/.gitattributes',
  '**/.ripgreprc',
  '**/claude.md',
  '**/claude.local.md',
  '**/agents.md',
  '**/agents.override.md',
  '**/gemini.md',
  '**/heartline.yaml',
  '**/heartbeat.md',
  '.ci/**',
  '.gitlab-ci.yml',
  '.gitlab/**',
  '.circleci/**',
  'jenkinsfile',
  'azure-pipelines.{yml,yaml}',
  '.travis.yml',
  'bitbucket-pipelines.yml',
  '.buildkite/**',
  '.drone.{yml,yaml,star,jsonnet}',
  '.woodpecker.{yml,yaml}',
  '.woodpecker/**',
  '{,.}appveyor.yml',
];

const ALWAYS_READ: readonly RegExp[] = ALWAYS.map(expressionOf);

export interface Guarded {
  readonly path: string;
  /** What about it needs a person, to follow the path in a sentence; null when the path says it all. */
  readonly why: string | null;
}

/** What a diff's files come to is asked at every look, and depends on nothing else. */
const KNOWN = new WeakMap<
  readonly FileChange[],
  { readonly extra: readonly string[]; readonly guarded: readonly Guarded[] }
>();

/** The changes that need a person's approval, in the order given. `extra` are the project's own globs. */
export function guardedChanges(changes: readonly FileChange[], extra: readonly string[]): readonly Guarded[] {
  const known = KNOWN.get(changes);
  if (known?.extra === extra) return known.guarded;
  const guarded = judged(changes, extra);
  KNOWN.set(changes, { extra, guarded });
  return guarded;
}

function judged(changes: readonly FileChange[], extra: readonly string[]): readonly Guarded[] {
  const expressions = [...ALWAYS_READ, ...extra.flatMap(withContents).map(expressionOf)];
  const isProtected = (path: string): boolean => {
    const folded = fold(path);
    return expressions.some((expression) => expression.test(folded));
  };
  return changes.flatMap((change): readonly Guarded[] => {
    if (isProtected(change.path)) return [{ path: change.path, why: null }];
    const alias = change.aliases.find(isProtected);
    const why = alias === undefined ? modeTrouble(change) : `which the link ${alias} leads to`;
    return why === null ? [] : [{ path: change.path, why }];
  });
}

/** Folders in which programs run without being named by anything else that would have to change. */
const RUN_BY_NAME = /(^|\/)(git-?hooks?|hooks?|\.?ci|\.?git[^/]*|[^/]+\.d)\/[^/]+$/;

/**
 * A link or a submodule brings contents from elsewhere, which the diff does not show. A file that becomes executable was
 * data before; a new executable is code like any other, unless it lies where programs are run by their place alone.
 */
function modeTrouble({ path, status, modeBefore, modeAfter }: FileChange): string | null {
  if (status === 'deleted') return null;
  if (modeAfter === '120000') return status === 'added' ? 'a new link' : 'a changed link';
  if (modeAfter === '160000') return status === 'added' ? 'a new submodule' : 'a moved submodule';
  if (status === 'type-changed') return 'of another kind than before';
  if (modeAfter === '100755' && modeBefore !== '100755') {
    if (status === 'modified') return 'made executable';
    return RUN_BY_NAME.test(fold(path)) ? 'a new program among hooks' : null;
  }
  return modeAfter === '100644' || modeAfter === '100755' ? null : `of the unusual mode ${modeAfter}`;
}

/** Who protects `infra` means what is in it, too. */
function withContents(glob: string): readonly string[] {
  return /(\*\*|\/)$/.test(glob) ? [glob] : [glob, `${glob}/**`];
}

function expressionOf(glob: string): RegExp {
  const asRead = pathGlob(fold(glob));
  // Settings refuse such a glob; one that slipped through protects everything rather than nothing.
  return asRead.kind === 'glob' ? asRead.expression : /^/;
}

/** What two names have in common that some file system takes for one: case, width, invisible characters, Windows' endings. */
function fold(path: string): string {
  return path
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll('\\', '/')
    .replace(/(?<=[^/.]):[^/]*|(?<=[^/. ])[. ]+(?=\/|$)/g, '');
}
