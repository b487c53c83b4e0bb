/** The one error adapters throw: what was attempted outside, how it failed, and whether trying again can help. */

/**
 * `unreachable` no answer or a broken one, so the effect may or may not have happened; `limited` asked to wait;
 * `unauthorised` the credential is bad or lacks a right; `conflict` the outside moved (a lease, a sha, a duplicate);
 * `refused` a rule of the outside forbids it; `missing` the thing is not there; `invalid` our request was wrong.
 */
export type TroubleKind = 'unreachable' | 'limited' | 'unauthorised' | 'conflict' | 'refused' | 'missing' | 'invalid';

export class OutsideError extends Error {
  readonly kind: TroubleKind;
  /** What we tried, for a person: "merge pull request #7 of acme/shop". */
  readonly attempted: string;
  /** Wait at least this long; null when the outside named no time. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: TroubleKind,
    attempted: string,
    detail: string,
    options: { cause?: unknown; retryAfterMs?: number | null } = {},
  ) {
    super(`${attempted}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'OutsideError';
    this.kind = kind;
    this.attempted = attempted;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  /** Trying the same thing again later may work. */
  get transient(): boolean {
    return this.kind === 'unreachable' || this.kind === 'limited';
  }
}
