/** What `check` asks GitHub: who the tokens are, what they may do, and which rules guard the base branch. */
import { z } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { MergeMethod } from '../domain/pull-request.ts';
import type { ForgeAccess } from '../heartbeat/access.ts';
import { BRANCH_RULES } from './documents.ts';
import type { GithubClient } from './github-client.ts';
import type { Logins } from './own-logins.ts';
import { coordinatesOf, pathOf } from './repository-name.ts';

const RULES_PER_PAGE = 100;
const RULE_PAGES_MAX = 10;
const GUARDING: readonly string[] = ['required_status_checks', 'pull_request', 'merge_queue'];

const repositoryShape = z.object({
  default_branch: z.string(),
  permissions: z.object({ admin: z.boolean(), push: z.boolean(), pull: z.boolean() }).optional(),
  allow_merge_commit: z.boolean().optional(),
  allow_squash_merge: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
});
const protectionShape = z.object({
  required_status_checks: z.object({ strict: z.boolean().optional(), contexts: z.array(z.string()) }).nullish(),
  required_pull_request_reviews: z.object({ required_approving_review_count: z.number().optional() }).nullish(),
  required_conversation_resolution: z.object({ enabled: z.boolean().optional() }).nullish(),
});
const branchShape = z.object({
  protected: z.boolean(),
  protection: z.object({ required_status_checks: z.object({ contexts: z.array(z.string()) }).nullish() }).nullish(),
});
const rulesShape = z.array(
  z.object({
    type: z.string(),
    parameters: z
      .object({
        strict_required_status_checks_policy: z.boolean().optional(),
        required_status_checks: z.array(z.object({ context: z.string() })).optional(),
        required_approving_review_count: z.number().optional(),
        required_review_thread_resolution: z.boolean().optional(),
      })
      .optional(),
  }),
);

const branchRules = z.object({
  repository: z.object({
    mergeQueue: z.object({ id: z.string() }).nullish(),
    ref: z
      .object({
        refUpdateRule: z
          .object({
            requiredApprovingReviewCount: z.number().nullish(),
            requiredStatusCheckContexts: z.array(z.string().nullable()).nullish(),
            requiresConversationResolution: z.boolean(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});

type Protection = NonNullable<ForgeAccess['protection']>;

export async function readAccess(
  client: GithubClient,
  logins: () => Promise<Logins>,
  repository: string,
  baseBranch: string | null,
): Promise<ForgeAccess> {
  const attempted = `read what the GitHub token may do in ${repository}`;
  const path = pathOf(repository);
  const { login, reviewer } = await logins();
  const found = await client.rest({ attempted, route: 'GET /repos/{owner}/{repo}', parameters: path }, repositoryShape);
  const branch = baseBranch ?? found.default_branch;
  const shown = await shownToAll(client, repository, branch);
  const guards = [shown, await classicRules(client, repository, branch), await rulesets(client, repository, branch)];
  const mergeMethods: MergeMethod[] = [];
  if (found.allow_merge_commit) mergeMethods.push('merge');
  if (found.allow_squash_merge) mergeMethods.push('squash');
  if (found.allow_rebase_merge) mergeMethods.push('rebase');
  return {
    login,
    reviewer,
    permission: permissionOf(found.permissions),
    defaultBranch: found.default_branch,
    mergeMethods,
    protection: together(guards.filter((guard) => guard !== null)),
  };
}

function permissionOf(permissions: z.infer<typeof repositoryShape>['permissions']): ForgeAccess['permission'] {
  if (permissions?.admin) return 'admin';
  if (permissions?.push) return 'write';
  return permissions?.pull ? 'read' : 'none';
}

const NO_GUARD: Protection = {
  strict: false,
  checks: [],
  approvals: 0,
  conversationResolution: false,
  mergeQueue: false,
};

/** What every reader is told: whether there is a queue, and the classic rules but for "up to date" and for who is bound by them. */
async function shownToAll(client: GithubClient, repository: string, branch: string): Promise<Protection | null> {
  const attempted = `read the rules of ${branch} in ${repository}`;
  const variables = { ...coordinatesOf(repository), branch, ref: `refs/heads/${branch}` };
  const answer = await orHidden(client.graphql(attempted, BRANCH_RULES, variables, branchRules));
  const rule = answer?.repository.ref?.refUpdateRule;
  const mergeQueue = !!answer?.repository.mergeQueue;
  if (!rule && !mergeQueue) return null;
  return {
    ...NO_GUARD,
    checks: rule?.requiredStatusCheckContexts?.filter((context) => context !== null) ?? [],
    approvals: rule?.requiredApprovingReviewCount ?? 0,
    conversationResolution: rule?.requiresConversationResolution ?? false,
    mergeQueue,
  };
}

/** The classic rules themselves are for admins; others see on the branch which checks are required, and no more. */
async function classicRules(client: GithubClient, repository: string, branch: string): Promise<Protection | null> {
  const attempted = `read the protection of ${branch} in ${repository}`;
  const parameters = { ...pathOf(repository), branch };
  const whole = 'GET /repos/{owner}/{repo}/branches/{branch}/protection';
  const rules = await orHidden(client.rest({ attempted, route: whole, parameters }, protectionShape));
  if (rules !== null) {
    return {
      ...NO_GUARD,
      strict: rules.required_status_checks?.strict ?? false,
      checks: rules.required_status_checks?.contexts ?? [],
      approvals: rules.required_pull_request_reviews?.required_approving_review_count ?? 0,
      conversationResolution: rules.required_conversation_resolution?.enabled ?? false,
    };
  }
  // GitHub also says "missing" to those who may not look, so the branch itself has the last word.
  const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
  const found = await orMissing(client.rest({ attempted, route, parameters }, branchShape));
  const checks = found?.protection?.required_status_checks?.contexts ?? [];
  return checks.length === 0 ? null : { ...NO_GUARD, checks };
}

/** Rules of rulesets are shown to every reader, whole. */
async function rulesets(client: GithubClient, repository: string, branch: string): Promise<Protection | null> {
  const attempted = `read the rulesets of ${branch} in ${repository}`;
  const route = 'GET /repos/{owner}/{repo}/rules/branches/{branch}';
  const rules: z.infer<typeof rulesShape>[number][] = [];
  for (let page = 1; page <= RULE_PAGES_MAX; page += 1) {
    const parameters = { ...pathOf(repository), branch, per_page: RULES_PER_PAGE, page };
    const listed = (await orMissing(client.rest({ attempted, route, parameters }, rulesShape))) ?? [];
    rules.push(...listed);
    if (listed.length < RULES_PER_PAGE) break;
  }
  return together(
    rules
      .filter(({ type }) => GUARDING.includes(type))
      .map(({ type, parameters: rule }) => ({
        strict: rule?.strict_required_status_checks_policy ?? false,
        checks: rule?.required_status_checks?.map((check) => check.context) ?? [],
        approvals: rule?.required_approving_review_count ?? 0,
        conversationResolution: rule?.required_review_thread_resolution ?? false,
        mergeQueue: type === 'merge_queue',
      })),
  );
}

/** All rules hold at once, so the hardest counts. */
function together(guards: readonly Protection[]): Protection | null {
  if (guards.length === 0) return null;
  return {
    strict: guards.some((guard) => guard.strict),
    checks: [...new Set(guards.flatMap((guard) => guard.checks))],
    approvals: Math.max(...guards.map((guard) => guard.approvals)),
    conversationResolution: guards.some((guard) => guard.conversationResolution),
    mergeQueue: guards.some((guard) => guard.mergeQueue),
  };
}

async function orHidden<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await orMissing(read);
  } catch (error) {
    if (error instanceof OutsideError && error.kind === 'unauthorised') return null;
    throw error;
  }
}

async function orMissing<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof OutsideError && error.kind === 'missing') return null;
    throw error;
  }
}
