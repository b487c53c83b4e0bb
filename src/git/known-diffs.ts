/**
 * What lies between bases and heads, worked out once. While a base branch moves on under many open pull requests, one look
 * at what is new on it serves all of them.
 */
import type { DiffFacts } from '../domain/pull-request.ts';
import { commitRange, newCommits } from './commit-range.ts';
import { diffFacts } from './diff-facts.ts';
import type { MirrorGit } from './mirror.ts';
import { readCommit } from './read-commit.ts';

export interface KnownDiffs {
  /** Null when one of the commits is not here. */
  facts(mirror: MirrorGit, base: string, head: string): Promise<DiffFacts | null>;
  /** Where the two part; the empty tree when they share nothing; null when one of the commits is not here. */
  from(mirror: MirrorGit, base: string, head: string): Promise<string | null>;
}

interface Known {
  readonly facts: DiffFacts;
  readonly from: string;
  /** Commits of the head that its base does not have. */
  readonly own: ReadonlySet<string>;
}

const REMEMBERED_MAX = 1_000;
const MOVES_REMEMBERED_MAX = 20;

export function createKnownDiffs(): KnownDiffs {
  const pairs = new Map<string, Known>();
  /** Of each head what was found last. */
  const heads = new Map<string, Known>();
  const moves = new Map<string, Promise<ReadonlySet<string> | null>>();

  return {
    facts: async (mirror, base, head) => (await find(mirror, base, head))?.facts ?? null,
    from: async (mirror, base, head) => (await find(mirror, base, head))?.from ?? null,
  };

  async function find(mirror: MirrorGit, base: string, head: string): Promise<Known | null> {
    const [ofHead, ofPair] = [`${mirror.repository} ${head}`, `${mirror.repository} ${base} ${head}`];
    const known = pairs.get(ofPair);
    if (known !== undefined) return known;
    const before = heads.get(ofHead);
    const found =
      (before && (await carriedOver(mirror, before, base))) ??
      (await broughtUpToDate(mirror, base, head)) ??
      (await workedOut(mirror, base, head));
    if (found === null) return null;
    remember(heads, ofHead, found, REMEMBERED_MAX);
    remember(pairs, ofPair, found, REMEMBERED_MAX);
    return found;
  }

  /**
   * Commits never change, so what a head shares with a base that moved on can only grow, and only by commits that are new on
   * the base and the head's own: without such a commit the two part where they did, and the change is the same. The new tip
   * itself is then none of the head's.
   */
  async function carriedOver(mirror: MirrorGit, before: Known, base: string): Promise<Known | null> {
    const { facts, from, own } = before;
    const key = `${mirror.repository} ${facts.base} ${base}`;
    const move = moves.get(key) ?? newCommits(mirror, facts.base, base);
    remember(moves, key, move, MOVES_REMEMBERED_MAX);
    const news = await move;
    if (news === null || !news.isDisjointFrom(own)) {
      // It may have been asked for before the commits were here.
      if (news === null) moves.delete(key);
      return null;
    }
    return { facts: { ...facts, base, baseIsAncestor: false, landsAsJudged: null }, from, own };
  }

  /**
   * A head that was known, with this very base merged into it: of commits it has its own, and the merge. They part at the
   * base, since the head now holds all of it.
   */
  async function broughtUpToDate(mirror: MirrorGit, base: string, head: string): Promise<Known | null> {
    const [first = '', second, ...more] = (await readCommit(mirror.objects, head))?.parents ?? [];
    const before = heads.get(`${mirror.repository} ${first}`);
    if (second !== base || more.length > 0 || before === undefined) return null;
    const carried = before.facts.base === base ? before : await carriedOver(mirror, before, base);
    if (carried === null) return null;
    const own = new Set([...carried.own, head]);
    return { facts: await diffFacts(mirror, { base, head, from: base }), from: base, own };
  }
}

async function workedOut(mirror: MirrorGit, base: string, head: string): Promise<Known | null> {
  // Asked first, because of a commit that is not here yet git would be started only to say so.
  const [atBase, atHead] = await Promise.all([base, head].map((id) => mirror.objects.about(id)));
  if (atBase?.kind !== 'commit' || atHead?.kind !== 'commit') return null;
  const range = await commitRange(mirror, base, head);
  if (range === null) return null;
  const { from, own } = range;
  return { facts: await diffFacts(mirror, { base, head, from }), from, own };
}

/** Oldest out: a Map keeps insertion order. */
function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > max && oldest.done === false) map.delete(oldest.value);
}
