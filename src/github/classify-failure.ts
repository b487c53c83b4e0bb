/** What a refused, limited or broken answer of GitHub means, by status, headers and error codes. */
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';

export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: string;
  /** `errors[].code` of REST, `errors[].type` of GraphQL. */
  readonly codes: readonly string[];
}

/** Waited when GitHub limits us and names no time; its documentation asks for at least this. */
const LIMITED_DEFAULT_MS = 60_000;
/** Limits reset hourly, so a longer wait is a misread header. */
const LIMITED_MAX_MS = 3_600_000;

export function classifyFailure(attempted: string, answer: FailedAnswer, now: number, cause: unknown): OutsideError {
  const kind = kindOf(answer);
  const retryAfterMs = kind === 'limited' ? waitFromHeaders(answer.headers, now) : null;
  const detail = `GitHub answered HTTP ${answer.status}${answer.message === '' ? '' : `: ${answer.message}`}`;
  return new OutsideError(kind, attempted, detail, { cause, retryAfterMs });
}

/** A limit that refuses everything of this identity, not only the hourly quota of one kind of request. */
export function isSecondaryLimit(answer: FailedAnswer): boolean {
  return kindOf(answer) === 'limited' && text(answer.headers['x-ratelimit-remaining']) !== '0';
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

/** 403 and 429 are both used for limits, and for 403 only headers and message tell a limit from a missing right. */
function isLimited({ status, headers, message, codes }: FailedAnswer): boolean {
  if (status === 429 || codes.includes('RATE_LIMITED') || codes.includes('RATE_LIMIT')) return true;
  if (status !== 403) return false;
  return (
    text(headers['retry-after']) !== '' ||
    text(headers['x-ratelimit-remaining']) === '0' ||
    /secondary rate limit|abuse detection/i.test(message)
  );
}

function graphqlKindOf(codes: readonly string[]): TroubleKind {
  if (codes.includes('NOT_FOUND')) return 'missing';
  if (codes.includes('FORBIDDEN') || codes.includes('INSUFFICIENT_SCOPES')) return 'unauthorised';
  if (codes.includes('UNPROCESSABLE')) return 'refused';
  if (codes.some((code) => code === 'MAX_NODE_LIMIT_EXCEEDED' || code === 'undefinedField')) return 'invalid';
  return 'unreachable';
}

function waitFromHeaders(headers: Readonly<Record<string, unknown>>, now: number): number {
  const bounded = (waitMs: number) => Math.min(LIMITED_MAX_MS, Math.max(1000, Math.ceil(waitMs)));
  const told = text(headers['retry-after']);
  if (told !== '' && Number.isFinite(Number(told))) return bounded(Number(told) * 1000);
  const resetSeconds = Number(text(headers['x-ratelimit-reset']));
  const exhausted = text(headers['x-ratelimit-remaining']) === '0';
  if (exhausted && Number.isFinite(resetSeconds) && resetSeconds > 0) return bounded(resetSeconds * 1000 - now);
  return LIMITED_DEFAULT_MS;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
