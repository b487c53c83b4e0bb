/**
 * One GitHub identity: REST and GraphQL calls that answer in the expected shape or throw one OutsideError. Octokit's own
 * throttling and retrying are off, because a repeated write would break "look before you repeat"; it is loaded at the
 * first call, because start-up must not wait for it.
 */
import type { Octokit } from 'octokit';
import type { ZodType } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { ForgeQuota } from '../heartbeat/ports.ts';
import { classifyFailure, type FailedAnswer, isSecondaryLimit } from './classify-failure.ts';

export interface GithubOptions {
  readonly token: string;
  readonly baseUrl: string;
  readonly now: () => number;
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number;
  readonly log?: (message: string) => void;
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
  graphql<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
  ): Promise<T>;
  quota(): ForgeQuota | null;
}

/** ETags kept for conditional reads, oldest dropped first. */
const REMEMBERED_MAX = 200;

type Resource = 'rest' | 'graphql';

export function createGithubClient(options: GithubOptions): GithubClient {
  const { now } = options;
  let octokit: Promise<Octokit> | null = null;
  let quota: ForgeQuota | null = null;
  const remembered = new Map<string, { readonly etag: string; readonly data: unknown }>();
  /** Going on while limited can get an account banned, so until then calls fail here. */
  const limitedUntil: Record<Resource, number> = { rest: 0, graphql: 0 };

  async function call<T>(
    resource: Resource,
    attempted: string,
    send: (octokit: Octokit, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (now() < limitedUntil[resource]) {
      const retryAfterMs = limitedUntil[resource] - now();
      throw new OutsideError('limited', attempted, 'GitHub asked to wait and the time is not up', { retryAfterMs });
    }
    octokit ??= load(options);
    const signal = AbortSignal.timeout(options.timeoutMs);
    try {
      return await send(await octokit, signal);
    } catch (error) {
      const answer = failedAnswer(error);
      const cause = new Error(error instanceof Error ? `${error.name}: ${error.message.slice(0, 500)}` : String(error));
      if (answer === null) {
        const detail = signal.aborted ? `no whole answer within ${options.timeoutMs} ms` : cause.message;
        throw new OutsideError('unreachable', attempted, `no answer from GitHub (${detail})`, { cause });
      }
      note(resource, answer.headers);
      const trouble = classifyFailure(attempted, answer, now(), cause);
      if (trouble.kind === 'limited') {
        const until = now() + (trouble.retryAfterMs ?? 0);
        limitedUntil[resource] = until;
        if (isSecondaryLimit(answer)) limitedUntil.rest = limitedUntil.graphql = until;
      }
      throw trouble;
    }
  }

  async function rest<T>({ attempted, route, parameters }: RestCall, shape: ZodType<T>): Promise<T> {
    const key = route.startsWith('GET ') ? JSON.stringify([route, parameters]) : null;
    const known = key === null ? undefined : remembered.get(key);
    const data = await call('rest', attempted, async (client, signal) => {
      const headers = known === undefined ? {} : { 'if-none-match': known.etag };
      const request = { ...parameters, headers, request: { signal } };
      const answer = await client.request(route, request).catch((error: unknown) => {
        if (known !== undefined && field(error, 'status') === 304) return null;
        throw error;
      });
      if (answer === null) return known?.data;
      note('rest', answer.headers);
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
  ): Promise<T> {
    const data = await call('graphql', attempted, async (client, signal) => {
      return client.graphql<unknown>(document, { ...variables, request: { signal } });
    });
    const limit = field(data, 'rateLimit');
    const [left, whole] = [field(limit, 'remaining'), field(limit, 'limit')];
    if (typeof left === 'number' && typeof whole === 'number') {
      quota = { restLeft: null, restLimit: null, ...quota, graphqlLeft: left, graphqlLimit: whole };
    }
    return inShape(attempted, data, shape);
  }

  function remember(key: string, entry: { readonly etag: string; readonly data: unknown }): void {
    remembered.delete(key);
    remembered.set(key, entry);
    const oldest = remembered.keys().next().value;
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
  }

  function note(resource: Resource, headers: Readonly<Record<string, unknown>>): void {
    const number = (name: string) => (headers[name] === undefined ? Number.NaN : Number(headers[name]));
    const [left, whole] = [number('x-ratelimit-remaining'), number('x-ratelimit-limit')];
    if (!Number.isFinite(left) || !Number.isFinite(whole)) return;
    const before = quota ?? { restLeft: null, restLimit: null, graphqlLeft: null, graphqlLimit: null };
    quota =
      resource === 'rest'
        ? { ...before, restLeft: left, restLimit: whole }
        : { ...before, graphqlLeft: left, graphqlLimit: whole };
  }

  return { rest, graphql, quota: () => quota };
}

async function load(options: GithubOptions): Promise<Octokit> {
  const { Octokit: Client } = await import('octokit');
  const quiet = (message: string) => options.log?.(message);
  return new Client({
    auth: options.token,
    baseUrl: options.baseUrl,
    userAgent: 'heartline',
    throttle: { enabled: false },
    retry: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: quiet, error: quiet },
  });
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
