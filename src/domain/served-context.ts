/** Whether a server gives a model less context than it was configured with, in the words that people get. */

/** Null when it is enough, or when the server does not say. */
export function servesLess(servedTokens: number | null, configuredTokens: number): string | null {
  if (servedTokens === null || servedTokens >= configuredTokens) return null;
  return `it is served with a context of ${servedTokens} tokens, not ${configuredTokens}`;
}

export const CONTEXT_FIX = 'Let its server give it more, or write what it has as `context` into prices.yaml';
