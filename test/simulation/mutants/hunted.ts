/** Runs inside a copy with a planted bug: how many seeds until an oracle says so? */

import type { Plan } from '../plan.ts';
import { play } from '../play.ts';
import { planOf, scenarioNamed, sweptPlan } from '../scenarios/plan-of.ts';

export interface Found {
  readonly after: number | null;
  readonly by: string;
}

/** Every other run is of a scenario it is aimed at: the seeds' own mix would come to those later. */
export async function hunted(seeds: number, aim: readonly string[]): Promise<Found> {
  let before = 0;
  for (let seed = 0; seed < seeds; seed += 1) {
    const outcome = await play(planFor(seed, aim));
    before += 1;
    const [violation] = outcome.violations;
    if (violation !== undefined) return { after: before, by: violation.split('\n')[0] ?? '' };
  }
  return { after: null, by: '' };
}

function planFor(seed: number, aim: readonly string[]): Plan {
  const aimed = aim[Math.floor(seed / 2) % Math.max(1, aim.length)] ?? null;
  if (aimed === null || seed % 2 === 1) return planOf(seed);
  return seed < 2 * aim.length ? sweptPlan(scenarioNamed(aimed)) : planOf(seed, aimed);
}
