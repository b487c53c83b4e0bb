// What every REST operation is given and gives, and the paging they share.

import type { Limits } from '../limits.ts';
import { notFound } from '../refusal.ts';
import type { PullRequest, Repository } from '../state.ts';
import type { OperationId } from '../used-operations.ts';
import type { Actor, World } from '../world.ts';
import { repositoryFor } from '../world.ts';

/** One checked request and whose it is. */
export interface RestCall {
  readonly world: World;
  readonly limits: Limits;
  readonly actor: Actor;
  readonly path: string;
  readonly rawQuery: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is sent back; without a body, nothing is. */
export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The code of one operation. */
export type Handler = (call: RestCall) => RestAnswer | Promise<RestAnswer>;

/** The code of some operations. */
export type Handlers = Partial<Record<OperationId, Handler>>;

const perPageDefault = 30;
const perPageMax = 100;

/** The repository in the path, if the asker may see it. */
export function repositoryOf(call: RestCall): Repository {
  return repositoryFor(call.world, `${text(call.params, 'owner')}/${text(call.params, 'repo')}`, call.actor.login);
}

/** The pull request in the path. */
export function pullRequestOf(call: RestCall, repository: Repository): PullRequest {
  const number = call.params.pull_number ?? call.params.issue_number;
  const pullRequest = repository.pullRequests.get(Number(number));
  if (pullRequest === undefined) throw notFound();
  return pullRequest;
}

/** A required text; the contract has already been checked, so its absence is our own mistake. */
export function text(from: Readonly<Record<string, unknown>>, name: string): string {
  const value = from[name];
  if (typeof value !== 'string') throw new Error(`the request has no text named ${name}`);
  return value;
}

export function optionalText(from: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = from[name];
  return typeof value === 'string' ? value : undefined;
}

/** One page of a list, with GitHub's Link header to the others; `wrap` puts the page into a larger answer. */
export function paged(
  call: RestCall,
  items: readonly unknown[],
  wrap: (page: readonly unknown[]) => unknown = (page) => page,
): RestAnswer {
  const perPage = Math.max(1, Math.min(perPageMax, Number(call.query.per_page ?? perPageDefault)));
  const page = Math.max(1, Number(call.query.page ?? 1));
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const linkTo = (number: number, relation: string) => {
    const query = new URLSearchParams(call.rawQuery);
    query.set('page', String(number));
    return `<${call.world.url}${call.path}?${query}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [linkTo(page - 1, 'prev')] : []),
    ...(page < last ? [linkTo(page + 1, 'next'), linkTo(last, 'last')] : []),
    ...(page > 1 ? [linkTo(1, 'first')] : []),
  ];
  const body = wrap(items.slice((page - 1) * perPage, page * perPage));
  return { status: 200, body, ...(links.length > 0 ? { headers: { link: links.join(', ') } } : {}) };
}
