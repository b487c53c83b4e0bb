/** How much happened in the last while: what an interface limits without telling how much is left of it. */

export interface Window {
  add(amount: number, at: number): void;
  /** Sum over the window that ends now. */
  used(now: number): number;
  /** From when on `amount` more fits under `max`; now when it does already. */
  fitsAt(amount: number, max: number, now: number): number;
}

export function createWindow(lengthMs: number): Window {
  let entries: { readonly at: number; readonly amount: number }[] = [];

  const used = (now: number): number => {
    entries = entries.filter(({ at }) => at > now - lengthMs);
    return entries.reduce((sum, { amount }) => sum + amount, 0);
  };

  return {
    used,
    add(amount, at) {
      entries.push({ at, amount });
    },
    fitsAt(amount, max, now) {
      let sum = used(now);
      for (const entry of entries.toSorted((one, other) => one.at - other.at)) {
        if (sum + amount <= max) return now;
        sum -= entry.amount;
        if (sum + amount <= max) return entry.at + lengthMs;
      }
      // More than the whole window allows never fits; then it waits for an empty one.
      return sum + amount <= max ? now : now + lengthMs;
    },
  };
}
