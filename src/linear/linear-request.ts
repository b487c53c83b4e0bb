/**
 * One request to Linear: one `fetch` through the SDK's client, one answer of the expected shape or one OutsideError.
 * Nothing is retried. The SDK is loaded at the first request, because start-up must not wait for it.
 */
import type { ZodType } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { TrackerQuota } from '../heartbeat/ports.ts';
import { classifyFailure, type FailedAnswer } from './classify-failure.ts';

export interface LinearOptions {
  readonly apiKey: string;
  readonly apiUrl: string;
  readonly now: () => number;
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number;
  readonly log?: (message: string) => void;
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

export function createLinearRequest(options: LinearOptions): LinearRequest {
  const { now } = options;
  let quota: TrackerQuota | null = null;
  /** Asking while the bucket is empty helps nobody, so until then requests fail here. */
  let limitedUntil = 0;

  async function send<T>(
    attempted: string,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    shape: ZodType<T>,
  ): Promise<T> {
    if (now() < limitedUntil) {
      const retryAfterMs = limitedUntil - now();
      throw new OutsideError('limited', attempted, 'Linear asked to wait and the time is not up', { retryAfterMs });
    }
    const { LinearClient } = await import('@linear/sdk');
    const signal = AbortSignal.timeout(options.timeoutMs);
    // A client costs nothing; its options are the only way to hand the signal to its fetch.
    const client = new LinearClient({ apiKey: options.apiKey, apiUrl: options.apiUrl, signal });
    let data: unknown;
    try {
      const answer = await client.client.rawRequest<unknown, Record<string, unknown>>(document, { ...variables });
      quota = quotaOf(answer.headers) ?? quota;
      data = answer.data;
    } catch (error) {
      const failed = failedAnswer(error);
      if (failed === null) throw unanswered(attempted, error, signal, options.timeoutMs);
      quota = quotaOf(failed.headers) ?? quota;
      const trouble = classifyFailure(attempted, failed, now(), withoutQuery(error));
      if (trouble.kind === 'limited') limitedUntil = now() + (trouble.retryAfterMs ?? 0);
      throw trouble;
    }
    const parsed = shape.safeParse(data);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new OutsideError(
      'unreachable',
      attempted,
      `Linear's answer has another shape than asked for (${where.join('; ')})`,
    );
  }

  return { send, quota: () => quota };
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

function quotaOf(headers: { get(name: string): string | null } | null | undefined): TrackerQuota | null {
  const number = (name: string) => {
    const told = headers?.get(`x-ratelimit-${name}`) ?? null;
    return told === null || !Number.isFinite(Number(told)) ? null : Number(told);
  };
  const requestsLeft = number('requests-remaining');
  const requestsLimit = number('requests-limit');
  const complexityLeft = number('complexity-remaining');
  const complexityLimit = number('complexity-limit');
  if (requestsLeft === null || requestsLimit === null || complexityLeft === null || complexityLimit === null)
    return null;
  return { requestsLeft, requestsLimit, complexityLeft, complexityLimit };
}
