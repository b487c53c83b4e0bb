/** What a path is to those who measure a change: a test, what tests stand on, settings of a runner, or a source. */

export type Language = 'script' | 'python' | 'go' | 'rust' | 'java' | 'csharp' | 'ruby' | 'php' | 'swift' | 'text';

export type Part =
  /** A runner takes it for tests by its name or place. */
  | 'test'
  /** Beside tests: set-up, fixtures in code. */
  | 'support'
  | 'settings'
  | 'snapshot'
  /** Rows that tests read. */
  | 'data'
  /** A script that starts runners. */
  | 'script'
  | 'source';

export interface Judged {
  readonly language: Language;
  readonly part: Part;
}

/** Null for what is not looked at; `measure` must be readable, a `source` is read where it can be. */
export function judgedAs(path: string): 'measure' | 'source' | null {
  const judged = judgedFile(path);
  return judged === null ? null : judged.part === 'source' ? 'source' : 'measure';
}

const LANGUAGES: readonly (readonly [RegExp, Language])[] = [
  [/\.([cm]?[jt]s|[jt]sx|vue|svelte)$/, 'script'],
  [/\.pyi?$/, 'python'],
  [/\.go$/, 'go'],
  [/\.rs$/, 'rust'],
  [/\.(java|kts?|scala|groovy|dart)$/, 'java'],
  [/\.(cs|fs|vb)$/, 'csharp'],
  [/\.rb$/, 'ruby'],
  [/\.php$/, 'php'],
  [/\.swift$/, 'swift'],
];

/** Names that runners take for tests without being told. */
const NAMED_TESTS =
  /(\.(test|spec|e2e|cy|tests|specs)\.([cm]?[jt]s|[jt]sx)|(^|\/)(test_[^/]*|[^/]*_test)\.py|(^|\/)[^/_.][^/]*_test\.go|(Tests?|Spec|IT|TestCase)\.(java|kts?|scala|groovy|cs|fs|vb|php|swift)|(^|\/)Test[A-Z][^/]*\.(java|kts?|scala)|_(spec|test)\.(rb|dart)|(^|\/)test_[^/]*\.rb)$/;
/** Places whose sources are tests or stand by them. */
const TEST_FOLDERS = /(^|\/)(tests?|specs?|__tests__|e2e|cypress|integration-tests?|[^/]+\.Tests?|androidTest)\//i;
const JEST_FOLDER = /(^|\/)__tests__\//;
/** Where files are laid that nobody runs. */
const LEFTOVERS =
  /(^|\/)[^/]*(disabled|skipped|archived?|quarantined?|obsolete|deprecated|attic|graveyard|\.bak)[^/]*\//i;
const FIXTURES = /(^|\/)(__fixtures__|fixtures?|testdata|test-data|__data__)\//i;
const SUPPORT =
  /(^|\/)(conftest\.py|(jest|vitest|test|mocha|ava)[-.]?set-?up[^/]*|set-?up[-.]?(tests?|jest|vitest)[^/]*|(spec|test|rails)_helper\.rb|TestHelper[^/]*)$|(^|\/)cypress\/support\//i;
const SNAPSHOTS = /(\.(snap|ambr|approved\.\w+|golden)|(^|\/)__snapshots__\/.*)$/i;
const SETTINGS =
  /(^|\/)((jest|vitest|vite|playwright|karma|cypress|wdio|ava|stryker|nyc|c8|eslint|stylelint|tslint|biome|knip|wallaby)[^/]*\.(conf(ig)?\.)?([cm]?[jt]s|jsonc?|ya?ml)|\.(eslintrc|nycrc|c8rc|mocharc|taprc|jestrc|stylelintrc|swcrc|babelrc|jscpd|prettierrc)[^/]*|\.(eslint|prettier)ignore|\.oxlintrc\.json|tsconfig[^/]*\.json|jsconfig\.json|\.?pytest\.(ini|toml)|tox\.ini|setup\.cfg|pyproject\.toml|noxfile\.py|mypy\.ini|\.mypy\.ini|ruff\.toml|\.ruff\.toml|\.flake8|\.pylintrc|pylintrc|\.coveragerc|pyrightconfig\.json|\.?codecov\.ya?ml|\.coveralls\.yml|sonar-project\.properties|\.golangci\.(ya?ml|toml)|clippy\.toml|\.clippy\.toml|nextest\.toml|tarpaulin\.toml|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|checkstyle[^/]*\.xml|detekt[^/]*\.yml|pmd[^/]*\.xml|spotbugs[^/]*\.xml|phpunit[^/]*\.xml(\.dist)?|phpstan[^/]*\.neon(\.dist)?|psalm\.xml|\.rspec|\.rubocop[^/]*\.yml|\.simplecov|Rakefile|Justfile|Taskfile\.ya?ml|lefthook\.ya?ml|\.pre-commit-config\.yaml|\.lintstagedrc[^/]*|lint-staged\.config\.[cm]?js|[^/]+\.csproj|[^/]+\.runsettings|Directory\.Build\.(props|targets)|\.editorconfig|package\.json|deno\.jsonc?|turbo\.json|nx\.json|project\.json|azure-pipelines\.yml|bitbucket-pipelines\.yml|\.travis\.yml)$/i;
const WORKFLOWS = /^(\.github\/|\.circleci\/|\.gitlab-ci\.yml$|\.ci\/)/;
const RUNNER_SCRIPTS = /(\.(sh|bash|zsh|ps1|bat|cmd|mk)|(^|\/)(GNU)?Makefile)$/i;

export function judgedFile(path: string): Judged | null {
  const language = LANGUAGES.find(([ending]) => ending.test(path))?.[1] ?? 'text';
  if (SNAPSHOTS.test(path)) return { language: 'text', part: 'snapshot' };
  if (SETTINGS.test(path)) return { language, part: 'settings' };
  if (WORKFLOWS.test(path) || RUNNER_SCRIPTS.test(path)) return { language: 'text', part: 'script' };
  if (SUPPORT.test(path)) return language === 'text' ? null : { language, part: 'support' };
  const beside = TEST_FOLDERS.test(path) || FIXTURES.test(path);
  if (language === 'text') return beside && /\.(json|csv|tsv)$/i.test(path) ? { language, part: 'data' } : null;
  if (LEFTOVERS.test(path)) return { language, part: 'source' };
  if (NAMED_TESTS.test(path) || JEST_FOLDER.test(path)) return { language, part: 'test' };
  // Go, Rust and Java look for tests by other means than the folder; scripts and Ruby may run whatever lies there.
  if (beside) return { language, part: language === 'go' || language === 'python' ? 'support' : 'test' };
  return { language, part: 'source' };
}

/** Whether a runner finds it by its name alone, wherever it lies. */
export function hasTestName(path: string): boolean {
  return NAMED_TESTS.test(path);
}

/** Folders that runners pass by, whatever lies there. */
const UNSEARCHED =
  /(^|\/)(node_modules|dist|__pycache__|\.[^/]+)\/|(^|\/)(build|venv|[^/]+\.egg)\/.*\.py$|(^|\/)(testdata|vendor|_[^/]*)\/.*\.go$/;
/** Names that are looked for by a runner of their own, or only on another machine. */
const APART =
  /\.(tests|specs|e2e|cy)\.([cm]?[jt]s|[jt]sx)$|IT\.(java|kts?)$|Spec\.java$|_(aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|nacl|netbsd|openbsd|plan9|solaris|wasip1|windows|zos|386|arm|arm64|loong64|mips[a-z0-9]*|ppc64(le)?|riscv64|s390x|wasm)_test\.go$/;

/** How surely the usual run of a project finds the tests of a file by its name and place: the more, the surer. */
export function reach(path: string): number {
  if (UNSEARCHED.test(path)) return 0;
  if (JEST_FOLDER.test(path)) return 3;
  return !NAMED_TESTS.test(path) ? 1 : APART.test(path) ? 2 : 3;
}
