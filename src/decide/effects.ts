/** Reads the effect ledger for deciding: may this outside write be tried now, is it done, or did the outside refuse it? */
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';

export type EffectStanding =
  | { readonly kind: 'due'; readonly key: string }
  | { readonly kind: 'done'; readonly key: string; readonly outsideId: string | null }
  | { readonly kind: 'waiting'; readonly until: EpochMs; readonly error: string }
  | { readonly kind: 'refused'; readonly error: string };

/**
 * A refusal stands until a person says go on: then the same write gets a new key, because the ledger never forgets an
 * old one. Everything else keeps its key for ever, so a restart finds it again.
 */
export function effectStanding(
  effects: ReadonlyMap<string, Effect>,
  key: string,
  now: EpochMs,
  resumedAt: EpochMs,
): EffectStanding {
  const first = effects.get(key);
  if (first === undefined || !first.refused) return effectStandingOf(first, key, now);
  // Every later "go on" would otherwise open a key of its own and repeat a write that was done under an earlier one.
  const later = [...effects.values()].filter((effect) => effect.key.startsWith(`${key}~`));
  const standing = later.find((effect) => effect.confirmedAt !== null) ?? later.find((effect) => !effect.refused);
  if (standing !== undefined) return effectStandingOf(standing, standing.key, now);
  const newest = later.reduce((one, other) => (other.intendedAt > one.intendedAt ? other : one), first);
  return newest.intendedAt < resumedAt
    ? { kind: 'due', key: `${key}~${resumedAt}` }
    : { kind: 'refused', error: newest.lastError ?? 'refused' };
}

/** The call of this write may have done what it asks for. One that was answered with a no, or put off, did not. */
export function mayHaveHappened({ confirmedAt, refused, unheardSince }: Effect): boolean {
  return confirmedAt !== null || (!refused && unheardSince !== null);
}

function effectStandingOf(effect: Effect | undefined, key: string, now: EpochMs): EffectStanding {
  if (effect === undefined) return { kind: 'due', key };
  if (effect.confirmedAt !== null) return { kind: 'done', key, outsideId: effect.outsideId };
  if (effect.refused) return { kind: 'refused', error: effect.lastError ?? 'refused' };
  if (effect.retryAt !== null && effect.retryAt > now) {
    return { kind: 'waiting', until: effect.retryAt, error: effect.lastError ?? 'no answer' };
  }
  return { kind: 'due', key };
}
