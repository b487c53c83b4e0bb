/** Turns whatever a model client throws into an OutsideError: what kind of trouble, and how long to wait. */
import { ContextOverflow } from '../domain/context-overflow.ts';
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';
import { overflowIn } from './overflow.ts';
import { retryAfter, retryAfterIn } from './retry-after.ts';

export interface FailureContext {
  readonly attempted: string;
  /** Which time bound was passed, if any. */
  readonly passed: string | null;
  readonly cancelled: boolean;
  readonly now: number;
}

export function outsideFailure(error: unknown, context: FailureContext): OutsideError {
  const { attempted } = context;
  if (context.passed !== null) return new OutsideError('unreachable', attempted, context.passed, { cause: error });
  if (context.cancelled) return new OutsideError('unreachable', attempted, 'cancelled', { cause: error });
  const trouble = fieldsOf(error);
  const overflow = trouble.status === 429 ? null : overflowIn(trouble.words, wholeText(error));
  if (overflow !== null)
    return new ContextOverflow(attempted, detailOf(error), overflow.servedTokens, { cause: error });
  const kind = kindOf(trouble);
  const asked = trouble.headers === null ? null : retryAfter(trouble.headers, context.now);
  // Only where it is a limit: other sentences speak of other waits.
  const retryAfterMs = asked ?? (kind === 'limited' ? retryAfterIn(wholeText(error)) : null);
  return new OutsideError(kind, attempted, detailOf(error), { cause: error, retryAfterMs });
}

interface Trouble {
  readonly status: number | null;
  /** The provider's own word for the error, from its body or from an event in the middle of a stream. */
  readonly words: readonly string[];
  readonly headers: Headers | null;
}

/** The two clients' errors look alike where it matters; read by shape, so that neither has to be loaded for it. */
function fieldsOf(error: unknown): Trouble {
  if (typeof error !== 'object' || error === null) return { status: null, words: [], headers: null };
  const status = 'status' in error && typeof error.status === 'number' ? error.status : null;
  const headers = 'headers' in error && error.headers instanceof Headers ? error.headers : null;
  const words = [wordIn(error, 'type'), wordIn(error, 'code')].filter((word) => word !== null);
  return { status, words, headers };
}

function wordIn(error: object, key: 'type' | 'code'): string | null {
  const word: unknown = Reflect.get(error, key);
  return typeof word === 'string' ? word : null;
}

function kindOf(trouble: Trouble): TroubleKind {
  // No money left on the account answers 429 as well, but waiting does not fill it.
  if (trouble.words.includes('insufficient_quota') || trouble.words.includes('billing_error')) return 'refused';
  if (trouble.status !== null) return kindOfStatus(trouble.status);
  for (const word of trouble.words) {
    const kind = KIND_OF_WORD[word];
    if (kind !== undefined) return kind;
  }
  // Connection faults, broken streams and anything a client throws without a status: no answer that we can trust.
  return 'unreachable';
}

function kindOfStatus(status: number): TroubleKind {
  switch (status) {
    case 401:
    case 403:
      return 'unauthorised';
    case 402:
      return 'refused';
    case 404:
      return 'missing';
    case 408:
      return 'unreachable';
    case 409:
      return 'conflict';
    case 429:
      return 'limited';
    default:
      return status >= 500 ? 'unreachable' : 'invalid';
  }
}

/** Errors that arrive inside a stream carry no status. */
const KIND_OF_WORD: Readonly<Record<string, TroubleKind>> = {
  rate_limit_error: 'limited',
  rate_limit_exceeded: 'limited',
  authentication_error: 'unauthorised',
  invalid_api_key: 'unauthorised',
  permission_error: 'unauthorised',
  not_found_error: 'missing',
  invalid_request_error: 'invalid',
  invalid_prompt: 'invalid',
  request_too_large: 'invalid',
};

/** Some servers put the figures beside the sentence: the whole body is looked at, a bounded part of it. */
function wholeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const body: unknown = Reflect.get(error, 'error');
  return `${error.message} ${body === undefined ? '' : JSON.stringify(body)}`.slice(0, OVERFLOW_CHARACTERS_MAX);
}

const OVERFLOW_CHARACTERS_MAX = 4_000;

const DETAIL_CHARACTERS_MAX = 500;

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`.slice(0, DETAIL_CHARACTERS_MAX);
}
