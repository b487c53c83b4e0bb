// The conversation below a pull request, and its labels.
import { notFound, Refusal } from '../refusal.ts';
import type { IssueComment, PullRequest, Repository } from '../state.ts';
import { type Actor, hasRole, nextId, recordEffect, timeOf, type World } from '../world.ts';

const bodyLengthMax = 65_536;
const labelLengthMax = 50;

/** Writes a comment below a pull request. */
export function createComment(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  body: string,
): IssueComment {
  mustBeText(body);
  const at = timeOf(world);
  const comment: IssueComment = {
    id: nextId(world),
    number: pullRequest.number,
    author: actor.login,
    createdAt: at,
    body,
    updatedAt: at,
  };
  repository.comments.set(comment.id, comment);
  pullRequest.updatedAt = at;
  recordEffect(world, repository, actor, {
    kind: 'comment-created',
    number: comment.number,
    comment: comment.id,
    body,
  });
  return comment;
}

/** Rewrites a comment: one's own, or anybody's with write access. */
export function editComment(
  world: World,
  repository: Repository,
  actor: Actor,
  id: number,
  body: string,
): IssueComment {
  const comment = ownComment(repository, actor, id);
  mustBeText(body);
  comment.body = body;
  comment.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, { kind: 'comment-edited', number: comment.number, comment: id, body });
  return comment;
}

export function deleteComment(world: World, repository: Repository, actor: Actor, id: number): void {
  const comment = ownComment(repository, actor, id);
  repository.comments.delete(id);
  recordEffect(world, repository, actor, {
    kind: 'comment-deleted',
    number: comment.number,
    comment: id,
    body: comment.body,
  });
}

/** Adds labels; those the repository does not have yet are made, as GitHub does for people who may write. */
export function addLabels(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  names: readonly string[],
): void {
  mustWrite(repository, actor);
  const tooLong = names.find((name) => [...name].length > labelLengthMax);
  if (tooLong !== undefined)
    throw new Refusal(422, 'Validation Failed', [
      {
        resource: 'Label',
        code: 'custom',
        field: 'name',
        message: `name is too long (maximum is ${labelLengthMax} characters)`,
      },
    ]);
  for (const wanted of names) {
    // A label is the same in whatever case it is written.
    const name = [...repository.labels.keys()].find((one) => one.toLowerCase() === wanted.toLowerCase()) ?? wanted;
    if (!repository.labels.has(name)) repository.labels.set(name, { id: nextId(world), color: 'ededed' });
    if (pullRequest.labels.has(name)) continue;
    pullRequest.labels.add(name);
    pullRequest.updatedAt = timeOf(world);
    recordEffect(world, repository, actor, { kind: 'label-added', number: pullRequest.number, label: name });
  }
}

export function removeLabel(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  name: string,
): void {
  mustWrite(repository, actor);
  if (!pullRequest.labels.delete(name)) throw new Refusal(404, 'Label does not exist');
  pullRequest.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, { kind: 'label-removed', number: pullRequest.number, label: name });
}

function ownComment(repository: Repository, actor: Actor, id: number): IssueComment {
  const comment = repository.comments.get(id);
  if (comment === undefined) throw notFound();
  if (comment.author !== actor.login) mustWrite(repository, actor);
  return comment;
}

function mustWrite(repository: Repository, actor: Actor): void {
  if (!hasRole(repository, actor.login, 'write')) throw new Refusal(403, 'Must have write access to this repository.');
}

function mustBeText(body: string): void {
  const problem = body.trim() === '' ? 'missing_field' : body.length > bodyLengthMax ? 'unprocessable' : null;
  if (problem !== null)
    throw new Refusal(422, 'Validation Failed', [{ resource: 'IssueComment', code: problem, field: 'body' }]);
}
