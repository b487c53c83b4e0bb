// Did every merged head contain the tip of the base branch at the moment of the merge, so that what landed was what ran?

import { isAncestor } from '../../world/github/git/bare-repository.ts';
import { botMerges, nameOf, repositoryOf, short } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const baseWasTested: Oracle = async (world) => {
  const merges = botMerges(world);
  const { directory } = repositoryOf(world);
  const violations: Violation[] = [];
  for (const merge of merges) {
    if (await isAncestor(directory, merge.baseBefore, merge.sha)) continue;
    const detail = `Its head ${short(merge.sha)} did not contain ${world.baseBranch}, which was at ${short(merge.baseBefore)}: the two were never tested together.`;
    violations.push({ subject: nameOf(world, merge.number), detail });
  }
  return { observed: merges.length, violations };
};
