// REST operations on comments and labels below a pull request.
import { addLabels, createComment, deleteComment, editComment, removeLabel } from '../acts/comment-acts.ts';
import { Refusal } from '../refusal.ts';
import { type Handlers, optionalText, paged, type RestCall, repositoryOf, text } from './handler.ts';
import { presentComment, presentLabel } from './present-pull-request.ts';
import { subject } from './pull-operations.ts';

export const conversationOperations: Handlers = {
  'issues/list-comments': (call) => {
    const { repository, pullRequest } = subject(call);
    const since = optionalText(call.query, 'since') ?? '';
    const comments = [...repository.comments.values()].filter(
      (one) => one.number === pullRequest.number && one.updatedAt >= since,
    );
    return paged(
      call,
      comments.map((comment) => presentComment(call.world, repository, comment)),
    );
  },

  'issues/create-comment': (call) => {
    const { repository, pullRequest } = subject(call);
    const comment = createComment(call.world, repository, call.actor, pullRequest, text(call.body, 'body'));
    return { status: 201, body: presentComment(call.world, repository, comment) };
  },

  'issues/update-comment': (call) => {
    const repository = repositoryOf(call);
    const comment = editComment(
      call.world,
      repository,
      call.actor,
      Number(call.params.comment_id),
      text(call.body, 'body'),
    );
    return { status: 200, body: presentComment(call.world, repository, comment) };
  },

  'issues/delete-comment': (call) => {
    deleteComment(call.world, repositoryOf(call), call.actor, Number(call.params.comment_id));
    return { status: 204 };
  },

  'issues/list-labels-on-issue': (call) => paged(call, labelsOf(call)),

  'issues/add-labels': (call) => {
    const { repository, pullRequest } = subject(call);
    const given = Array.isArray(call.body.labels) ? call.body.labels : [];
    const names = given.map((one: unknown) =>
      typeof one === 'string' ? one : text(one as Record<string, unknown>, 'name'),
    );
    if (names.length === 0)
      throw new Refusal(422, 'Validation Failed', [{ resource: 'Label', code: 'missing_field', field: 'labels' }]);
    addLabels(call.world, repository, call.actor, pullRequest, names);
    return { status: 200, body: labelsOf(call) };
  },

  'issues/remove-label': (call) => {
    const { repository, pullRequest } = subject(call);
    removeLabel(call.world, repository, call.actor, pullRequest, text(call.params, 'name'));
    return { status: 200, body: labelsOf(call) };
  },
};

function labelsOf(call: RestCall): unknown[] {
  const { repository, pullRequest } = subject(call);
  return [...pullRequest.labels].map((name) => presentLabel(call.world, repository, name));
}
