/**
 * One interface's governor, shared by everything in the process that talks to it: the accounts at it, one queue for its
 * writes, caps of ours on them, and how far the bot holds itself back.
 */
import type { EpochMs } from '../domain/issue.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { InterfacePressure, Level } from '../domain/pressure.ts';
import { type Account, createAccount, type MinutePoints, type Request } from './account.ts';
import { bucketText, leftAt } from './bucket.ts';
import { isWorse, levelOf } from './level.ts';
import { createWindow } from './window.ts';
import { createWriteQueue } from './write-queue.ts';

export interface WriteLimits {
  readonly writeSpacingMs: number;
  /** Of writes that put words before people; null: no cap. */
  readonly writesPerMinuteMax: number | null;
  readonly writesPerHourMax: number | null;
}

export interface GovernorOptions {
  readonly name: string;
  readonly now: () => EpochMs;
  /** Milliseconds that only ever grow, whatever happens to the clock on the wall. */
  readonly steady?: () => number;
  readonly wait?: (milliseconds: number) => Promise<void>;
  /** Share of every quota that is kept for merges, stops and other small urgent requests. */
  readonly reserveShare: number;
  /** Null: writes need not queue. */
  readonly writes: WriteLimits | null;
  readonly minutePoints?: MinutePoints;
}

export interface Governor {
  /** A new identity: quotas and holds are its own, the queue and the caps are everybody's. */
  account(): Account;
  /** Throws OutsideError `limited` when the level asks for fewer looks and this one would come too early. */
  look(what: string, attempted: string): void;
  pressure(): InterfacePressure;
  view(): GovernorView;
  /** Writes of an earlier process, by the ledger's times: a restart does not empty the caps. */
  remember(times: readonly EpochMs[]): void;
}

/** For `status`. */
export interface GovernorView {
  readonly level: Level;
  readonly since: EpochMs;
  readonly because: string;
  /** At most one look in each stretch of this length; 0: one at every beat. */
  readonly lookEveryMs: number;
  /** Nothing leaves before then; null when nothing is held. */
  readonly heldUntil: EpochMs | null;
  /** Since when it is tried only once an hour, because it refused so often; null: it is not. */
  readonly hourlySince: EpochMs | null;
  readonly writesLastHour: number;
  readonly writesPerHourMax: number | null;
}

/**
 * One look in each stretch of this length; 0: as often as the heartbeat beats. Stretches are counted from the same moment
 * for every interface and each is a multiple of the one before, so that a look at the slower one always falls together
 * with one at the faster: deciding needs both.
 */
const LOOK_EVERY_MS: Readonly<Record<Level, number>> = {
  normal: 0,
  careful: 60_000,
  scarce: 120_000,
  exhausted: 240_000,
};
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createGovernor(options: GovernorOptions): Governor {
  const { name, now, writes, reserveShare } = options;
  const steady = options.steady ?? now;
  const wait = options.wait ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  const queue = writes === null ? null : createWriteQueue({ spacingMs: writes.writeSpacingMs, steady, wait });
  const accounts: Account[] = [];
  const hourOfWrites = createWindow(HOUR_MS);
  const minuteOfWrites = createWindow(MINUTE_MS);
  const looks = new Map<string, number>();
  let level: Level = 'normal';
  let since = now();
  let worse = false;

  function capped(request: Request): number | null {
    if (writes === null || !request.content) return null;
    const at = steady();
    const fits = Math.max(
      writes.writesPerMinuteMax === null ? at : minuteOfWrites.fitsAt(1, writes.writesPerMinuteMax, at),
      writes.writesPerHourMax === null ? at : hourOfWrites.fitsAt(1, writes.writesPerHourMax, at),
    );
    return fits > at ? fits - at : null;
  }

  function sent(request: Request): void {
    if (!request.content) return;
    minuteOfWrites.add(1, steady());
    hourOfWrites.add(1, steady());
  }

  function account(): Account {
    const made = createAccount({
      name,
      now,
      steady,
      reserveShare,
      minutePoints: options.minutePoints ?? null,
      capped,
      onSent: sent,
      onRefused: judge,
    });
    accounts.push(made);
    return {
      ...made,
      send: async (request, perform) => {
        if (!request.write) return made.send(request, perform);
        if (queue !== null)
          return queue.inTurn(request.urgency, async (leaving) => {
            await request.before?.();
            return made.send(request, (trip) => {
              leaving();
              return perform(trip);
            });
          });
        await request.before?.();
        return made.send(request, perform);
      },
    };
  }

  /** The level is worked out when somebody asks, from what was heard last. */
  function judge(): Level {
    const found = levelOf({
      buckets: accounts.flatMap((one) => one.buckets()),
      // Between two tries an hour apart it is no better, although nothing is held when the second one is due.
      held: heldUntil() !== null || hourlySince() !== null,
      reserveShare,
      before: level,
      now: steady(),
    });
    if (found === level) return level;
    worse = isWorse(found, level);
    since = now();
    level = found;
    return level;
  }

  function heldUntil(): number | null {
    const all = accounts.map((one) => one.heldUntil()).filter((until) => until !== null);
    return all.length === 0 ? null : Math.max(...all);
  }

  function hourlySince(): EpochMs | null {
    const all = accounts.map((one) => one.hourlySince()).filter((at) => at !== null);
    return all.length === 0 ? null : Math.min(...all);
  }

  function because(): string {
    const until = heldUntil();
    const at = steady();
    const fullest = accounts
      .flatMap((one) => one.buckets())
      .toSorted((one, other) => leftAt(one, at) / one.limit - leftAt(other, at) / other.limit)[0];
    const left = fullest === undefined ? '' : bucketText(fullest, at);
    if (until === null) return left;
    const waits = hourlySince() === null ? 'it asked to wait' : 'the next try is in';
    const asked = `${waits} ${Math.ceil((until - at) / 1_000)} s`;
    return left === '' ? asked : `${asked}, ${left}`;
  }

  return {
    account,
    look(what, attempted) {
      const every = LOOK_EVERY_MS[judge()];
      const at = steady();
      const last = looks.get(what);
      const stretch = (time: number): number => Math.floor(time / every);
      // Where nothing leaves at all the refusal itself says so, with the time.
      if (every > 0 && last !== undefined && stretch(last) === stretch(at) && heldUntil() === null) {
        const detail = `${name}'s quota is ${level} (${because()}), so this is read every ${every / 1_000} s`;
        throw new OutsideError('limited', attempted, detail, { retryAfterMs: (stretch(at) + 1) * every - at });
      }
      looks.set(what, at);
    },
    pressure: () => ({ level: judge(), since, worse, because: because(), hourlySince: hourlySince() }),
    view() {
      const until = heldUntil();
      const found = judge();
      return {
        level: found,
        since,
        because: because(),
        lookEveryMs: LOOK_EVERY_MS[found],
        heldUntil: until === null ? null : now() + until - steady(),
        hourlySince: hourlySince(),
        writesLastHour: hourOfWrites.used(steady()),
        writesPerHourMax: writes?.writesPerHourMax ?? null,
      };
    },
    remember(times) {
      for (const time of times) {
        const ago = now() - time;
        if (ago < 0 || ago > HOUR_MS) continue;
        hourOfWrites.add(1, steady() - ago);
        if (ago <= MINUTE_MS) minuteOfWrites.add(1, steady() - ago);
      }
    },
  };
}
