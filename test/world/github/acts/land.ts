// Puts a merge on its base branch and writes down that it happened: honestly, or as the test wants GitHub to lie.
import { commitFacts } from '../facts/pull-request-facts.ts';
import { moveRef } from '../git/bare-repository.ts';
import type { MergeMethod, PullRequest, Repository } from '../state.ts';
import { type Actor, recordEffect, type World } from '../world.ts';
import { corruptLanding } from './corrupt-landing.ts';
import { deleteBranch, markMerged, noticeMovedRefs } from './push-acts.ts';

/** A merge that may land now. */
export interface Landing {
  /** What merging really gives. */
  readonly honest: string;
  /** Where the base branch is. */
  readonly base: string;
  readonly method: MergeMethod;
  readonly actor: Actor;
  /** Whom GitHub shows as the one who merged. */
  readonly mergedBy: string;
  readonly bypassed: readonly string[];
  readonly group: string | null;
}

/** Gives the commit that GitHub says it made. */
export async function land(
  world: World,
  repository: Repository,
  pullRequest: PullRequest,
  landing: Landing,
): Promise<string> {
  const { base, method, actor, bypassed, group } = landing;
  const kind = world.nextCorruption;
  world.nextCorruption = null;
  const { told, refs } = await corruptLanding(repository, pullRequest, landing, kind);
  for (const { branch, before, after } of refs) {
    await moveRef(repository.directory, `refs/heads/${branch}`, before, after);
  }
  markMerged(world, pullRequest, landing.mergedBy, told, base);
  const made = await commitFacts(repository, told);
  recordEffect(world, repository, actor, {
    kind: 'merge',
    number: pullRequest.number,
    method,
    sha: pullRequest.headSha,
    base: pullRequest.baseRef,
    baseBefore: base,
    mergeCommit: told,
    parents: made.parents,
    tree: made.tree,
    bypassed,
    group,
  });
  await noticeMovedRefs(world, repository, actor);
  const headRef = `refs/heads/${pullRequest.headRef}`;
  if (repository.deleteBranchOnMerge && repository.refs.get(headRef) === pullRequest.headSha) {
    await deleteBranch(world, repository, actor, headRef);
  }
  return told;
}
