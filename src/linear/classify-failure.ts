/**
 * What a refused or broken answer of Linear means. The SDK's error classes are not used for this: they look at the first
 * error alone, and call any 4xx without an error list an authentication failure.
 */
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';
import { resetMs, retryAfterMs, untoldWaitMs } from '../governor/told-wait.ts';

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

/** `limitedMs` is how long to stay away when it is a limit; absent: what the answer asks for, or the first step when it asks for nothing. */
export function classifyFailure(
  attempted: string,
  answer: FailedAnswer,
  serverNow: number,
  cause: unknown,
  limitedMs: number | null = toldWait(answer, serverNow) ?? untoldWaitMs(1),
): OutsideError {
  const kind = kindOf(answer);
  const told = answer.errors.map((error) => error.message).join('; ');
  const detail = `Linear answered HTTP ${answer.status}${told === '' ? ' without an error it explains' : `: ${told}`}`;
  return new OutsideError(kind, attempted, detail, { cause, retryAfterMs: kind === 'limited' ? limitedMs : null });
}

export function isLimit(answer: FailedAnswer): boolean {
  return kindOf(answer) === 'limited';
}

/** How long a limited answer asks to stay away: `retry-after` first, then the latest reset of what is used up; null: it does not say. */
export function toldWait({ headers }: FailedAnswer, serverNow: number): number | null {
  const told = retryAfterMs(headers?.get('retry-after') ?? null, serverNow);
  if (told !== null) return told;
  const waits = BUCKETS.flatMap((bucket) => {
    const waitMs = resetMs(headers?.get(`x-ratelimit-${bucket}-reset`) ?? null, serverNow);
    return waitMs !== null && leftIn(headers, bucket) <= 0 ? [waitMs] : [];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Only this one operation was asked too often: one bad query must not stop everything else. */
export function isOperationLimit({ headers }: FailedAnswer): boolean {
  const said = (bucket: string) => headers?.has(`x-ratelimit-${bucket}-remaining`) === true;
  const [requests, complexity, endpoint] = BUCKETS;
  return (
    said(endpoint) && leftIn(headers, endpoint) <= 0 && leftIn(headers, requests) > 0 && leftIn(headers, complexity) > 0
  );
}

const BUCKETS = ['requests', 'complexity', 'endpoint-requests'] as const;

/** A bucket that is not told counts as used up: its reset, where that is told, is then what to wait for. */
function leftIn(headers: Headers | null, bucket: string): number {
  const left = Number(headers?.get(`x-ratelimit-${bucket}-remaining`) ?? 0);
  return Number.isFinite(left) ? left : 0;
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
