/** A kind of story: its plan with nothing in its way, which the kill points are counted on and trouble is laid over. */
import type { Random } from '../../world/random.ts';
import type { ActKind } from '../people/acts.ts';
import type { Plan, PlannedAct, TicketPlan, When } from '../plan.ts';
import { makePlan, makeTicket } from './make-plan.ts';

export interface Scenario {
  readonly name: string;
  /** Different seeds give different times, orders and people; the shape stays. */
  readonly plan: (seed: number, random: Random) => Plan;
  /**
   * Killed at every single point of each run. Those of many tickets repeat what those of one and two have and take an
   * hour: their deaths come with the seeds, and `--scenario crowd --shard 1/8` sweeps them by hand.
   */
  readonly swept: boolean;
  /** The seed of the plan that is swept: one with which what the scenario is about does happen. */
  readonly sweptSeed: number;
  /** Trouble may be laid over it. */
  readonly wild: boolean;
}

export type Sketch = Partial<Omit<Plan, 'scenario' | 'seed'>>;

export function scenario(
  name: string,
  sketch: (random: Random) => Sketch,
  kind: Partial<Pick<Scenario, 'swept' | 'sweptSeed' | 'wild'>> = {},
): Scenario {
  return {
    name,
    plan: (seed, random) => makePlan({ ...sketch(random), scenario: name, seed }),
    swept: true,
    sweptSeed: 1,
    wild: true,
    ...kind,
  };
}

export function oneTicket(
  change: Readonly<Record<string, string>>,
  script: Partial<TicketPlan['script']> = {},
  expect: TicketPlan['expect'] = 'merged',
): readonly TicketPlan[] {
  const ticket = makeTicket(1);
  return [{ ...ticket, expect, script: { ...ticket.script, ...script, change } }];
}

export function act(kind: ActKind, when: When, key = 'ENG-1'): PlannedAct {
  return { when, act: { kind, key } };
}

export function seconds(count: number): When {
  return { ms: count * 1_000 };
}
