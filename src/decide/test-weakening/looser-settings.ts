/** Settings of runners, linters, compilers and coverage, and the scripts that start them: what became easier to satisfy. */
import { pathGlob } from '../../domain/path-glob.ts';
import type { Weakening } from '../../domain/pull-request.ts';
import type { ChangedText } from './changed-text.ts';
import { type Judged, judgedFile } from './judged-as.ts';
import { looserCommands } from './looser-commands.ts';
import { type Entry, readSettings } from './read-settings.ts';

export function looserSettings(file: ChangedText, judged: Judged, files: readonly ChangedText[]): readonly Weakening[] {
  const reasons = [
    ...(judged.part !== 'settings'
      ? []
      : file.before === null
        ? narrowFromBirth(file, judged, files)
        : looserEntries(file, judged, files)),
    ...looserCommands(file, files),
  ];
  return reasons.map((reason) => ({ kind: 'threshold-loosened', path: file.path, reason }));
}

/** Rows that tests read, where there are fewer of them. */
export function looserData({ path, before, after }: ChangedText): readonly Weakening[] {
  const [had, has] = [rowsIn(path, before), rowsIn(path, after)];
  if (before === null || after === null || had === null || has === null || has >= had) return [];
  return [{ kind: 'test-removed', path, reason: `It has ${has} rows where it had ${had}.` }];
}

function rowsIn(path: string, text: string | null): number | null {
  if (text === null) return null;
  if (!/\.json$/i.test(path)) return text.split('\n').filter((line) => line.trim() !== '').length;
  try {
    const data: unknown = JSON.parse(text);
    return Array.isArray(data) ? data.length : null;
  } catch {
    return null;
  }
}

const MORE_IS_LOOSER =
  /(timeout|retries|reruns|max[-_]?warnings|tolerance|epsilon|maxdiffpixel\w*|allowed_?failures|max_?complexity|cyclomatic\w*)$|^(retry|threshold|retrytimes)$/i;
const LESS_IS_LOOSER =
  /^(branches|functions|lines|statements|classes|methods|fail[-_]?under|cov-fail-under|minimum|mincoverage|minimum_coverage|target|break|numruns|max_examples|msi|mincoveredmsi|covered_?ratio)$/i;
const TRUE_IS_LOOSER =
  /^(passWithNoTests|skipLibCheck|allowUnreachableCode|allowUnusedLabels|ignore_errors|ignore_missing_imports|continue-on-error|allow_failure|informational|ignoreFailures|testFailureIgnore|skipTests|maven\.test\.skip|suppressImplicitAnyIndexErrors|suppressExcessPropertyErrors|dangerouslyIgnoreUnhandledErrors|if_no_uploads|skip_covered|ignoreErrors|failsafe)$/i;
const FALSE_IS_LOOSER =
  /^(strict\w*|noImplicit\w+|noUnused\w+|noUnchecked\w+|noFallthrough\w+|noProperty\w+|exactOptional\w+|checkJs|useUnknownInCatchVariables|forbidOnly|xfail_strict|disallow_\w+|warn_\w+|check_untyped_defs|no_implicit_\w+|enabled|failOn\w+|TreatWarningsAsErrors|allWarningsAsErrors|check-coverage|checkCoverage|collectCoverage|autotests|reportUnused\w*)$/i;
const MORE_LEAVES_OUT =
  /^(exclude|excludes|excluded|exclusions|sonar\.(coverage\.)?exclusions|ignore|ignores|ignored|ignorePatterns|testPathIgnorePatterns|coveragePathIgnorePatterns|omit|norecursedirs|testIgnore|excludeSpecPattern|per-file-ignores|disable|extend-ignore|extend-exclude|deselect|exclude_lines|exclude_also|collect_ignore|disabled_rules|ignore_words|skip)$/i;
const FEWER_LEAVE_OUT =
  /^(include|testMatch|testRegex|files|spec|testpaths|testDir|roots|projects|select|extend-select|extends|enable|python_files|python_classes|python_functions|collectCoverageFrom|testSourceDirectory|filterwarnings|includes)$/i;
const NARROWING = [TRUE_IS_LOOSER, FALSE_IS_LOOSER, MORE_LEAVES_OUT];
/** Folders of what is made by machines: to leave them out is no loss. */
const MADE =
  /(^|[/*\\])(dist|build|node_modules|coverage|out|\.next|\.nuxt|vendor|generated|__generated__|tmp|\.git|target|__pycache__|\.venv|venv|storybook-static|public|\.cache|\.turbo|htmlcov|\.tox|\.d\.ts|playwright-report|test-results)([/*\\]|$)|\.d\.ts$|\.min\.js$/;
const LINTERS = /(eslint|biome|oxlint|tslint|stylelint|rubocop|detekt|golangci|swiftlint)/i;

/** Settings of runners and of coverage that stand before others of the same runner as soon as they are there. */
const RUNNERS =
  /(^|\/)((jest|vitest|playwright|karma|cypress|wdio|ava|nyc|c8)[^/]*\.(conf(ig)?\.)?([cm]?[jt]s|jsonc?|ya?ml)|\.(nycrc|c8rc|mocharc|taprc|jestrc|coveragerc)[^/]*|\.?pytest\.(ini|toml)|phpunit[^/]*\.xml(\.dist)?)$/i;

/** New settings have nothing to be held against, but what they leave out or let pass was run and counted until now. */
function narrowFromBirth(file: ChangedText, judged: Judged, files: readonly ChangedText[]): readonly string[] {
  if (!RUNNERS.test(file.path)) return [];
  const own = readSettings(file.after ?? '', judged.language);
  // What other settings of the diff said before may have moved here.
  const moved = files.flatMap(({ path, before }) => {
    const settings = before === null ? null : judgedFile(path);
    return before === null || settings?.part !== 'settings' ? [] : readSettings(before, settings.language);
  });
  return [...new Set(own.map(({ key }) => key))].flatMap((key) => {
    if (!NARROWING.some((keys) => keys.test(key)) || /^(enabled|skip_covered)$/.test(key)) return [];
    const ofKey = (entries: readonly Entry[]): readonly Entry[] => entries.filter((entry) => entry.key === key);
    return looser(key, ofKey(moved), ofKey(own).map(withoutTests), file.path) ?? [];
  });
}

/** Tests are no part of what their coverage is taken of. */
function withoutTests(entry: Entry): Entry {
  const items = (entry.items ?? [entry.value]).filter(
    (item) => !/^(\*+\/)?(tests?|conftest\.py|setup\.py)\b/.test(item),
  );
  return entry.key === 'omit' ? { ...entry, items } : entry;
}

function looserEntries(file: ChangedText, judged: Judged, files: readonly ChangedText[]): readonly string[] {
  const old = readSettings(file.before ?? '', judged.language);
  const young = readSettings(file.after ?? '', judged.language);
  // A setting may move to another file of the same diff.
  const elsewhere = files
    .filter(({ path }) => path !== file.path && judgedFile(path)?.part === 'settings')
    .flatMap(({ path, after }) => (after === null ? [] : readSettings(after, judgedFile(path)?.language ?? 'text')));
  const reasons: string[] = [];
  for (const key of new Set([...old, ...young].map((entry) => entry.key))) {
    const had = old.filter((entry) => entry.key === key);
    const own = young.filter((entry) => entry.key === key);
    const has = own.length > 0 ? own : elsewhere.filter((entry) => entry.key === key);
    const reason = looser(key, had, has, file.path);
    if (reason !== null) reasons.push(reason);
  }
  return reasons;
}

function looser(key: string, had: readonly Entry[], has: readonly Entry[], path: string): string | null {
  const [numbersHad, numbersHave] = [numbersOf(had), numbersOf(has)];
  const pairs = numbersHad.length === numbersHave.length;
  if (MORE_IS_LOOSER.test(key)) {
    const now = numbersHave.find(
      (value, at) => value > (pairs ? (numbersHad[at] ?? value) : Math.max(0, ...numbersHad)),
    );
    if (now !== undefined)
      return `${key} is now ${now}${numbersHad.length > 0 ? `, and was ${numbersHad.join(', ')}` : ''}.`;
  }
  if (LESS_IS_LOOSER.test(key) && numbersHad.length > 0) {
    if (numbersHave.length === 0 && has.length === 0) return `${key}, which was ${numbersHad.join(', ')}, is gone.`;
    const least = numbersHave.find(
      (value, at) => value < (pairs ? (numbersHad[at] ?? value) : Math.min(...numbersHad)),
    );
    if (least !== undefined) return `${key} is now ${least}, and was ${numbersHad.join(', ')}.`;
  }
  const yes = (entries: readonly Entry[], word: string): number =>
    entries.filter(({ value }) => value.toLowerCase() === word).length;
  if (TRUE_IS_LOOSER.test(key) && yes(has, 'true') > yes(had, 'true')) return `${key} is now true.`;
  if (FALSE_IS_LOOSER.test(key)) {
    if (yes(has, 'false') > yes(had, 'false')) return `${key} is now false.`;
    if (yes(had, 'true') > 0 && has.length === 0 && key !== 'enabled') return `${key}, which was true, is gone.`;
  }
  return softer(key, had, has, path) ?? lists(key, had, has, path);
}

function numbersOf(entries: readonly Entry[]): readonly number[] {
  return entries
    .filter(({ value }) => /^-?\d[\d_]*(\.\d+)?%?$/.test(value))
    .map(({ value }) => Number.parseFloat(value.replaceAll('_', '')));
}

const SEVERITY: Readonly<Record<string, number>> = {
  forbid: 3,
  deny: 2,
  error: 2,
  warn: 1,
  warning: 1,
  info: 1,
  allow: 0,
  off: 0,
  none: 0,
};

/** A rule that was an error and is advice, or nothing. */
function softer(key: string, had: readonly Entry[], has: readonly Entry[], path: string): string | null {
  const linter = LINTERS.test(path);
  const rank = (entries: readonly Entry[]): number | null => {
    const words = entries.map(({ value, items }) => (items?.[0] ?? value).toLowerCase());
    const ranks = words.flatMap((word) => SEVERITY[word] ?? (linter && /^[012]$/.test(word) ? Number(word) : []));
    return ranks.length === 0 ? null : Math.min(...ranks);
  };
  const [was, is] = [rank(had), rank(has)];
  if (was !== null && is !== null && is < was) return `The rule ${key} is softer than before.`;
  if (linter && was === null && is === 0 && had.length === 0) return `The rule ${key} is off from now on.`;
  if (linter && was !== null && was > 0 && has.length === 0) return `The rule ${key} is gone.`;
  return null;
}

function lists(key: string, had: readonly Entry[], has: readonly Entry[], path: string): string | null {
  const items = (entries: readonly Entry[]): readonly string[] =>
    entries.flatMap((entry) => entry.items ?? (entry.value === '{' ? [] : [entry.value]));
  const [old, young] = [items(had), items(has)];
  if (MORE_LEAVES_OUT.test(key)) {
    const more = young.find((item) => !old.includes(item) && !MADE.test(item) && !/^(true|false|\d+)$/.test(item));
    if (more !== undefined) return `${key} leaves out ${more} as well.`;
  }
  if (FEWER_LEAVE_OUT.test(key) && !path.endsWith('package.json')) {
    const less = old.find((item) => !young.includes(item) && !young.some((wider) => covers(wider, item)));
    if (less !== undefined && (has.length > 0 || key !== 'files')) return `${key} no longer has ${less}.`;
  }
  return null;
}

/** Whether a pattern takes in another: it matches what the other is, with something for its stars. */
function covers(wider: string, item: string): boolean {
  const read = pathGlob(wider);
  return (
    read.kind === 'glob' && wider.includes('*') && read.expression.test(item.replace(/^\.?\//, '').replace(/\*+/g, 'x'))
  );
}
