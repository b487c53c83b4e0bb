/** GitHub behind the Forge port: wires the parts and performs the few writes. */
import { z } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Forge } from '../heartbeat/ports.ts';
import { createConversation } from './conversation.ts';
import { readFailureLog } from './failure-log.ts';
import { createGithubClient, type GithubClient, type GithubOptions } from './github-client.ts';
import { createQueueWrites } from './merge-queue.ts';
import { isOneOf, ownLogins } from './own-logins.ts';
import { postReview } from './post-review.ts';
import { readAccess } from './read-access.ts';
import { readChecksOf } from './read-bases.ts';
import { createPullRequestReader } from './read-pull-requests.ts';
import { pathOf } from './repository-name.ts';
import { rerunCheck } from './rerun-check.ts';

export interface ForgeOptions extends GithubOptions {
  /** A second identity, so that its approval counts; null: reviews are signed by the first. */
  readonly reviewerToken: string | null;
}

const PER_PAGE = 100;
/** A pull request with more reviews, or a commit with more statuses, than this many pages is a fault. */
const PAGES_MAX = 40;
/** GitHub refuses a longer description of a status. */
const DESCRIPTION_CHARACTERS_MAX = 140;

const created = z.object({ number: z.number() });
const reviewList = z.array(
  z.object({ id: z.number(), body: z.string().nullish(), user: z.object({ login: z.string() }).nullish() }),
);
const combinedStatus = z.object({
  statuses: z.array(z.object({ context: z.string(), state: z.string(), description: z.string().nullish() })),
});
const merged = z.object({ sha: z.string(), merged: z.boolean() });

export function createForge(options: ForgeOptions): Forge {
  const client = createGithubClient(options);
  const reviewer =
    options.reviewerToken === null ? null : createGithubClient({ ...options, token: options.reviewerToken });
  const reader = createPullRequestReader(client, options.now);
  return forgeOver({ client, reviewer, reader, logins: ownLogins(client, reviewer) });
}

interface ForgeParts {
  readonly client: GithubClient;
  readonly reviewer: GithubClient | null;
  readonly reader: ReturnType<typeof createPullRequestReader>;
  readonly logins: ReturnType<typeof ownLogins>;
}

function forgeOver({ client, reviewer, reader, logins }: ForgeParts): Forge {
  return {
    ...reader,
    guarded: (before) =>
      forgeOver({ client: client.guarded(before), reviewer: reviewer?.guarded(before) ?? null, reader, logins }),

    async openPullRequest({ repository, branch, baseBranch, title, body, draft }) {
      const attempted = `open a pull request from ${branch} in ${repository}`;
      const parameters = {
        ...pathOf(repository),
        head: branch,
        base: baseBranch,
        title,
        body,
        maintainer_can_modify: true,
        draft,
      };
      let number: number;
      try {
        ({ number } = await client.rest({ attempted, route: 'POST /repos/{owner}/{repo}/pulls', parameters }, created));
      } catch (error) {
        if (!(error instanceof OutsideError) || (error.kind !== 'refused' && error.kind !== 'invalid')) throw error;
        // 422 has one shape for "there is one already" and for others; a look tells them apart.
        const there = await reader.findPullRequest(repository, branch);
        if (there?.state !== 'open' || there.baseBranch !== baseBranch) throw error;
        throw new OutsideError('conflict', attempted, `pull request #${there.number} is open already`, {
          cause: error,
        });
      }
      const opened = await reader.pullRequest(repository, number);
      if (opened !== null) return opened;
      throw new OutsideError('unreachable', attempted, `GitHub opened #${number} and does not show it yet`);
    },

    async findReview(repository, number, marker) {
      const attempted = `look for our review of pull request #${number} of ${repository}`;
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews';
      const { login, reviewer: second } = await logins();
      for (let page = 1; page <= PAGES_MAX; page += 1) {
        const parameters = { ...pathOf(repository), pull_number: number, per_page: PER_PAGE, page };
        const reviews = await client.rest({ attempted, route, parameters }, reviewList);
        // The marker alone is no proof: anybody can quote it.
        const ours = reviews.find(({ body, user }) => body?.includes(marker) && isOneOf(user?.login, [login, second]));
        if (ours !== undefined) return String(ours.id);
        if (reviews.length < PER_PAGE) return null;
      }
      throw new OutsideError('invalid', attempted, `more than ${PAGES_MAX} pages of reviews`);
    },

    postReview: (review) => postReview(client, reviewer ?? client, review),

    async status(repository, head, context) {
      const attempted = `read the status ${context} of ${head} in ${repository}`;
      const route = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
      for (let page = 1; page <= PAGES_MAX; page += 1) {
        const parameters = { ...pathOf(repository), ref: head, per_page: PER_PAGE, page };
        const { statuses } = await client.rest({ attempted, route, parameters }, combinedStatus);
        const found = statuses.find((status) => status.context === context);
        if (found !== undefined) return { state: found.state, description: found.description ?? '' };
        if (statuses.length < PER_PAGE) return null;
      }
      throw new OutsideError('invalid', attempted, `more than ${PAGES_MAX} pages of statuses`);
    },

    async setStatus({ repository, head, context, state, description }) {
      const attempted = `set the status ${context} of ${head} in ${repository}`;
      const route = 'POST /repos/{owner}/{repo}/statuses/{sha}';
      const short = description.slice(0, DESCRIPTION_CHARACTERS_MAX);
      await client.rest(
        { attempted, route, parameters: { ...pathOf(repository), sha: head, context, state, description: short } },
        z.unknown(),
      );
    },

    async updateBranch(repository, number, expectedHead) {
      const attempted = `update the branch of pull request #${number} of ${repository}`;
      const route = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch';
      const parameters = { ...pathOf(repository), pull_number: number, expected_head_sha: expectedHead };
      try {
        await client.rest({ attempted, route, parameters }, z.unknown());
      } catch (error) {
        if (!(error instanceof OutsideError) || (error.kind !== 'refused' && error.kind !== 'invalid')) throw error;
        // 422 says "the head moved" and "it cannot be updated" alike; the head tells which.
        const now = await reader.pullRequest(repository, number);
        if (now === null || now.head === expectedHead)
          throw new OutsideError('refused', attempted, error.message, { cause: error });
        throw new OutsideError('conflict', attempted, `the head is ${now.head} by now`, { cause: error });
      }
    },

    async merge({ repository, number, head, method, title }) {
      const attempted = `merge pull request #${number} of ${repository}`;
      const route = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge';
      // A rebase makes no commit of its own that a title could go to.
      const words = method === 'rebase' ? {} : { commit_title: title };
      const parameters = { ...pathOf(repository), pull_number: number, sha: head, merge_method: method, ...words };
      const answer = await client.rest({ attempted, route, parameters }, merged);
      if (!answer.merged) throw new OutsideError('refused', attempted, 'GitHub answered that it did not merge');
      return answer.sha;
    },

    ...createQueueWrites(client),
    ...createConversation(client, logins),
    rerunCheck: (repository, check) => rerunCheck(client, repository, check),

    async addLabel({ repository, number, label }) {
      const attempted = `put the label ${label} on pull request #${number} of ${repository}`;
      // A label that the repository does not have yet is made by this very call.
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';
      const parameters = { ...pathOf(repository), issue_number: number, labels: [label] };
      await client.rest({ attempted, route, parameters }, z.unknown());
    },

    checksOf: (repository, sha) => readChecksOf(client, repository, sha),
    failureLog: (repository, check) => readFailureLog(client, repository, check),
    access: (repository, baseBranch) => readAccess(client, logins, repository, baseBranch),
    quota: client.quota,
  };
}
