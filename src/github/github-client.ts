/**
 * One GitHub identity: REST and GraphQL calls that answer in the expected shape or throw one OutsideError. The governor
 * says when a call may leave. Octokit's own throttling and retrying are off, because a repeated write would break "look
 * before you repeat"; it is loaded at the first call, because start-up must not wait for it.
 */
import type { Octokit } from 'octokit';
import type { ZodType } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Heard, Request, Trip } from '../governor/account.ts';
import type { Governor } from '../governor/governor.ts';
import { epochMs } from '../governor/told-wait.ts';
import type { ForgeQuota } from '../heartbeat/ports.ts';
import { classifyFailure, type FailedAnswer, isLimit, isSecondaryLimit, toldWait } from './classify-failure.ts';
import { createGithubGovernor } from './github-governor.ts';
import { graphqlKind, restKind } from './request-kind.ts';

export interface GithubOptions {
  readonly token: string;
  readonly baseUrl: string;
  readonly now: () => number;
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number;
  readonly log?: (message: string) => void;
  /** Shared by every identity. Absent: one of its own that keeps to what GitHub says and no more. */
  readonly governor?: Governor;
}

export interface RestCall {
  /** For a person: "merge pull request #7 of acme/shop". */
  readonly attempted: string;
  /** `GET /repos/{owner}/{repo}` */
  readonly route: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface GithubClient {
  rest<T>(call: RestCall, shape: ZodType<T>): Promise<T>;
  /** Fields of the repository named in `mayBeGone` are null in the answer when GitHub does not find them any more. */
  graphql<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
    mayBeGone?: readonly string[],
  ): Promise<T>;
  /** The same client, whose writes ask this once their turn has come; what it throws keeps them from leaving. */
  guarded(before: () => Promise<void>): GithubClient;
  quota(): ForgeQuota | null;
}

type Before = (() => Promise<void>) | undefined;

/** ETags kept for conditional reads, oldest dropped first. */
const REMEMBERED_MAX = 200;

const UNCAPPED = { writeSpacingMs: 0, writesPerMinuteMax: null, writesPerHourMax: null };
const RESOURCES: Readonly<Record<string, string>> = { core: 'REST requests', graphql: 'GraphQL points' };

export function createGithubClient(options: GithubOptions): GithubClient {
  const { now } = options;
  const governor = options.governor ?? createGithubGovernor({ now, reserveShare: 0, writes: UNCAPPED });
  const account = governor.account();
  let octokit: Promise<Octokit> | null = null;
  const remembered = new Map<string, { readonly etag: string; readonly data: unknown }>();

  /** What Octokit is told of one call: when to give it up, and to let us see every answer's headers. */
  function callOptions(trip: Trip, request: Request, signal: AbortSignal): object {
    const seeing: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      // A log is sent by another host, whose clock and limits are not GitHub's.
      if (!answer.redirected) trip.heard(heardFrom(answer.headers, request));
      return answer;
    };
    return { signal, fetch: seeing };
  }

  async function call<T>(request: Request, send: (octokit: Octokit, options: object) => Promise<T>): Promise<T> {
    const { attempted } = request;
    return account.send(request, async (trip) => {
      octokit ??= load(options);
      const client = await octokit;
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        return await send(client, callOptions(trip, request, signal));
      } catch (error) {
        const answer = failedAnswer(error);
        const cause = new Error(
          error instanceof Error ? `${error.name}: ${error.message.slice(0, 500)}` : String(error),
        );
        if (answer === null) {
          const detail = signal.aborted ? `no whole answer within ${options.timeoutMs} ms` : cause.message;
          throw new OutsideError('unreachable', attempted, `no answer from GitHub (${detail})`, { cause });
        }
        const waitMs = isLimit(answer) ? refused(trip, request, answer) : null;
        throw classifyFailure(attempted, answer, trip.serverNow(), cause, waitMs);
      }
    });
  }

  function refused(trip: Trip, request: Request, answer: FailedAnswer): number {
    const [quota] = request.draws;
    const scope = isSecondaryLimit(answer) || quota === undefined ? 'all' : { quota };
    return trip.refused(toldWait(answer, trip.serverNow()), scope);
  }

  async function rest<T>({ attempted, route, parameters }: RestCall, shape: ZodType<T>, before: Before): Promise<T> {
    const key = route.startsWith('GET ') ? JSON.stringify([route, parameters]) : null;
    const known = key === null ? undefined : remembered.get(key);
    const data = await call({ attempted, ...restKind(route), ...asking(before) }, async (client, request) => {
      const headers = known === undefined ? {} : { 'if-none-match': known.etag };
      const answer = await client.request(route, { ...parameters, headers, request }).catch((error: unknown) => {
        if (known !== undefined && field(error, 'status') === 304) return null;
        throw error;
      });
      if (answer === null) return known?.data;
      const { etag } = answer.headers;
      if (key !== null && typeof etag === 'string') remember(key, { etag, data: answer.data });
      return answer.data;
    });
    return inShape(attempted, data, shape);
  }

  async function graphql<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
    before: Before,
    mayBeGone: readonly string[] = [],
  ): Promise<T> {
    const data = await call({ attempted, ...graphqlKind(document), ...asking(before) }, async (client, request) => {
      const unread = { ...request, parseSuccessResponseBody: false };
      return client.graphql<unknown>(document, { ...variables, request: unread }).catch((error: unknown) => {
        if (onlyGone(error, mayBeGone)) return field(error, 'data');
        throw error;
      });
    });
    return inShape(attempted, data, shape);
  }

  function remember(key: string, entry: { readonly etag: string; readonly data: unknown }): void {
    remembered.delete(key);
    remembered.set(key, entry);
    const oldest = remembered.keys().next().value;
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
  }

  function quota(): ForgeQuota | null {
    const [rest, graphql] = [account.quota('REST requests'), account.quota('GraphQL points')];
    if (rest === null && graphql === null) return null;
    return {
      restLeft: rest?.left ?? null,
      restLimit: rest?.limit ?? null,
      graphqlLeft: graphql?.left ?? null,
      graphqlLimit: graphql?.limit ?? null,
    };
  }

  function clientAsking(before: Before): GithubClient {
    return {
      rest: (asked, shape) => rest(asked, shape, before),
      graphql: (attempted, document, variables, shape, mayBeGone) =>
        graphql(attempted, document, variables, shape, before, mayBeGone),
      guarded: clientAsking,
      quota,
    };
  }

  return clientAsking(undefined);
}

function asking(before: Before): Pick<Request, 'before'> {
  return before === undefined ? {} : { before };
}

/** Search and other kinds have quotas of their own, which nothing of ours draws on. */
function heardFrom(headers: Headers, { draws: [quota = ''] }: Request): Heard {
  const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN);
  const date = Date.parse(headers.get('date') ?? '');
  const resource = headers.get('x-ratelimit-resource');
  const name = resource === null ? quota : (RESOURCES[resource] ?? null);
  const [limit, left, reset] = [number('limit'), number('remaining'), number('reset')];
  const told = name !== null && name !== '' && Number.isFinite(limit) && Number.isFinite(left);
  const resetAt = Number.isFinite(reset) && reset > 0 ? epochMs(reset) : null;
  return {
    serverDate: Number.isNaN(date) ? null : date,
    quotas: told ? [{ name, limit, left, resetAt, refill: 'at-reset' }] : [],
  };
}

async function load(options: GithubOptions): Promise<Octokit> {
  const { Octokit: Client } = await import('octokit');
  const quiet = (message: string) => options.log?.(message);
  const client = new Client({
    auth: options.token,
    baseUrl: options.baseUrl,
    userAgent: 'heartline',
    throttle: { enabled: false },
    retry: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: quiet, error: quiet },
  });
  client.hook.after('request', async (response, { url }) => {
    if (!url.endsWith('/graphql')) return;
    const body = await graphqlBody(response.data);
    response.data = body;
    // Octokit takes a GraphQL answer without errors for a good one; a limit may come with a message and nothing else.
    if (field(body, 'data') !== undefined || field(body, 'errors') !== undefined) return;
    throw Object.assign(new Error('neither data nor errors'), { response });
  });
  return client;
}

/**
 * Octokit reads JSON with a function call for each value, for the sake of whole numbers above 2^53. GraphQL has none, and
 * what a look at a large board brings is read ten times faster without.
 */
async function graphqlBody(data: unknown): Promise<unknown> {
  if (!(data instanceof ReadableStream)) return data;
  const body = await new Response(data).text();
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Octokit hands a body that is no JSON through as text; the shape is what notices. */
function inShape<T>(attempted: string, data: unknown, shape: ZodType<T>): T {
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new OutsideError(
    'unreachable',
    attempted,
    `GitHub's answer has another shape than asked for (${where.join('; ')})`,
  );
}

/** Beside an error for each thing that is not found stands everything else that was asked for. */
function onlyGone(error: unknown, mayBeGone: readonly string[]): boolean {
  const errors = field(error, 'errors');
  if (!Array.isArray(errors)) return false;
  const paths = mayBeGone.map((name) => JSON.stringify(['repository', name]));
  return errors.every(
    (each: unknown) => field(each, 'type') === 'NOT_FOUND' && paths.includes(JSON.stringify(field(each, 'path'))),
  );
}

/** The answer inside Octokit's error; null when there was none (no connection, time out). */
function failedAnswer(error: unknown): FailedAnswer | null {
  const graphqlErrors = field(error, 'errors');
  if (Array.isArray(graphqlErrors)) {
    const messages = graphqlErrors.map((each: unknown) => text(field(each, 'message')));
    const codes = graphqlErrors.flatMap((each: unknown) => [
      text(field(each, 'type')),
      text(field(field(each, 'extensions'), 'code')),
    ]);
    return {
      status: 200,
      headers: record(field(error, 'headers')),
      message: messages.join('; '),
      codes: codes.filter(Boolean),
    };
  }
  const response = field(error, 'response');
  const status = field(response, 'status');
  if (typeof status !== 'number') return null;
  const data = field(response, 'data');
  const errors = field(data, 'errors');
  const listed: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const details = listed
    .map((each) => text(each) || text(field(each, 'message')) || text(field(each, 'code')))
    .filter(Boolean);
  const message = [text(field(data, 'message')), ...details].filter(Boolean).join('; ');
  const codes = listed.map((each) => text(field(each, 'code'))).filter(Boolean);
  return { status, headers: record(field(response, 'headers')), message, codes };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
