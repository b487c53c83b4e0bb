// What follows when refs have moved, by whatever hand: pull request heads follow, branches that vanish close, merges are noticed.

import { ruledBranches, rulesFor } from '../facts/branch-rules.ts';
import { commitFacts, diffFromMergeBase } from '../facts/pull-request-facts.ts';
import { moveRef, readRefs } from '../git/bare-repository.ts';
import { isAncestor } from '../git/commit-graph.ts';
import { Refusal } from '../refusal.ts';
import { branchSha, type PullRequest, type Repository } from '../state.ts';
import { type Actor, hasRole, recordEffect, timeOf, type World } from '../world.ts';

/** Where the merge queue keeps the branches of its groups. */
export const groupPrefix = 'gh-readonly-queue/';

/** Reads the refs again and draws the consequences of every one that moved. */
export async function noticeMovedRefs(world: World, repository: Repository, actor: Actor): Promise<void> {
  const before = repository.refs;
  const after = await readRefs(repository.directory);
  repository.refs = after;
  for (const ref of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(ref) ?? null, after.get(ref) ?? null];
    if (from === to || ref.startsWith('refs/pull/')) continue;
    const forced = from !== null && to !== null && !(await isAncestor(repository.directory, from, to));
    repository.pushedAt = timeOf(world);
    recordEffect(world, repository, actor, { kind: 'push', ref, before: from, after: to, forced });
    if (ref.startsWith('refs/heads/'))
      await followBranch(world, repository, actor, ref.slice('refs/heads/'.length), from, to);
  }
}

/** Points refs/pull/N/head to the head, so that it can be fetched after the branch is gone. */
export async function keepPullRef(
  repository: Repository,
  pullRequest: PullRequest,
  before: string | null,
): Promise<void> {
  await moveRef(repository.directory, `refs/pull/${pullRequest.number}/head`, before, pullRequest.headSha);
}

/** Deletes a branch, as the API and the setting "delete branch on merge" do. */
export async function deleteBranch(world: World, repository: Repository, actor: Actor, ref: string): Promise<void> {
  const sha = repository.refs.get(ref);
  if (sha === undefined) throw new Refusal(422, 'Reference does not exist');
  const branch = ref.slice('refs/heads/'.length);
  if (rulesFor(repository, branch) !== undefined || branch === repository.defaultBranch)
    throw new Refusal(422, 'Cannot delete this protected branch');
  await moveRef(repository.directory, ref, sha, null);
  await noticeMovedRefs(world, repository, actor);
}

/** Which refs this person may not push at all, and which not delete or force-push: what the update hook is told. */
export function closedRefs(
  repository: Repository,
  login: string,
): { readonly closed: string[]; readonly kept: string[] } {
  const rules = ruledBranches(repository);
  const closes = rules.filter(([, rule]) => {
    const checks = (rule.requiredStatusChecks?.checks.length ?? 0) > 0;
    const asks = checks || (rule.requiredApprovingReviewCount ?? 0) > 0 || rule.mergeQueue !== undefined;
    return asks && (rule.enforceAdmins === true || !hasRole(repository, login, 'admin'));
  });
  const refOf = ([branch]: readonly [string, unknown]) => `refs/heads/${branch}`;
  // A protected branch that does not exist yet must be created by somebody: its first commit is let through.
  const closed = closes.map(refOf).filter((ref) => repository.refs.has(ref));
  // The queue's own branches are nobody else's.
  const groups = [...repository.refs.keys()].filter((ref) => ref.startsWith(`refs/heads/${groupPrefix}`));
  return { closed: [...closed, ...groups], kept: rules.map(refOf) };
}

async function followBranch(
  world: World,
  repository: Repository,
  actor: Actor,
  branch: string,
  from: string | null,
  to: string | null,
): Promise<void> {
  for (const pullRequest of repository.pullRequests.values()) {
    if (pullRequest.state !== 'open') continue;
    if (pullRequest.headRef === branch) await followHead(world, repository, actor, pullRequest, to);
    else if (pullRequest.baseRef === branch && from !== null && to !== null) {
      await noticeMergeByPush(world, repository, actor, pullRequest, from, to);
    }
  }
}

async function followHead(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  to: string | null,
): Promise<void> {
  pullRequest.updatedAt = timeOf(world);
  if (to === null) {
    closePullRequest(world, repository, actor, pullRequest);
    return;
  }
  const before = pullRequest.headSha;
  pullRequest.headSha = to;
  await keepPullRef(repository, pullRequest, before);
  const rules = rulesFor(repository, pullRequest.baseRef);
  if (rules?.dismissStaleReviews === true && (await changesTheDiff(repository, pullRequest, before, to))) {
    for (const review of repository.reviews) {
      if (review.number === pullRequest.number && review.state === 'APPROVED') review.state = 'DISMISSED';
    }
  }
  recordEffect(world, repository, actor, {
    kind: 'pull-request-head-moved',
    number: pullRequest.number,
    before,
    sha: to,
  });
}

/** An approval goes stale with the diff it was given to: bringing the base in changes nothing of that. */
async function changesTheDiff(
  repository: Repository,
  pullRequest: PullRequest,
  before: string,
  after: string,
): Promise<boolean> {
  const base = branchSha(repository, pullRequest.baseRef) ?? before;
  const [was, is] = [
    await diffFromMergeBase(repository, base, before),
    await diffFromMergeBase(repository, base, after),
  ];
  return JSON.stringify(was) !== JSON.stringify(is);
}

/** A push that brings a pull request's head into its base merges it, as when somebody merges on the command line. */
async function noticeMergeByPush(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  from: string,
  to: string,
): Promise<void> {
  const head = pullRequest.headSha;
  if (!(await isAncestor(repository.directory, head, to)) || (await isAncestor(repository.directory, head, from)))
    return;
  const { parents, tree } = await commitFacts(repository, to);
  markMerged(world, pullRequest, actor.login, to, from);
  recordEffect(world, repository, actor, {
    kind: 'merge',
    number: pullRequest.number,
    method: 'push',
    sha: head,
    base: pullRequest.baseRef,
    baseBefore: from,
    mergeCommit: to,
    parents,
    tree,
    bypassed: [],
    group: null,
  });
}

/** Writes down that a pull request is merged. */
export function markMerged(
  world: World,
  pullRequest: PullRequest,
  by: string,
  commit: string,
  baseBefore: string,
): void {
  const at = timeOf(world);
  pullRequest.merged = { at, by, commit, range: [baseBefore, pullRequest.headSha] };
  pullRequest.state = 'closed';
  pullRequest.closedAt = at;
  pullRequest.updatedAt = at;
  pullRequest.closedBaseSha = baseBefore;
}

/** Closes without merging. */
export function closePullRequest(world: World, repository: Repository, actor: Actor, pullRequest: PullRequest): void {
  pullRequest.closedBaseSha = branchSha(repository, pullRequest.baseRef);
  pullRequest.state = 'closed';
  pullRequest.closedAt = timeOf(world);
  pullRequest.updatedAt = pullRequest.closedAt;
  recordEffect(world, repository, actor, { kind: 'pull-request-closed', number: pullRequest.number });
}
