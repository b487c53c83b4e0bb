/**
 * When the next of a row of times has come, by a clock that people and machines set: each look at it says whether one is
 * due. What was passed over while the clock was put forward, or the machine was suspended, is due once and not once each.
 */
import type { EpochMs } from '../domain/issue.ts';

export interface DueTimes {
  look(): boolean;
  msToNext(): number;
}

/** `next` gives the first of the times after now. */
export function dueTimes(now: () => EpochMs, next: () => EpochMs): DueTimes {
  let seen = now();
  let waitsFor = next();
  return {
    look: () => {
      const at = now();
      const due = at >= waitsFor;
      // When the clock was put back, what was waited for may be days off, and other times come before it.
      if (due || at < seen) waitsFor = next();
      seen = at;
      return due;
    },
    msToNext: () => Math.max(0, waitsFor - now()),
  };
}
