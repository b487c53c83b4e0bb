/** From a seed to a plan: which scenario it is, and what trouble is laid over it. */
import { type Random, seededRandom } from '../../world/random.ts';
import { ACTS } from '../people/acts.ts';
import type { Plan, PlannedAct } from '../plan.ts';
import type { Fault } from '../ports/line.ts';
import { DENIALS } from './denied.ts';
import { LANDING } from './landing.ts';
import { MINUTE_MS } from './make-plan.ts';
import { OTHERS } from './others.ts';
import { act, type Scenario } from './scenario.ts';
import { WORK } from './work.ts';

/** As many as there are: one that goes takes what it shows along, so this is lowered with it or a run fails. */
export const SCENARIOS_MIN = 100;

/** What seeds draw from. */
export const DRAWN: readonly Scenario[] = [...WORK, ...OTHERS, ...LANDING];

/** In a denial nothing is left to chance: it is played once, and seeds do without it. */
export const SCENARIOS: readonly Scenario[] = [...DRAWN, ...DENIALS];

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`there is no scenario ${name}; there are ${SCENARIOS.map((one) => one.name).join(', ')}`);
  return found;
}

/** The plan whose kill points are counted: nothing in its way. */
export function sweptPlan(scenario: Scenario): Plan {
  return scenario.plan(scenario.sweptSeed, seededRandom(scenario.sweptSeed));
}

export function planOf(seed: number, name: string | null = null): Plan {
  const random = seededRandom(seed);
  const scenario = name === null ? DRAWN[seed % DRAWN.length] : scenarioNamed(name);
  if (scenario === undefined) throw new Error('there is no scenario');
  const plan = scenario.plan(seed, random);
  if (!scenario.wild) return plan;
  return seed % SLOW_EVERY === SLOW_TURN ? slowed(laidOver(plan, random), random) : laidOver(plan, random);
}

/** One seed in so many has services that take their time with nearly every other call. */
const SLOW_EVERY = 7;
const SLOW_TURN = 3;

function slowed(plan: Plan, random: Random): Plan {
  const faults = Array.from({ length: CALLS_MAX }, (_, index) => index + 1)
    .filter(() => random.chance(0.4))
    .map((call) => ({ call, fault: random.chance(0.8) ? ('slow' as const) : ('lost' as const) }));
  return { ...plan, faults, quietFromMs: Math.max(plan.quietFromMs, 25 * MINUTE_MS), tickets: anyEnd(plan) };
}

/** After these the bot goes on by itself. */
const MILD: readonly Fault[] = ['unreachable', 'server-error', 'limited', 'slow', 'lost', 'lost', 'lost'];
/** After these it may well ask a person. */
const HARSH: readonly Fault[] = [...MILD, 'unauthorised', 'refused', 'invalid'];
const CALLS_MAX = 500;
const POINTS_A_TICKET = 150;
const CALLS_A_TICKET = 60;

function laidOver(plan: Plan, random: Random): Plan {
  switch (random.below(6)) {
    case 0:
      return plan;
    case 1:
      return { ...plan, ...eventLoss(random) };
    case 2:
      return { ...plan, kills: killsOf(plan, random), ...eventLoss(random) };
    case 3:
      return troubled(plan, MILD, random);
    case 4:
      return {
        ...troubled(plan, HARSH, random),
        kills: killsOf(plan, random),
        ...eventLoss(random),
        tickets: anyEnd(plan),
      };
    default:
      return {
        ...troubled(plan, MILD, random),
        kills: killsOf(plan, random),
        skews: skewsOf(random),
        acts: [...plan.acts, ...meddling(plan, random)],
        tickets: anyEnd(plan),
      };
  }
}

function eventLoss(random: Random): Pick<Plan, 'wakeLoss' | 'staleMs'> {
  return { wakeLoss: [0, 0.25, 0.5][random.below(3)] ?? 0, staleMs: [0, 20_000][random.below(2)] ?? 0 };
}

function troubled(plan: Plan, kinds: readonly Fault[], random: Random): Plan {
  const rate = [0.01, 0.04, 0.1][random.below(3)] ?? 0;
  const faults = Array.from({ length: CALLS_MAX }, (_, index) => index + 1)
    .filter(() => random.chance(rate))
    .map((call) => ({ call, fault: kinds[random.below(kinds.length)] ?? 'lost' }));
  return { ...plan, faults, quietFromMs: Math.max(plan.quietFromMs, 10 * MINUTE_MS) };
}

function killsOf(plan: Plan, random: Random): readonly number[] {
  return Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(POINTS_A_TICKET * plan.tickets.length));
}

/** A day ahead or behind, and back again. */
function skewsOf(random: Random): Plan['skews'] {
  if (random.chance(0.6)) return [];
  const atMs = random.below(180_000);
  const skewMs = (random.chance(0.5) ? 1 : -1) * 86_400_000;
  return [
    { atMs, skewMs },
    { atMs: atMs + random.below(200_000), skewMs: 0 },
  ];
}

function meddling(plan: Plan, random: Random): readonly PlannedAct[] {
  return Array.from({ length: random.below(3) }, () => {
    const ticket = plan.tickets[random.below(plan.tickets.length)];
    return act(
      ACTS[random.below(ACTS.length)] ?? 'talk',
      { call: 3 + random.below(CALLS_A_TICKET * plan.tickets.length) },
      ticket?.key ?? 'ENG-1',
    );
  });
}

function anyEnd(plan: Plan): Plan['tickets'] {
  return plan.tickets.map((ticket) => (ticket.expect === 'never-started' ? ticket : { ...ticket, expect: 'any' }));
}
