/**
 * What can go wrong between the bot and an outside system, as data. Every stand-in asks its `FaultSwitch` before each
 * call and acts out the answer; the same switches drive all of them.
 */

export type Fault =
  /** The connection is destroyed before anything is looked at. No effect. */
  | { readonly kind: 'refuse' }
  /** Nothing happens for `hangMs`, then the connection is destroyed. No effect. */
  | { readonly kind: 'timeout-before-effect'; readonly hangMs: number }
  /** The effect is done, then the connection is destroyed: the caller cannot know. */
  | { readonly kind: 'effect-then-lost' }
  /** An ordinary answer, late. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The request is executed twice, as a repeating proxy would; the caller sees the first answer. */
  | { readonly kind: 'duplicate' }
  /** Reads answer from the state before the last change. Writes are not touched. */
  | { readonly kind: 'stale' }
  /** This HTTP status with a page no API would send. No effect. */
  | { readonly kind: 'status'; readonly status: number }
  /** Rate limited, in the vendor's own form. No effect. The named wait is told in the vendor's own headers. */
  | { readonly kind: 'limit'; readonly resetInMs?: number }
  /** The effect is done, the answer is 200 with a body that cannot be read. */
  | { readonly kind: 'malformed' };

export type FaultKind = Fault['kind'];

export interface Call {
  readonly service: 'linear' | 'github' | 'git' | 'model';
  /** The vendor's own word for it: root fields for GraphQL, `GET /path` for REST. */
  readonly operation: string;
  readonly write: boolean;
  /** The number of this call among all calls of this stand-in, from 1. */
  readonly number: number;
}

export type FaultSwitch = (call: Call) => Fault | null | Promise<Fault | null>;

/** Awaited around each write: before it is executed, and after its effect but before its answer is sent. */
export type EffectHook = (call: Call, phase: 'before' | 'after') => void | Promise<void>;

export const noFaults: FaultSwitch = () => null;

export interface ScriptedFault {
  readonly fault: Fault;
  /** Which calls count; all of them when absent. */
  readonly when?: (call: Call) => boolean;
  /** The matching call that is hit, from 1; `'every'` hits all of them. */
  readonly nth: number | 'every';
}

/** Faults at named places: "the second `commentCreate` loses its answer". The first entry that hits wins. */
export function scriptedFaults(script: readonly ScriptedFault[]): FaultSwitch {
  const seen = script.map(() => 0);
  return (call) => {
    let hit: Fault | null = null;
    for (const [index, entry] of script.entries()) {
      if (entry.when && !entry.when(call)) continue;
      const count = (seen[index] ?? 0) + 1;
      seen[index] = count;
      if (hit === null && (entry.nth === 'every' || entry.nth === count)) hit = entry.fault;
    }
    return hit;
  };
}

export interface RandomFaults {
  readonly seed: number;
  /** The share of matching calls that are hit, 0 to 1. */
  readonly rate: number;
  /** One of these is drawn for each hit. */
  readonly faults: readonly Fault[];
  readonly when?: (call: Call) => boolean;
  /** No more hits than this, so that a run can always come to its end. */
  readonly hitsMax?: number;
}

/**
 * Faults drawn by a seed. The draw depends on the seed and on the call's own service, operation and count, not on the
 * order in which different services happen to be called, so a replay with the same seed hits the same calls.
 */
export function seededFaults(options: RandomFaults): FaultSwitch {
  const counts = new Map<string, number>();
  let hits = 0;
  return (call) => {
    if (options.when && !options.when(call)) return null;
    const name = `${call.service} ${call.operation}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const draw = drawFrom(`${options.seed} ${name} ${count}`);
    if (draw >= options.rate || hits >= (options.hitsMax ?? Number.POSITIVE_INFINITY)) return null;
    hits += 1;
    return options.faults[Math.floor((draw / options.rate) * options.faults.length)] ?? null;
  };
}

/** Asks each switch in turn, all of them each time so that their counts stay right; the first fault wins. */
export function anyFault(...switches: readonly FaultSwitch[]): FaultSwitch {
  return async (call) => {
    let first: Fault | null = null;
    for (const ask of switches) {
      const fault = await ask(call);
      first ??= fault;
    }
    return first;
  };
}

/** A number in [0, 1) that depends on the text alone (FNV-1a, then one mixing round for the last characters' sake). */
function drawFrom(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
