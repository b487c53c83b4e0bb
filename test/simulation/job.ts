/** One piece of a run, and what came of it: what the workers are handed and hand back. */
import type { Plan } from './plan.ts';
import { type Outcome, play } from './play.ts';
import { planOf, scenarioNamed, sweptPlan } from './scenarios/plan-of.ts';
import { playSeconds } from './seconds.ts';

export type Job =
  | {
      readonly kind: 'seeds';
      readonly from: number;
      readonly to: number;
      readonly scenario: string | null;
      readonly twice: boolean;
    }
  /** A scenario with nothing in its way but these deaths, one run for each entry. */
  | { readonly kind: 'kills'; readonly scenario: string; readonly kills: readonly (readonly number[])[] }
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
  /** Of a piece with pairs of deaths: those that it covers, played or the same as one that was. */
  readonly pairs: number;
  readonly steps: number;
  readonly merges: number;
  readonly faults: number;
  readonly killed: number;
  readonly simulatedMs: number;
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
  pairs: 0,
  steps: 0,
  merges: 0,
  faults: 0,
  killed: 0,
  simulatedMs: 0,
  hashes: [],
  failures: [],
  caught: null,
};

export async function workOn(job: Exclude<Job, { kind: 'hunt' }>): Promise<JobResult> {
  let result = NOTHING;
  if (job.kind === 'pairs') {
    const { pairs, played, failures } = await playSeconds(sweptPlan(scenarioNamed(job.scenario)), job.first);
    return { ...NOTHING, pairs: pairs * job.times, runs: played, failures };
  }
  if (job.kind === 'kills') {
    const quiet = sweptPlan(scenarioNamed(job.scenario));
    for (const kills of job.kills) {
      const plan = { ...quiet, kills };
      result = added(result, plan, true, await play(plan));
    }
    return result;
  }
  for (let seed = job.from; seed < job.to; seed += 1) {
    const plan = planOf(seed, job.scenario);
    const outcome = await play(plan);
    result = added(result, plan, false, outcome);
    if (!job.twice) continue;
    const again = await play(plan);
    if (again.hash === outcome.hash) continue;
    const violations = ['the same seed gave another log'];
    result = { ...result, failures: [...result.failures, { plan, swept: false, violations }] };
  }
  return result;
}

function added(result: JobResult, plan: Plan, swept: boolean, outcome: Outcome): JobResult {
  const { violations, hash, steps, merges, faults, simulatedMs, log } = outcome;
  return {
    ...NOTHING,
    runs: result.runs + 1,
    steps: result.steps + steps,
    merges: result.merges + merges,
    faults: result.faults + faults,
    killed: result.killed + log.filter(({ happening }) => happening.kind === 'killed').length,
    simulatedMs: result.simulatedMs + simulatedMs,
    hashes: [...result.hashes, hash],
    failures: violations.length === 0 ? result.failures : [...result.failures, { plan, swept, violations }],
  };
}
