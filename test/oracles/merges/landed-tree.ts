// Is what lies on the base branch the merge that was asked for: its tree, its parents by merge method, and still on the branch?

import { isAncestor, readCommit } from '../../world/github/git/bare-repository.ts';
import { botMerges, broughtBy, type EffectOf, nameOf, repositoryOf, short } from '../facts/forge.ts';
import { branchTip, commitsBetween, treeOf, treeOfMerge } from '../facts/git.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const landedTree: Oracle = async (world) => {
  const merges = botMerges(world);
  const { directory } = repositoryOf(world);
  const tip = await branchTip(directory, world.baseBranch);
  const violations: Violation[] = [];
  for (const merge of merges) {
    const brought = broughtBy(world, merge);
    const fault =
      brought === null
        ? ((await parentFault(directory, merge)) ?? (await treeFault(directory, merge)))
        : await partFault(directory, merge, brought);
    const gone = tip === null || !(await isAncestor(directory, merge.mergeCommit, tip));
    const detail = fault ?? (gone ? `${short(merge.mergeCommit)} is not on ${world.baseBranch} any more.` : null);
    if (detail !== null) violations.push({ subject: nameOf(world, merge.number), detail });
  }
  return { observed: merges.length, violations };
};

/** Of a batch: the base, and on it one merge after another, each of the head of a member and of nothing else. */
async function partFault(
  directory: string,
  merge: EffectOf<'merge'>,
  brought: EffectOf<'merge'>,
): Promise<string | null> {
  for (let at = brought.sha; at !== brought.baseBefore; ) {
    const { parents } = await readCommit(directory, at);
    const [before, head] = parents;
    if (before === undefined || head === undefined || parents.length !== 2)
      return `${short(at)} in batch ${short(brought.sha)} merges nothing.`;
    if ((await treeOf(directory, at)) !== (await treeOfMerge(directory, before, head)))
      return `${short(at)} in batch ${short(brought.sha)} does not hold what merging ${short(head)} gives.`;
    if (head === merge.sha) return null;
    at = before;
  }
  return `Its head ${short(merge.sha)} is no part of batch ${short(brought.sha)}.`;
}

async function treeFault(directory: string, merge: EffectOf<'merge'>): Promise<string | null> {
  const expected = await treeOfMerge(directory, merge.baseBefore, merge.sha);
  return (await treeOf(directory, merge.mergeCommit)) === expected
    ? null
    : `${short(merge.mergeCommit)} does not hold what merging ${short(merge.sha)} into ${short(merge.baseBefore)} gives.`;
}

async function parentFault(directory: string, merge: EffectOf<'merge'>): Promise<string | null> {
  const { parents } = await readCommit(directory, merge.mergeCommit);
  const wrong = `${short(merge.mergeCommit)} has the parents ${parents.map(short).join(' and ') || '(none)'}`;
  switch (merge.method) {
    case 'merge':
      return parents.join() === [merge.baseBefore, merge.sha].join()
        ? null
        : `${wrong} instead of ${short(merge.baseBefore)} and ${short(merge.sha)}.`;
    case 'squash':
      return parents.join() === merge.baseBefore ? null : `${wrong} instead of ${short(merge.baseBefore)}.`;
    case 'rebase': {
      const landed = await commitsBetween(directory, merge.baseBefore, merge.mergeCommit);
      const wanted = await commitsBetween(directory, merge.baseBefore, merge.sha, '--no-merges');
      const onTop = await isAncestor(directory, merge.baseBefore, merge.mergeCommit);
      return onTop && landed.length === wanted.length
        ? null
        : `${landed.length} commits landed on ${short(merge.baseBefore)} instead of ${wanted.length}.`;
    }
    case 'push':
      return 'It was merged by a push to the base branch, not by a merge.';
  }
}
