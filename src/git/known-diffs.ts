/**
 * What lies between bases and heads, worked out once. While a base branch moves on under many open pull requests, one look
 * at what is new on it serves all of them.
 */
import type { DiffFacts } from '../domain/pull-request.ts';
import { commitRange, newCommits } from './commit-range.ts';
import { diffFacts } from './diff-facts.ts';
import type { MirrorGit } from './mirror.ts';

export interface KnownDiffs {
  /** Null when one of the commits is not here. */
  facts(mirror: MirrorGit, base: string, head: string): Promise<DiffFacts | null>;
}

interface Known {
  readonly facts: DiffFacts;
  /** Commits of the head that its base does not have. */
  readonly own: ReadonlySet<string>;
}

const HEADS_REMEMBERED_MAX = 1_000;
const MOVES_REMEMBERED_MAX = 20;

export function createKnownDiffs(): KnownDiffs {
  /** Of each head the last base that was asked for. */
  const heads = new Map<string, Known>();
  const moves = new Map<string, Promise<ReadonlySet<string> | null>>();

  return {
    async facts(mirror, base, head) {
      const key = `${mirror.repository} ${head}`;
      const before = heads.get(key);
      if (before?.facts.base === base) return before.facts;
      const found = (before && (await carriedOver(mirror, before, base))) ?? (await workedOut(mirror, base, head));
      if (found !== null) remember(heads, key, found, HEADS_REMEMBERED_MAX);
      return found?.facts ?? null;
    },
  };

  /**
   * Commits never change, so what a head shares with a base that moved on can only grow, and only by commits that are new on
   * the base and the head's own: without such a commit the two part where they did, and the change is the same. The new tip
   * itself is then none of the head's.
   */
  async function carriedOver(mirror: MirrorGit, before: Known, base: string): Promise<Known | null> {
    const { facts, own } = before;
    const key = `${mirror.repository} ${facts.base} ${base}`;
    const move = moves.get(key) ?? newCommits(mirror, facts.base, base);
    remember(moves, key, move, MOVES_REMEMBERED_MAX);
    const news = await move;
    if (news === null || !news.isDisjointFrom(own)) {
      // It may have been asked for before the commits were here.
      if (news === null) moves.delete(key);
      return null;
    }
    return { facts: { ...facts, base, baseIsAncestor: false }, own };
  }
}

async function workedOut(mirror: MirrorGit, base: string, head: string): Promise<Known | null> {
  const range = await commitRange(mirror, base, head);
  return range && { facts: await diffFacts(mirror, { base, head, from: range.from }), own: range.own };
}

/** Oldest out: a Map keeps insertion order. */
function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > max && oldest.done === false) map.delete(oldest.value);
}
