// Merging and updating branches by real git on the bare repository, after the same refusals in the same order as GitHub's.
import { protectionOf, unmetRules } from '../facts/merge-verdict.ts';
import { isBehind, mergedTree } from '../facts/pull-request-facts.ts';
import { mergeTree, moveRef, writeCommit } from '../git/bare-repository.ts';
import { invalid, Refusal } from '../refusal.ts';
import { baseSha, branchSha, type MergeMethod, type PullRequest, type Repository } from '../state.ts';
import { type Actor, hasRole, inBackground, inTurn, recordEffect, type World } from '../world.ts';
import { land } from './land.ts';
import { type MergeWords, mergeCommit, signature, webFlow } from './merge-commit.ts';
import { noticeMovedRefs } from './push-acts.ts';

/** What the merge call may say. */
export interface MergeWish extends MergeWords {
  /** Merge only if the head is still this. */
  readonly sha?: string | undefined;
}

/** Merges and gives the commit the base branch now points to. */
export async function mergePullRequest(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  wish: MergeWish,
): Promise<string> {
  if (!hasRole(repository, actor.login, 'write'))
    throw new Refusal(403, 'Must have push access to view merge this pull request.');
  if (pullRequest.state === 'closed') throw new Refusal(405, 'Pull Request is not mergeable');
  if (pullRequest.draft) throw new Refusal(405, 'Pull Request is still a draft');
  if (wish.sha !== undefined && wish.sha !== pullRequest.headSha) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (!repository.mergeMethods.has(wish.method)) throw new Refusal(405, methodRefusals[wish.method]);
  const base = baseSha(repository, pullRequest);
  const tree = await mergedTree(repository, base, pullRequest.headSha);
  if (tree === null) throw new Refusal(405, 'Pull Request is not mergeable');
  const { blocked, behind } = await unmetRules(repository, pullRequest);
  const rules = protectionOf(repository, pullRequest);
  const unmet = [
    ...(rules?.mergeQueue === undefined ? [] : ['Changes must be made through the merge queue']),
    ...blocked,
    ...(behind ? ['Head branch is out of date. Update it with the base branch and try again.'] : []),
  ];
  const bypasses = hasRole(repository, actor.login, 'admin') && rules?.enforceAdmins !== true;
  if (unmet.length > 0 && !bypasses) throw new Refusal(405, unmet.join(' '));

  const honest = await mergeCommit(world, repository, actor, pullRequest, wish, base, tree);
  return land(world, repository, pullRequest, {
    honest,
    base,
    method: wish.method,
    actor,
    mergedBy: actor.login,
    bypassed: unmet,
    group: null,
  });
}

const methodRefusals: Readonly<Record<MergeMethod, string>> = {
  merge: 'Merge commits are not allowed on this repository.',
  squash: 'Squash merges are not allowed on this repository.',
  rebase: 'Rebase merges are not allowed on this repository.',
};

/** Brings the base into the head branch: accepted at once, done a moment later, like GitHub's. */
export async function updateBranch(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  expectedHead: string | undefined,
): Promise<void> {
  if (!hasRole(repository, actor.login, 'write')) throw new Refusal(403, 'Must have write access to this repository.');
  if (pullRequest.state === 'closed') throw invalid('PullRequest', 'Cannot update a closed pull request.');
  if (expectedHead !== undefined && expectedHead !== pullRequest.headSha) {
    throw new Refusal(422, "expected head sha didn't match current head ref.");
  }
  if (!(await isBehind(repository, pullRequest)))
    throw new Refusal(422, 'There are no new commits on the base branch.');
  const base = baseSha(repository, pullRequest);
  if ((await mergedTree(repository, base, pullRequest.headSha)) === null)
    throw new Refusal(422, 'merge conflict between base and head');
  const asked = pullRequest.headSha;
  inBackground(world, 'update-branch', () =>
    inTurn(world, () => bringBase(world, repository, actor, pullRequest, asked)),
  );
}

async function bringBase(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  asked: string,
): Promise<void> {
  // Between the answer and now the head may have moved or the pull request may be closed: then GitHub does nothing.
  if (
    pullRequest.headSha !== asked ||
    branchSha(repository, pullRequest.headRef) !== asked ||
    pullRequest.state === 'closed'
  )
    return;
  const base = baseSha(repository, pullRequest);
  const tree = await mergeTree(repository.directory, asked, base);
  if (tree === null) return;
  const commit = await writeCommit(repository.directory, {
    tree,
    parents: [asked, base],
    message: `Merge branch '${pullRequest.baseRef}' into ${pullRequest.headRef}`,
    author: signature(world, actor.login),
    committer: webFlow(world),
  });
  await moveRef(repository.directory, `refs/heads/${pullRequest.headRef}`, asked, commit);
  await noticeMovedRefs(world, repository, actor);
  recordEffect(world, repository, actor, {
    kind: 'branch-updated',
    number: pullRequest.number,
    before: asked,
    sha: commit,
    baseSha: base,
  });
}
