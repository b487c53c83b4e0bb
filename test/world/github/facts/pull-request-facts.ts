// What git says about a pull request: its range, its diff, how far behind it is, and whether it merges.
import {
  countApart,
  type GitCommit,
  isAncestor,
  listCommits,
  mergeBase,
  mergeTree,
  readCommit,
} from '../git/bare-repository.ts';
import { type ChangedFile, changedFiles } from '../git/diff.ts';
import { baseSha, type PullRequest, type Repository, remember } from '../state.ts';
import type { World } from '../world.ts';

/** What a caller is told about mergeability: unknown until it was asked for once. */
export type Mergeability = 'unknown' | 'mergeable' | 'conflicting';

/** The two commits a pull request is about: before its merge the live ones, after it those that were merged. */
export function rangeOf(repository: Repository, pullRequest: PullRequest): readonly [base: string, head: string] {
  return pullRequest.merged?.range ?? [baseSha(repository, pullRequest), pullRequest.headSha];
}

/** The commits it brings, oldest first. */
export function commitsOf(repository: Repository, pullRequest: PullRequest): Promise<GitCommit[]> {
  const [base, head] = rangeOf(repository, pullRequest);
  return remember(repository, `commits ${base} ${head}`, () => listCommits(repository.directory, [`${base}..${head}`]));
}

/** Its diff as GitHub shows it: from the merge base, not from the base. */
export function filesOf(repository: Repository, pullRequest: PullRequest): Promise<ChangedFile[]> {
  const [base, head] = rangeOf(repository, pullRequest);
  return diffFromMergeBase(repository, base, head);
}

/** The three-dot diff of any two commits. */
export function diffFromMergeBase(repository: Repository, base: string, head: string): Promise<ChangedFile[]> {
  return remember(repository, `diff ${base} ${head}`, async () => {
    const from = (await mergeBase(repository.directory, base, head)) ?? base;
    return changedFiles(repository.directory, from, head);
  });
}

export function commitFacts(repository: Repository, sha: string): Promise<GitCommit> {
  return remember(repository, `commit ${sha}`, () => readCommit(repository.directory, sha));
}

/** Commits on either side that the other lacks. */
export function apart(repository: Repository, left: string, right: string): Promise<{ left: number; right: number }> {
  return remember(repository, `apart ${left} ${right}`, () => countApart(repository.directory, left, right));
}

/** Whether the base has commits the head lacks. */
export async function isBehind(repository: Repository, pullRequest: PullRequest): Promise<boolean> {
  const [base, head] = rangeOf(repository, pullRequest);
  return !(await remember(repository, `ancestor ${base} ${head}`, () => isAncestor(repository.directory, base, head)));
}

/** The tree a merge would have, by git itself; null on conflict. */
export function mergedTree(repository: Repository, base: string, head: string): Promise<string | null> {
  return remember(repository, `merge ${base} ${head}`, () => mergeTree(repository.directory, base, head));
}

/** Mergeability as GitHub tells it: the first question about a pair of commits only starts the computation. */
export async function askMergeability(
  world: World,
  repository: Repository,
  pullRequest: PullRequest,
): Promise<Mergeability> {
  if (pullRequest.state === 'closed') return 'unknown';
  const [base, head] = rangeOf(repository, pullRequest);
  const pair = `${base} ${head}`;
  const asked = pullRequest.mergeabilityAsked;
  const times = asked.pair === pair ? asked.times : 0;
  pullRequest.mergeabilityAsked = { pair, times: times + 1 };
  if (times < (world.options.unknownMergeabilityReads ?? 1)) return 'unknown';
  return (await mergedTree(repository, base, head)) === null ? 'conflicting' : 'mergeable';
}
