/** Commands that start runners and linters: forgiven, cut short, left out, or told to look at less. */
import type { ChangedText } from './changed-text.ts';
import { judgedFile } from './judged-as.ts';
import { masked } from './masked.ts';

const RUNNERS =
  /\b(node\s+--test|npm\s+(run\s+)?[\w:-]*(test|lint|check)[\w:-]*|npx|pnpm\s+(run\s+)?[\w:-]*(test|lint|check)|yarn\s+[\w:-]*(test|lint|check)|bun\s+test|jest|vitest|mocha|ava|karma|cypress|playwright|eslint|biome|oxlint|stylelint|tsc|pytest|py\.test|unittest|tox|nox|mypy|pyright|ruff|flake8|pylint|black\s+--check|coverage\s+(run|report)|go\s+(test|vet)|golangci-lint|staticcheck|cargo\s+(test|clippy|nextest|check)|rspec|rake\s+test|rails\s+test|rubocop|minitest|gradlew?|mvnw?|dotnet\s+test|phpunit|phpstan|psalm|swift\s+test|xcodebuild|ctest|make\s+(test|check|lint)|prettier\s+--check|knip|semgrep|bandit|deno\s+(test|lint|check))\b/;

const LOOSER: readonly (readonly [RegExp, string])[] = [
  [/\|\|\s*(true|:|exit\s+0|echo\b)|;\s*true\b|;\s*exit\s+0\b/g, 'forgives a failure'],
  [
    /--(pass-?with-?no-?tests|passWithNoTests|exit-zero|no-fail\w*|allow-failure|no-error-on-unmatched-pattern|no-coverage|no-cov|no-strict\w*|skip-tests?|disable-warnings|no-verify)\b|-D(skipTests|maven\.test\.skip)\b|-Dsurefire\.failIfNo\w+=false/g,
    'lets more pass',
  ],
  [
    /--(ignore|ignore-glob|ignore-pattern|deselect|exclude|exclude-?tag|skip|testPathIgnorePatterns|test-skip-pattern|grep-invert|invert)(?=[=\s])|\s-(k|m)[=\s]+["']?not\b|\s-skip\b|\s-x\s+test\b/g,
    'leaves tests out',
  ],
  [
    /--(test-name-pattern|testNamePattern|grep|only-?changed|onlyChanged|changed|lf|last-failed|related|findRelatedTests|bail=0)\b|\s-(t|g|k|run)[=\s]+["']?(?!not\b)\w/g,
    'runs only some tests',
  ],
  [/--(update-?snapshots?|updateSnapshot)\b|\bci=false\b|\s-u\b/g, 'rewrites what is expected'],
  [/\bset\s+\+\w*e/g, 'goes on after a failure'],
  [/^\s*continue-on-error:\s*true|^\s*allow_failure:\s*true/gm, 'forgives a failure'],
];

const NUMBERS: readonly (readonly [RegExp, 'higher' | 'lower', string])[] = [
  [/--max-warnings[=\s]+(\d+)/g, 'higher', 'allows more warnings'],
  [/--(?:retries|reruns|retry|flake-finder-runs)[=\s]+(\d+)/g, 'higher', 'tries again'],
  [/--(?:test-)?timeout[=\s]+(\d+)/g, 'higher', 'waits longer'],
  [
    /--(?:cov-fail-under|fail-under|check-coverage|lines|branches|functions|statements|threshold)[=\s]+(\d+)/g,
    'lower',
    'asks for less coverage',
  ],
];

export function looserCommands({ path, before, after }: ChangedText, files: readonly ChangedText[]): readonly string[] {
  if (
    judgedFile(path)?.part === 'settings' &&
    !/package\.json$|deno\.jsonc?$|addopts/.test(`${path} ${before ?? after ?? ''}`)
  )
    return [];
  const old = commandsOf(before);
  const young = commandsOf(after);
  const [had, has] = [old.join('\n'), young.join('\n')];
  const reasons: string[] = [];
  for (const [pattern, what] of LOOSER)
    if (count(has, pattern) > count(had, pattern)) reasons.push(`A command ${what}.`);
  if (before === null) return reasons;
  for (const [pattern, looser, what] of NUMBERS) {
    const values = (text: string): readonly number[] => [...text.matchAll(pattern)].map((match) => Number(match[1]));
    const [was, is] = [values(had), values(has)];
    const worse = is.some((value, at) => (looser === 'higher' ? value > (was[at] ?? 0) : value < (was[at] ?? value)));
    if (worse || (looser === 'lower' && is.length < was.length)) reasons.push(`A command ${what}.`);
  }
  const strict = /\bset\s+-\w*e|\bset\s+-o\s+errexit/;
  if (strict.test(before) && after !== null && !strict.test(after) && old.length > 0)
    reasons.push('The script goes on after a failure.');
  const runs = (side: 'before' | 'after'): number =>
    files.reduce(
      (sum, file) =>
        sum + (isCommands(file.path) ? commandsOf(file[side]).filter((line) => RUNNERS.test(line)).length : 0),
      0,
    );
  if (
    after !== null &&
    old.filter((line) => RUNNERS.test(line)).length > young.filter((line) => RUNNERS.test(line)).length &&
    runs('before') > runs('after')
  )
    reasons.push('A command that checks the work is gone.');
  return reasons;
}

function isCommands(path: string): boolean {
  return judgedFile(path)?.part === 'script' || /package\.json$/.test(path);
}

/** Lines that start a runner, or that rule how such lines are taken. */
function commandsOf(text: string | null): readonly string[] {
  if (text === null) return [];
  const lines = masked(text, 'text').said.split('\n');
  const runs = lines.some((line) => RUNNERS.test(line));
  return lines.filter(
    (line) =>
      RUNNERS.test(line) ||
      /\baddopts\b/.test(line) ||
      (runs && /\bset\s+[+-]|^\s*(continue-on-error|allow_failure):/.test(line)),
  );
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
