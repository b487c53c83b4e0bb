/**
 * The heartbeat: ticks on a cadence, sooner when woken, never two at once. Everything that can wake it is one closed
 * list; a wake only says "look", what to do comes from fresh reads.
 */
import type { EpochMs } from '../domain/issue.ts';
import { type CronTimer, cronTimer } from './cron-timer.ts';
import type { Clock } from './ports.ts';
import type { TickResult } from './tick.ts';

export type Wake = 'start' | 'cadence' | 'session-ended' | 'changed' | 'config' | 'person';

export interface HeartbeatParts {
  readonly clock: Clock;
  readonly tick: () => Promise<TickResult>;
  /** Called before each tick; returns the cadence to go on with. */
  readonly before: () => Promise<string>;
  readonly after: (result: TickResult) => void | Promise<void>;
  /** A tick that threw: a broken invariant or a bug. No actions follow; the next tick starts afresh. */
  readonly onFailure: (error: unknown) => void;
}

export interface HeartbeatState {
  readonly lastTickAt: EpochMs | null;
  readonly lastWake: Wake | null;
  readonly lastTickMs: number | null;
  readonly ticks: number;
  readonly failures: number;
  readonly nextLookAt: EpochMs | null;
}

/** Ticks in a row that only follow from each other are spaced, so that a mistake of ours cannot become a storm. */
const SPACING_AFTER = 10;
const SPACING_MS = 1_000;

export class Heartbeat {
  private readonly parts: HeartbeatParts;
  private cadence: string;
  private timer: CronTimer | null = null;
  private running: Promise<void> | null = null;
  private pending: Wake | null = null;
  private stopped = false;
  private inARow = 0;
  private last: HeartbeatState = {
    lastTickAt: null,
    lastWake: null,
    lastTickMs: null,
    ticks: 0,
    failures: 0,
    nextLookAt: null,
  };

  constructor(parts: HeartbeatParts, cadence: string) {
    this.parts = parts;
    this.cadence = cadence;
  }

  /** The first look begins at once; the cadence is followed once it has ended, for working it out takes time of its own. */
  start(): void {
    this.wake('start');
  }

  /** Asks for a tick now; during a tick it asks for one more after it, however often it is called. */
  wake(why: Wake): void {
    if (this.stopped) return;
    if (this.running !== null) {
      this.pending ??= why;
      return;
    }
    this.running = this.run(why).finally(() => {
      this.running = null;
      const next = this.pending;
      this.pending = null;
      if (next !== null) this.wake(next);
    });
  }

  /** No new tick; resolves when the one that runs has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.stop();
    await this.running;
  }

  state(): HeartbeatState {
    const { clock } = this.parts;
    return { ...this.last, nextLookAt: this.timer === null ? null : clock.now() + this.timer.msToNext() };
  }

  private beat(cadence: string): void {
    // Not by local time, in which an hour comes twice each autumn.
    const timer = cronTimer(cadence, 'UTC', () => this.wake('cadence'));
    this.timer?.stop();
    this.timer = timer;
    this.cadence = cadence;
  }

  private async run(why: Wake): Promise<void> {
    const started = this.parts.clock.now();
    this.inARow = why === 'changed' ? this.inARow + 1 : 0;
    let { cadence } = this;
    try {
      cadence = await this.parts.before();
      const result = await this.parts.tick();
      await this.parts.after(result);
      if (result.changed) this.again();
    } catch (error) {
      this.last = { ...this.last, failures: this.last.failures + 1 };
      this.parts.onFailure(error);
    }
    if (!this.stopped && (this.timer === null || cadence !== this.cadence)) this.beat(cadence);
    this.last = {
      ...this.last,
      lastTickAt: started,
      lastWake: why,
      lastTickMs: this.parts.clock.now() - started,
      ticks: this.last.ticks + 1,
    };
  }

  private again(): void {
    if (this.inARow < SPACING_AFTER) this.pending ??= 'changed';
    else setTimeout(() => this.wake('changed'), SPACING_MS).unref();
  }
}
