/**
 * What git says of pull requests. It never changes for a pair of commits, so it is worked out once; what is not here yet is
 * fetched once a look.
 */
import { OutsideError } from '../domain/outside-error.ts';
import type { DiffFacts, PullRequest, RepositoryView } from '../domain/pull-request.ts';
import { eachOf } from './each-of.ts';
import type { Journal } from './journal.ts';
import type { Mirror } from './ports.ts';

export interface GitFacts {
  /** After a start work mostly goes on with commits that are new: they are on their way before a look misses them. */
  fetchAhead(repository: string): void;
  /** A pull request whose commits cannot be had simply has no facts, and the gate waits. */
  about(
    repository: string,
    pullRequests: readonly PullRequest[],
    ours: ReadonlySet<number>,
    bases: RepositoryView['bases'],
  ): Promise<Pick<RepositoryView, 'diffs' | 'parents'>>;
  /** Throws OutsideError where it cannot be had. */
  parentsOf(repository: string, commit: string): Promise<readonly string[]>;
}

const DIFFS_AT_ONCE_MAX = 4;
const KEPT_MAX = 1_000;

export function createGitFacts({ mirror, journal }: { readonly mirror: Mirror; readonly journal: Journal }): GitFacts {
  const diffs = new Map<string, DiffFacts>();
  const parents = new Map<string, readonly string[]>();
  /** By repository: what is fetched before anybody asked. */
  const ahead = new Map<string, Promise<void>>();

  async function learn(
    repository: string,
    pullRequests: readonly PullRequest[],
    ours: ReadonlySet<number>,
    bases: RepositoryView['bases'],
  ): Promise<void> {
    // Only the forge's own queue merges into a base that the head does not contain, so only there that costs a look; and not
    // at every move of the base for all that wait in it.
    const merges = (one: PullRequest): boolean =>
      ours.has(one.number) && one.queued === null && bases.get(one.baseBranch)?.mergeQueue === true;
    const wanted = pullRequests.filter(
      (one) =>
        !diffs.has(diffKey(repository, one)) ||
        (ours.has(one.number) && !parents.has(headKey(repository, one))) ||
        (merges(one) && diffs.get(diffKey(repository, one))?.landsAsJudged === null),
    );
    if (wanted.length === 0) return;
    const fetching = ahead.get(repository);
    ahead.delete(repository);
    let refreshed = false;
    const diffOf = async (one: PullRequest): Promise<DiffFacts | null> => {
      const known = await mirror.diff(repository, one.base, one.head);
      if (known !== null) return known;
      if (fetching !== undefined) {
        // It may have begun before the forge had what is missing, so this is no refresh yet.
        await fetching;
        const fetched = await mirror.diff(repository, one.base, one.head);
        if (fetched !== null) return fetched;
      }
      if (!refreshed) await mirror.refresh(repository);
      refreshed = true;
      return mirror.diff(repository, one.base, one.head);
    };
    await eachOf(wanted, DIFFS_AT_ONCE_MAX, async (one) => {
      const facts = await diffOf(one);
      if (facts === null) return;
      keep(diffs, diffKey(repository, one), facts);
      if (ours.has(one.number) && !parents.has(headKey(repository, one)))
        keep(parents, headKey(repository, one), await mirror.parents(repository, one.head));
      if (facts.landsAsJudged !== null || !merges(one)) return;
      const lands = await mirror.landsAsJudged(repository, one.base, one.head);
      keep(diffs, diffKey(repository, one), { ...facts, landsAsJudged: lands });
    });
  }

  return {
    fetchAhead(repository) {
      // Whoever misses a commit asks again, and tells what is wrong.
      const fetching = mirror.refresh(repository).catch(() => undefined);
      ahead.set(repository, fetching);
    },

    async about(repository, pullRequests, ours, bases) {
      try {
        await learn(repository, pullRequests, ours, bases);
      } catch (error) {
        // GitHub's view is good even when git cannot be reached: whoever needs the facts waits for them.
        if (!(error instanceof OutsideError)) throw error;
        await journal.event({ kind: 'git-unreachable', subject: null, text: error.message });
      }
      return {
        diffs: new Map(pullRequests.flatMap((one) => entry(diffs, pairOf(one), diffKey(repository, one)))),
        parents: new Map(pullRequests.flatMap((one) => entry(parents, one.head, headKey(repository, one)))),
      };
    },

    async parentsOf(repository, commit) {
      try {
        return await mirror.parents(repository, commit);
      } catch (error) {
        if (!(error instanceof OutsideError) || error.kind !== 'missing') throw error;
        await mirror.refresh(repository);
        return mirror.parents(repository, commit);
      }
    },
  };
}

function pairOf(one: PullRequest): string {
  return `${one.base}..${one.head}`;
}

function diffKey(repository: string, one: PullRequest): string {
  return `${repository} ${pairOf(one)}`;
}

function headKey(repository: string, one: PullRequest): string {
  return `${repository} ${one.head}`;
}

function entry<T>(cache: ReadonlyMap<string, T>, as: string, key: string): readonly (readonly [string, T])[] {
  const value = cache.get(key);
  return value === undefined ? [] : [[as, value]];
}

/** Oldest out: a Map keeps insertion order. */
function keep<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.set(key, value);
  const oldest = cache.keys().next();
  if (cache.size > KEPT_MAX && oldest.done === false) cache.delete(oldest.value);
}
