// Merging and updating branches by real git on the bare repository, after the same refusals in the same order as GitHub's.
import { protectionOf, unmetRules } from '../facts/merge-verdict.ts';
import { commitFacts, commitsOf, filesOf, isBehind, mergedTree } from '../facts/pull-request-facts.ts';
import { type GitCommit, mergeTree, moveRef, type Signature, writeCommit, writeTree } from '../git/bare-repository.ts';
import { invalid, Refusal } from '../refusal.ts';
import { baseSha, branchSha, type MergeMethod, type PullRequest, type Repository } from '../state.ts';
import { type Actor, hasRole, inBackground, inTurn, recordEffect, timeOf, userNamed, type World } from '../world.ts';
import { deleteBranch, markMerged, noticeMovedRefs } from './push-acts.ts';

/** What the merge call may say. */
export interface MergeWish {
  readonly method: MergeMethod;
  /** Merge only if the head is still this. */
  readonly sha?: string | undefined;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
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
  const unmet = behind
    ? [...blocked, 'Head branch is out of date. Update it with the base branch and try again.']
    : blocked;
  const bypasses =
    hasRole(repository, actor.login, 'admin') && protectionOf(repository, pullRequest)?.enforceAdmins !== true;
  if (unmet.length > 0 && !bypasses) throw new Refusal(405, unmet.join(' '));

  const honest = await mergeCommit(world, repository, actor, pullRequest, wish, base, tree);
  const commit = await corrupted(world, repository, pullRequest, base, honest);
  await moveRef(repository.directory, `refs/heads/${pullRequest.baseRef}`, base, commit);
  markMerged(world, pullRequest, actor, commit, base);
  const made = await commitFacts(repository, commit);
  recordEffect(world, repository, actor, {
    kind: 'merge',
    number: pullRequest.number,
    method: wish.method,
    sha: pullRequest.headSha,
    base: pullRequest.baseRef,
    baseBefore: base,
    mergeCommit: commit,
    parents: made.parents,
    tree: made.tree,
    bypassed: unmet,
  });
  await noticeMovedRefs(world, repository, actor);
  const headRef = `refs/heads/${pullRequest.headRef}`;
  if (repository.deleteBranchOnMerge && repository.refs.get(headRef) === pullRequest.headSha) {
    await deleteBranch(world, repository, actor, headRef);
  }
  return commit;
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

async function mergeCommit(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  wish: MergeWish,
  base: string,
  tree: string,
): Promise<string> {
  const { directory } = repository;
  const commits = await commitsOf(repository, pullRequest);
  switch (wish.method) {
    case 'merge': {
      const title =
        wish.title ?? `Merge pull request #${pullRequest.number} from ${repository.owner}/${pullRequest.headRef}`;
      const message = withBody(title, wish.message ?? pullRequest.title);
      const parents = [base, pullRequest.headSha];
      return writeCommit(directory, {
        tree,
        parents,
        message,
        author: signature(world, actor.login),
        committer: webFlow(world),
      });
    }
    case 'squash': {
      const only = commits.length === 1 ? commits[0] : undefined;
      const title =
        wish.title ?? `${only === undefined ? pullRequest.title : firstLine(only.message)} (#${pullRequest.number})`;
      const listed =
        only === undefined
          ? commits.map((one) => `* ${one.message}`).join('\n\n')
          : only.message.split('\n').slice(2).join('\n');
      const message = withBody(title, wish.message ?? listed);
      return writeCommit(directory, {
        tree,
        parents: [base],
        message,
        author: signature(world, pullRequest.author),
        committer: webFlow(world),
      });
    }
    case 'rebase': {
      let tip = base;
      for (const commit of commits.filter((one) => one.parents.length === 1))
        tip = await pickOnto(world, directory, tip, commit);
      return tip;
    }
  }
}

/** Cherry-picks by merging with the commit's own parent as the base: a throwaway commit makes git see it so. */
async function pickOnto(world: World, directory: string, tip: string, commit: GitCommit): Promise<string> {
  const parent = commit.parents[0] ?? tip;
  const committer = webFlow(world);
  const throwaway = await writeCommit(directory, {
    tree: `${tip}^{tree}`,
    parents: [parent],
    message: '',
    author: committer,
    committer,
  });
  const tree = await mergeTree(directory, throwaway, commit.sha);
  if (tree === null) throw new Refusal(405, "This branch can't be rebased");
  return writeCommit(directory, { tree, parents: [tip], message: commit.message, author: commit.author, committer });
}

/** As on the day when GitHub's own queue wrote wrong trees: the merge is reported as done, but is not what was tested. */
async function corrupted(
  world: World,
  repository: Repository,
  pullRequest: PullRequest,
  base: string,
  honest: string,
): Promise<string> {
  const kind = world.nextCorruption;
  world.nextCorruption = null;
  if (kind === null) return honest;
  const { directory } = repository;
  const commit = await commitFacts(repository, honest);
  switch (kind) {
    case 'wrong-parent': {
      const before = (await commitFacts(repository, base)).parents[0];
      if (before === undefined) throw new Error('a wrong parent needs a base with a past: push twice before merging');
      return writeCommit(directory, { ...commit, parents: [before, ...commit.parents.slice(1)] });
    }
    case 'dropped-change': {
      const [file] = await filesOf(repository, pullRequest);
      if (file === undefined) throw new Error('a dropped change needs a pull request that changes a file');
      return writeCommit(directory, {
        ...commit,
        tree: await writeTree(directory, commit.tree, { [file.path]: null }),
      });
    }
    case 'empty':
      return writeCommit(directory, { ...commit, tree: (await commitFacts(repository, base)).tree });
  }
}

/** How a person signs commits made through the web. */
export function signature(world: World, login: string): Signature {
  const user = userNamed(world, login);
  return { name: login, email: `${user.id}+${login}@users.noreply.github.com`, date: timeOf(world) };
}

function webFlow(world: World): Signature {
  return { name: 'GitHub', email: 'noreply@github.com', date: timeOf(world) };
}

function withBody(title: string, body: string): string {
  return body.trim() === '' ? title : `${title}\n\n${body}`;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
