/**
 * Everything of a simulated world that changes is kept here, so that a run can be taken back to a moment it came through
 * and go on from there in another way. Whatever somebody remembers outside of it would be wrong after that.
 */

/** What may be kept: values that nobody changes, and maps, sets and lists of such. They are the same objects afterwards. */
export type Keep = <T extends object>(state: T) => T;

export interface Memory {
  readonly keep: Keep;
  moment(): Moment;
}

export interface Moment {
  /** All that is kept is as it was then. Any number of times. */
  again(): void;
  /** Nothing at all has changed between the two. */
  same(other: Moment): boolean;
  readonly taken: readonly Taken[];
}

/** One thing that is kept, and for a collection what was in it. Two moments between which it did not change share it. */
interface Taken {
  readonly value: unknown;
  readonly held: readonly unknown[] | null;
}

interface Kept {
  readonly state: Record<string, unknown>;
  readonly name: string;
}

export function createMemory(): Memory {
  const kept: Kept[] = [];
  let last: readonly Taken[] = [];
  return {
    keep: (state) => {
      const record = state as Record<string, unknown>;
      for (const name of Object.keys(record)) kept.push({ state: record, name });
      return state;
    },
    moment: () => {
      const before = last;
      const taken = kept.map(({ state, name }, at) => take(state[name], before[at]));
      last = taken;
      return {
        taken,
        again: () => {
          for (const [at, { state, name }] of kept.entries()) {
            const one = taken[at];
            if (one === undefined) throw new Error(`${name} is kept only since this moment`);
            refill(one);
            state[name] = one.value;
          }
        },
        same: (other) => taken.every((one, at) => alike(one, other.taken[at])),
      };
    },
  };
}

function take(value: unknown, before: Taken | undefined): Taken {
  if (before !== undefined && before.value === value && isStill(before)) return before;
  if (value instanceof Map) return { value, held: pairsOf(value) };
  if (value instanceof Set) return { value, held: [...value] };
  return { value, held: Array.isArray(value) ? value.slice() : null };
}

/** What is in it now is what was in it then, in the same order. */
function isStill({ value, held }: Taken): boolean {
  if (held === null) return true;
  if (Array.isArray(value)) {
    if (value.length !== held.length) return false;
    // Most lists only grow: what differs is at their end.
    for (let at = held.length - 1; at >= 0; at -= 1) if (value[at] !== held[at]) return false;
    return true;
  }
  let at = 0;
  if (value instanceof Map) {
    if (2 * value.size !== held.length) return false;
    for (const [key, one] of value) {
      if (key !== held[at] || one !== held[at + 1]) return false;
      at += 2;
    }
  } else if (value instanceof Set) {
    if (value.size !== held.length) return false;
    for (const one of value) {
      if (one !== held[at]) return false;
      at += 1;
    }
  }
  return true;
}

function alike(one: Taken, other: Taken | undefined): boolean {
  if (one === other) return true;
  if (other === undefined || one.value !== other.value || one.held?.length !== other.held?.length) return false;
  return one.held?.every((entry, at) => entry === other.held?.[at]) !== false;
}

function pairsOf(map: ReadonlyMap<unknown, unknown>): readonly unknown[] {
  const held: unknown[] = [];
  for (const [key, value] of map) held.push(key, value);
  return held;
}

function refill(one: Taken): void {
  const { value, held } = one;
  if (held === null || isStill(one)) return;
  if (value instanceof Map) {
    value.clear();
    for (let at = 0; at < held.length; at += 2) value.set(held[at], held[at + 1]);
  } else if (value instanceof Set) {
    value.clear();
    for (const entry of held) value.add(entry);
  } else if (Array.isArray(value)) {
    value.length = 0;
    for (const entry of held) value.push(entry);
  }
}
