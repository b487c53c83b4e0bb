// Repositories, branches and their rules, as GraphQL shows them.
import { resolveCommit } from '../git/bare-repository.ts';
import { htmlUrl } from '../rest/present-repository.ts';
import type { Protection, PullRequest, Repository } from '../state.ts';
import { hasRole } from '../world.ts';
import { actorNode, commitNode } from './commit-node.ts';
import { type Arguments, connection, githubError, type Node, NotModelled, withArguments } from './field.ts';
import { pullRequestNode, type Reader } from './pull-request-node.ts';
import { queueNode } from './queue-node.ts';

/** A repository the reader may see. */
export function repositoryNode(reader: Reader, repository: Repository): Node {
  const { world, login } = reader;
  return {
    __typename: 'Repository',
    id: `R_${repository.id}`,
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: repository.fullName,
    owner: actorNode(world, repository.owner),
    url: htmlUrl(world, repository),
    isPrivate: true,
    isArchived: false,
    isFork: false,
    createdAt: repository.createdAt,
    pushedAt: repository.pushedAt,
    updatedAt: repository.pushedAt,
    viewerPermission: repository.collaborators.get(login)?.toUpperCase() ?? null,
    mergeCommitAllowed: repository.mergeMethods.has('merge'),
    squashMergeAllowed: repository.mergeMethods.has('squash'),
    rebaseMergeAllowed: repository.mergeMethods.has('rebase'),
    autoMergeAllowed: false,
    deleteBranchOnMerge: repository.deleteBranchOnMerge,
    defaultBranchRef: () => refNode(reader, repository, `refs/heads/${repository.defaultBranch}`),
    ref: withArguments(['qualifiedName'], (args) => {
      const name = String(args.qualifiedName);
      return refNode(reader, repository, name.startsWith('refs/') ? name : `refs/heads/${name}`);
    }),
    object: withArguments(['oid', 'expression'], async (args) => {
      if (args.expression !== undefined && args.expression !== null)
        throw new NotModelled('not implemented in the stand-in: Repository.object(expression:)');
      const sha = await resolveCommit(repository.directory, String(args.oid));
      return sha === null ? null : commitNode(world, repository, sha);
    }),
    mergeQueue: withArguments(['branch'], (args) =>
      queueNode(reader, repository, typeof args.branch === 'string' ? args.branch : repository.defaultBranch),
    ),
    pullRequest: withArguments(['number'], (args) => {
      const found = repository.pullRequests.get(Number(args.number));
      if (found === undefined)
        throw githubError('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${args.number}.`);
      return pullRequestNode(reader, repository, found);
    }),
    pullRequests: withArguments(
      ['states', 'first', 'last', 'after', 'before', 'orderBy', 'headRefName', 'baseRefName', 'labels'],
      (args) => {
        const found = selected(repository, args);
        return connection(
          'PullRequest',
          found,
          (one) => one.number,
          args,
          (one) => pullRequestNode(reader, repository, one),
        );
      },
    ),
  };
}

/** A branch, or null when there is none. */
export function refNode(reader: Reader, repository: Repository, ref: string): Node | null {
  const sha = repository.refs.get(ref);
  if (sha === undefined) return null;
  const [, kind, ...name] = ref.split('/');
  const rules = repository.protection.get(name.join('/'));
  const admin = hasRole(repository, reader.login, 'admin');
  return {
    __typename: 'Ref',
    id: `REF_${ref}`,
    name: name.join('/'),
    prefix: `refs/${kind}/`,
    target: () => commitNode(reader.world, repository, sha),
    refUpdateRule: rules === undefined ? null : updateRuleNode(name.join('/'), rules),
    // The rule itself is for admins; refUpdateRule is what GitHub shows to everybody.
    branchProtectionRule: rules === undefined || !admin ? null : ruleNode(name.join('/'), rules),
  };
}

function updateRuleNode(pattern: string, rules: Protection): Node {
  return {
    __typename: 'RefUpdateRule',
    pattern,
    requiredApprovingReviewCount: rules.requiredApprovingReviewCount ?? 0,
    requiredStatusCheckContexts: rules.requiredStatusChecks?.checks.map((check) => check.context) ?? [],
    requiresConversationResolution: rules.requireConversationResolution ?? false,
    requiresCodeOwnerReviews: false,
    requiresLinearHistory: false,
    requiresSignatures: false,
    allowsDeletions: false,
    allowsForcePushes: false,
    blocksCreations: false,
    viewerAllowedToDismissReviews: false,
    viewerCanPush: false,
  };
}

function ruleNode(pattern: string, rules: Protection): Node {
  const required = rules.requiredStatusChecks;
  return {
    __typename: 'BranchProtectionRule',
    id: `BPR_${pattern}`,
    pattern,
    isAdminEnforced: rules.enforceAdmins ?? false,
    requiresStatusChecks: required !== undefined,
    requiresStrictStatusChecks: required?.strict ?? false,
    requiredStatusCheckContexts: required?.checks.map((check) => check.context) ?? [],
    requiredStatusChecks: (required?.checks ?? []).map((check) => ({
      __typename: 'RequiredStatusCheckDescription',
      context: check.context,
      app: check.appSlug === null ? null : { __typename: 'App', slug: check.appSlug, name: check.appSlug },
    })),
    requiresApprovingReviews: rules.requiredApprovingReviewCount !== undefined,
    requiredApprovingReviewCount: rules.requiredApprovingReviewCount ?? null,
    dismissesStaleReviews: rules.dismissStaleReviews ?? false,
    requiresConversationResolution: rules.requireConversationResolution ?? false,
    allowsForcePushes: false,
    allowsDeletions: false,
  };
}

function selected(repository: Repository, args: Arguments): PullRequest[] {
  const states = Array.isArray(args.states) ? args.states : null;
  const labels = Array.isArray(args.labels) ? args.labels : null;
  const order = (args.orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }) as {
    readonly field: string;
    readonly direction: string;
  };
  const key = (one: PullRequest) => (order.field === 'UPDATED_AT' ? one.updatedAt : one.createdAt);
  const stateOf = (one: PullRequest) => (one.merged !== null ? 'MERGED' : one.state.toUpperCase());
  return [...repository.pullRequests.values()]
    .filter((one) => states === null || states.includes(stateOf(one)))
    .filter((one) => args.headRefName === undefined || args.headRefName === null || one.headRef === args.headRefName)
    .filter((one) => args.baseRefName === undefined || args.baseRefName === null || one.baseRef === args.baseRefName)
    .filter((one) => labels === null || labels.some((label) => one.labels.has(String(label))))
    .sort(
      (a, b) =>
        (order.direction === 'DESC' ? -1 : 1) * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.number - b.number),
    );
}
