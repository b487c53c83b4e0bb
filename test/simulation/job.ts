/** One piece of a run, and what came of it: what the workers are handed and hand back. */
import { playDeaths } from './deaths.ts';
import type { Plan } from './plan.ts';
import { type Outcome, play } from './play.ts';
import { planOf, scenarioNamed, sweptPlan } from './scenarios/plan-of.ts';

export type Job =
  | {
      readonly kind: 'seeds';
      readonly from: number;
      readonly to: number;
      readonly scenario: string | null;
      readonly twice: boolean;
    }
  /** A scenario with nothing in its way but one death, at every point. */
  | { readonly kind: 'deaths'; readonly scenario: string }
  /** All second deaths after one first death, which counts for `times` that are the same. */
  | { readonly kind: 'pairs'; readonly scenario: string; readonly first: number; readonly times: number }
  | { readonly kind: 'hunt'; readonly mutant: string; readonly seeds: number };

export interface Failure {
  readonly plan: Plan;
  /** A quiet plan with nothing but its deaths. */
  readonly swept: boolean;
  readonly violations: readonly string[];
}

export interface JobResult {
  readonly runs: number;
  /** Of the seeds that were played, each once. */
  readonly scenarios: readonly string[];
  /** Of a piece with deaths or pairs of them: how many there are, and how many are the same as one that was played. */
  readonly points: number;
  readonly same: number;
  readonly steps: number;
  readonly merges: number;
  readonly faults: number;
  readonly killed: number;
  readonly simulatedMs: number;
  /** Processor time of a process of its own, which nobody else counts. */
  readonly apartMs: number;
  readonly hashes: readonly string[];
  readonly failures: readonly Failure[];
  /** Only of a hunt: how many runs it took to catch it, or null when it was never caught. */
  readonly caught: {
    readonly mutant: string;
    readonly after: number | null;
    readonly by: string;
    readonly trouble: string | null;
  } | null;
}

export const NOTHING: JobResult = {
  runs: 0,
  scenarios: [],
  points: 0,
  same: 0,
  steps: 0,
  merges: 0,
  faults: 0,
  killed: 0,
  simulatedMs: 0,
  apartMs: 0,
  hashes: [],
  failures: [],
  caught: null,
};

export async function workOn(job: Exclude<Job, { kind: 'hunt' }>): Promise<JobResult> {
  if (job.kind !== 'seeds') {
    const [first, times] = job.kind === 'pairs' ? [job.first, job.times] : [null, 1];
    const { points, played, same, failures } = await playDeaths(sweptPlan(scenarioNamed(job.scenario)), first);
    // What is the same as the first death has the same second ones.
    const others = (times - 1) * (played + same);
    return { ...NOTHING, points: points * times, runs: played, same: same + others, failures };
  }
  let result = NOTHING;
  for (let seed = job.from; seed < job.to; seed += 1) {
    const plan = planOf(seed, job.scenario);
    const outcome = await play(plan);
    result = added(result, plan, outcome);
    if (!job.twice) continue;
    const again = await play(plan);
    if (again.hash === outcome.hash) continue;
    const violations = ['the same seed gave another log'];
    result = { ...result, failures: [...result.failures, { plan, swept: false, violations }] };
  }
  return result;
}

function added(result: JobResult, plan: Plan, outcome: Outcome): JobResult {
  const { violations, hash, steps, merges, faults, simulatedMs, log } = outcome;
  return {
    ...NOTHING,
    runs: result.runs + 1,
    scenarios: [...new Set([...result.scenarios, plan.scenario])],
    steps: result.steps + steps,
    merges: result.merges + merges,
    faults: result.faults + faults,
    killed: result.killed + log.filter(({ happening }) => happening.kind === 'killed').length,
    simulatedMs: result.simulatedMs + simulatedMs,
    hashes: [...result.hashes, hash],
    failures: violations.length === 0 ? result.failures : [...result.failures, { plan, swept: false, violations }],
  };
}
