// REST operations on pull requests: open, list, edit, merge, review.
import { mergePullRequest, updateBranch } from '../acts/merge-acts.ts';
import { createPullRequest, editPullRequest } from '../acts/pull-request-acts.ts';
import { type LineComment, type NewReview, replyInThread, submitReview } from '../acts/review-acts.ts';
import { commitsOf, filesOf } from '../facts/pull-request-facts.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { MergeMethod, PullRequest, Repository } from '../state.ts';
import { type Handlers, optionalText, paged, pullRequestOf, type RestCall, repositoryOf, text } from './handler.ts';
import { presentPullRequest, presentReview, presentThread, presentWholePullRequest } from './present-pull-request.ts';
import { presentCommit, presentFile } from './present-repository.ts';

export const pullOperations: Handlers = {
  'pulls/list': (call) => {
    const repository = repositoryOf(call);
    const found = listed(call, [...repository.pullRequests.values()]);
    return paged(call, found, (page) =>
      page.map((one) => presentPullRequest(call.world, repository, one as PullRequest)),
    );
  },

  'pulls/create': async (call) => {
    const repository = repositoryOf(call);
    const pullRequest = await createPullRequest(call.world, repository, call.actor, {
      head: text(call.body, 'head'),
      base: text(call.body, 'base'),
      title: optionalText(call.body, 'title') ?? '',
      body: optionalText(call.body, 'body') ?? null,
      draft: call.body.draft === true,
    });
    return { status: 201, body: await presentWholePullRequest(call.world, repository, pullRequest) };
  },

  'pulls/get': async (call) => {
    const repository = repositoryOf(call);
    return {
      status: 200,
      body: await presentWholePullRequest(call.world, repository, pullRequestOf(call, repository)),
    };
  },

  'pulls/update': async (call) => {
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(call, repository);
    const state = call.body.state === 'open' || call.body.state === 'closed' ? call.body.state : undefined;
    await editPullRequest(call.world, repository, call.actor, pullRequest, {
      title: optionalText(call.body, 'title'),
      body: optionalText(call.body, 'body'),
      base: optionalText(call.body, 'base'),
      state,
    });
    return { status: 200, body: await presentWholePullRequest(call.world, repository, pullRequest) };
  },

  'pulls/list-files': async (call) => {
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(call, repository);
    const files = await filesOf(repository, pullRequest);
    return paged(
      call,
      files.map((file) => presentFile(call.world, repository, pullRequest.headSha, file)),
    );
  },

  'pulls/list-commits': async (call) => {
    const repository = repositoryOf(call);
    const commits = await commitsOf(repository, pullRequestOf(call, repository));
    return paged(
      call,
      commits.map((commit) => presentCommit(call.world, repository, commit)),
    );
  },

  'pulls/check-if-merged': (call) => {
    if (pullRequestOf(call, repositoryOf(call)).merged === null) throw notFound();
    return { status: 204 };
  },

  'pulls/merge': async (call) => {
    const repository = repositoryOf(call);
    const sha = await mergePullRequest(call.world, repository, call.actor, pullRequestOf(call, repository), {
      method: (optionalText(call.body, 'merge_method') ?? 'merge') as MergeMethod,
      sha: optionalText(call.body, 'sha'),
      title: optionalText(call.body, 'commit_title'),
      message: optionalText(call.body, 'commit_message'),
    });
    return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
  },

  'pulls/update-branch': async (call) => {
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(call, repository);
    await updateBranch(call.world, repository, call.actor, pullRequest, optionalText(call.body, 'expected_head_sha'));
    const url = `${call.world.url}/${repository.fullName}/pull/${pullRequest.number}`;
    return { status: 202, body: { message: 'Updating pull request branch.', url } };
  },

  'pulls/list-reviews': (call) => {
    const repository = repositoryOf(call);
    const { number } = pullRequestOf(call, repository);
    const reviews = repository.reviews.filter((review) => review.number === number);
    return paged(
      call,
      reviews.map((review) => presentReview(call.world, repository, review)),
    );
  },

  'pulls/create-review': async (call) => {
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(call, repository);
    const event = optionalText(call.body, 'event');
    if (event === undefined)
      throw new Refusal(501, 'not implemented in the stand-in: pending reviews (create-review without an event)');
    const review = await submitReview(call.world, repository, call.actor, pullRequest, {
      event: event as NewReview['event'],
      body: optionalText(call.body, 'body') ?? '',
      commit: optionalText(call.body, 'commit_id'),
      comments: lineComments(call),
    });
    return { status: 200, body: presentReview(call.world, repository, review) };
  },

  'pulls/list-review-comments': async (call) => {
    const repository = repositoryOf(call);
    const { number } = pullRequestOf(call, repository);
    const threads = repository.threads.filter((thread) => thread.number === number);
    const comments = (await Promise.all(threads.map((thread) => presentThread(call.world, repository, thread)))).flat();
    const since = optionalText(call.query, 'since') ?? '';
    const order = call.query.direction === 'desc' ? -1 : 1;
    const found = comments
      .filter((comment) => String(comment.updated_at) >= since)
      .sort((a, b) => order * (Number(a.id) - Number(b.id)));
    return paged(call, found);
  },

  'pulls/create-reply-for-review-comment': async (call) => {
    const repository = repositoryOf(call);
    const { number } = pullRequestOf(call, repository);
    const answered = Number(call.params.comment_id);
    const thread = repository.threads.find((one) => one.number === number && one.comments[0]?.id === answered);
    if (thread === undefined) throw notFound();
    const reply = replyInThread(call.world, repository, call.actor, thread, text(call.body, 'body'));
    const comments = await presentThread(call.world, repository, thread);
    return { status: 201, body: comments.find((comment) => comment.id === reply.id) };
  },
};

function listed(call: RestCall, all: readonly PullRequest[]): PullRequest[] {
  const state = optionalText(call.query, 'state') ?? 'open';
  const head = optionalText(call.query, 'head');
  const base = optionalText(call.query, 'base');
  const owner = text(call.params, 'owner');
  const sort = optionalText(call.query, 'sort') ?? 'created';
  const descending = (optionalText(call.query, 'direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'desc';
  const key = (one: PullRequest) => (sort === 'updated' ? one.updatedAt : one.createdAt);
  return (
    all
      .filter((one) => state === 'all' || one.state === state)
      // Without an owner GitHub ignores the filter altogether, and shows everything.
      .filter((one) => head === undefined || !head.includes(':') || head === `${owner}:${one.headRef}`)
      .filter((one) => base === undefined || one.baseRef === base)
      .sort((a, b) => (descending ? -1 : 1) * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.number - b.number))
  );
}

function lineComments(call: RestCall): LineComment[] {
  const given = Array.isArray(call.body.comments) ? call.body.comments : [];
  return given.map((one: Readonly<Record<string, unknown>>) => {
    if (typeof one.line !== 'number')
      throw new Refusal(501, 'not implemented in the stand-in: review comments by position, send line and side');
    return {
      path: text(one, 'path'),
      line: one.line,
      side: one.side === 'LEFT' ? 'LEFT' : 'RIGHT',
      startLine: typeof one.start_line === 'number' ? one.start_line : undefined,
      body: text(one, 'body'),
    };
  });
}

/** The repository and pull request of a call, for those that need both. */
export function subject(call: RestCall): { readonly repository: Repository; readonly pullRequest: PullRequest } {
  const repository = repositoryOf(call);
  return { repository, pullRequest: pullRequestOf(call, repository) };
}
