// Kills the bot at chosen moments: while a write of its is in flight (before its effect, or after it with the answer
// lost), or while a model is being asked. Which moments, the seed says.
import type { Call } from './faults.ts';
import type { Random } from './random.ts';

export interface Kill {
  /** What was going on: `PUT /repos/… after its effect`. */
  readonly at: string;
  readonly effectInFlight: boolean;
}

export interface Killer {
  /** Give this to the world as its `onEffect`. */
  readonly onEffect: (call: Call, phase: 'before' | 'after') => Promise<void>;
  readonly kills: readonly Kill[];
  /** All wanted kills have happened. */
  done(): boolean;
  /** One of the wanted kills now, with nothing in flight. */
  killIdle(): Promise<void>;
}

/** Of three kills two hit a write in flight; the third hits a model call. */
const IN_FLIGHT_OF_THREE = 2;
/** Writes and model calls let through at most before the next kill: few enough to fit all kills into one run. */
const WRITES_BETWEEN_MAX = 3;
const CALLS_BETWEEN_MAX = 4;

export function createKiller(wanted: number, random: Random, kill: () => Promise<void>): Killer {
  const kills: Kill[] = [];
  let killing: Promise<void> | null = null;
  let planned = 0;
  let left = 0;
  let phaseWanted: 'before' | 'after' = 'before';
  plan();

  return {
    kills,
    done: () => kills.length >= wanted,
    killIdle: async () => {
      if (kills.length >= wanted) return;
      kills.push({ at: 'idle', effectInFlight: false });
      await kill();
    },
    onEffect: async (call, phase) => {
      // Whatever else the dying process had under way goes on as it would on a real network: it is not waited for.
      if (killing !== null || kills.length >= wanted || !call.write) return;
      const inFlight = planned % 3 < IN_FLIGHT_OF_THREE;
      if (inFlight === (call.service === 'model') || phase !== phaseWanted) return;
      left -= 1;
      if (left > 0) return;
      kills.push({
        at: `${call.service} ${call.operation}, ${phase === 'before' ? 'before its effect' : 'after its effect, the answer lost'}`,
        effectInFlight: inFlight,
      });
      killing = kill();
      try {
        await killing;
      } finally {
        killing = null;
        planned += 1;
        plan();
      }
    },
  };

  function plan(): void {
    left = 1 + random.below(planned % 3 < IN_FLIGHT_OF_THREE ? WRITES_BETWEEN_MAX : CALLS_BETWEEN_MAX);
    phaseWanted = random.chance(0.5) ? 'before' : 'after';
  }
}
