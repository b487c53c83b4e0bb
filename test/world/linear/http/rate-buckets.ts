/**
 * The two leaky buckets of one user, requests and complexity points. They refill continuously; all keys of a user share
 * them. The numbers told to clients are in the headers Linear sends, resets in epoch milliseconds.
 */

export interface RateLimits {
  readonly requestsPerHour: number;
  readonly complexityPerHour: number;
  /** One query may cost no more than this, whatever the bucket holds. */
  readonly complexityPerQuery: number;
  /** Whether a refusal carries `retry-after`; not known of the live service, the SDK reads it when it is there. */
  readonly retryAfterHeader: boolean;
}

/** What is said of a personal API key. */
export const usualLimits: RateLimits = {
  requestsPerHour: 2500,
  complexityPerHour: 3_000_000,
  complexityPerQuery: 10_000,
  retryAfterHeader: true,
};

const hourMs = 3_600_000;

export interface RateBuckets {
  /** Takes one request and its points, or takes nothing and says which bucket was too empty. */
  take(complexity: number): 'taken' | 'requests' | 'complexity';
  /** As if everything had been used up but what comes back in `resetInMs`; for the fault of that name. */
  drain(resetInMs: number): void;
  /** As if something else with the same key had used it up to here. */
  leave(requests: number, complexity: number): void;
  headers(complexity: number): Readonly<Record<string, string>>;
  /** Seconds until a request of this complexity would pass again. */
  waitSeconds(complexity: number): number;
  status(): readonly {
    readonly type: string;
    readonly limit: number;
    readonly remaining: number;
    readonly reset: number;
  }[];
}

export function createRateBuckets(limits: RateLimits, clock: () => number): RateBuckets {
  const requests = createBucket(limits.requestsPerHour, clock);
  const complexityPoints = createBucket(limits.complexityPerHour, clock);
  return {
    take(complexity) {
      if (requests.level() < 1) return 'requests';
      if (complexityPoints.level() < complexity) return 'complexity';
      requests.take(1);
      complexityPoints.take(complexity);
      return 'taken';
    },
    drain(resetInMs) {
      requests.emptyFor(resetInMs);
      complexityPoints.emptyFor(resetInMs);
    },
    leave(requestsLeft, complexityLeft) {
      requests.take(requests.level() - requestsLeft);
      complexityPoints.take(complexityPoints.level() - complexityLeft);
    },
    headers: (complexity) => ({
      'x-complexity': String(complexity),
      'x-ratelimit-requests-limit': String(limits.requestsPerHour),
      'x-ratelimit-requests-remaining': String(Math.floor(requests.level())),
      'x-ratelimit-requests-reset': String(requests.resetAt()),
      'x-ratelimit-complexity-limit': String(limits.complexityPerHour),
      'x-ratelimit-complexity-remaining': String(Math.floor(complexityPoints.level())),
      'x-ratelimit-complexity-reset': String(complexityPoints.resetAt()),
    }),
    waitSeconds: (complexity) => Math.ceil(Math.max(requests.waitMs(1), complexityPoints.waitMs(complexity)) / 1000),
    status: () => [
      { type: 'requests', limit: limits.requestsPerHour, remaining: requests.level(), reset: requests.resetAt() },
      {
        type: 'complexity',
        limit: limits.complexityPerHour,
        remaining: complexityPoints.level(),
        reset: complexityPoints.resetAt(),
      },
    ],
  };
}

function createBucket(limit: number, clock: () => number) {
  let held = limit;
  let heldAt = clock();
  /** While set and in the future the bucket is empty; at that moment it is full again. */
  let emptyUntil = 0;

  function level(): number {
    const now = clock();
    if (now < emptyUntil) return 0;
    const passedMs = Math.max(0, now - heldAt);
    held = Math.min(limit, held + (limit * passedMs) / hourMs);
    heldAt = now;
    return held;
  }

  return {
    level,
    take(amount: number) {
      held = level() - amount;
    },
    emptyFor(durationMs: number) {
      emptyUntil = clock() + durationMs;
      held = limit;
      heldAt = emptyUntil;
    },
    /** When the bucket is full again. */
    resetAt(): number {
      const now = clock();
      return now < emptyUntil ? emptyUntil : Math.ceil(now + ((limit - level()) * hourMs) / limit);
    },
    waitMs(amount: number): number {
      const now = clock();
      if (now < emptyUntil) return emptyUntil - now;
      return Math.max(0, ((amount - level()) * hourMs) / limit);
    },
  };
}
