// What git says about a pull request: its range, its diff, how far behind it is, and whether it merges.
import {
  changedPaths,
  countApart,
  type GitCommit,
  listCommits,
  mergeBase,
  mergeTree,
  readCommit,
} from '../git/bare-repository.ts';
import { isAncestor, lineBackTo, ownCommits, partingOf } from '../git/commit-graph.ts';
import { type ChangedFile, changedFiles } from '../git/diff.ts';
import { baseSha, type PullRequest, type Repository, remember } from '../state.ts';
import type { World } from '../world.ts';

/** What a caller is told about mergeability: unknown until it was asked for once. */
export type Mergeability = 'unknown' | 'mergeable' | 'conflicting';

/** The two commits a pull request is about: before its merge the live ones, after it those that were merged. */
function rangeOf(repository: Repository, pullRequest: PullRequest): readonly [base: string, head: string] {
  return pullRequest.merged?.range ?? [baseSha(repository, pullRequest), pullRequest.headSha];
}

/** The commits it brings, oldest first. */
export async function commitsOf(repository: Repository, pullRequest: PullRequest): Promise<GitCommit[]> {
  const { directory } = repository;
  const [base, head] = rangeOf(repository, pullRequest);
  // While the base moves on, what a head brings mostly stays what it was.
  const own = [...(await ownCommits(directory, base, head))].sort().join(' ');
  return remember(repository, `commits of ${head}: ${own}`, () => listCommits(directory, [`${base}..${head}`]));
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
  return !(await isAncestor(repository.directory, base, head));
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
  return (await conflicts(repository, base, head)) ? 'conflicting' : 'mergeable';
}

function conflicts(repository: Repository, base: string, head: string): Promise<boolean> {
  return remember(
    repository,
    `conflicts ${base} ${head}`,
    async () => !(await touchesApart(repository, base, head)) && (await mergedTree(repository, base, head)) === null,
  );
}

/**
 * Files that both sides only added or changed, and no path of one is or lies below a path of the other: nothing can
 * conflict, which saves asking git for the merge of every pull request with every base.
 */
async function touchesApart(repository: Repository, base: string, head: string): Promise<boolean> {
  const { directory } = repository;
  const from = await partingOf(directory, base, head);
  const line = from === null ? null : await lineBackTo(directory, base, from);
  if (from === null || line === null) return false;
  const changed = (older: string, newer: string) =>
    remember(repository, `paths ${older} ${newer}`, () => changedPaths(directory, older, newer));
  const ours = await changed(from, head);
  const theirs = await Promise.all(line.slice(0, -1).map((newer, index) => changed(line[index + 1] ?? from, newer)));
  if (ours.deletes || theirs.some((step) => step.deletes)) return false;
  const taken = new Set(theirs.flatMap((step) => step.paths));
  const folders = new Set([...taken].flatMap(foldersOf));
  return ours.paths.every(
    (path) => !taken.has(path) && !folders.has(path) && !foldersOf(path).some((one) => taken.has(one)),
  );
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
