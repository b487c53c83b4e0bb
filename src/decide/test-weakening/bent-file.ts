/** What a test file does to its runner as a whole: mocks its own subject, dulls the assertions, tries again, waits longer. */
import type { Weakening } from '../../domain/pull-request.ts';
import { assertionsIn } from './assertions.ts';
import type { ChangedText } from './changed-text.ts';
import type { Language } from './judged-as.ts';
import { type Masked, masked } from './masked.ts';

type Sign = Pick<Weakening, 'kind' | 'reason'>;

export function bentFile({ path, before, after }: ChangedText, language: Language): readonly Weakening[] {
  if (after === null) return [];
  const old = masked(before ?? '', language);
  const young = masked(after, language);
  const signs: readonly Sign[] = [
    ...dulled(old, young),
    ...(before === null
      ? []
      : [...mocked(path, old, young, language), ...looserImports(old, young), ...numbers(old, young)]),
    ...never(old, young, language),
    ...collected(old, young),
  ];
  return signs.map((sign) => ({ ...sign, path }));
}

/** Patterns whose every new occurrence is a sign of its own. */
const DULLING: readonly (readonly [RegExp, string])[] = [
  [
    /(?<![\w$.])(?:global(?:This)?\s*\.\s*(?:assert|expect)|assert|expect)(?:\s*\.\s*\w+)*\s*=(?![=>])(?<!\b(?:const|let|var|readonly)\s+\w+\s*=)/g,
    'gives an assertion another meaning',
  ],
  [/\b(function|class|def)\s+(assert|expect)\b/g, 'has an assertion of its own making'],
  [
    /\b(const|let|var)\s+\{?\s*(assert|expect)\s*\}?\s*=\s*(?!require|await|chai|global|import|.*\brequire\b)/g,
    'has an assertion of its own making',
  ],
  [/\bprocess\s*\.\s*on\s*\(\s*["'](unhandledRejection|uncaughtException)/g, 'catches what tests throw'],
];

function dulled(old: Masked, young: Masked): readonly Sign[] {
  const signs = DULLING.filter(([pattern]) => count(young.said, pattern) > count(old.said, pattern)).map(
    ([, what]): Sign => ({ kind: 'assertion-silenced', reason: `It ${what}.` }),
  );
  const own = /import\s+[^;'"]*\b(assert|expect|it|test|describe)\b[^;'"]*from\s*['"]\.{1,2}\/[^'"]*['"]/g;
  if (old.said !== '' && count(young.said, own) > count(old.said, own))
    signs.push({ kind: 'assertion-silenced', reason: 'It takes its assertions or its runner from a file of its own.' });
  return signs;
}

function looserImports(old: Masked, young: Masked): readonly Sign[] {
  const strict = /['"](node:)?assert\/strict['"]|['"](node:)?assert['"]\s*\)\s*\.\s*strict/;
  const loose = /['"](node:)?assert['"](?!\s*\)\s*\.\s*strict)/;
  return strict.test(old.said) && !strict.test(young.said) && loose.test(young.said)
    ? [{ kind: 'assertion-weaker', reason: 'Its assertions are no longer the strict ones.' }]
    : [];
}

const MODULE_MOCK =
  /\b(?:jest|vi|mock)\s*\.\s*(?:mock|doMock|unstable_mockModule|module|setMock)\s*\(\s*["'`]([^"'`]+)["'`]/g;
const MEMBER_MOCK =
  /\b(?:spyOn|stub|method|replace)\s*\(\s*[\w.]+\s*,\s*["'](\w+)["']|\bpatch(?:\s*\.\s*object)?\s*\(\s*(?:["'][\w.]*?(\w+)["']|[\w.]+\s*,\s*["'](\w+)["'])|\bmonkeypatch\s*\.\s*setattr\s*\(\s*(?:["'][\w.]*?(\w+)["']|[\w.]+\s*,\s*["'](\w+)["'])|\ballow(?:_any_instance_of)?\s*\([^()\n]*\)\s*\.\s*to\s+receive\s*\(\s*:(\w+)|\b(?:mock|mockk|spy|spyk)\s*[(<]\s*(\w+)(?:\.class|>|::class)/g;
const STUBBED =
  /\bmock(Return|Resolved|Rejected|Implementation)|\b(returns|resolves|callsFake|and_return|setattr|patch|stub|mockk?|method|receive)\b/;

/** A new stand-in for what the file's own assertions call. */
function mocked(path: string, old: Masked, young: Masked, language: Language): readonly Sign[] {
  const asserted = new Set(assertionsIn(old, language).flatMap(({ names }) => [...names]));
  const subject = (path.split('/').at(-1) ?? '')
    .replace(/\.[^/]*$/, '')
    .replace(/[._-]?(tests?|specs?|it)$|^test_/i, '')
    .replace(/\.(test|spec)$/, '')
    .toLowerCase();
  const mockedBefore = new Set([...old.said.matchAll(MODULE_MOCK)].map((match) => match[1] ?? ''));
  const signs: Sign[] = [];
  for (const [, module = ''] of young.said.matchAll(MODULE_MOCK)) {
    if (mockedBefore.has(module) || !module.startsWith('.')) continue;
    const name = (module.split('/').at(-1) ?? '').replace(/\.\w+$/, '').toLowerCase();
    const imported = importedFrom(old.said, module);
    if (name === subject.replace(/\.(test|spec)$/, '') || imported.some((one) => asserted.has(one)))
      signs.push({ kind: 'subject-mocked', reason: `It stands in for ${module}, which it is there to test.` });
  }
  const stubs = (source: Masked): readonly string[] =>
    [...source.said.matchAll(MEMBER_MOCK)]
      .filter(({ index }) => STUBBED.test(source.said.slice(index, index + 200)))
      .map((match) => match.slice(1).find((one) => one !== undefined) ?? '');
  const stubbedBefore = stubs(old);
  for (const name of new Set(stubs(young))) {
    if (stubbedBefore.includes(name) || name.length < 3) continue;
    if (asserted.has(name) || name.toLowerCase() === subject)
      signs.push({ kind: 'subject-mocked', reason: `It replaces ${name}, which its assertions call.` });
  }
  return signs;
}

function importedFrom(said: string, module: string): readonly string[] {
  const at = said.search(new RegExp(`(from|require\\()\\s*["'\`]${RegExp.escape(module)}["'\`]`));
  if (at < 0) return [];
  const line = Math.max(said.lastIndexOf('import', at), said.lastIndexOf('const', at));
  return (
    said
      .slice(line, at)
      .match(/[A-Za-z_$][\w$]*/g)
      ?.filter((word) => !/^(import|const|from|type|require)$/.test(word)) ?? []
  );
}

const NUMBERS: readonly (readonly [RegExp, 'higher' | 'lower', number, string])[] = [
  [/\b(?:retries|retry|retryTimes|reruns|flaky)\b\s*[:=(]\s*\{?\s*(\d[\d_]*)/gi, 'higher', 0, 'tries again'],
  [
    /(?:\b(?:jest|vi)\s*\.\s*setTimeout|\bthis\s*\.\s*timeout|\btest\s*\.\s*setTimeout)\s*\(\s*(\d[\d_]*)|\b(?:testTimeout|timeout)\s*[:=]\s*(\d[\d_]*)/g,
    'higher',
    10_000,
    'waits longer',
  ],
  [/\b(?:numRuns|max_examples|iterations|maxSize|runs)\s*[:=]\s*(\d[\d_]*)/g, 'lower', 0, 'tries fewer examples'],
];

function numbers(old: Masked, young: Masked): readonly Sign[] {
  return NUMBERS.flatMap(([pattern, looser, free, what]): readonly Sign[] => {
    const values = (source: Masked): readonly number[] =>
      [...source.bare.matchAll(pattern)].map((match) => Number((match[1] ?? match[2] ?? '0').replaceAll('_', '')));
    const [had, has] = [values(old), values(young)];
    const most = (of: readonly number[]): number => (of.length === 0 ? free : Math.max(...of));
    const least = (of: readonly number[]): number => (of.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...of));
    const worse = looser === 'higher' ? most(has) > most(had) : had.length > 0 && least(has) < least(had);
    return worse ? [{ kind: 'threshold-loosened', reason: `It ${what} than before.` }] : [];
  });
}

const NEVER =
  /\bif\s*\(\s*(false|0|!1|!true)\s*\)|\bif\s+(False|false|0)\b|\bwhile\s*\(\s*(false|0)\s*\)|\bfalse\s*&&|\b(it|test|describe)\s*=\s*(?!require|base|await|mergeTests)/g;
const SKIPPED_BUILD = /^\/\/\s*(go:build|\+build)\s+(?!.*\b(linux|darwin|windows|unix|amd64|arm64|cgo|race)\b).+$/gm;

function never(old: Masked, young: Masked, language: Language): readonly Sign[] {
  const signs: Sign[] = [];
  if (count(young.bare, NEVER) > count(old.bare, NEVER))
    signs.push({ kind: 'test-skipped', reason: 'Part of it stands under a condition that never holds.' });
  if (language === 'go' && count(young.text, SKIPPED_BUILD) > count(old.text, SKIPPED_BUILD))
    signs.push({ kind: 'test-skipped', reason: 'It is only built with a tag of its own.' });
  const plain = /#\[\s*cfg\s*\(\s*test\s*\)\s*\]/g;
  const special = /#\[\s*cfg\s*\((?!\s*test\s*\))[^\]]*\]/g;
  if (
    language === 'rust' &&
    count(young.said, plain) < count(old.said, plain) &&
    count(young.said, special) > count(old.said, special)
  )
    signs.push({ kind: 'test-skipped', reason: 'Its tests are only built under a condition of their own.' });
  return signs;
}

/** Hooks that decide which tests a runner sees. */
const COLLECTING =
  /\b(pytest_collection_modifyitems|pytest_ignore_collect|pytest_runtest_setup|pytest_pyfunc_call|pytest_runtest_makereport|collect_ignore(_glob)?|load_tests)\b|\bfilter_run_excluding\b|\bfilter_run_when_matching\b|\.\s*exitstatus\s*=(?!=)/g;

function collected(old: Masked, young: Masked): readonly Sign[] {
  return count(young.bare, COLLECTING) > count(old.bare, COLLECTING)
    ? [{ kind: 'test-skipped', reason: 'It decides which tests the runner sees, or how they end.' }]
    : [];
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
