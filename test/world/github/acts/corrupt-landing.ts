// As on the day when GitHub's own queue wrote wrong trees: the merge is reported as done, but is not what was tested.
import { commitFacts, filesOf } from '../facts/pull-request-facts.ts';
import { writeCommit, writeTree } from '../git/bare-repository.ts';
import { changedFiles } from '../git/diff.ts';
import { branchSha, type PullRequest, type Repository } from '../state.ts';
import type { MergeCorruption } from '../world.ts';
import type { Landing } from './land.ts';

/** What GitHub says it made, and the branches that really move. */
export interface Landed {
  readonly told: string;
  readonly refs: readonly { readonly branch: string; readonly before: string | null; readonly after: string }[];
}

/** Where a merge goes that misses its branch. */
const elsewhere = 'landed-elsewhere';

export async function corruptLanding(
  repository: Repository,
  pullRequest: PullRequest,
  { honest, base }: Landing,
  kind: MergeCorruption | null,
): Promise<Landed> {
  const { directory } = repository;
  const branch = pullRequest.baseRef;
  const onBase = (commit: string, told = commit): Landed => ({ told, refs: [{ branch, before: base, after: commit }] });
  const commit = await commitFacts(repository, honest);
  const withTree = async (tree: string) => onBase(await writeCommit(directory, { ...commit, tree }));
  const withFiles = async (files: Readonly<Record<string, string | null>>) =>
    withTree(await writeTree(directory, commit.tree, files));
  switch (kind) {
    case null:
      return onBase(honest);
    case 'wrong-parent': {
      const before = await beforeBase(repository, base);
      return onBase(await writeCommit(directory, { ...commit, parents: [before, ...commit.parents.slice(1)] }));
    }
    case 'dropped-change': {
      const [file] = await filesOf(repository, pullRequest);
      if (file === undefined) throw new Error('a dropped change needs a pull request that changes a file');
      return withFiles({ [file.path]: null });
    }
    case 'dropped-earlier': {
      const mine = new Set((await filesOf(repository, pullRequest)).map((file) => file.path));
      const earlier = await changedFiles(directory, await beforeBase(repository, base), base);
      const file = earlier.find((one) => one.status !== 'removed' && !mine.has(one.path));
      if (file === undefined)
        throw new Error('a dropped earlier change needs a base whose last commit put a file there');
      return withFiles({ [file.path]: null });
    }
    case 'empty':
      return withTree((await commitFacts(repository, base)).tree);
    case 'extra-content':
      return withFiles({ 'nobody-reviewed-this.txt': 'It was in no pull request.\n' });
    case 'wrong-branch':
      return {
        told: honest,
        refs: [{ branch: elsewhere, before: branchSha(repository, elsewhere), after: honest }],
      };
    case 'nothing-landed':
      return { told: honest, refs: [] };
    case 'other-sha':
      return onBase(honest, pullRequest.headSha);
  }
}

async function beforeBase(repository: Repository, base: string): Promise<string> {
  const before = (await commitFacts(repository, base)).parents[0];
  if (before === undefined) throw new Error('this corruption needs a base with a past: push twice before merging');
  return before;
}
