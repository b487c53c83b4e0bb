/** Counts each key's calls and tokens per minute and tells them in both vendors' headers. Only a fault ever refuses. */
import type { ModelProtocol } from './conversation.ts';

export interface RateLimits {
  /** Headers for an ordinary answer, after `tokens` more were used. */
  spend(key: string, now: number, tokens: { readonly input: number; readonly output: number }): RateState;
}

export interface RateState {
  readonly requestsLeft: number;
  readonly inputTokensLeft: number;
  readonly outputTokensLeft: number;
  readonly resetInMs: number;
  readonly now: number;
}

const REQUESTS_PER_MINUTE = 4_000;
const INPUT_TOKENS_PER_MINUTE = 2_000_000;
const OUTPUT_TOKENS_PER_MINUTE = 400_000;
const MINUTE_MS = 60_000;

export function rateLimits(): RateLimits {
  const windows = new Map<string, { minute: number; requests: number; input: number; output: number }>();
  return {
    spend(key, now, tokens) {
      const minute = Math.floor(now / MINUTE_MS);
      const known = windows.get(key);
      const window = known?.minute === minute ? known : { minute, requests: 0, input: 0, output: 0 };
      windows.set(key, window);
      window.requests += 1;
      window.input += tokens.input;
      window.output += tokens.output;
      return {
        requestsLeft: Math.max(0, REQUESTS_PER_MINUTE - window.requests),
        inputTokensLeft: Math.max(0, INPUT_TOKENS_PER_MINUTE - window.input),
        outputTokensLeft: Math.max(0, OUTPUT_TOKENS_PER_MINUTE - window.output),
        resetInMs: (minute + 1) * MINUTE_MS - now,
        now,
      };
    },
  };
}

/** Nothing left until `resetInMs` from now. */
export function exhausted(now: number, resetInMs: number): RateState {
  return { requestsLeft: 0, inputTokensLeft: 0, outputTokensLeft: 0, resetInMs, now };
}

export function rateHeaders(protocol: ModelProtocol, state: RateState): Readonly<Record<string, string>> {
  return protocol === 'anthropic' ? anthropicHeaders(state) : openaiHeaders(state);
}

function anthropicHeaders(state: RateState): Readonly<Record<string, string>> {
  const reset = new Date(state.now + state.resetInMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const triple = (name: string, limit: number, left: number): readonly (readonly [string, string])[] => [
    [`anthropic-ratelimit-${name}-limit`, String(limit)],
    [`anthropic-ratelimit-${name}-remaining`, String(left)],
    [`anthropic-ratelimit-${name}-reset`, reset],
  ];
  return Object.fromEntries([
    ...triple('requests', REQUESTS_PER_MINUTE, state.requestsLeft),
    ...triple('input-tokens', INPUT_TOKENS_PER_MINUTE, state.inputTokensLeft),
    ...triple('output-tokens', OUTPUT_TOKENS_PER_MINUTE, state.outputTokensLeft),
    ...triple(
      'tokens',
      INPUT_TOKENS_PER_MINUTE + OUTPUT_TOKENS_PER_MINUTE,
      state.inputTokensLeft + state.outputTokensLeft,
    ),
  ]);
}

function openaiHeaders(state: RateState): Readonly<Record<string, string>> {
  const reset =
    state.resetInMs < 1000 ? `${state.resetInMs}ms` : `${(state.resetInMs / 1000).toFixed(3).replace(/\.?0+$/, '')}s`;
  return {
    'x-ratelimit-limit-requests': String(REQUESTS_PER_MINUTE),
    'x-ratelimit-limit-tokens': String(INPUT_TOKENS_PER_MINUTE),
    'x-ratelimit-remaining-requests': String(state.requestsLeft),
    'x-ratelimit-remaining-tokens': String(state.inputTokensLeft),
    'x-ratelimit-reset-requests': reset,
    'x-ratelimit-reset-tokens': reset,
  };
}
