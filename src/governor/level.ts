/** From what is left to how far the bot holds itself back. Pure: quotas, the level before and the time in, a level out. */
import { LEVELS, type Level } from '../domain/pressure.ts';
import { type Bucket, leftAt } from './bucket.ts';

/** Below this share, and used faster than it comes back, the bot is careful. */
const CAREFUL_SHARE = 0.5;
/** Scarce, where it is also used faster than it comes back: this many times the reserve, or this share where that is more. */
const SCARCE_RESERVES = 2;
const SCARCE_SHARE_MIN = 0.15;
/** It must be this much better before a level is left again, so that nobody hears of every wave. */
const BETTER_BY = 0.05;
const WINDOW_MS = 3_600_000;

export interface LevelFacts {
  readonly buckets: readonly Bucket[];
  /** Asked to wait: nothing leaves. */
  readonly held: boolean;
  readonly reserveShare: number;
  readonly before: Level;
  readonly now: number;
}

export function levelOf(facts: LevelFacts): Level {
  if (facts.held) return 'exhausted';
  return worst(facts.buckets.map((bucket) => levelOfBucket(bucket, facts)));
}

function worst(levels: readonly Level[]): Level {
  return LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level)))] ?? 'normal';
}

export function isWorse(one: Level, than: Level): boolean {
  return LEVELS.indexOf(one) > LEVELS.indexOf(than);
}

function levelOfBucket(bucket: Bucket, { reserveShare, before, now }: LevelFacts): Level {
  if (bucket.limit <= 0) return 'exhausted';
  const share = leftAt(bucket, now) / bucket.limit;
  // A third left with a minute to go is plenty; with the whole hour to go it is not.
  const timeShare = Math.min(1, Math.max(0, (bucket.resetAt - now) / WINDOW_MS));
  const level = levelOfShare(share, timeShare, reserveShare);
  if (!isWorse(before, level)) return level;
  const eased = levelOfShare(share - BETTER_BY, timeShare, reserveShare);
  return isWorse(eased, before) ? before : eased;
}

function levelOfShare(share: number, timeShare: number, reserveShare: number): Level {
  if (share <= reserveShare) return 'exhausted';
  if (share >= timeShare) return 'normal';
  if (share <= Math.max(SCARCE_SHARE_MIN, SCARCE_RESERVES * reserveShare)) return 'scarce';
  return share < CAREFUL_SHARE ? 'careful' : 'normal';
}
