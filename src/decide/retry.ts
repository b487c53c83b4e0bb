/** How long to wait before an outside write is tried again. No randomness: one process, one queue, nothing to spread. */

const FIRST_MS = 2_000;
const CEILING_MS = 5 * 60_000;

/** `attempts` counts the tries so far (1 after the first failure). What the outside asked for always wins when longer. */
export function retryDelayMs(attempts: number, askedMs: number | null): number {
  const backoff = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.max(backoff, askedMs ?? 0);
}
