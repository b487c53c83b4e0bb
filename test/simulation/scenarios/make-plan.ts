/** A quiet plan to begin with: one ticket, an honest agent, a CI that tells the truth, nobody else around. */
import { GOOD } from '../bots/agent.ts';
import type { Plan, TicketPlan } from '../plan.ts';

const FILES: Readonly<Record<string, string>> = {
  'src/app.ts': 'app 1',
  'src/shape.ts': 'shape 1',
  'src/elsewhere.ts': 'elsewhere 1',
  'package.json': '{}',
};

export const MINUTE_MS = 60_000;

export function makeTicket(number: number, value: Partial<TicketPlan> = {}): TicketPlan {
  const key = `ENG-${number}`;
  return {
    key,
    atMs: 1_000,
    by: 'person',
    value: {},
    script: { ...GOOD, change: { [`src/part-${number}.ts`]: `part ${number}` } },
    expect: 'any',
    ...value,
  };
}

export function makePlan(value: Partial<Plan> & Pick<Plan, 'scenario' | 'seed'>): Plan {
  return {
    files: FILES,
    tickets: [makeTicket(1, { expect: 'merged' })],
    acts: [],
    faults: [],
    denied: [],
    kills: [],
    ci: { name: 'test', delayMs: [20_000, 60_000], flakiness: 0, odd: {} },
    rules: { strict: true, required: ['test'], mergeQueue: false, mergeableDelayMs: 1_500, corrupt: null },
    mergeMethod: 'merge',
    project: {},
    limits: {},
    budget: {},
    audit: false,
    bots: 1,
    wakeLoss: 0,
    staleMs: 0,
    skews: [],
    outages: [],
    quietFromMs: 0,
    settleMs: 30 * MINUTE_MS,
    ...value,
  };
}
