/**
 * What a refused or broken answer of Linear means. The SDK's error classes are not used for this: they look at the first
 * error alone, and call any 4xx without an error list an authentication failure.
 */
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';

export interface FailedAnswer {
  readonly status: number;
  readonly headers: Headers | null;
  /** The GraphQL errors; empty when the body had none or could not be read. */
  readonly errors: readonly {
    readonly message: string;
    readonly code: string;
    readonly type: string;
    readonly status: number;
  }[];
}

/** Waited when Linear limits us and names no time. */
const LIMITED_DEFAULT_MS = 60_000;
/** Linear's buckets are hourly, so a longer wait is a misread header. */
const LIMITED_MAX_MS = 3_600_000;

export function classifyFailure(attempted: string, answer: FailedAnswer, now: number, cause: unknown): OutsideError {
  const kind = kindOf(answer);
  const told = answer.errors.map((error) => error.message).join('; ');
  const detail = `Linear answered HTTP ${answer.status}${told === '' ? ' without an error it explains' : `: ${told}`}`;
  const retryAfterMs = kind === 'limited' ? waitFromHeaders(answer.headers, now) : null;
  return new OutsideError(kind, attempted, detail, { cause, retryAfterMs });
}

function kindOf({ status, errors }: FailedAnswer): TroubleKind {
  const has = (...marks: readonly string[]) =>
    errors.some(({ code, type }) => marks.includes(code) || marks.includes(type));
  // Limits come as 400 with the reason inside, as 429, and by some reports as 200.
  if (status === 429 || has('RATELIMITED', 'ratelimited') || errors.some((error) => error.status === 429))
    return 'limited';
  if (status >= 500 || has('internal error', 'network error', 'bootstrap error', 'lock timeout')) return 'unreachable';
  if (has('AUTHENTICATION_ERROR', 'authentication error', 'FORBIDDEN', 'forbidden', 'feature not accessible')) {
    return 'unauthorised';
  }
  if (status === 401 || status === 403) return 'unauthorised';
  if (has('INPUT_ERROR', 'ENTITY_NOT_FOUND')) return 'missing';
  if (has('invalid input', 'graphql error', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED')) return 'invalid';
  if (has('user error', 'usage limit exceeded')) return 'refused';
  // No error of a kind we know: whatever it is, it says nothing about the thing we asked for.
  return 'unreachable';
}

function waitFromHeaders(headers: Headers | null, now: number): number {
  const number = (name: string): number | null => {
    const text = headers?.get(name) ?? null;
    const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : null;
  };
  const bounded = (waitMs: number) => Math.min(LIMITED_MAX_MS, Math.max(1000, Math.ceil(waitMs)));
  const told = number('retry-after');
  if (told !== null) return bounded(told * 1000);
  const waits: number[] = [];
  for (const bucket of ['requests', 'complexity', 'endpoint-requests']) {
    const reset = number(`x-ratelimit-${bucket}-reset`);
    const left = number(`x-ratelimit-${bucket}-remaining`);
    if (reset !== null && (left === null || left <= 0)) waits.push(epochMsOf(reset) - now);
  }
  return waits.length === 0 ? LIMITED_DEFAULT_MS : bounded(Math.max(...waits));
}

/** Milliseconds in the field, seconds in some texts: the magnitude tells. */
function epochMsOf(reset: number): number {
  return reset >= 1e11 ? reset : reset * 1000;
}
