/** After a merge: is what landed on the branch exactly what was tested? Per merge method: parents, tree, ancestry. */

import type { MergeMethod } from '../domain/pull-request.ts';
import { EMPTY_TREE, mergeBases } from './commit-range.ts';
import { CHANGED_FILES } from './diff-facts.ts';
import { localTrouble } from './git-trouble.ts';
import type { Mirrored, MirrorGit } from './mirror.ts';
import { readCommit } from './read-commit.ts';

export interface MergeClaim {
  readonly baseBranch: string;
  readonly mergeCommit: string;
  /** The live base that the tested head was judged against; a queue may have landed it on a later one. */
  readonly base: string;
  readonly head: string;
  /** `queue`: the forge's own queue landed it, on whatever base its turn came, by any method. */
  readonly method: MergeMethod | 'queue';
}

/** Null when it is; otherwise a sentence naming the first difference. */
export async function verifyMerge(
  mirror: Mirrored,
  claim: MergeClaim,
  refresh: () => Promise<void>,
): Promise<string | null> {
  const { baseBranch, mergeCommit, base, head, method } = claim;
  const isOnBranch = async (): Promise<boolean> => {
    const tip = await mirror.base.objects.about(`refs/heads/${baseBranch}`);
    return tip !== null && (await isAncestor(mirror, mergeCommit, tip.id));
  };
  if (!(await isOnBranch())) {
    await refresh();
    if (!(await isOnBranch())) return `merge commit ${mergeCommit} is not on ${baseBranch}`;
  }
  const { objects } = mirror;
  const [landed, tested, before] = await Promise.all([mergeCommit, head, base].map((id) => readCommit(objects, id)));
  if (landed === null || landed === undefined) return `merge commit ${mergeCommit} cannot be read`;
  if (tested === null || tested === undefined) return `the tested head ${head} is not in the repository`;
  if (before === null || before === undefined) return `the tested base ${base} is not in the repository`;

  if (method === 'queue') return queueFault(mirror, claim, landed, tested.tree);
  const shape = await shapeFault(mirror, claim, landed.parents);
  if (shape !== null) return shape;
  // A head that contains its base brings its own tree; otherwise it is the tree of a clean merge of the two.
  const expected = (await isAncestor(mirror, base, head)) ? tested.tree : await mergedTree(mirror, base, head);
  if (expected === null) return `base ${base} and head ${head} do not merge cleanly, so what landed was never tested`;
  if (landed.tree !== expected) {
    return `the files of ${method} commit ${mergeCommit} differ from what was tested (tree ${landed.tree}, tested ${expected})`;
  }
  return null;
}

/**
 * A queue may land several at once and by any method, so the base is what stands right below what it landed, and the files
 * must be that base with the tested head merged into it.
 */
async function queueFault(
  mirror: Mirrored,
  { baseBranch, mergeCommit, head, base }: MergeClaim,
  landed: { readonly tree: string; readonly parents: readonly string[] },
  testedTree: string,
): Promise<string | null> {
  // Put on the branch as it is, or a wrong name for the commit that brought it in, whose files nobody would look at then.
  if (mergeCommit === head && !(await isOnFirstLine(mirror.base, head, `refs/heads/${baseBranch}`)))
    return `the tested head ${head} itself was named as what landed, but it came in by another commit`;
  const [parent] = landed.parents;
  if (parent === undefined) return `${mergeCommit} has no parent: it replaces the branch's history`;
  if (landed.parents.length > 1 && mergeCommit !== head && !landed.parents.includes(head))
    return `head ${head} was tested but ${landed.parents[1]} was merged`;
  const onto = landed.parents.length > 1 ? parent : ((await belowRebased(mirror, mergeCommit, head)) ?? parent);
  if (!(await isAncestor(mirror, base, onto)))
    return `it was judged on base ${base}, which ${onto}, below what landed, does not contain`;
  const expected = (await isAncestor(mirror, onto, head)) ? testedTree : await mergedTree(mirror, onto, head);
  if (expected === null) return `${onto} and head ${head} do not merge cleanly, so what landed was never tested`;
  if (landed.tree !== expected)
    return `the files of ${mergeCommit} are not those of ${onto} with head ${head} merged (tree ${landed.tree}, expected ${expected})`;
  return mergeCommit === head ? null : unjudgedFile(mirror, { base, head, onto, landed: landed.tree });
}

/**
 * A merge of commits that came to the base by another way meanwhile, as a group of a queue may bring them, takes back what
 * of them the head leaves out. Git merges that cleanly, and nobody judged it: then no file may change but those that were.
 */
async function unjudgedFile(
  mirror: MirrorGit,
  at: { readonly base: string; readonly head: string; readonly onto: string; readonly landed: string },
): Promise<string | null> {
  const { base, head, onto, landed } = at;
  const [before = [], then = []] = await Promise.all([base, onto].map((one) => mergeBases(mirror, one, head)));
  if (before.join() === then.join()) return null;
  const judged = new Set(await changedFiles(mirror, before[0] ?? EMPTY_TREE, head));
  const other = (await changedFiles(mirror, onto, landed)).find((path) => !judged.has(path));
  return other === undefined
    ? null
    : `commits of head ${head} came to ${onto} by another way, and so what landed changes ${other}, which was not judged`;
}

async function changedFiles(mirror: MirrorGit, from: string, to: string): Promise<readonly string[]> {
  const listed = await mirror.local(['diff-tree', ...CHANGED_FILES, '--name-only', from, to, '--']);
  if (listed.exitCode !== 0) throw localTrouble(`diff ${from}..${to} of ${mirror.repository}`, listed.stderr);
  // Byte for byte, as latin-1 maps them.
  return listed.stdout.toString('latin1').split('\0').filter(Boolean);
}

/**
 * What lies below the commits of the pull request that a queue rebased; null when it rebased none. They have new ids, and are
 * known by author, date and words, which rebasing keeps, in their order. Git drops those that it makes empty.
 */
async function belowRebased(mirror: MirrorGit, mergeCommit: string, head: string): Promise<string | null> {
  const own = await signed(mirror, ['--no-merges', '--topo-order', `${mergeCommit}..${head}`], OWN_COMMITS_MAX);
  const line = await signed(mirror, ['--first-parent', mergeCommit], own.length);
  let below: string | null = null;
  let from = 0;
  for (const { parents, signature } of line) {
    const at = own.findIndex((one, index) => index >= from && one.signature === signature);
    if (at < 0 || parents.length !== 1) break;
    below = parents[0] ?? null;
    from = at + 1;
  }
  return below;
}

/** More commits of one pull request than this are not told apart, and a merge that cannot be judged freezes. */
const OWN_COMMITS_MAX = 1_000;

/** Newest first. */
async function signed(
  mirror: MirrorGit,
  which: readonly string[],
  most: number,
): Promise<readonly { readonly parents: readonly string[]; readonly signature: string }[]> {
  const format = '--format=%P%n%an%n%ae%n%at%n%B';
  const listed = await mirror.local(['log', '-z', format, `--max-count=${most}`, ...which, '--']);
  if (listed.exitCode !== 0) throw localTrouble(`list ${which.join(' ')} of ${mirror.repository}`, listed.stderr);
  const text = listed.stdout.toString('utf8');
  return text.split('\0').flatMap((entry) => {
    const end = entry.indexOf('\n');
    if (end < 0) return [];
    return [{ parents: entry.slice(0, end).split(' ').filter(Boolean), signature: entry.slice(end + 1).trim() }];
  });
}

async function shapeFault(mirror: MirrorGit, claim: MergeClaim, parents: readonly string[]): Promise<string | null> {
  const { mergeCommit, base, head, method } = claim;
  switch (method) {
    case 'merge':
      if (parents.length !== 2) return `${mergeCommit} has ${parents.length} parent(s); a merge commit has two`;
      if (parents[0] !== base) return `it was tested on base ${base} but merged onto ${parents[0]}`;
      if (parents[1] !== head) return `head ${head} was tested but ${parents[1]} was merged`;
      return null;
    case 'squash':
      if (parents.length !== 1) return `${mergeCommit} has ${parents.length} parents; a squashed commit has one`;
      if (parents[0] !== base) return `it was tested on base ${base} but merged onto ${parents[0]}`;
      return null;
    case 'rebase':
      return rebaseFault(mirror, mergeCommit, base, head);
    case 'queue':
      return null;
  }
  return method satisfies never;
}

/** Rebased commits have new ids, so they are known by their number, their straight line and (by the caller) their tree. */
async function rebaseFault(mirror: MirrorGit, mergeCommit: string, base: string, head: string): Promise<string | null> {
  if (!(await isAncestor(mirror, base, mergeCommit))) {
    return `it was tested on base ${base}, which ${mergeCommit} does not contain`;
  }
  const landed = await history(mirror, base, mergeCommit);
  const proposed = await history(mirror, base, head);
  if (landed.some((parents) => parents.length > 1))
    return `a merge commit lies between base ${base} and ${mergeCommit}`;
  const commits = proposed.filter((parents) => parents.length === 1).length;
  // Git drops commits that rebasing makes empty, so fewer may land, but never more.
  if (landed.length === 0 || landed.length > commits) {
    return `${landed.length} commit(s) landed after base ${base}, but ${commits} were tested`;
  }
  return null;
}

/** Right after a merge it is near the tip. */
const FIRST_LINE_MAX = 1_000;

async function isOnFirstLine(mirror: MirrorGit, commit: string, branch: string): Promise<boolean> {
  const listed = await mirror.local(['rev-list', '--first-parent', `--max-count=${FIRST_LINE_MAX}`, branch, '--']);
  if (listed.exitCode !== 0) throw localTrouble(`list ${branch} of ${mirror.repository}`, listed.stderr);
  return listed.stdout.toString('utf8').split('\n').includes(commit);
}

async function isAncestor(mirror: MirrorGit, older: string, newer: string): Promise<boolean> {
  // Mostly they are next to each other, which needs no walk.
  const parents = (await readCommit(mirror.objects, newer))?.parents;
  if (parents !== undefined && (older === newer || parents.includes(older))) return true;
  const asked = await mirror.local(['merge-base', '--is-ancestor', older, newer]);
  // 128: one of the two is not there (yet), so it is an ancestor of nothing here.
  return asked.exitCode === 0;
}

/** Parents of each commit after `base` up to `tip`. */
async function history(mirror: MirrorGit, base: string, tip: string): Promise<readonly (readonly string[])[]> {
  const listed = await mirror.local(['rev-list', '--parents', `${base}..${tip}`, '--']);
  if (listed.exitCode !== 0) throw localTrouble(`list ${base}..${tip} of ${mirror.repository}`, listed.stderr);
  const lines = listed.stdout.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(' ').slice(1));
}

async function mergedTree(mirror: MirrorGit, base: string, head: string): Promise<string | null> {
  const attempted = `merge ${base} and ${head} of ${mirror.repository}`;
  const merged = await mirror.local(['merge-tree', '--write-tree', '--no-messages', base, head], { attempted });
  if (merged.exitCode === 0) return merged.stdout.toString('utf8').trim();
  if (merged.exitCode === 1) return null;
  throw localTrouble(attempted, merged.stderr);
}
