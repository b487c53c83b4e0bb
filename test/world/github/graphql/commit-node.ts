// Commits with their checks, and accounts, as GraphQL shows them.
import { rulesFor } from '../facts/branch-rules.ts';
import { type CommitChecks, checksOf, rollupOf } from '../facts/check-facts.ts';
import { commitFacts } from '../facts/pull-request-facts.ts';
import type { GitCommit, Signature } from '../git/bare-repository.ts';
import { jobUrl } from '../rest/present-pull-request.ts';
import { htmlUrl } from '../rest/present-repository.ts';
import type { CheckRun, CommitStatus, PullRequest, Repository } from '../state.ts';
import type { World } from '../world.ts';
import { connection, type Node, withArguments } from './field.ts';

/** An account. GraphQL leaves out the `[bot]` that REST puts behind a bot's login. */
export function actorNode(world: World, login: string): Node {
  const user = world.users.get(login);
  const bot = user?.type === 'Bot' || login.endsWith('[bot]');
  const url = `${world.url}/${encodeURIComponent(login)}`;
  return {
    __typename: bot ? 'Bot' : 'User',
    login: login.replace(/\[bot\]$/, ''),
    id: `U_${user?.id ?? 0}`,
    databaseId: user?.id ?? 0,
    url,
    resourcePath: `/${login}`,
    avatarUrl: withArguments(['size'], () => `${world.url}/avatars/${user?.id ?? 0}`),
    ...(bot ? {} : { name: login, email: '' }),
  };
}

/** A commit that exists. `pullRequest` is where it was reached from, for questions such as "is this check required?". */
export async function commitNode(world: World, repository: Repository, sha: string): Promise<Node> {
  const commit = await commitFacts(repository, sha);
  const [headline, ...rest] = commit.message.split('\n');
  const parents = withArguments(['first', 'last', 'after', 'before'], (args) =>
    connection(
      'Commit',
      commit.parents,
      (one) => one,
      args,
      (parent) => commitNode(world, repository, parent),
    ),
  );
  return {
    __typename: 'Commit',
    id: `C_${sha}`,
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    message: commit.message,
    messageHeadline: headline ?? '',
    messageBody: rest.join('\n').trim(),
    url: `${htmlUrl(world, repository)}/commit/${sha}`,
    authoredDate: commit.author.date,
    committedDate: commit.committer.date,
    author: gitActor(world, commit.author),
    committer: gitActor(world, commit.committer),
    parents,
    tree: treeNode(commit),
    statusCheckRollup: () => rollupNode(world, repository, sha),
    status: () => statusNode(world, repository, sha),
  };
}

function treeNode(commit: GitCommit): Node {
  return { __typename: 'Tree', id: `T_${commit.tree}`, oid: commit.tree, abbreviatedOid: commit.tree.slice(0, 7) };
}

function gitActor(world: World, signature: Signature): Node {
  const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(signature.email)?.[1];
  const user = login !== undefined && world.users.get(login)?.type === 'User' ? actorNode(world, login) : null;
  return { __typename: 'GitActor', name: signature.name, email: signature.email, date: signature.date, user };
}

/** All checks of a commit together; null when there is none. */
export function rollupNode(world: World, repository: Repository, sha: string): Node | null {
  const checks = checksOf(repository, sha);
  const state = rollupOf(checks);
  if (state === null) return null;
  const contexts = withArguments(['first', 'last', 'after', 'before'], (args) =>
    contextsConnection(world, repository, checks, args),
  );
  return { __typename: 'StatusCheckRollup', id: `SCR_${sha}`, state, contexts };
}

function contextsConnection(
  world: World,
  repository: Repository,
  checks: CommitChecks,
  args: Readonly<Record<string, unknown>>,
): Node {
  const items: (CheckRun | CommitStatus)[] = [...checks.runs, ...checks.statuses];
  return connection(
    'StatusCheckRollupContext',
    items,
    (one) => one.id,
    args,
    (one) => ('suite' in one ? checkRunNode(world, repository, one) : statusContextNode(world, repository, one)),
  );
}

function checkRunNode(world: World, repository: Repository, run: CheckRun): Node {
  return {
    __typename: 'CheckRun',
    id: `CR_${run.id}`,
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    detailsUrl: jobUrl(world, repository, run),
    permalink: jobUrl(world, repository, run),
    url: jobUrl(world, repository, run),
    title: run.output.title,
    summary: run.output.summary,
    text: run.output.text,
    startedAt: run.startedAt,
    completedAt: run.completedAt,
    isRequired: isRequired(repository, run.name),
    checkSuite: {
      __typename: 'CheckSuite',
      id: `CS_${run.suite}`,
      databaseId: run.suite,
      commit: () => commitNode(world, repository, run.sha),
      app: { __typename: 'App', id: `A_${run.app.id}`, databaseId: run.app.id, slug: run.app.slug, name: run.app.slug },
    },
  };
}

function statusContextNode(world: World, repository: Repository, status: CommitStatus): Node {
  return {
    __typename: 'StatusContext',
    id: `SC_${status.id}`,
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    createdAt: status.createdAt,
    creator: actorNode(world, status.creator),
    isRequired: isRequired(repository, status.context),
  };
}

function statusNode(world: World, repository: Repository, sha: string): Node | null {
  const { statuses } = checksOf(repository, sha);
  if (statuses.length === 0) return null;
  const contexts = () => statuses.map((status) => statusContextNode(world, repository, status));
  return { __typename: 'Status', id: `S_${sha}`, state: rollupOf({ runs: [], statuses }), contexts };
}

function isRequired(repository: Repository, context: string) {
  return withArguments(['pullRequestNumber', 'pullRequestId'], (args) => {
    const asked = (one: PullRequest) => one.number === args.pullRequestNumber || `PR_${one.id}` === args.pullRequestId;
    const pullRequest = [...repository.pullRequests.values()].find(asked);
    const rules = pullRequest === undefined ? undefined : rulesFor(repository, pullRequest.baseRef);
    return rules?.requiredStatusChecks?.checks.some((check) => check.context === context) ?? false;
  });
}
