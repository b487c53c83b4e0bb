/** Which test of the new version is which of the old: by name, by what it says, or as one of several that became one. */
import { share } from './compare-tests.ts';
import type { ReadTest } from './read-tests.ts';

export interface Paired {
  readonly pairs: readonly (readonly [ReadTest, ReadTest])[];
  /** Old tests whose words stand in a new one that has others to answer for as well. */
  readonly merged: readonly (readonly [ReadTest, ReadTest])[];
  readonly lost: readonly ReadTest[];
  readonly born: readonly ReadTest[];
}

/** Each old test is held against at most this many new ones by their words. */
const COMPARED_MAX = 400;
const ALIKE = 0.6;

export function pairTests(before: readonly ReadTest[], after: readonly ReadTest[]): Paired {
  const pairs: (readonly [ReadTest, ReadTest])[] = [];
  const old = new Set(before);
  const young = new Set(after);
  const pairBy = (key: (test: ReadTest) => string): void => {
    const byKey = Map.groupBy(young, key);
    for (const one of [...old]) {
      const candidates = byKey.get(key(one)) ?? [];
      const other = candidates.find((candidate) => young.has(candidate));
      if (other === undefined) continue;
      pairs.push([one, other]);
      old.delete(one);
      young.delete(other);
    }
  };
  pairBy(({ path, name }) => `${path}\0${name}`);
  pairBy(({ name, text }) => `${name}\0${text}`);
  pairBy(({ path, name }) => `${path}\0${lastName(name)}`);
  pairBy(({ name }) => name);
  for (const one of [...old]) {
    const best = bestOf(one, [...young], (other) => likeness(one, other));
    if (best === null) continue;
    pairs.push([one, best]);
    old.delete(one);
    young.delete(best);
  }
  const born = [...young];
  // What is left may live on inside a test that was born or that has grown.
  const grown = [
    ...born,
    ...pairs
      .filter(
        ([one, other]) => one.text.length < other.text.length || other.path !== one.path || one.name !== other.name,
      )
      .map(([, other]) => other),
  ];
  const merged: (readonly [ReadTest, ReadTest])[] = [];
  for (const one of [...old]) {
    const host = bestOf(one, grown, (other) => (holds(one, other) ? 1 + share(one.names, other.names) : 0));
    if (host === null) continue;
    merged.push([one, host]);
    old.delete(one);
  }
  return { pairs, merged, lost: [...old], born };
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf(' > ') + 1);
}

function bestOf(one: ReadTest, candidates: readonly ReadTest[], score: (other: ReadTest) => number): ReadTest | null {
  let best: ReadTest | null = null;
  let bestScore = ALIKE;
  for (const candidate of candidates.slice(0, COMPARED_MAX)) {
    const found = score(candidate) + (candidate.path === one.path ? 0.01 : 0);
    if (found > bestScore) {
      best = candidate;
      bestScore = found;
    }
  }
  return best;
}

/** How much two tests have in common, names and literals alike. */
function likeness(one: ReadTest, other: ReadTest): number {
  const names = (share(one.names, other.names) + share(other.names, one.names)) / 2;
  if (one.literals.size === 0 || other.literals.size === 0) return names;
  const literals = (share(one.literals, other.literals) + share(other.literals, one.literals)) / 2;
  return (names + literals) / 2;
}

/** Whether what a test held stands in another. */
function holds(one: ReadTest, other: ReadTest): boolean {
  const held = new Set(one.assertions.flatMap(({ literals }) => [...literals]));
  const literals = held.size > 0 ? share(held, other.literals) : share(one.literals, other.literals);
  return other.assertions.length > 0 && literals >= 0.75 && share(one.names, other.names) >= 0.5;
}
