/** What a request is for, as far as its place in a scarce quota goes. */

/**
 * `urgent`: merges, stops and the small reads and moves that go with them: they may use the reserve to its end.
 * `look`: reading how things stand and the last word to people: they may use most of it, and looks are paced.
 * `ordinary`: everything else: the reserve is not theirs.
 */
export type Urgency = 'urgent' | 'look' | 'ordinary';

const ORDER: readonly Urgency[] = ['urgent', 'look', 'ordinary'];

/** The most urgent is 0. */
export function urgencyOrder(urgency: Urgency): number {
  return ORDER.indexOf(urgency);
}

/** The share of the reserve that is left alone. */
export const LEFT_OF_RESERVE: Readonly<Record<Urgency, number>> = { urgent: 0, look: 0.25, ordinary: 1 };
