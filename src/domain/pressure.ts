/** How much of an outside interface's quota is left, in the four steps by which the bot holds itself back. */
import type { EpochMs } from './issue.ts';

/**
 * `normal`: nothing is held back. `careful`: it is used up faster than it comes back. `scarce`: little is left.
 * `exhausted`: only the reserve for merges and stops is left, or nothing.
 */
export const LEVELS = ['normal', 'careful', 'scarce', 'exhausted'] as const;
export type Level = (typeof LEVELS)[number];

export interface InterfacePressure {
  readonly level: Level;
  /** When it came to this level. */
  readonly since: EpochMs;
  /** It got worse then, not better: people hear of that once. */
  readonly worse: boolean;
  /** What the level was told from, for a person: "212 of 2,500 requests left". Empty while nothing is known. */
  readonly because: string;
  /** Since when it is tried only once an hour, because it refused so often; null: it is not. */
  readonly hourlySince: EpochMs | null;
}

/** One entry for each interface with a quota. */
export interface Pressure {
  readonly linear: InterfacePressure;
  readonly github: InterfacePressure;
}

const NONE: InterfacePressure = { level: 'normal', since: 0, worse: false, because: '', hourlySince: null };
export const NO_PRESSURE: Pressure = { linear: NONE, github: NONE };
