/** Is what landed exactly what was tested? Says the difference, as the real mirror does with plain git. */
import type { Mirror } from '../../../src/heartbeat/ports.ts';
import { changedPaths, type Git } from '../world/git.ts';

type Claim = Parameters<Mirror['verifyMerge']>[0];

export function landedOtherwise(git: Git, tip: string, { mergeCommit, base, head, method }: Claim): string | null {
  const landed = git.find(mergeCommit);
  if (landed === undefined || !git.contains(tip, mergeCommit)) return `${mergeCommit} is not on the base branch`;
  const parents = landed.parents;
  if (method === 'merge' && parents.length !== 2) return `it has ${parents.length} parents, a merge has two`;
  if (method === 'squash' && parents.length !== 1) return `it has ${parents.length} parents, a squash has one`;
  const onto = method === 'queue' ? (parents[0] ?? base) : base;
  if (parents[0] !== onto) return `it was tested on ${base} and landed on ${parents[0]}`;
  if (!git.contains(onto, base)) return `it was judged on ${base}, which ${onto} does not contain`;
  if (method === 'merge' && parents[1] !== head) return `${head} was tested and ${parents[1]} landed`;
  const expected = git.merge(onto, head);
  if (expected === null) return 'base and head do not merge cleanly';
  return changedPaths(landed.tree, expected).length === 0 ? null : 'its files are not what was tested';
}
