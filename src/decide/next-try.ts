/** When does a session go on that found no model to talk to? Later each time, and not for ever. */
import type { EpochMs } from '../domain/issue.ts';
import type { Run } from '../domain/run.ts';

const FIRST_WAIT_MS = 30_000;
const WAIT_MS_MAX = 60 * 60_000;
/** About nine hours of trying. */
const TRIES_MAX = 16;

/**
 * From when on the next run may start, told from how often in a row the last ones were postponed since a person last
 * spoke; null when that was often enough and somebody has to look.
 */
export function nextTry(runs: readonly Run[], since: EpochMs): EpochMs | null {
  const other = runs.findLastIndex((run) => run.state !== 'postponed' || (run.endedAt ?? 0) < since);
  const tries = runs.length - 1 - other;
  if (tries === 0) return since;
  if (tries >= TRIES_MAX) return null;
  return (runs.at(-1)?.endedAt ?? since) + Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (tries - 1));
}
