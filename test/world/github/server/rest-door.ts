// The REST door: token, limits, contract, the operation itself, ETag, and again the contract for our own answer.
import { createHash } from 'node:crypto';
import { tendAllQueues } from '../acts/queue-acts.ts';
import type { Contract, Operation, RawRequest } from '../contract.ts';
import type { Limits, RequestCost } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import type { RestAnswer, RestCall } from '../rest/handler.ts';
import { contentOperations, handlerOf } from '../rest/operations.ts';
import { inTurn, type Violation, type World } from '../world.ts';
import { type Answer, type Exchange, headerOf, type Prepared, plainAnswer } from './exchange.ts';

const documentation = 'https://docs.github.com/rest';

/** What the doors share. */
export interface Doors {
  readonly world: World;
  readonly limits: Limits;
  readonly contract: Contract;
}

/** Prepares a REST request. */
export function prepareRest(doors: Doors, exchange: Exchange): Prepared {
  const raw = rawRequest(exchange);
  const operation = doors.contract.match(raw);
  const login = loginOf(doors.world, exchange);
  const write = exchange.method !== 'GET';
  return {
    call: { service: 'github', operation: operation?.name ?? `${exchange.method} ${exchange.url.pathname}`, write },
    kind: 'rest',
    operation: operation?.id ?? 'unknown',
    login,
    staleKey: write ? null : `${login} ${exchange.url.pathname}${exchange.url.search}`,
    execute: async () => finished(doors, exchange, await answerRest(doors, exchange, raw, operation, login)),
    limited: (resetInMs) => finished(doors, exchange, secondaryLimit(doors.limits, login, 'core', resetInMs)),
  };
}

/** Who a token belongs to; GitHub takes both words before it. */
export function loginOf(world: World, exchange: Exchange): string | null {
  const [scheme, token] = (headerOf(exchange, 'authorization') ?? '').split(' ', 2);
  if (token === undefined || !['token', 'bearer'].includes(scheme?.toLowerCase() ?? '')) return null;
  return world.options.tokens[token] ?? null;
}

/** GitHub's answer to a missing or wrong token. */
export function unauthorized(exchange: Exchange): Answer {
  const message = headerOf(exchange, 'authorization') === null ? 'Requires authentication' : 'Bad credentials';
  return jsonAnswer(401, { message, documentation_url: documentation, status: '401' });
}

/** GitHub's answer to one who writes too much too fast. */
export function secondaryLimit(
  limits: Limits,
  login: string | null,
  resource: 'core' | 'graphql',
  resetInMs?: number,
): Answer {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  const seconds =
    resetInMs === undefined ? limits.settings.retryAfterSeconds : Math.max(1, Math.ceil(resetInMs / 1000));
  const body = {
    message,
    documentation_url: `${documentation}/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits`,
  };
  const { status } = limits.settings;
  return jsonAnswer(status === 200 && resource === 'core' ? 403 : status, body, {
    'retry-after': String(seconds),
    ...limits.headers(login ?? '', resource),
  });
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return plainAnswer(status, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8', ...headers });
}

/** Writes down what should not have happened. */
export function complain(world: World, kind: Violation['kind'], operation: string, detail: string): void {
  world.violations.push({ at: world.options.clock(), kind, operation, detail });
}

/** Headers every answer has, and 304 for those who have it already. */
export function finished(doors: Doors, exchange: Exchange, answer: Answer): Answer {
  const { world } = doors;
  const headers: Record<string, string> = {
    date: new Date(world.options.clock()).toUTCString(),
    'x-github-request-id': `STAND:${(world.requests.length + 1).toString(16).toUpperCase().padStart(6, '0')}`,
    'x-github-media-type': 'github.v3; format=json',
    ...answer.headers,
  };
  if (!hasAlready(exchange, answer.headers.etag)) return { ...answer, headers };
  const { 'content-type': _, ...kept } = headers;
  return { ...answer, status: 304, headers: kept, body: '', notModified: true, points: 0 };
}

function hasAlready(exchange: Exchange, etag: string | undefined): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  const known = headerOf(exchange, 'if-none-match')?.split(',').map(bare);
  return etag !== undefined && known?.includes(bare(etag)) === true;
}

function rawRequest(exchange: Exchange): RawRequest {
  const text = exchange.body.toString('utf8');
  return {
    method: exchange.method,
    path: exchange.url.pathname,
    query: exchange.url.search.replace(/^\?/, ''),
    headers: exchange.headers,
    body: text.trim() === '' ? undefined : parsed(text),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function answerRest(
  doors: Doors,
  exchange: Exchange,
  raw: RawRequest,
  operation: Operation | null,
  login: string | null,
): Promise<Answer> {
  const { world, limits, contract } = doors;
  if (login === null) return unauthorized(exchange);
  if (operation === null) {
    const message = `not implemented in the stand-in: ${exchange.method} ${exchange.url.pathname}`;
    complain(world, 'not-implemented', `${exchange.method} ${exchange.url.pathname}`, message);
    return jsonAnswer(501, { message });
  }
  const write = exchange.method !== 'GET';
  const cost: RequestCost = { resource: 'core', write, contentWrite: contentOperations.has(operation.id) };
  const refused = limits.refusal(login, cost);
  if (refused === 'secondary') return secondaryLimit(limits, login, 'core');
  if (refused === 'primary') {
    const message = `API rate limit exceeded for user ID ${world.users.get(login)?.id ?? 0}.`;
    return jsonAnswer(
      limits.settings.status,
      { message, documentation_url: documentation },
      limits.headers(login, 'core'),
    );
  }
  const result = await executed(doors, raw, operation, login);
  for (const problem of contract.checkResponse(operation.id, result.status, result.body)) {
    complain(world, 'response', operation.id, `status ${result.status}: ${problem}`);
  }
  const body = result.body === undefined ? '' : JSON.stringify(result.body);
  const etag =
    !write && result.status === 200
      ? `W/"${createHash('sha256').update(`${login} ${body}`).digest('hex')}"`
      : undefined;
  // Being told "not modified" costs nothing of the hourly quota; reading the quota itself costs nothing either.
  limits.count(login, cost, !hasAlready(exchange, etag) && operation.id !== 'rate-limit/get' ? 1 : 0);
  const headers = {
    ...(result.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(etag === undefined ? {} : { etag, 'cache-control': 'private, max-age=60, s-maxage=60' }),
    ...limits.headers(login, 'core'),
    ...result.headers,
  };
  return {
    status: result.status,
    headers,
    body,
    notModified: false,
    points: write ? 5 : 1,
    contentWrite: cost.contentWrite && result.status < 300,
  };
}

async function executed(doors: Doors, raw: RawRequest, operation: Operation, login: string): Promise<RestAnswer> {
  const { world, contract, limits } = doors;
  const checked = contract.checkRequest(raw);
  if (isProblems(checked)) {
    for (const problem of checked) complain(world, 'request', operation.id, problem);
    return refusalBody(new Refusal(422, `Invalid request.\n\n${checked.join('\n')}`));
  }
  const call: RestCall = {
    world,
    limits,
    actor: { login, via: 'rest' },
    path: raw.path,
    rawQuery: raw.query,
    params: checked.params,
    query: checked.query,
    body: (raw.body ?? {}) as Readonly<Record<string, unknown>>,
  };
  try {
    return await inTurn(world, async () => {
      await tendAllQueues(world);
      return handlerOf(operation.id)(call);
    });
  } catch (error) {
    if (error instanceof Refusal) {
      if (error.status === 501) complain(world, 'not-implemented', operation.id, error.message);
      return refusalBody(error);
    }
    complain(world, 'failure', operation.id, error instanceof Error ? (error.stack ?? error.message) : String(error));
    return { status: 500, body: { message: `the stand-in failed: ${String(error)}` } };
  }
}

function refusalBody(refusal: Refusal): RestAnswer {
  const errors = refusal.details.length > 0 ? { errors: refusal.details } : {};
  return {
    status: refusal.status,
    body: { message: refusal.message, ...errors, documentation_url: documentation, status: String(refusal.status) },
  };
}

function isProblems(checked: object): checked is readonly string[] {
  return Array.isArray(checked);
}
