/** Answers to people: in a review thread or in the conversation below a pull request, and settling a thread. */
import { z } from 'zod';
import type { Forge } from '../heartbeat/ports.ts';
import { CONVERSATION, REPLY, RESOLVE, THREAD_COMMENTS } from './documents.ts';
import type { GithubClient } from './github-client.ts';
import { isOneOf, type Logins } from './own-logins.ts';
import { pages } from './pages.ts';
import { coordinatesOf, pathOf } from './repository-name.ts';

const comments = z.object({
  nodes: z.array(z.object({ id: z.string(), body: z.string(), author: z.object({ login: z.string() }).nullish() })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
});
const threadComments = z.object({ node: z.object({ comments }) });
const conversation = z.object({ repository: z.object({ pullRequest: z.object({ comments }) }) });
const replied = z.object({
  addPullRequestReviewThreadReply: z.object({ comment: z.object({ id: z.string() }) }),
});
const commented = z.object({ node_id: z.string() });

export type Conversation = Pick<Forge, 'findReply' | 'reply' | 'resolveThread'>;

export function createConversation(client: GithubClient, logins: () => Promise<Logins>): Conversation {
  return {
    async findReply(repository, number, threadId, marker) {
      const attempted = `look for our reply on pull request #${number} of ${repository}`;
      const { login, reviewer } = await logins();
      const read = async (after: string | null) => {
        if (threadId !== null) {
          return (await client.graphql(attempted, THREAD_COMMENTS, { id: threadId, after }, threadComments)).node
            .comments;
        }
        const variables = { ...coordinatesOf(repository), number, after };
        return (await client.graphql(attempted, CONVERSATION, variables, conversation)).repository.pullRequest.comments;
      };
      let found: string | null = null;
      await pages(attempted, async (after) => {
        const { nodes, pageInfo } = await read(after);
        // The marker alone is no proof: anybody can quote it.
        found ??=
          nodes.find((one) => one.body.includes(marker) && isOneOf(one.author?.login, [login, reviewer]))?.id ?? null;
        return found === null ? pageInfo : { hasNextPage: false };
      });
      return found;
    },

    async reply({ repository, number, threadId, body }) {
      const attempted = `reply on pull request #${number} of ${repository}`;
      if (threadId !== null) {
        const answer = await client.graphql(attempted, REPLY, { thread: threadId, body }, replied);
        return answer.addPullRequestReviewThreadReply.comment.id;
      }
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      const parameters = { ...pathOf(repository), issue_number: number, body };
      return (await client.rest({ attempted, route, parameters }, commented)).node_id;
    },

    async resolveThread(repository, number, threadId) {
      const attempted = `resolve a review thread of pull request #${number} of ${repository}`;
      await client.graphql(attempted, RESOLVE, { thread: threadId }, z.unknown());
    },
  };
}
