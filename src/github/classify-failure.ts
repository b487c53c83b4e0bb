/** What a refused, limited or broken answer of GitHub means, by status, headers and error codes. */
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';
import { resetMs, retryAfterMs, untoldWaitMs } from '../governor/told-wait.ts';

export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: string;
  /** `errors[].code` of REST, `errors[].type` of GraphQL. */
  readonly codes: readonly string[];
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
  const detail = `GitHub answered HTTP ${answer.status}${answer.message === '' ? '' : `: ${answer.message}`}`;
  // A server that is down may say for how long, too.
  const downMs = answer.status >= 500 ? retryAfterMs(text(answer.headers['retry-after']), serverNow) : null;
  return new OutsideError(kind, attempted, detail, { cause, retryAfterMs: kind === 'limited' ? limitedMs : downMs });
}

/** How long a limited answer asks to stay away: `retry-after` first, then the reset of a quota that is used up; null: it does not say. */
export function toldWait({ headers }: FailedAnswer, serverNow: number): number | null {
  const told = retryAfterMs(text(headers['retry-after']), serverNow);
  if (told !== null) return told;
  return usedUp(headers) ? resetMs(text(headers['x-ratelimit-reset']), serverNow) : null;
}

export function isLimit(answer: FailedAnswer): boolean {
  return kindOf(answer) === 'limited';
}

/** A limit that refuses everything of this identity, not only the hourly quota of one kind of request. */
export function isSecondaryLimit(answer: FailedAnswer): boolean {
  return isLimit(answer) && !usedUp(answer.headers);
}

function usedUp(headers: FailedAnswer['headers']): boolean {
  const left = text(headers['x-ratelimit-remaining']);
  return left !== '' && Number(left) <= 0;
}

function kindOf(answer: FailedAnswer): TroubleKind {
  const { status, codes } = answer;
  if (isLimited(answer)) return 'limited';
  if (status >= 500) return 'unreachable';
  switch (status) {
    case 200:
      return graphqlKindOf(codes);
    case 401:
    case 403:
      return 'unauthorised';
    case 404:
    case 410:
      return 'missing';
    case 405:
      return 'refused';
    case 409:
    case 412:
      return 'conflict';
    case 422:
      if (codes.includes('already_exists')) return 'conflict';
      return codes.some((code) => code !== 'custom') ? 'invalid' : 'refused';
    default:
      return status >= 400 ? 'invalid' : 'unreachable';
  }
}

/** Where words say it: 200 is GraphQL's, 422 the limit on writing content, and 403 a limit as well as a missing right. */
const SAID_WITH: readonly number[] = [200, 403, 422];
const LIMIT_WORDS = /secondary rate limit|abuse detection|submitted too quickly/i;

function isLimited({ status, headers, message, codes }: FailedAnswer): boolean {
  if (status === 429 || codes.includes('RATE_LIMITED') || codes.includes('RATE_LIMIT')) return true;
  if (SAID_WITH.includes(status) && LIMIT_WORDS.test(message)) return true;
  return status === 403 && (text(headers['retry-after']) !== '' || usedUp(headers));
}

function graphqlKindOf(codes: readonly string[]): TroubleKind {
  if (codes.includes('NOT_FOUND')) return 'missing';
  if (codes.includes('FORBIDDEN') || codes.includes('INSUFFICIENT_SCOPES')) return 'unauthorised';
  // What was named changed in between: whoever looks again decides anew.
  if (codes.includes('STALE_DATA')) return 'conflict';
  if (codes.includes('UNPROCESSABLE')) return 'refused';
  if (codes.some((code) => code === 'MAX_NODE_LIMIT_EXCEEDED' || code === 'undefinedField')) return 'invalid';
  return 'unreachable';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
