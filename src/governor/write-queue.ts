/** Writes leave one at a time, those that matter most first, with some time between them. */
import { type Urgency, urgencyOrder } from './urgency.ts';

export interface WriteQueue {
  /**
   * Runs `perform` when everything more urgent and everything earlier of the same urgency is done. It says `leaving` when
   * the write goes out: one that was held back at the last moment costs the next no waiting.
   */
  inTurn<T>(urgency: Urgency, perform: (leaving: () => void) => Promise<T>): Promise<T>;
}

export interface WriteQueueOptions {
  /** Between the end of one write and the start of the next. */
  readonly spacingMs: number;
  readonly steady: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

interface Waiting {
  readonly urgency: Urgency;
  readonly run: () => Promise<void>;
}

export function createWriteQueue({ spacingMs, steady, wait }: WriteQueueOptions): WriteQueue {
  const waiting: Waiting[] = [];
  let running = false;
  let lastEnd = Number.NEGATIVE_INFINITY;

  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const early = lastEnd + spacingMs - steady();
      if (early > 0) await wait(early);
      // Chosen after the wait: something more urgent may have come meanwhile.
      const next = takeMostUrgent(waiting);
      await next?.run();
    }
    running = false;
  }

  return {
    inTurn(urgency, perform) {
      return new Promise((resolve, reject) => {
        const run = async (): Promise<void> => {
          let left = false;
          try {
            resolve(
              await perform(() => {
                left = true;
              }),
            );
          } catch (error) {
            reject(error);
          }
          if (left) lastEnd = steady();
        };
        waiting.push({ urgency, run });
        if (!running) void drain();
      });
    },
  };
}

function takeMostUrgent(waiting: Waiting[]): Waiting | undefined {
  const index = waiting.reduce(
    (best, one, at) => (urgencyOrder(one.urgency) < urgencyOrder(waiting[best]?.urgency ?? 'ordinary') ? at : best),
    0,
  );
  return waiting.splice(index, 1)[0];
}
