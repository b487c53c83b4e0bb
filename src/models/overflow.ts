/**
 * Did a server refuse a prompt for its length? Few say so in a code, so their sentences are known here, at the door, and
 * nowhere else. The context's length is read off them where they name it.
 */

export interface Overflow {
  readonly servedTokens: number | null;
}

export function overflowIn(words: readonly string[], text: string): Overflow | null {
  if (!words.some((word) => CODES.has(word)) && !SENTENCES.some((sentence) => sentence.test(text))) return null;
  for (const limit of LIMITS) {
    const number = Number(limit.exec(text)?.[1]?.replaceAll(/[,_]/g, ''));
    if (Number.isInteger(number) && number > 0) return { servedTokens: number };
  }
  return { servedTokens: null };
}

const CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'model_context_window_exceeded',
  'request_too_large',
  'string_above_max_length',
]);

const SENTENCES: readonly RegExp[] = [
  /prompt is too long/i,
  /(input|prompt|request|messages?)[^.]{0,60}\b(exceeds?|exceeded|longer than|too (long|large) for)\b[^.]{0,60}(context|max\w*_model_len|token limit)/i,
  /exceeds? (the|this model's|its) (available )?(maximum )?(context|input token)/i,
  /maximum context length/i,
  /(greater|longer|larger) than the (model's )?context (length|size|window)/i,
  /context (window|length|size)[^.]{0,40}(exceeded|is full|too (short|small))/i,
  /reduce the length of (the|your) (messages|prompt|input)/i,
  /input length and `?max_tokens`? exceed context limit/i,
  /too many (input )?tokens/i,
];

/** In this order: what comes with the word maximum is the limit, a bare number may be the prompt's own length. */
const LIMITS: readonly RegExp[] = [
  /> ?([\d,_]+) maximum/i,
  /maximum (?:context length|input length|model length|number of tokens)[^.\d]{0,40}([\d,_]+)/i,
  /(?:context size|context window|context length|context limit|n_ctx)[^.\d]{0,30}([\d,_]+)/i,
];
