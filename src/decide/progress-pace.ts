/** How often the one comment on an issue is edited: less often where Linear's quota runs low, and not without end. */
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { Level } from '../domain/pressure.ts';

/** Between two edits of one issue's comment while it is still at work; null: only the last word. */
const EDIT_EVERY_MS: Readonly<Record<Level, number | null>> = {
  normal: 0,
  careful: 5 * 60_000,
  scarce: 15 * 60_000,
  exhausted: null,
};
/** Edits for one issue that are no last word: the rest of them folds into the next that is. */
const EDITS_MAX = 24;

export interface ProgressFacts {
  readonly level: Level;
  readonly now: EpochMs;
  /** Nothing more follows by itself: it is done, stopped, parked, or waits for a person. */
  readonly lastWord: boolean;
  /** Edits of this comment that were made or may have been. */
  readonly edits: readonly Effect[];
}

export function mayEdit({ level, now, lastWord, edits }: ProgressFacts): boolean {
  if (lastWord) return true;
  const every = EDIT_EVERY_MS[level];
  if (every === null || edits.length >= EDITS_MAX) return false;
  const last = Math.max(...edits.map((effect) => effect.confirmedAt ?? effect.intendedAt), Number.NEGATIVE_INFINITY);
  return now - last >= every;
}
