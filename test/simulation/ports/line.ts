/**
 * The line between one life of the bot and the world: every call of a port and every write of a row passes here, takes
 * time, is numbered, and may go wrong. A bot that was killed never hears anything again.
 */
import { OutsideError } from '../../../src/domain/outside-error.ts';
import type { World } from '../world/world.ts';

/**
 * What one call of a port may meet. `lost` and `late` come after the effect, the others before it. `late`: the connection
 * breaks, and what was sent arrives all the same, later.
 */
export type Fault =
  | 'unreachable'
  | 'server-error'
  | 'limited'
  | 'unauthorised'
  | 'refused'
  | 'invalid'
  | 'slow'
  | 'lost'
  | 'late';

/** What the ports can be asked to change outside. */
export type WriteName =
  | 'push'
  | 'deleteBranch'
  | 'openPullRequest'
  | 'postReview'
  | 'setStatus'
  | 'updateBranch'
  | 'merge'
  | 'enqueue'
  | 'dequeue'
  | 'rerunCheck'
  | 'addLabel'
  | 'markReady'
  | 'reply'
  | 'resolveThread'
  | 'moveIssue'
  | 'createComment'
  | 'updateComment'
  | 'link'
  | 'chat';

/** Decides what goes wrong, by the numbers of calls and kill points, so that a plan can be replayed and shrunk. */
export interface Trouble {
  /** By the number of the call, counted over all lives of the bot. */
  fault(call: number, now: number): Fault | null;
  /** This write is not the bot's to do, whenever it asks. */
  denies(what: WriteName): boolean;
  /** By the number of the kill point. `die` is what it would come to, now or whenever this moment comes again. */
  kills(point: number, die: () => void): boolean;
  /** The answer of this outside write is lost without a death. */
  loses(point: number): boolean;
  /** Something a person does right before this call arrives. */
  before(call: number): void;
}

/** Counts over all lives of all bots of one run. */
export interface Counts {
  calls: number;
  points: number;
  faults: number;
  /** What each kill point is, for the report. */
  readonly names: string[];
  /** Those at which a bot did die or lose an answer. */
  readonly struck: Set<number>;
}

export interface Line {
  readonly dead: boolean;
  /** A call that changes nothing outside. */
  read<T>(what: string, answer: () => T): Promise<T>;
  write<T>(what: WriteName, perform: () => T): Promise<T>;
  /** A write of our own rows: takes no time, and may be the last thing done. */
  row<T>(what: string, write: () => Promise<T>): Promise<T>;
  /** A look at what is the bot's own and takes no time. */
  own<T>(look: () => Promise<T>): Promise<T>;
  kill(): void;
}

/** How long a call is on its way, at least and at most. */
export const LATENCY_MS = [20, 250] as const;
/** And on top of that when it is slow: GitHub ends what takes it longer. */
export const SLOW_MS = 10_000;
/** How long after its connection broke a request may arrive. */
const LATE_MS = 8_000;
/** Rows after which the next thing done is not always another row. */
const RECORDS: ReadonlySet<string> = new Set(['confirm', 'failEffect', 'endRun']);
const NEVER = new Promise<never>(() => {});
/** Nobody is left to hear the answer. */
const GONE = Symbol('gone');

export interface LineParts {
  readonly world: World;
  readonly trouble: Trouble;
  readonly counts: Counts;
  readonly bot: string;
  /** The bot is gone from this moment on. */
  readonly onKill: (point: string) => void;
}

export function createLine({ world, trouble, counts, bot, onKill }: LineParts): Line {
  const { timeline, random, tell } = world;
  const state = { dead: false };

  const kill = (): void => {
    state.dead = true;
  };
  const diesAt = (name: string): boolean => {
    counts.points += 1;
    counts.names.push(name);
    const { points } = counts;
    const die = (): void => {
      counts.struck.add(points);
      kill();
      onKill(`${points} ${name}`);
    };
    if (!trouble.kills(points, die)) return false;
    die();
    return true;
  };
  /**
   * `arrive` is all that comes of the call, as one thing that happens at one time: it has to come again when a run is taken
   * back to a moment before it, where nobody waits for it any more.
   */
  const travel = <T>(what: string, denied: boolean, arrive: (fault: Fault | null) => T | typeof GONE): Promise<T> => {
    counts.calls += 1;
    const call = counts.calls;
    const [least, most] = LATENCY_MS;
    const fault = trouble.fault(call, timeline.now());
    const latency = least + random.below(most - least);
    return new Promise((resolve, reject) => {
      timeline.after(fault === 'slow' ? SLOW_MS + latency : latency, () => {
        if (fault !== null) {
          counts.faults += 1;
          tell({ kind: 'fault', call, what: `${bot} ${what}`, fault });
        }
        trouble.before(call);
        try {
          if (denied) {
            tell({ kind: 'fault', call, what: `${bot} ${what}`, fault: 'denied' });
            throw new OutsideError('unauthorised', what, 'answered 401');
          }
          const early = fault === null ? null : troubleOf(fault, what);
          if (early !== null) throw early;
          const answer = arrive(fault);
          if (!state.dead && answer !== GONE) resolve(answer);
        } catch (error) {
          if (!state.dead) reject(error);
        }
      });
    });
  };

  return {
    get dead() {
      return state.dead;
    },
    kill,
    read: async (what, answer) => {
      if (state.dead) return NEVER;
      return travel(what, false, (fault) => {
        if (state.dead) return GONE;
        if (fault === 'lost' || fault === 'late') throw lost(what);
        return answer();
      });
    },
    write: async (what, perform) => {
      if (state.dead || diesAt(`before call ${what}`)) return NEVER;
      return travel(what, trouble.denies(what), (fault) => {
        if (fault === 'late' && TAKEN_TWICE.has(what)) {
          timeline.after(LATE_MS, () => quietly(perform));
          throw lost(what);
        }
        // The request had left before the bot died: it arrives all the same.
        const done = perform();
        if (state.dead || diesAt(`after call ${what}`)) return GONE;
        counts.points += 1;
        counts.names.push(`answer lost ${what}`);
        const loses = trouble.loses(counts.points);
        if (loses) counts.struck.add(counts.points);
        if (fault === 'lost' || fault === 'late' || loses) throw lost(what);
        return done;
      });
    },
    row: async (what, write) => {
      if (state.dead || diesAt(`before ${what}`)) return NEVER;
      const done = await write();
      if (state.dead || (RECORDS.has(what) && diesAt(`after ${what}`))) return NEVER;
      return done;
    },
    own: async (look) => {
      const seen = state.dead ? NEVER : await look();
      return state.dead ? NEVER : seen;
    },
  };
}

/** Anything else a service takes once, or the newest of: what an old request may overwrite there, no client can keep it from. */
const TAKEN_TWICE: ReadonlySet<string> = new Set(['postReview', 'reply']);

/** Nobody hears whether the service takes it. */
function quietly(perform: () => unknown): void {
  try {
    perform();
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
  }
}

function lost(what: string): OutsideError {
  return new OutsideError('unreachable', what, 'the connection broke before the answer came');
}

/** Null where the call itself still happens. */
function troubleOf(fault: Fault, what: string): OutsideError | null {
  switch (fault) {
    case 'unreachable':
      return new OutsideError('unreachable', what, 'timed out');
    case 'server-error':
      return new OutsideError('unreachable', what, 'answered 503');
    case 'limited':
      return new OutsideError('limited', what, 'answered 429', { retryAfterMs: 15_000 });
    case 'unauthorised':
      return new OutsideError('unauthorised', what, 'answered 401');
    case 'refused':
      return new OutsideError('refused', what, 'answered 403');
    case 'invalid':
      return new OutsideError('invalid', what, 'the answer made no sense');
    case 'slow':
    case 'lost':
    case 'late':
      return null;
  }
}
