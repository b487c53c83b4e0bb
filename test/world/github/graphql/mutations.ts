// The GraphQL mutations: those things that GitHub's REST API cannot do.
import { setDraft } from '../acts/pull-request-acts.ts';
import { dequeue, enqueue } from '../acts/queue-acts.ts';
import { replyInThread, setThreadResolved } from '../acts/review-acts.ts';
import { currentLine, pullRequestNodeId } from '../rest/present-pull-request.ts';
import type { Repository } from '../state.ts';
import type { Actor, World } from '../world.ts';
import { type Arguments, githubError, type Node, withArguments } from './field.ts';
import { pullRequestNode, type Reader, reviewCommentNode, threadNode, threadNodeId } from './pull-request-node.ts';
import { entryNode } from './queue-node.ts';

/** Mutations that put words before people. */
export const contentMutations: ReadonlySet<string> = new Set(['addPullRequestReviewThreadReply']);

/** The root of every mutation. */
export function mutationNode(reader: Reader): Node {
  const actor: Actor = { login: reader.login, via: 'graphql' };
  const mutation = (
    payload: string,
    run: (input: Arguments) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>,
  ) =>
    withArguments(['input'], async (args) => {
      const input = args.input as Arguments;
      return { __typename: payload, clientMutationId: input.clientMutationId ?? null, ...(await run(input)) };
    });
  const resolve = (payload: string, resolved: boolean) =>
    mutation(payload, (input) => {
      const { repository, thread } = threadNamed(reader.world, reader.login, input.threadId);
      setThreadResolved(reader.world, repository, actor, thread, resolved);
      return { thread: () => threadNode(reader, repository, thread) };
    });
  const draft = (payload: string, value: boolean) =>
    mutation(payload, (input) => {
      const { repository, pullRequest } = pullRequestNamed(reader.world, reader.login, input.pullRequestId);
      setDraft(reader.world, repository, actor, pullRequest, value);
      return { pullRequest: () => pullRequestNode(reader, repository, pullRequest) };
    });
  return {
    __typename: 'Mutation',
    resolveReviewThread: resolve('ResolveReviewThreadPayload', true),
    unresolveReviewThread: resolve('UnresolveReviewThreadPayload', false),
    markPullRequestReadyForReview: draft('MarkPullRequestReadyForReviewPayload', false),
    convertPullRequestToDraft: draft('ConvertPullRequestToDraftPayload', true),
    enqueuePullRequest: mutation('EnqueuePullRequestPayload', async (input) => {
      const { repository, pullRequest } = pullRequestNamed(reader.world, reader.login, input.pullRequestId);
      const expectedHead = typeof input.expectedHeadOid === 'string' ? input.expectedHeadOid : undefined;
      const wish = { expectedHead, jump: input.jump === true };
      await enqueue(reader.world, repository, actor, pullRequest, wish);
      return { mergeQueueEntry: () => entryNode(reader, repository, pullRequest.number) };
    }),
    dequeuePullRequest: mutation('DequeuePullRequestPayload', async (input) => {
      const { repository, pullRequest } = pullRequestNamed(reader.world, reader.login, input.id);
      const entry = entryNode(reader, repository, pullRequest.number);
      await dequeue(reader.world, repository, actor, pullRequest);
      return { mergeQueueEntry: entry };
    }),
    addPullRequestReviewThreadReply: mutation('AddPullRequestReviewThreadReplyPayload', async (input) => {
      const { repository, thread } = threadNamed(reader.world, reader.login, input.pullRequestReviewThreadId);
      const comment = replyInThread(reader.world, repository, actor, thread, String(input.body));
      const line = await currentLine(repository, thread);
      return { comment: () => reviewCommentNode(reader, repository, thread, comment, line) };
    }),
  };
}

/** The few kinds of things that are asked for by their global id. */
export function nodeWithId(reader: Reader, id: unknown): Node | Promise<Node> {
  if (String(id).startsWith('PR_')) {
    const { repository, pullRequest } = pullRequestNamed(reader.world, reader.login, id);
    return pullRequestNode(reader, repository, pullRequest);
  }
  const { repository, thread } = threadNamed(reader.world, reader.login, id);
  return threadNode(reader, repository, thread);
}

function pullRequestNamed(world: World, login: string, id: unknown) {
  for (const repository of visible(world, login)) {
    const pullRequest = [...repository.pullRequests.values()].find((one) => pullRequestNodeId(one) === id);
    if (pullRequest !== undefined) return { repository, pullRequest };
  }
  throw nothing(id);
}

function threadNamed(world: World, login: string, id: unknown) {
  for (const repository of visible(world, login)) {
    const thread = repository.threads.find((one) => threadNodeId(one) === id);
    if (thread !== undefined) return { repository, thread };
  }
  throw nothing(id);
}

function visible(world: World, login: string): Repository[] {
  return [...world.repositories.values()].filter((repository) => repository.collaborators.has(login));
}

function nothing(id: unknown): Error {
  return githubError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
}
