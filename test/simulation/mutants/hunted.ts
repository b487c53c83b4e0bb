/** Runs inside a copy with a planted bug: how many seeds until an oracle says so? */

import type { Plan } from '../plan.ts';
import { play } from '../play.ts';
import { planOf, scenarioNamed, sweptPlan } from '../scenarios/plan-of.ts';

export interface Found {
  readonly after: number | null;
  readonly by: string;
  /** Processor time that the process took so far. */
  readonly apartMs: number;
}

/**
 * Every other run is of a scenario it is aimed at: the seeds' own mix would come to those later. The run that is known to
 * show it comes first; either way `after` counts the runs as they stand in order.
 */
export async function hunted(seeds: number, aim: readonly string[], seen: number | null): Promise<Found> {
  const order = Array.from({ length: seeds }, (_, seed) => seed);
  for (const seed of seen === null ? order : [seen, ...order]) {
    const [violation] = (await play(planFor(seed, aim))).violations;
    if (violation !== undefined) return { after: seed + 1, by: violation.split('\n')[0] ?? '', apartMs: processorMs() };
  }
  return { after: null, by: '', apartMs: processorMs() };
}

/** Of all threads of this process. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function planFor(seed: number, aim: readonly string[]): Plan {
  const aimed = aim[Math.floor(seed / 2) % Math.max(1, aim.length)] ?? null;
  if (aimed === null || seed % 2 === 1) return planOf(seed);
  return seed < 2 * aim.length ? sweptPlan(scenarioNamed(aimed)) : planOf(seed, aimed);
}
