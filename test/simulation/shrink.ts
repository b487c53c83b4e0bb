/** Takes away from a failing plan whatever it fails without: tickets, acts, faults, kills and all other trouble. */

import type { Plan } from './plan.ts';
import { play } from './play.ts';

export interface Shrunk {
  readonly plan: Plan;
  /** What was taken away, in words that `without` understands. */
  readonly without: readonly string[];
}

const PLAYS_MAX = 60;

/** Removes what the words name: a2 the third act, f17 the fault at call 17, k5 the kill at point 5, t1 the second ticket; `*` for all. */
export function without(plan: Plan, words: readonly string[]): Plan {
  const gone = new Set(words);
  const stays = (letter: string, name: number | string): boolean =>
    !gone.has(`${letter}*`) && !gone.has(`${letter}${name}`);
  const tickets = plan.tickets.filter((_, index) => stays('t', index));
  const keys = new Set(plan.tickets.filter((one) => !tickets.includes(one)).map(({ key }) => key));
  return {
    ...plan,
    tickets,
    acts: plan.acts.filter(({ act }, index) => stays('a', index) && !keys.has(act.key)),
    faults: plan.faults.filter(({ call }) => stays('f', call)),
    kills: plan.kills.filter((point) => stays('k', point)),
    skews: gone.has('skew') ? [] : plan.skews,
    outages: gone.has('outage') ? [] : plan.outages,
    wakeLoss: gone.has('wakes') ? 0 : plan.wakeLoss,
    staleMs: gone.has('stale') ? 0 : plan.staleMs,
  };
}

export async function shrink(plan: Plan): Promise<Shrunk> {
  const kinds = [
    ['f*'],
    ['k*'],
    ['a*'],
    ['skew'],
    ['outage'],
    ['wakes'],
    ['stale'],
    ...halves(plan.faults.map(({ call }) => `f${call}`)),
    ...plan.tickets.map((_, index) => [`t${index}`]),
    ...plan.acts.map((_, index) => [`a${index}`]),
    ...plan.kills.map((point) => [`k${point}`]),
    ...plan.faults.map(({ call }) => [`f${call}`]),
  ];
  let gone: readonly string[] = [];
  let plays = 0;
  for (const words of kinds) {
    if (plays >= PLAYS_MAX) break;
    const less = without(plan, [...gone, ...words]);
    if (less.tickets.length === 0 || same(less, without(plan, gone))) continue;
    plays += 1;
    if ((await play(less)).violations.length > 0) gone = [...gone, ...words];
  }
  return { plan: without(plan, gone), without: brief(gone) };
}

/** Runs of many at once first: most faults have nothing to do with it. */
function halves(words: readonly string[]): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  for (let size = Math.ceil(words.length / 2); size > 1; size = Math.ceil(size / 2)) {
    for (let at = 0; at < words.length; at += size) groups.push(words.slice(at, at + size));
    if (groups.length > 64) break;
  }
  return groups;
}

function same(one: Plan, other: Plan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Without what another word names already. */
function brief(words: readonly string[]): readonly string[] {
  const wholes = new Set(words.filter((word) => word.endsWith('*')).map((word) => word.slice(0, 1)));
  return [
    ...new Set(words.filter((word) => word.endsWith('*') || !wholes.has(word.slice(0, 1)) || !/^[a-z]\d/.test(word))),
  ];
}

export function replayLine(plan: Plan, swept: boolean, words: readonly string[]): string {
  const what = swept
    ? `--scenario ${plan.scenario} --kill ${plan.kills.join(',')}`
    : `--seed ${plan.seed} --scenario ${plan.scenario}`;
  const less = words.length > 0 ? ` --without ${words.join(',')}` : '';
  return `npm run simulate -- ${what}${less}`;
}
