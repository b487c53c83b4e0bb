// The commits a merge makes, by method, and who signs them.
import { commitsOf } from '../facts/pull-request-facts.ts';
import { type GitCommit, mergeTree, type Signature, writeCommit } from '../git/bare-repository.ts';
import { Refusal } from '../refusal.ts';
import type { MergeMethod, PullRequest, Repository } from '../state.ts';
import { type Actor, timeOf, userNamed, type World } from '../world.ts';

/** How to merge, and what the new commit says. */
export interface MergeWords {
  readonly method: MergeMethod;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
}

/** Writes the commit that merging gives on top of `base`; no ref moves. */
export async function mergeCommit(
  world: World,
  repository: Repository,
  actor: Pick<Actor, 'login'>,
  pullRequest: PullRequest,
  wish: MergeWords,
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

/** How a person signs commits made through the web. */
export function signature(world: World, login: string): Signature {
  const user = userNamed(world, login);
  return { name: login, email: `${user.id}+${login}@users.noreply.github.com`, date: timeOf(world) };
}

export function webFlow(world: World): Signature {
  return { name: 'GitHub', email: 'noreply@github.com', date: timeOf(world) };
}

function withBody(title: string, body: string): string {
  return body.trim() === '' ? title : `${title}\n\n${body}`;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
