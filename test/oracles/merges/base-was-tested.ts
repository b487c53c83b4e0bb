// Did what was tested for every merge contain the tip of the base branch at that moment, so that what landed was what ran?

import { isAncestor } from '../../world/github/git/bare-repository.ts';
import { botMerges, broughtBy, nameOf, repositoryOf, short } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const baseWasTested: Oracle = async (world) => {
  const merges = botMerges(world);
  const { directory } = repositoryOf(world);
  const violations: Violation[] = [];
  for (const merge of merges) {
    // What brought it along is asked instead.
    if (broughtBy(world, merge) !== null) continue;
    // A queue tests a commit of its own: the head together with whatever lands before it.
    if (await isAncestor(directory, merge.baseBefore, merge.group ?? merge.sha)) continue;
    const tested = merge.group === null ? `Its head ${short(merge.sha)}` : `The queue's ${short(merge.group)}`;
    const detail = `${tested} did not contain ${world.baseBranch}, which was at ${short(merge.baseBefore)}: the two were never tested together.`;
    violations.push({ subject: nameOf(world, merge.number), detail });
  }
  return { observed: merges.length, violations };
};
