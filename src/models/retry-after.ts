/**
 * How long a provider's answer asks us to stay away: milliseconds, seconds or a date in the standard headers, else the reset of
 * whichever of the provider's own counters is used up.
 */
export function retryAfter(headers: Headers, now: number): number | null {
  const milliseconds = headers.get('retry-after-ms');
  if (milliseconds !== null && isAmount(milliseconds)) return Math.ceil(Number(milliseconds));
  const after = headers.get('retry-after');
  if (after !== null) {
    if (isAmount(after)) return Math.ceil(Number(after) * 1_000);
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  return longestReset(headers, now);
}

/** Some services name the wait in their sentence alone: "try again in 1.5s", "retry after 20 seconds", `"retryDelay": "34s"`. */
export function retryAfterIn(text: string): number | null {
  const match = SENTENCE.exec(text);
  const unitMs = UNIT_MS[match?.[2]?.toLowerCase() ?? ''];
  return match === null || unitMs === undefined ? null : Math.ceil(Number(match[1]) * unitMs);
}

const SENTENCE =
  /(?:(?:try again|retry) (?:in|after)|"?retryDelay"?:) ?"?(\d+(?:\.\d+)?) ?(ms|s|m|h)(?:ec(?:ond)?s?|in(?:ute)?s?|ours?)?(?![a-z])/i;

function longestReset(headers: Headers, now: number): number | null {
  let longest: number | null = null;
  for (const [name, value] of headers) {
    const match = /^(anthropic-ratelimit-.+|x-ratelimit)-remaining(-.+)?$/.exec(name);
    if (match === null || Number(value) > 0) continue;
    const reset = headers.get(`${match[1]}-reset${match[2] ?? ''}`);
    const waitMs = reset === null ? null : resetMs(reset, now);
    if (waitMs !== null) longest = Math.max(longest ?? 0, waitMs);
  }
  return longest;
}

/** `6m0s`, `20ms`, `1.5s` at OpenAI; a date at Anthropic. */
function resetMs(text: string, now: number): number | null {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length > 0 && parts.map((part) => part[0]).join('') === text) {
    return Math.ceil(parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0), 0));
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function isAmount(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text.trim());
}
