/**
 * Signs that a change made tests easier to pass instead of mending the work: a pure function of texts before and after,
 * read over the whole diff so that what moved between files is not missed in one of them. Signs, not proof: a person looks.
 */
import type { Weakening } from '../../domain/pull-request.ts';
import { bentFile } from './bent-file.ts';
import type { ChangedText } from './changed-text.ts';
import { bornSwitched, compareTests, type Excuses } from './compare-tests.ts';
import { goneFrom, strippedOfTests } from './gone.ts';
import { hasTestName, judgedFile, type Language, reach } from './judged-as.ts';
import { looserData, looserSettings } from './looser-settings.ts';
import { masked } from './masked.ts';
import { pairTests } from './pair-tests.ts';
import { type ReadFile, type ReadTest, readTests } from './read-tests.ts';
import { silencers } from './silencers.ts';
import { rewrittenSnapshots } from './snapshots.ts';
import { isTangled } from './tangled.ts';

/** Signs named per path; beyond these a person has seen enough. */
const SIGNS_PER_PATH_MAX = 8;

export function testWeakening(files: readonly ChangedText[]): readonly Weakening[] {
  const tangled = files.filter(isUnreadable).map(({ path }) => path);
  const readable = files.filter(({ path }) => !tangled.includes(path));
  const before = sideOf(readable, 'before');
  const after = sideOf(readable, 'after');
  const unread = new Set([...tangled, ...before.unread, ...after.unread]);
  const signs: readonly Weakening[] = [
    ...[...unread]
      .filter((path) => judgedFile(path)?.part !== 'source')
      .map((path): Weakening => ({ kind: 'too-large', path, reason: 'There is too much of it to be judged.' })),
    ...testSigns(readable, before, after),
    ...readable.filter(({ path }) => !unread.has(path)).flatMap((file) => fileSigns(file, readable)),
    ...silencers(readable),
    ...rewrittenSnapshots(readable, { before: namesIn(before), after: namesIn(after) }),
  ];
  return bounded(signs);
}

/** Nested deeper than anybody nests. A source that is so is no sign of anything. */
function isUnreadable({ path, before, after }: ChangedText): boolean {
  const judged = judgedFile(path);
  if (judged === null || judged.part === 'snapshot' || judged.part === 'data') return false;
  return [before, after].some((text) => text !== null && isTangled(masked(text, judged.language)));
}

interface Side {
  readonly files: readonly ReadFile[];
  readonly tests: readonly ReadTest[];
  readonly shared: readonly ReadTest[];
  /** Paths with more in them than can be judged. */
  readonly unread: readonly string[];
}

function sideOf(files: readonly ChangedText[], side: 'before' | 'after'): Side {
  const read = files.flatMap((file) => {
    const text = file[side];
    const language = text === null ? null : languageOfTests(file.path);
    return text === null || language === null ? [] : [{ path: file.path, read: readTests(file.path, text, language) }];
  });
  const whole = read.flatMap((one) => (one.read === null ? [] : [one.read]));
  return {
    files: whole,
    tests: whole.flatMap(({ tests }) => tests),
    shared: whole.flatMap(({ shared }) => shared),
    unread: read.filter((one) => one.read === null).map(({ path }) => path),
  };
}

/** Where tests are looked for: by name and place, and in any Rust source. */
function languageOfTests(path: string): Language | null {
  const judged = judgedFile(path);
  if (judged === null) return null;
  if (judged.part === 'test' || judged.part === 'support') return judged.language;
  return judged.part === 'source' && judged.language === 'rust' ? 'rust' : null;
}

function testSigns(files: readonly ChangedText[], before: Side, after: Side): readonly Weakening[] {
  const gone = goneFrom(files.map((file) => strippedOfTests(file, before.files, after.files)));
  const counted = after.tests.filter(({ path }) => isCollected(path));
  const { pairs, merged, lost, born } = pairTests(
    before.tests.filter(({ path }) => isCollected(path)),
    counted,
  );
  const fresh = [...born, ...newShared(before, after)];
  const excuses: Excuses = {
    gone,
    present: new Set(after.files.flatMap(({ source }) => source.said.match(/[\w.-]+/g) ?? [])),
    moved: {
      names: new Set(fresh.flatMap(({ names }) => [...names])),
      literals: new Set(fresh.flatMap(({ literals }) => [...literals])),
    },
  };
  const signs: Weakening[] = [];
  for (const [one, other] of pairs) {
    signs.push(...compareTests(one, other, excuses).map((sign) => ({ ...sign, path: other.path })));
    if (hasTestName(one.path) && reach(other.path) < reach(one.path) && !isStarted(other.path, files))
      signs.push({
        kind: 'test-removed',
        path: other.path,
        reason: 'It no longer has a name and a place at which its runner finds tests.',
      });
  }
  for (const [one, other] of merged) {
    const strongest = (test: ReadTest): number => Math.max(0, ...test.assertions.map(({ strength }) => strength));
    if (strongest(other) < strongest(one))
      signs.push({
        kind: 'assertion-weaker',
        path: other.path,
        reason: `"${other.name}" asserts less than "${one.name}" did.`,
      });
  }
  for (const test of born) signs.push(...bornSwitched(test).map((sign) => ({ ...sign, path: test.path })));
  signs.push(...sharedSigns(before, after, excuses));
  const excused = (test: ReadTest): boolean => [...test.names, ...test.literals].some((word) => gone.has(word));
  const missed = lost.filter(
    (test) => !excused(test) && !test.switches.includes('skip') && !wentWhole(test.path, files, before, excused),
  );
  for (const [path, tests] of Map.groupBy(missed, ({ path }) => path)) {
    const first = tests[0]?.name ?? '';
    const what =
      tests.length === 1 ? `The test "${first}" is gone.` : `${tests.length} tests are gone, first "${first}".`;
    signs.push({ kind: 'test-removed', path, reason: what });
  }
  return signs;
}

/** Rust knows tests by other means than a name, and a file that a test of the diff imports runs with it. */
function isStarted(path: string, files: readonly ChangedText[]): boolean {
  if (path.endsWith('.rs')) return true;
  const name = (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '');
  return files.some((file) => hasTestName(file.path) && file.after?.includes(`/${name}`) === true);
}

/** A file that is deleted because most of what it tested is: the few tests that name nothing of it go along. */
function wentWhole(
  path: string,
  files: readonly ChangedText[],
  before: Side,
  excused: (test: ReadTest) => boolean,
): boolean {
  if (files.some((file) => file.path === path && file.after !== null)) return false;
  const own = before.tests.filter((test) => test.path === path);
  return own.filter(excused).length * 2 > own.length;
}

/** Python and Go find tests by file name; elsewhere the folder may do. */
function isCollected(path: string): boolean {
  const judged = judgedFile(path);
  if (judged?.part === 'support') return false;
  return true;
}

/** Functions beside the tests that assert and were not there before: assertions may have moved into them. */
function newShared(before: Side, after: Side): readonly ReadTest[] {
  return after.shared.filter(({ name, path }) => !before.shared.some((one) => one.name === name && one.path === path));
}

function sharedSigns(before: Side, after: Side, excuses: Excuses): readonly Weakening[] {
  return before.shared.flatMap((one) => {
    const other =
      after.shared.find(({ name, path }) => name === one.name && path === one.path) ??
      after.shared.find(({ name }) => name === one.name);
    if (other === undefined) return [];
    const plain = (test: ReadTest): ReadTest => ({
      ...test,
      rows: [],
      guards: 0,
      assertions: test.assertions.filter(({ text }) => !/\bfail\b/.test(text)),
    });
    return compareTests(plain(one), plain(other), excuses).map((sign) => ({
      ...sign,
      path: other.path,
    }));
  });
}

function fileSigns(file: ChangedText, files: readonly ChangedText[]): readonly Weakening[] {
  const judged = judgedFile(file.path);
  if (judged === null) return [];
  switch (judged.part) {
    case 'test':
    case 'support':
      return bentFile(file, judged.language);
    case 'settings':
    case 'script':
      return looserSettings(file, judged, files);
    case 'data':
      return looserData(file);
    case 'source':
      return judged.language === 'rust' ? [...bentFile(file, judged.language), ...unbuilt(file, files)] : [];
    case 'snapshot':
      return [];
  }
}

const RUST_TESTS = /#\[\s*cfg\s*\(\s*test\s*\)\s*\]\s*mod\s+(\w+)\s*;/g;

/** Rust builds a file of tests because a source names it: without that line nobody misses them. */
function unbuilt({ path, before, after }: ChangedText, files: readonly ChangedText[]): readonly Weakening[] {
  if (before === null || after === null) return [];
  const { bare } = masked(after, 'rust');
  return [...masked(before, 'rust').bare.matchAll(RUST_TESTS)]
    .map(([, name = '']) => name)
    .filter((name) => !new RegExp(`\\bmod\\s+${name}\\b`).test(bare))
    .filter(
      (name) => !files.some((file) => file.after === null && /\w+(?=(\/mod)?\.rs$)/.exec(file.path)?.[0] === name),
    )
    .map((name) => ({ kind: 'test-skipped', path, reason: `The tests in ${name} are no longer built.` }));
}

function namesIn({ tests }: Side): ReadonlySet<string> {
  return new Set(tests.map(({ name }) => name.replaceAll(' > ', ' ')));
}

function bounded(signs: readonly Weakening[]): readonly Weakening[] {
  const seen = new Map<string, number>();
  return signs.filter((sign, index) => {
    const count = seen.get(sign.path) ?? 0;
    seen.set(sign.path, count + 1);
    const twin = signs.findIndex(({ path, reason }) => path === sign.path && reason === sign.reason);
    return count < SIGNS_PER_PATH_MAX && twin === index;
  });
}
