/**
 * A clock that is never put back. What came before what, how often something was tried and when to try again are all told
 * from times in our rows, so a machine whose clock is corrected must not make the bot forget rounds or wait for a day.
 */
import type { EpochMs } from '../domain/issue.ts';
import type { Clock } from './ports.ts';

/**
 * Follows the machine's clock forward; when that goes back, goes on by `elapsedMs` from where it was. `notBefore` is the
 * newest time in the rows: a restart does not go back either.
 */
export function steadyClock(machine: Clock, elapsedMs: () => number, notBefore: EpochMs): Clock {
  let last = Math.max(machine.now(), notBefore);
  let lastElapsed = elapsedMs();
  return {
    now: () => {
      const elapsed = elapsedMs();
      last = Math.max(machine.now(), last + Math.floor(elapsed - lastElapsed));
      // Fractions of a millisecond are kept for the next look, or a clock asked often would stand still.
      lastElapsed += Math.floor(elapsed - lastElapsed);
      return last;
    },
  };
}
