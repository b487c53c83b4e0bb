// Opening and editing pull requests, with every refusal GitHub documents for them.
import { apart } from '../facts/pull-request-facts.ts';
import { isAncestor } from '../git/commit-graph.ts';
import { invalid, notFound, Refusal } from '../refusal.ts';
import { branchSha, type PullRequest, type Repository } from '../state.ts';
import { type Actor, hasRole, nextId, recordEffect, timeOf, type World } from '../world.ts';
import { closePullRequest, keepPullRef } from './push-acts.ts';

/** What a new pull request says. `head` is a branch, or `owner:branch` of this repository. */
export interface NewPullRequest {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string | null;
  readonly draft: boolean;
}

export function pullRequestNumbered(repository: Repository, number: number): PullRequest {
  const pullRequest = repository.pullRequests.get(number);
  if (pullRequest === undefined) throw notFound();
  return pullRequest;
}

/** Opens a pull request from an existing branch. */
export async function createPullRequest(
  world: World,
  repository: Repository,
  actor: Actor,
  wanted: NewPullRequest,
): Promise<PullRequest> {
  const [owner, name] = wanted.head.includes(':') ? wanted.head.split(':', 2) : [repository.owner, wanted.head];
  const headSha = owner === repository.owner ? branchSha(repository, name ?? '') : null;
  const baseSha = branchSha(repository, wanted.base);
  const field = (code: string, at: string) =>
    new Refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field: at, code }]);
  if (headSha === null || name === undefined) throw field('invalid', 'head');
  if (baseSha === null) throw field('invalid', 'base');
  for (const other of repository.pullRequests.values()) {
    if (other.state === 'open' && other.headRef === name && other.baseRef === wanted.base) {
      throw invalid('PullRequest', `A pull request already exists for ${repository.owner}:${name}.`);
    }
  }
  if (wanted.title.trim() === '') throw field('missing_field', 'title');
  if ((await apart(repository, baseSha, headSha)).right === 0) {
    throw invalid('PullRequest', `No commits between ${wanted.base} and ${name}`);
  }
  repository.lastNumber += 1;
  const at = timeOf(world);
  const pullRequest: PullRequest = {
    id: nextId(world),
    number: repository.lastNumber,
    author: actor.login,
    headRef: name,
    createdAt: at,
    title: wanted.title,
    body: wanted.body,
    state: 'open',
    draft: wanted.draft,
    headSha,
    baseRef: wanted.base,
    closedBaseSha: null,
    updatedAt: at,
    closedAt: null,
    merged: null,
    labels: new Set(),
    mergeabilityAsked: { pair: '', times: 0 },
  };
  repository.pullRequests.set(pullRequest.number, pullRequest);
  await keepPullRef(repository, pullRequest, null);
  recordEffect(world, repository, actor, {
    kind: 'pull-request-created',
    number: pullRequest.number,
    head: name,
    sha: headSha,
    base: wanted.base,
    baseSha,
    title: wanted.title,
    draft: wanted.draft,
  });
  return pullRequest;
}

/** The fields an edit may change; those left out stay. */
export interface PullRequestEdit {
  readonly title?: string | undefined;
  readonly body?: string | null | undefined;
  readonly base?: string | undefined;
  readonly state?: 'open' | 'closed' | undefined;
}

/** Edits title, body or base, closes or reopens. */
export async function editPullRequest(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  edit: PullRequestEdit,
): Promise<void> {
  mustOwnOrWrite(repository, actor, pullRequest);
  if (edit.base !== undefined && edit.base !== pullRequest.baseRef) {
    if (pullRequest.state === 'closed')
      throw invalid('PullRequest', 'Cannot change the base branch of a closed pull request.');
    if (branchSha(repository, edit.base) === null)
      throw invalid('PullRequest', `Proposed base branch '${edit.base}' was not found`);
  }
  if (edit.state === 'open' && pullRequest.state === 'closed') await reopen(world, repository, actor, pullRequest);
  const fields: string[] = [];
  if (edit.title !== undefined && edit.title !== pullRequest.title) {
    pullRequest.title = edit.title;
    fields.push('title');
  }
  if (edit.body !== undefined && edit.body !== pullRequest.body) {
    pullRequest.body = edit.body;
    fields.push('body');
  }
  if (edit.base !== undefined && edit.base !== pullRequest.baseRef) {
    pullRequest.baseRef = edit.base;
    fields.push('base');
  }
  if (fields.length > 0) {
    pullRequest.updatedAt = timeOf(world);
    recordEffect(world, repository, actor, { kind: 'pull-request-edited', number: pullRequest.number, fields });
  }
  if (edit.state === 'closed' && pullRequest.state === 'open') closePullRequest(world, repository, actor, pullRequest);
}

/** Turns a pull request into a draft or a draft into a pull request. */
export function setDraft(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  draft: boolean,
): void {
  mustOwnOrWrite(repository, actor, pullRequest);
  if (pullRequest.draft === draft) return;
  pullRequest.draft = draft;
  pullRequest.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, {
    kind: draft ? 'pull-request-drafted' : 'pull-request-readied',
    number: pullRequest.number,
  });
}

async function reopen(world: World, repository: Repository, actor: Actor, pullRequest: PullRequest): Promise<void> {
  if (pullRequest.merged !== null)
    throw invalid('PullRequest', 'state cannot be changed. The pull request was merged.');
  const live = branchSha(repository, pullRequest.headRef);
  if (live === null)
    throw invalid(
      'PullRequest',
      `state cannot be changed. The ${pullRequest.headRef} branch was force-pushed or recreated.`,
    );
  if (live !== pullRequest.headSha && !(await isAncestor(repository.directory, pullRequest.headSha, live))) {
    throw invalid(
      'PullRequest',
      `state cannot be changed. The ${pullRequest.headRef} branch was force-pushed or recreated.`,
    );
  }
  pullRequest.state = 'open';
  pullRequest.closedAt = null;
  pullRequest.closedBaseSha = null;
  pullRequest.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, { kind: 'pull-request-reopened', number: pullRequest.number });
  if (live === pullRequest.headSha) return;
  const before = pullRequest.headSha;
  pullRequest.headSha = live;
  await keepPullRef(repository, pullRequest, before);
  recordEffect(world, repository, actor, {
    kind: 'pull-request-head-moved',
    number: pullRequest.number,
    before,
    sha: live,
  });
}

function mustOwnOrWrite(repository: Repository, actor: Actor, pullRequest: PullRequest): void {
  if (actor.login !== pullRequest.author && !hasRole(repository, actor.login, 'write')) {
    throw new Refusal(403, 'Must have write access to this repository.');
  }
}
