// REST operations on accounts, repositories, branches, refs and commits.
import { deleteBranch } from '../acts/push-acts.ts';
import { apart, commitFacts, diffFromMergeBase } from '../facts/pull-request-facts.ts';
import { listCommits, mergeBase, resolveCommit } from '../git/bare-repository.ts';
import { changedFiles } from '../git/diff.ts';
import { notFound, Refusal } from '../refusal.ts';
import { branchSha, type Protection, type Repository, remember } from '../state.ts';
import { hasRole, userNamed, type World } from '../world.ts';
import { type Handlers, paged, type RestCall, repositoryOf, text } from './handler.ts';
import {
  apiUrl,
  htmlUrl,
  presentCommit,
  presentFile,
  presentFullRepository,
  presentGitCommit,
  presentOwnAccount,
  presentUser,
} from './present-repository.ts';
import { appIdOf, presentRules } from './present-rules.ts';

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export const repositoryOperations: Handlers = {
  'users/get-authenticated': (call) => ({
    status: 200,
    body: presentOwnAccount(call.world, call.actor.login, '2020-01-01T00:00:00Z'),
  }),

  'rate-limit/get': (call) => {
    const tell = (resource: 'core' | 'graphql') => {
      const { resetSeconds, ...quota } = call.limits.quota(call.actor.login, resource);
      return { ...quota, reset: resetSeconds };
    };
    const [core, graphql] = [tell('core'), tell('graphql')];
    return {
      status: 200,
      body: { resources: { core, graphql, search: { ...core, limit: 30, used: 0, remaining: 30 } }, rate: core },
    };
  },

  'repos/get': (call) => ({
    status: 200,
    body: presentFullRepository(call.world, repositoryOf(call), call.actor.login),
  }),

  'repos/get-branch': async (call) => {
    const repository = repositoryOf(call);
    const branch = text(call.params, 'branch');
    const sha = branchSha(repository, branch);
    if (sha === null) throw new Refusal(404, 'Branch not found');
    const rules = repository.protection.get(branch);
    const url = `${apiUrl(call.world, repository)}/branches/${encodeURIComponent(branch)}`;
    const checks = requiredChecks(call.world, repository, rules);
    const summary = { enforcement_level: checks === null ? 'off' : 'non_admins', contexts: [], checks: [], ...checks };
    return {
      status: 200,
      body: {
        name: branch,
        commit: presentCommit(call.world, repository, await commitFacts(repository, sha)),
        _links: { self: url, html: `${htmlUrl(call.world, repository)}/tree/${branch}` },
        protected: rules !== undefined,
        protection: { enabled: rules !== undefined, required_status_checks: summary },
        protection_url: `${url}/protection`,
      },
    };
  },

  'repos/get-branch-protection': (call) => {
    const repository = repositoryOf(call);
    // Only admins may read the rules themselves; others see the summary that comes with the branch.
    if (!hasRole(repository, call.actor.login, 'admin')) throw notFound();
    const branch = text(call.params, 'branch');
    if (branchSha(repository, branch) === null) throw new Refusal(404, 'Branch not found');
    const rules = repository.protection.get(branch);
    if (rules === undefined) throw new Refusal(404, 'Branch not protected');
    return { status: 200, body: presentProtection(call.world, repository, branch, rules) };
  },

  // Rules of rulesets, to whoever may read; classic protection is not told here.
  'repos/get-branch-rules': (call) => {
    const repository = repositoryOf(call);
    const rules = repository.rulesets.get(text(call.params, 'branch'));
    return paged(call, rules === undefined ? [] : presentRules(repository, rules));
  },

  'repos/get-collaborator-permission-level': (call) => {
    const repository = repositoryOf(call);
    const login = text(call.params, 'username');
    if (!call.world.users.has(login)) throw notFound();
    const role = repository.collaborators.get(login);
    const user = { ...presentUser(call.world, userNamed(call.world, login).login), role_name: role ?? 'none' };
    return { status: 200, body: { permission: role ?? 'none', role_name: role ?? 'none', user } };
  },

  'git/get-ref': (call) => {
    const repository = repositoryOf(call);
    const ref = `refs/${text(call.params, 'ref')}`;
    const sha = repository.refs.get(ref);
    if (sha === undefined) throw notFound();
    const object = { type: 'commit', sha, url: `${apiUrl(call.world, repository)}/git/commits/${sha}` };
    return {
      status: 200,
      body: { ref, node_id: `REF_${ref}`, url: `${apiUrl(call.world, repository)}/git/${ref}`, object },
    };
  },

  'git/delete-ref': async (call) => {
    const repository = repositoryOf(call);
    if (!hasRole(repository, call.actor.login, 'write'))
      throw new Refusal(403, 'Must have write access to this repository.');
    await deleteBranch(call.world, repository, call.actor, `refs/${text(call.params, 'ref')}`);
    return { status: 204 };
  },

  'git/get-commit': async (call) => {
    const repository = repositoryOf(call);
    const sha = text(call.params, 'commit_sha');
    if (!/^[0-9a-f]{40}$/.test(sha) || (await resolveCommit(repository.directory, sha)) === null) throw notFound();
    return { status: 200, body: presentGitCommit(call.world, repository, await commitFacts(repository, sha)) };
  },

  'repos/get-commit': async (call) => {
    const repository = repositoryOf(call);
    const commit = await commitFacts(repository, await commitNamed(repository, text(call.params, 'ref')));
    const from = commit.parents[0] ?? emptyTree;
    const files = await remember(repository, `files ${commit.sha}`, () =>
      changedFiles(repository.directory, from, commit.sha),
    );
    return { status: 200, body: presentCommit(call.world, repository, commit, files) };
  },

  'repos/compare-commits-with-basehead': async (call) => {
    const repository = repositoryOf(call);
    const [baseName, headName] = text(call.params, 'basehead').split('...');
    if (baseName === undefined || headName === undefined) throw notFound();
    const named = (name: string) => commitNamed(repository, name.replace(`${repository.owner}:`, ''), 404);
    const [base, head] = [await named(baseName), await named(headName)];
    return { status: 200, body: await compare(call, repository, base, head) };
  },
};

/** The commit a branch, tag or sha stands for. */
export async function commitNamed(repository: Repository, name: string, otherwise: 404 | 422 = 422): Promise<string> {
  const bare = name.replace(/^(refs\/)?heads\//, '');
  const found = branchSha(repository, bare) ?? repository.refs.get(`refs/tags/${bare}`);
  const sha = found ?? (/^[0-9a-f]{4,40}$/.test(bare) ? await resolveCommit(repository.directory, bare) : null);
  if (sha === null) throw otherwise === 404 ? notFound() : new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

async function compare(call: RestCall, repository: Repository, base: string, head: string) {
  const { world } = call;
  const root = await mergeBase(repository.directory, base, head);
  if (root === null) throw notFound();
  const { left, right } = await apart(repository, base, head);
  const commits = await remember(repository, `commits ${base} ${head}`, () =>
    listCommits(repository.directory, [`${base}..${head}`]),
  );
  const files = await diffFromMergeBase(repository, base, head);
  const url = `${apiUrl(world, repository)}/compare/${base}...${head}`;
  const html = `${htmlUrl(world, repository)}/compare/${base}...${head}`;
  return {
    url,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: presentCommit(world, repository, await commitFacts(repository, base)),
    merge_base_commit: presentCommit(world, repository, await commitFacts(repository, root)),
    status: left > 0 && right > 0 ? 'diverged' : right > 0 ? 'ahead' : left > 0 ? 'behind' : 'identical',
    ahead_by: right,
    behind_by: left,
    total_commits: commits.length,
    commits: commits.map((commit) => presentCommit(world, repository, commit)),
    files: files.map((file) => presentFile(world, repository, head, file)),
  };
}

function requiredChecks(world: World, repository: Repository, rules: Protection | undefined) {
  const required = rules?.requiredStatusChecks;
  if (required === undefined) return null;
  return {
    url: `${apiUrl(world, repository)}/branches/protection/required_status_checks`,
    strict: required.strict,
    contexts: required.checks.map((check) => check.context),
    contexts_url: `${apiUrl(world, repository)}/branches/protection/required_status_checks/contexts`,
    checks: required.checks.map((check) => ({
      context: check.context,
      app_id: appIdOf(repository, check.appSlug),
    })),
  };
}

function presentProtection(world: World, repository: Repository, branch: string, rules: Protection) {
  const url = `${apiUrl(world, repository)}/branches/${encodeURIComponent(branch)}/protection`;
  const checks = requiredChecks(world, repository, rules);
  return {
    url,
    ...(checks === null ? {} : { required_status_checks: checks }),
    ...(rules.requiredApprovingReviewCount === undefined
      ? {}
      : {
          required_pull_request_reviews: {
            url: `${url}/required_pull_request_reviews`,
            dismiss_stale_reviews: rules.dismissStaleReviews ?? false,
            require_code_owner_reviews: false,
            require_last_push_approval: false,
            required_approving_review_count: rules.requiredApprovingReviewCount,
          },
        }),
    enforce_admins: { url: `${url}/enforce_admins`, enabled: rules.enforceAdmins ?? false },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
    required_conversation_resolution: { enabled: rules.requireConversationResolution ?? false },
  };
}
