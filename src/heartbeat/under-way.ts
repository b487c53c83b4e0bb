/**
 * What is being done right now, by subject. A tick waits for it a moment only: one slow write, such as the push of a large
 * branch, must hold up neither the other issues nor a person's /stop. What outlasts the moment goes on beside the next
 * ticks; until it ends nothing else is begun for its subject, and of what was decided with it no further step is taken,
 * for by then there is a newer decision.
 */

export interface Task {
  readonly subject: string;
  /** In turn. Each says whether it changed anything. */
  readonly steps: readonly (() => Promise<boolean>)[];
}

export interface UnderWayOptions {
  /** Resolves when a tick has waited long enough for what it began. */
  readonly patience: () => Promise<void>;
  /** Something that nobody waited for any more has ended: it is worth looking again. */
  readonly onLateEnd: () => void;
}

/** Long enough for nearly every write: each that outlasts it costs one more look at the outside. */
export const PATIENCE_MS = 2_000;

/** How many subjects are begun at once; the others follow as these end. */
const SUBJECTS_AT_ONCE_MAX = 8;

/** What one call began. */
interface Wave {
  /** Somebody waits for it: it may begin more, and its end needs no telling. */
  awaited: boolean;
}

export class UnderWay {
  readonly #options: UnderWayOptions;
  readonly #running = new Map<string, Promise<void>>();
  /** Of the newest decision: what an earlier one began takes no further step. */
  #newest: Wave = { awaited: false };
  /** Told to nobody yet. */
  #changed = false;
  #failures: unknown[] = [];

  constructor(options: UnderWayOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /**
   * Does the tasks of subjects that nothing is under way for, as a decision that takes the place of the one before. Resolves
   * when nothing is under way any more or patience has ended; true when anything has changed since the last call was
   * answered. Throws what a task threw, also one begun by an earlier call.
   */
  async run(tasks: readonly Task[]): Promise<boolean> {
    const wave = { awaited: true };
    this.#newest = wave;
    const lanes = this.#begin(tasks, wave);
    if (!this.idle) await this.#moment([...lanes, ...this.#running.values()]);
    wave.awaited = false;
    return this.#answer();
  }

  /** Does these beside what is under way, and waits for nothing else. Changes nothing that anybody decides by. */
  async also(tasks: readonly Task[]): Promise<void> {
    const wave = { awaited: true };
    const lanes = this.#begin(tasks, wave);
    if (lanes.length > 0) await this.#moment(lanes);
    wave.awaited = false;
  }

  /** No further step of anything; resolves when what is under way has ended. Throws as `run` does. */
  async end(): Promise<void> {
    this.#newest = { awaited: false };
    await Promise.all(this.#running.values());
    this.#answer();
  }

  #begin(tasks: readonly Task[], wave: Wave): readonly Promise<void>[] {
    const waiting = tasks.filter(({ subject }) => !this.#running.has(subject));
    const lane = async (): Promise<void> => {
      // Whoever has not begun when nobody waits any more is decided anew.
      for (let task = waiting.shift(); task !== undefined && wave.awaited; task = waiting.shift())
        await this.#do(task, wave);
    };
    return Array.from({ length: Math.min(SUBJECTS_AT_ONCE_MAX, waiting.length) }, lane);
  }

  #moment(of: readonly Promise<void>[]): Promise<unknown> {
    return Promise.race([Promise.all(of), this.#options.patience()]);
  }

  #do({ subject, steps }: Task, wave: Wave): Promise<void> {
    const done = this.#inTurn(steps, wave).finally(() => {
      this.#running.delete(subject);
      if (!wave.awaited) this.#options.onLateEnd();
    });
    this.#running.set(subject, done);
    return done;
  }

  async #inTurn(steps: Task['steps'], wave: Wave): Promise<void> {
    try {
      for (const step of steps) {
        if (await step()) this.#changed = true;
        if (!wave.awaited && wave !== this.#newest) return;
      }
    } catch (error) {
      this.#failures.push(error);
    }
  }

  #answer(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    const [failure] = this.#failures;
    this.#failures = [];
    if (failure !== undefined) throw failure;
    return changed;
  }
}
