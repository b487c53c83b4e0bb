/** One clock and one queue of what happens next. Nothing here takes real time: it jumps from one event to the next. */
import type { EpochMs } from '../../../src/domain/issue.ts';
import type { Keep } from './memory.ts';

export interface Timeline {
  now(): EpochMs;
  after(milliseconds: number, happen: () => void): void;
  sleep(milliseconds: number): Promise<void>;
  /** Plays event by event until none is left, time is up or `over` says so. Everything that follows from one event ends before the next. */
  play(until: EpochMs, over: () => boolean): Promise<void>;
}

interface Entry {
  readonly at: EpochMs;
  readonly order: number;
  readonly happen: () => void;
}

export function createTimeline(begin: EpochMs, keep: Keep): Timeline {
  const own = keep({ heap: [] as Entry[], now: begin, order: 0 });
  const { heap } = own;

  const after = (milliseconds: number, happen: () => void): void => {
    own.order += 1;
    push(heap, { at: own.now + Math.max(0, Math.round(milliseconds)), order: own.order, happen });
  };

  return {
    now: () => own.now,
    after,
    sleep: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
    play: async (until, over) => {
      await drained();
      for (let next = heap[0]; next !== undefined && next.at <= until && !over(); next = heap[0]) {
        pop(heap);
        own.now = next.at;
        next.happen();
        await drained();
      }
    },
  };
}

/** Promises settle before any macrotask runs, and nothing in a simulation waits for anything but promises and this queue. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || before(above, entry)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    const right = heap[child + 1];
    if (left === undefined) break;
    if (right !== undefined && before(right, left)) child += 1;
    const least = heap[child];
    if (least === undefined || before(last, least)) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = last;
}
