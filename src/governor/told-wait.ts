/**
 * How long an answer asks to stay away, in all forms and units that are in use. Pure. Null means that nothing usable was
 * said: then the caller waits by itself, longer each time (see untoldWaitMs).
 */

/** Quotas of both interfaces are hourly, so a longer wait is a misread header. */
export const WAIT_MS_MAX = 3_600_000;
const WAIT_MS_MIN = 1_000;
/** The documentation of GitHub asks for at least this where no time is named. */
const UNTOLD_FIRST_MS = 60_000;

/** Seconds, an HTTP date, or a point in time in seconds or milliseconds since 1970. `serverNow` is the answer's own Date. */
export function retryAfterMs(text: string | null, serverNow: number): number | null {
  const words = text?.trim() ?? '';
  if (words === '') return null;
  const amount = Number(words);
  if (!Number.isFinite(amount)) return /[a-z]/i.test(words) ? untilMs(Date.parse(words), serverNow) : null;
  if (amount < 0) return null;
  return amount >= 1e9 ? untilMs(epochMs(amount), serverNow) : bounded(amount * 1_000);
}

/** Until a reset that headers name as a point in time. Null when it is unreadable or over already. */
export function resetMs(text: string | null, serverNow: number): number | null {
  const amount = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(amount) && amount > 0 ? untilMs(epochMs(amount), serverNow) : null;
}

/** Seconds or milliseconds since 1970: the magnitude tells. */
export function epochMs(amount: number): number {
  return amount >= 1e11 ? amount : amount * 1_000;
}

/** Waited when no time was told: a minute, then twice as long with each refusal in a row. */
export function untoldWaitMs(refusals: number): number {
  return Math.min(WAIT_MS_MAX, UNTOLD_FIRST_MS * 2 ** Math.min(Math.max(0, refusals - 1), 20));
}

function untilMs(at: number, serverNow: number): number | null {
  const wait = at - serverNow;
  return Number.isFinite(wait) && wait > 0 ? bounded(wait) : null;
}

function bounded(waitMs: number): number {
  return Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, Math.ceil(waitMs)));
}
