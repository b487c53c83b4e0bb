/**
 * One request to Linear: one `fetch` through the SDK's client, one answer of the expected shape or one OutsideError. The
 * governor says when it may leave; nothing is retried. The SDK is loaded at the first request, because start-up must not wait for it.
 */
import type { ZodType } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Heard, Quota, Request, Trip } from '../governor/account.ts';
import { createGovernor, type Governor } from '../governor/governor.ts';
import { epochMs } from '../governor/told-wait.ts';
import type { TrackerQuota } from '../heartbeat/ports.ts';
import { classifyFailure, type FailedAnswer, isLimit, isOperationLimit, toldWait } from './classify-failure.ts';

export interface LinearOptions {
  readonly apiKey: string;
  readonly apiUrl: string;
  readonly now: () => number;
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number;
  readonly log?: (message: string) => void;
  /** Absent: one of its own that keeps to what Linear says and no more. */
  readonly governor?: Governor;
}

export interface LinearRequest {
  /** `attempted` is for a person: "move issue X". */
  send<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
  ): Promise<T>;
  quota(): TrackerQuota | null;
}

const REQUESTS = 'requests';
const COMPLEXITY = 'complexity points';
/** The last step of a merge, or of a stop. */
const URGENT_OPERATIONS: readonly string[] = ['MoveIssue'];
/** Nobody waits for these. */
const ORDINARY_OPERATIONS: readonly string[] = ['Link', 'Teams', 'Labels', 'Projects', 'Users'];

export function createLinearRequest(options: LinearOptions): LinearRequest {
  const governor =
    options.governor ?? createGovernor({ name: 'Linear', now: options.now, reserveShare: 0, writes: null });
  const account = governor.account();

  async function send<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
  ): Promise<T> {
    const request = requestOf(attempted, document);
    const data = await account.send(request, (trip) => exchange(request, document, variables, trip));
    const parsed = shape.safeParse(data);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new OutsideError(
      'unreachable',
      attempted,
      `Linear's answer has another shape than asked for (${where.join('; ')})`,
    );
  }

  async function exchange(
    request: Request,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    trip: Trip,
  ): Promise<unknown> {
    const { attempted } = request;
    const { LinearClient } = await import('@linear/sdk');
    const signal = AbortSignal.timeout(options.timeoutMs);
    // A client costs nothing; its options are the only way to hand the signal to its fetch.
    const client = new LinearClient({ apiKey: options.apiKey, apiUrl: options.apiUrl, signal });
    try {
      const answer = await client.client.rawRequest<unknown, Record<string, unknown>>(document, { ...variables });
      trip.heard(heardFrom(answer.headers));
      return answer.data;
    } catch (error) {
      const failed = failedAnswer(error);
      if (failed === null) throw unanswered(attempted, error, signal, options.timeoutMs);
      trip.heard(heardFrom(failed.headers));
      const waitMs = isLimit(failed)
        ? trip.refused(toldWait(failed, trip.serverNow()), isOperationLimit(failed) ? 'operation' : 'all')
        : null;
      throw classifyFailure(attempted, failed, trip.serverNow(), withoutQuery(error), waitMs);
    }
  }

  function quota(): TrackerQuota | null {
    const [requests, complexity] = [account.quota(REQUESTS), account.quota(COMPLEXITY)];
    if (requests === null || complexity === null) return null;
    return {
      requestsLeft: requests.left,
      requestsLimit: requests.limit,
      complexityLeft: complexity.left,
      complexityLimit: complexity.limit,
    };
  }

  return { send, quota };
}

function requestOf(attempted: string, document: string): Request {
  const [, type = 'query', operation = 'unnamed'] = /\b(query|mutation)\s+(\w+)/.exec(document) ?? [];
  const urgency = URGENT_OPERATIONS.includes(operation)
    ? 'urgent'
    : ORDINARY_OPERATIONS.includes(operation)
      ? 'ordinary'
      : 'look';
  return { attempted, operation, draws: [REQUESTS, COMPLEXITY], urgency, write: type === 'mutation', content: false };
}

function unanswered(attempted: string, error: unknown, signal: AbortSignal, timeoutMs: number): OutsideError {
  if (signal.aborted) {
    return new OutsideError('unreachable', attempted, `no whole answer from Linear within ${timeoutMs} ms`, {
      cause: error,
    });
  }
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const detail = inner instanceof Error ? inner.message : String(inner);
  return new OutsideError('unreachable', attempted, `no readable answer from Linear (${detail})`, { cause: error });
}

/** The answer inside the SDK's error, or null when there was none that could be read. */
function failedAnswer(error: unknown): FailedAnswer | null {
  const response = field(field(error, 'raw'), 'response');
  const status = field(response, 'status');
  if (typeof status !== 'number') return null;
  const headers = field(response, 'headers');
  const errors = field(response, 'errors');
  return {
    status,
    headers: headers instanceof Headers ? headers : null,
    errors: (Array.isArray(errors) ? errors : []).map((each: unknown) => {
      const extensions = field(each, 'extensions');
      const inner = field(extensions, 'statusCode');
      return {
        message: text(field(extensions, 'userPresentableMessage')) || text(field(each, 'message')),
        code: text(field(extensions, 'code')),
        type: text(field(extensions, 'type')),
        status: typeof inner === 'number' ? inner : 0,
      };
    }),
  };
}

/** The SDK's error carries query and variables; a log needs neither. */
function withoutQuery(error: unknown): Error {
  return new Error(error instanceof Error ? `${error.name}: ${error.message.slice(0, 500)}` : String(error));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function heardFrom(headers: { get(name: string): string | null } | null | undefined): Heard {
  const number = (name: string) => Number(headers?.get(name) ?? Number.NaN);
  const quota = (name: string, header: string): readonly Quota[] => {
    const [limit, left] = [number(`x-ratelimit-${header}-limit`), number(`x-ratelimit-${header}-remaining`)];
    if (!Number.isFinite(limit) || !Number.isFinite(left)) return [];
    const reset = number(`x-ratelimit-${header}-reset`);
    // Linear's buckets leak: what is used comes back all the time until the reset.
    return [
      { name, limit, left, resetAt: Number.isFinite(reset) && reset > 0 ? epochMs(reset) : null, refill: 'steady' },
    ];
  };
  const date = Date.parse(headers?.get('date') ?? '');
  const complexity = number('x-complexity');
  return {
    serverDate: Number.isNaN(date) ? null : date,
    quotas: [...quota(REQUESTS, 'requests'), ...quota(COMPLEXITY, 'complexity')],
    ...(Number.isFinite(complexity) && complexity >= 0 ? { costs: { [COMPLEXITY]: complexity } } : {}),
  };
}
