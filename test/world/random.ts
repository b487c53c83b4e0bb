// A seeded source of random numbers: the same seed gives the same world.

export interface Random {
  /** From 0 up to but without `limit`. */
  below(limit: number): number;
  chance(probability: number): boolean;
}

/** Mulberry32: small, fast and good enough to choose among a handful of things. `keep` is handed what it remembers, for whoever wants to take it back. */
export function seededRandom(seed: number, keep: <T extends object>(state: T) => T = (state) => state): Random {
  const own = keep({ state: seed >>> 0 });
  const next = (): number => {
    own.state = (own.state + 0x6d2b79f5) >>> 0;
    let mixed = own.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { below: (limit) => Math.floor(next() * limit), chance: (probability) => next() < probability };
}
