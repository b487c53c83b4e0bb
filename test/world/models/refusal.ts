/** An error answer of a model service, with the two families' body shapes and their usual words for each status. */
import type { ModelProtocol } from './conversation.ts';

export interface RefusalDetails {
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
  readonly retryAfterSeconds?: number;
}

/** Thrown while a request is judged; it becomes the error answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: RefusalDetails;

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export interface AnthropicErrorBody {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
}

export function anthropicErrorBody(refusal: Refusal, requestId: string): AnthropicErrorBody {
  const type = refusal.details.type ?? anthropicType(refusal.status);
  return { type: 'error', error: { type, message: refusal.message }, request_id: requestId };
}

export interface OpenaiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

export function openaiError(refusal: Refusal): OpenaiError {
  const usual = openaiKind(refusal.status);
  return {
    message: refusal.message,
    type: refusal.details.type ?? usual.type,
    param: refusal.details.param ?? null,
    code: refusal.details.code === undefined ? usual.code : refusal.details.code,
  };
}

/** What the service says of itself when it refuses with `status` and nobody scripted other words. */
export function usualMessage(protocol: ModelProtocol, status: number): string {
  if (protocol === 'anthropic')
    return ANTHROPIC_MESSAGES[status] ?? (status >= 500 ? 'Internal server error' : 'Error');
  return OPENAI_MESSAGES[status] ?? (status >= 500 ? SERVER_SORRY : 'Error');
}

const SERVER_SORRY = 'The server had an error while processing your request. Sorry about that!';

const ANTHROPIC_MESSAGES: Readonly<Record<number, string>> = {
  401: 'invalid x-api-key',
  403: 'Your API key does not have permission to use the specified resource.',
  404: 'Not found',
  413: 'Request exceeds the maximum size',
  429: "This request would exceed your organization's rate limit of 4,000 requests per minute.",
  500: 'Internal server error',
  529: 'Overloaded',
};

const OPENAI_MESSAGES: Readonly<Record<number, string>> = {
  401: 'Incorrect API key provided.',
  429: 'Rate limit reached for requests. Please try again later.',
  500: SERVER_SORRY,
  503: 'The engine is currently overloaded, please try again later.',
};

function anthropicType(status: number): string {
  switch (status) {
    case 400:
      return 'invalid_request_error';
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    case 529:
      return 'overloaded_error';
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

function openaiKind(status: number): { readonly type: string; readonly code: string | null } {
  if (status === 401) return { type: 'invalid_request_error', code: 'invalid_api_key' };
  if (status === 429) return { type: 'requests', code: 'rate_limit_exceeded' };
  if (status >= 500) return { type: 'server_error', code: null };
  return { type: 'invalid_request_error', code: null };
}
