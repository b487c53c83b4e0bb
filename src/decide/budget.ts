/** Money arithmetic: what a model call may cost at worst, and what it did cost. Whole micro-dollars, always rounded up. */
import type { MicroUsd } from '../domain/run.ts';
import type { Price, Usage } from '../domain/transcript.ts';

/** What a provider adds around our words (tool preamble, message framing) and bills as input. */
const PROMPT_OVERHEAD_TOKENS_MAX = 1_000;

/**
 * The dearest this call can become: nothing comes from the cache, everything is written to it, and the answer fills its
 * whole limit. Reserved before the call leaves, so no cap is ever passed by more than nothing.
 */
export function worstCase(price: Price, promptTokensMax: number, outputTokensMax: number): MicroUsd {
  const dearestInput = Math.max(
    price.inputMicroUsdPerMillion,
    price.cacheReadMicroUsdPerMillion,
    price.cacheWriteMicroUsdPerMillion,
  );
  return toMicroUsd(promptTokensMax * dearestInput + outputTokensMax * price.outputMicroUsdPerMillion);
}

export function costOf(price: Price, usage: Usage): MicroUsd {
  return toMicroUsd(
    usage.input * price.inputMicroUsdPerMillion +
      usage.cacheRead * price.cacheReadMicroUsdPerMillion +
      usage.cacheWrite * price.cacheWriteMicroUsdPerMillion +
      usage.output * price.outputMicroUsdPerMillion,
  );
}

/**
 * The most tokens a prompt can have. A token is at least one byte, so bytes bound it from above; what the same model
 * already counted in this append-only history need not be guessed again.
 */
export function promptTokensMax(prompt: { readonly countedTokens: number; readonly uncountedBytes: number }): number {
  return prompt.countedTokens + prompt.uncountedBytes + PROMPT_OVERHEAD_TOKENS_MAX;
}

function toMicroUsd(tokensTimesPrice: number): MicroUsd {
  return Math.ceil(tokensTimesPrice / TOKENS_PER_PRICE);
}

const TOKENS_PER_PRICE = 1_000_000;
