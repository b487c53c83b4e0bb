/** One test before and after: what it no longer asserts, asserts less, or only seems to. */
import type { Weakening } from '../../domain/pull-request.ts';
import type { Assertion } from './assertions.ts';
import type { ReadTest } from './read-tests.ts';
import { wildcardsIn } from './strength.ts';

type Sign = Pick<Weakening, 'kind' | 'reason'>;

export interface Excuses {
  /** Names that the sources of the diff had before and have no more: what they stood for is gone. */
  readonly gone: ReadonlySet<string>;
  /** Every word of the tests and what stands by them, as they are now. */
  readonly present: ReadonlySet<string>;
  /** Words of helpers and tables that are new beside the tests: assertions may have moved there. */
  readonly moved: { readonly names: ReadonlySet<string>; readonly literals: ReadonlySet<string> };
}

export function compareTests(before: ReadTest, after: ReadTest, excuses: Excuses): readonly Sign[] {
  return [
    ...switched(before, after),
    ...waysAround(before, after),
    ...fewerRows(before, after, excuses),
    ...assertions(before, after, excuses),
  ];
}

const SWITCHED = {
  skip: ['test-skipped', 'is skipped'],
  'skip-if': ['test-skipped', 'is skipped under a condition'],
  only: ['test-focused', 'runs alone, and hides the others'],
  'expected-failure': ['test-skipped', 'is expected to fail'],
} as const;

function switched(before: ReadTest, after: ReadTest): readonly Sign[] {
  return after.switches
    .filter((one) => !before.switches.includes(one))
    .map((one) => ({ kind: SWITCHED[one][0], reason: `"${after.name}" ${SWITCHED[one][1]} from now on.` }));
}

/** A test that is born with a switch set; one that only runs where it can is still one more. */
export function bornSwitched(test: ReadTest): readonly Sign[] {
  return test.switches
    .filter((one) => one !== 'skip-if' && (one !== 'expected-failure' || !test.path.endsWith('.rs')))
    .map((one) => ({ kind: SWITCHED[one][0], reason: `The new test "${test.name}" ${SWITCHED[one][1]}.` }));
}

function waysAround(before: ReadTest, after: ReadTest): readonly Sign[] {
  const signs: Sign[] = [];
  if (after.guards > before.guards)
    signs.push({ kind: 'test-skipped', reason: `"${after.name}" only runs under a condition.` });
  if (after.exits > before.exits && before.assertions.length > 0)
    signs.push({ kind: 'assertion-silenced', reason: `"${after.name}" has a way out before its assertions.` });
  return signs;
}

function fewerRows(before: ReadTest, after: ReadTest, { gone, moved, present }: Excuses): readonly Sign[] {
  const lost = before.rows.filter((row) => !after.rows.includes(row));
  const count = before.rows.length - after.rows.length;
  if (count <= 0 || lost.length === 0) return [];
  const words = lost.flatMap((row) => row.match(/[\w.-]+/g) ?? []);
  if (words.some((word) => gone.has(word))) return [];
  const kept = (word: string): boolean => after.text.includes(word) || moved.literals.has(word);
  if (after.rows.length === 0 && words.every(kept)) return [];
  if (after.rows.length === 0 && after.path !== before.path && words.every((word) => present.has(word))) return [];
  const rows = count === 1 ? 'a row' : `${count} rows`;
  return [{ kind: 'test-removed', reason: `"${after.name}" runs over ${rows} less than before.` }];
}

function assertions(before: ReadTest, after: ReadTest, excuses: Excuses): readonly Sign[] {
  const signs: Sign[] = [];
  const free = [...after.assertions];
  const changed: Assertion[] = [];
  for (const one of before.assertions) {
    const at = free.findIndex(({ text }) => text === one.text);
    const same = free[at];
    if (same === undefined) changed.push(one);
    else {
      free.splice(at, 1);
      signs.push(...silenced(one, same, after));
    }
  }
  const born = [...free];
  const lost: Assertion[] = [];
  for (const one of changed.toSorted((a, b) => b.strength - a.strength)) {
    const heir = heirOf(one, free);
    if (heir === null) lost.push(one);
    else {
      free.splice(free.indexOf(heir), 1);
      signs.push(...silenced(one, heir, after), ...weaker(one, heir, after));
    }
  }
  const missing = lost.filter(
    (one) =>
      !waitedFor(one, before, after) &&
      !movedOn(one, before, after, born, excuses) &&
      !intersects(one.names, excuses.gone) &&
      !intersects(one.literals, excuses.gone),
  );
  const strong = free.filter(({ strength }) => strength >= 2);
  const net = missing.slice(strong.length);
  if (net.length > 0 && net.some(({ strength }) => strength > 0)) {
    const what = net.length === 1 ? 'an assertion' : `${net.length} assertions`;
    const hollow = free.length > strong.length;
    signs.push({
      kind: hollow ? 'assertion-weaker' : 'assertion-removed',
      reason: `"${after.name}" lost ${what}, first ${shown(net[0])}.`,
    });
  }
  const hollow = born.find(({ strength }) => strength === 0);
  if (hollow !== undefined && before.assertions.every(({ strength }) => strength > 0))
    signs.push({ kind: 'assertion-weaker', reason: `"${after.name}" asserts what cannot fail: ${shown(hollow)}.` });
  return signs;
}

function silenced(before: Assertion, after: Assertion, test: ReadTest): readonly Sign[] {
  if (after.swallowed && !before.swallowed)
    return [{ kind: 'assertion-silenced', reason: `"${test.name}" forgets the failure of ${shown(after)}.` }];
  if (after.guards > before.guards)
    return [{ kind: 'assertion-silenced', reason: `"${test.name}" asserts ${shown(after)} only under a condition.` }];
  if (
    before.awaited &&
    !after.awaited &&
    before.text === after.text &&
    /\b(rejects|resolves|page|locator|Async)\b/.test(after.text)
  )
    return [{ kind: 'assertion-silenced', reason: `"${test.name}" no longer waits for ${shown(after)}.` }];
  return [];
}

function weaker(before: Assertion, after: Assertion, test: ReadTest): readonly Sign[] {
  const sign: Sign = {
    kind: 'assertion-weaker',
    reason: `"${test.name}" asserts ${shown(after)} where it asserted ${shown(before)}.`,
  };
  if (wildcardsIn(after.text) > wildcardsIn(before.text)) return [sign];
  if (after.strength < before.strength && !keepsItsWords(before, after)) return [sign];
  const loosened = before.bounds.some(({ looser, value }, at) => {
    const now = after.bounds[at];
    return now !== undefined && now.looser === looser && (looser === 'higher' ? now.value > value : now.value < value);
  });
  return before.bounds.length === after.bounds.length && loosened
    ? [
        {
          kind: 'threshold-loosened',
          reason: `"${test.name}" allows more: ${shown(after)} instead of ${shown(before)}.`,
        },
      ]
    : [];
}

/** The same long words in a softer matcher: the message of an error looked at in another way. */
function keepsItsWords(before: Assertion, after: Assertion): boolean {
  const long = [...before.literals].filter((one) => one.length >= 6 && /\D/.test(one));
  return after.strength === 2 && long.length > 0 && long.every((one) => after.literals.has(one));
}

const CANDIDATES_MAX = 200;

/** The assertion that most likely took the place of another: it speaks of the same things. */
function heirOf(one: Assertion, candidates: readonly Assertion[]): Assertion | null {
  let best: Assertion | null = null;
  let bestScore = 0.5;
  for (const candidate of candidates.slice(0, CANDIDATES_MAX)) {
    const score =
      share(one.names, candidate.names) + share(one.literals, candidate.literals) / 2 + candidate.strength / 100;
    if (score > bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** Whether what it held stands in what is new: one deep comparison, a helper, the rows of a table. */
function movedOn(
  one: Assertion,
  before: ReadTest,
  after: ReadTest,
  born: readonly Assertion[],
  { moved }: Excuses,
): boolean {
  const names = new Set([...born.flatMap((other) => [...other.names]), ...moved.names]);
  const literals = new Set([...born.flatMap((other) => [...other.literals]), ...moved.literals]);
  if (after.loops > before.loops || after.rows.length > before.rows.length) {
    for (const name of after.names) names.add(name);
    for (const literal of after.literals) literals.add(literal);
  }
  if (born.length === 0 && moved.names.size === 0) return false;
  const held = [...one.literals].filter((literal) => literal !== '');
  if (held.length === 0) return share(one.names, names) > 0.7;
  return held.every((literal) => literals.has(literal)) && share(one.names, names) >= 0.4;
}

/** An error handed to a callback is thrown once the call is awaited. */
function waitedFor(one: Assertion, before: ReadTest, after: ReadTest): boolean {
  const awaits = ({ text }: ReadTest): number => text.match(/\bawait\b/g)?.length ?? 0;
  return /\b(ifError|doesNotThrow|notThrows)\b/.test(one.text) && awaits(after) > awaits(before);
}

const MATCHER_WORDS =
  /^(expect|assert|self|t|to|not|toBe|toEqual|equal|Equal|strictEqual|eq|is|that|Assert|assert_eq|assertEqual|assertEquals|if|err|await)$/;

/** How much of the first set the second holds. */
export function share(of: ReadonlySet<string>, within: ReadonlySet<string>): number {
  const words = [...of].filter((word) => !MATCHER_WORDS.test(word));
  if (words.length === 0) return 0;
  return words.filter((word) => within.has(word)).length / words.length;
}

function intersects(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return other.size > 0 && [...one].some((word) => other.has(word));
}

const SHOWN_MAX = 80;

function shown(assertion: Assertion | undefined): string {
  const text = (assertion?.text ?? '').replace(/\s+/g, ' ');
  return `\`${text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text}\``;
}
