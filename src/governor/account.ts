/**
 * One identity at one interface: what its quotas are, when it was asked to stay away, and whether a request may leave.
 * A request that may not leave fails here with the time to wait, and nothing reaches the outside.
 */
import type { EpochMs } from '../domain/issue.ts';
import { OutsideError } from '../domain/outside-error.ts';
import { availableAt, type Bucket, bucketText, leftAt } from './bucket.ts';
import { untoldWaitMs, WAIT_MS_MAX } from './told-wait.ts';
import { LEFT_OF_RESERVE, type Urgency } from './urgency.ts';
import { createWindow } from './window.ts';

/** What a request is, before it leaves. */
export interface Request {
  /** For a person: "merge pull request #7 of acme/shop". */
  readonly attempted: string;
  /** Requests of the same name cost the same, and may have a limit of their own. */
  readonly operation: string;
  /** Names of the quotas it is counted against. */
  readonly draws: readonly string[];
  readonly urgency: Urgency;
  readonly write: boolean;
  /** It puts words before people. */
  readonly content: boolean;
  /** Of a write: asked when its turn has come. What it throws keeps the request from leaving. It must not write itself. */
  readonly before?: () => Promise<void>;
}

/** What an answer's headers told. */
export interface Heard {
  /** The server's own time; null when it told none. */
  readonly serverDate: EpochMs | null;
  readonly quotas: readonly Quota[];
  /** What this request cost, by quota, where the answer says so. */
  readonly costs?: Readonly<Record<string, number>>;
}

export interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly left: number;
  /** Point in time of the server's. */
  readonly resetAt: EpochMs | null;
  readonly refill: Bucket['refill'];
}

/** One request on its way. */
export interface Trip {
  heard(answer: Heard): void;
  /** The server's time now, as well as it is known: wrong clocks of ours do not matter. */
  serverNow(): EpochMs;
  /**
   * It was refused for a limit: nothing of this scope leaves for as long as is returned. `told` is what the answer asked
   * for, null when it asked for nothing. Scope: everything, a quota by name, or only this operation.
   */
  refused(told: number | null, scope: 'all' | 'operation' | { readonly quota: string }): number;
}

export interface Account {
  /** Throws OutsideError `limited` before anything leaves, or lets it go. */
  send<T>(request: Request, perform: (trip: Trip) => Promise<T>): Promise<T>;
  buckets(): readonly Bucket[];
  /** Until when everything waits, on the steady clock; null when nothing is held. */
  heldUntil(): number | null;
  /** Since when it is tried only once an hour, because it refused so often; null: it is not. */
  hourlySince(): EpochMs | null;
  quota(name: string): { readonly left: number; readonly limit: number } | null;
}

/** Limits of GitHub that no header tells, by quota name: points in a minute. */
export interface MinutePoints {
  readonly max: Readonly<Record<string, number>>;
  readonly read: number;
  readonly write: number;
}

export interface AccountOptions {
  /** "GitHub", for people. */
  readonly name: string;
  readonly now: () => EpochMs;
  readonly steady: () => number;
  readonly reserveShare: number;
  readonly minutePoints: MinutePoints | null;
  /** Asked right before it leaves: null, or the milliseconds until the caps of ours let it through. */
  readonly capped: (request: Request) => number | null;
  readonly onSent: (request: Request) => void;
  readonly onRefused: () => void;
}

/**
 * After this many refusals in a row, each waited for, it is tried only once an hour, however short a wait it asks for: going on
 * at its pace may get the account banned, and stopping for good would outlast every limit.
 */
const REFUSALS_MAX = 8;
const SELDOM_MS = WAIT_MS_MAX;
const MINUTE_MS = 60_000;
/** Of a minute's points, what is left to urgent requests. */
const MINUTE_SHARE_ORDINARY = 0.8;
const COSTS_KEPT_MAX = 200;

/** Refusals in a row. */
interface Refusals {
  readonly count: number;
  /** The last of them, on the steady clock. */
  readonly at: number;
  readonly hourlySince: EpochMs | null;
}
const NONE: Refusals = { count: 0, at: Number.NEGATIVE_INFINITY, hourlySince: null };

export function createAccount(options: AccountOptions): Account {
  const { steady, name } = options;
  const quotas = new Map<string, Bucket>();
  /** Of requests that have no answer yet. */
  const pending = new Map<string, number>();
  const costs = new Map<string, Readonly<Record<string, number>>>();
  const minutes = new Map(Object.keys(options.minutePoints?.max ?? {}).map((each) => [each, createWindow(MINUTE_MS)]));
  /** By scope: `all`, `quota <name>`, `operation <name>`. */
  const held = new Map<string, number>();
  /** By `all` or `operation <name>`: an operation's own limit says nothing about the rest. */
  const refusals = new Map<string, Refusals>();
  let ahead = 0;

  const serverNow = (): EpochMs => options.now() + ahead;
  const costOf = (request: Request, quota: string): number => costs.get(request.operation)?.[quota] ?? 1;

  function mayLeave(request: Request): void {
    const now = steady();
    const scopes = ['all', ...request.draws.map((quota) => `quota ${quota}`), `operation ${request.operation}`];
    const until = Math.max(...scopes.map((scope) => held.get(scope) ?? 0));
    if (until > now) {
      const why =
        hourlySince() === null
          ? 'asked to wait'
          : `refused ${REFUSALS_MAX} times in a row, so it is tried once an hour,`;
      throw limited(request, `${name} ${why} and the time is not up`, until - now);
    }
    for (const quota of request.draws) {
      const bucket = quotas.get(quota);
      if (bucket !== undefined) leavesReserve(request, bucket, now);
      minuteHasRoom(request, quota, now);
    }
    const cappedMs = options.capped(request);
    if (cappedMs !== null) throw limited(request, 'the cap on writes to GitHub (limits.github) is reached', cappedMs);
  }

  function leavesReserve(request: Request, bucket: Bucket, now: number): void {
    const cost = costOf(request, bucket.name) + (pending.get(bucket.name) ?? 0);
    const kept = Math.floor(bucket.limit * options.reserveShare * LEFT_OF_RESERVE[request.urgency]);
    // Nothing kept from it means that even the last of it may be used.
    if (leftAt(bucket, now) - cost >= kept) return;
    const detail =
      kept === 0
        ? `${name} has ${bucketText(bucket, now)}`
        : `${name} has ${bucketText(bucket, now)}, kept for merges and stops`;
    throw limited(request, detail, availableAt(bucket, kept + cost, now) - now);
  }

  function minuteHasRoom(request: Request, quota: string, now: number): void {
    const { minutePoints } = options;
    const max = minutePoints?.max[quota];
    const window = minutes.get(quota);
    if (minutePoints === null || max === undefined || window === undefined) return;
    const points = request.write ? minutePoints.write : minutePoints.read;
    const share = request.urgency === 'ordinary' ? MINUTE_SHARE_ORDINARY : 1;
    const at = window.fitsAt(points, Math.floor(max * share), now);
    if (at > now) throw limited(request, `${name} was asked enough for this minute`, at - now);
  }

  async function send<T>(request: Request, perform: (trip: Trip) => Promise<T>): Promise<T> {
    mayLeave(request);
    const sentAt = steady();
    const charged = request.draws.map((quota) => [quota, costOf(request, quota)] as const);
    for (const [quota, cost] of charged) pending.set(quota, (pending.get(quota) ?? 0) + cost);
    for (const quota of request.draws) {
      const points = request.write ? options.minutePoints?.write : options.minutePoints?.read;
      if (points !== undefined) minutes.get(quota)?.add(points, sentAt);
    }
    options.onSent(request);
    let answered = false;
    const settle = (): void => {
      if (answered) return;
      answered = true;
      for (const [quota, cost] of charged) pending.set(quota, (pending.get(quota) ?? 0) - cost);
    };
    let wasRefused = false;
    const trip: Trip = {
      serverNow,
      heard(answer) {
        settle();
        hear(request, answer);
      },
      refused(told, scope) {
        settle();
        wasRefused = true;
        return hold(request, told, scope, sentAt);
      },
    };
    try {
      const answer = await perform(trip);
      // An answer to something sent before a refusal says nothing about what came after it.
      for (const scope of ['all', `operation ${request.operation}`])
        if (!wasRefused && sentAt >= (refusals.get(scope) ?? NONE).at) refusals.delete(scope);
      return answer;
    } finally {
      // No answer at all: it was counted there, or it was not; the next answer's headers tell.
      settle();
    }
  }

  function hear(request: Request, { serverDate, quotas: told, costs: paid }: Heard): void {
    const now = steady();
    if (serverDate !== null) ahead = serverDate - options.now();
    for (const { name: quota, limit, left, resetAt, refill } of told) {
      if (!Number.isFinite(limit) || !Number.isFinite(left) || limit <= 0) continue;
      const waitMs = resetAt === null ? WAIT_MS_MAX : Math.min(2 * WAIT_MS_MAX, Math.max(0, resetAt - serverNow()));
      quotas.set(quota, { name: quota, limit, left: Math.max(0, left), at: now, resetAt: now + waitMs, refill });
    }
    if (paid === undefined) return;
    costs.delete(request.operation);
    costs.set(request.operation, paid);
    const oldest = costs.keys().next();
    if (costs.size > COSTS_KEPT_MAX && oldest.done === false) costs.delete(oldest.value);
  }

  function hold(request: Request, told: number | null, scope: Parameters<Trip['refused']>[1], sentAt: number): number {
    const now = steady();
    const counted = scope === 'operation' ? `operation ${request.operation}` : 'all';
    const before = refusals.get(counted) ?? NONE;
    // Several that were on their way at once are one refusal.
    const count = sentAt >= before.at ? before.count + 1 : before.count;
    const seldom = count >= REFUSALS_MAX;
    refusals.set(counted, { count, at: now, hourlySince: seldom ? (before.hourlySince ?? options.now()) : null });
    const waitMs = Math.max(told ?? untoldWaitMs(count), seldom ? SELDOM_MS : 0);
    const key = typeof scope === 'string' ? counted : `quota ${scope.quota}`;
    held.set(key, Math.max(held.get(key) ?? 0, now + waitMs));
    options.onRefused();
    return waitMs;
  }

  function hourlySince(): EpochMs | null {
    return refusals.get('all')?.hourlySince ?? null;
  }

  return {
    send,
    buckets: () => [...quotas.values()],
    hourlySince,
    heldUntil() {
      const whole = [...held].filter(([scope, until]) => !scope.startsWith('operation ') && until > steady());
      return whole.length === 0 ? null : Math.max(...whole.map(([, until]) => until));
    },
    quota(quota) {
      const bucket = quotas.get(quota);
      return bucket === undefined ? null : { left: Math.floor(leftAt(bucket, steady())), limit: bucket.limit };
    },
  };
}

function limited(request: Request, detail: string, waitMs: number): OutsideError {
  return new OutsideError('limited', request.attempted, detail, { retryAfterMs: Math.max(1, Math.ceil(waitMs)) });
}
