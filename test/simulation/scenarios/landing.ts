/** Scenarios of how things land: the forge's own queue, drafts, weaker tests, a main that turned red, updates by hand. */
import type { Random } from '../../world/random.ts';
import type { Plan, PlannedAct, TicketPlan } from '../plan.ts';
import { MINUTE_MS, makePlan, makeTicket } from './make-plan.ts';
import { act, oneTicket, type Scenario, scenario, seconds } from './scenario.ts';

const { rules } = makePlan({ scenario: '', seed: 0 });
const PART = { 'src/part-1.ts': 'part 1' };
const QUEUE = { ...rules, mergeQueue: true };
const SLOW_CI: Plan['ci'] = { name: 'test', delayMs: [80_000, 100_000], flakiness: 0, odd: {} };
const TOO_LATE = { 'src/part-1.ts': 'part 1 too late' };
const many = (count: number, expect: TicketPlan['expect']): readonly TicketPlan[] =>
  Array.from({ length: count }, (_, index) => makeTicket(index + 1, { expect }));
/**
 * Of three the first to land leaves the others behind, which then land as one; of two a person's push does, while checks
 * run. The swept ones have two: an issue more makes twice as many pairs of deaths.
 */
const together = (random: Random, three: readonly TicketPlan[], acts: readonly PlannedAct[] = []) => {
  const project = { batchMax: 3 };
  if (random.chance(0.5)) return { project, tickets: three, acts };
  const ci: Plan['ci'] = { name: 'test', delayMs: [75_000, 76_000], flakiness: 0, odd: {} };
  return { project, ci, tickets: three.slice(1), acts: [act('move-base', seconds(130)), ...acts] };
};
const needy = (number: number) => {
  const ticket = makeTicket(number);
  return { ...ticket, script: { ...ticket.script, change: { 'src/user.ts': 'user\nneeds src/shape.ts=shape 1' } } };
};

export const LANDING: readonly Scenario[] = [
  scenario('queue', () => ({ rules: QUEUE })),
  scenario('queue-thrown-out', (random) => ({
    rules: QUEUE,
    acts: [act('throw-out', seconds(115 + random.below(70))), act('resume', seconds(600))],
  })),
  scenario('queue-stop', (random) => ({
    rules: QUEUE,
    tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { expect: 'any' })],
    acts: [act('stop', seconds(115 + random.below(40))), act('stop', seconds(150 + random.below(90)), 'ENG-2')],
  })),
  scenario('queue-stop-twice', (random) => ({
    rules: QUEUE,
    tickets: oneTicket(PART, {}, 'any'),
    acts: [
      act('stop', seconds(115 + random.below(10))),
      act('resume', seconds(220)),
      act('stop', seconds(240 + random.below(30))),
    ],
  })),
  scenario(
    'queue-stop-unheard',
    (random) => ({
      rules: QUEUE,
      tickets: oneTicket(PART, {}, 'any'),
      // The hand-over arrives, and its answer does not.
      faults: [{ call: 40, fault: 'lost' }],
      quietFromMs: 200_000,
      acts: [act('stop', { call: 41 }), act('resume', seconds(220)), act('stop', seconds(240 + random.below(30)))],
    }),
    { wild: false },
  ),
  scenario('queue-clash', () => ({
    rules: QUEUE,
    tickets: [...oneTicket({ 'src/shape.ts': 'shape 2' }, {}, 'any'), needy(2)],
  })),
  scenario(
    'queue-frozen',
    () => ({
      rules: { ...QUEUE, corrupt: { merge: 0, how: 'extra-change' } },
      tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { expect: 'any' })],
    }),
    { wild: false },
  ),
  scenario('batch', (random) => together(random, many(3, 'merged'))),
  scenario('batch-red', (random) =>
    together(random, [
      makeTicket(1),
      makeTicket(2, { script: { ...makeTicket(2).script, change: { 'src/shape.ts': 'shape 2' } } }),
      needy(3),
    ]),
  ),
  scenario(
    'batch-stop',
    (random) => together(random, many(3, 'any'), [act('stop', seconds(150 + random.below(90)), 'ENG-2')]),
    { sweptSeed: 5 },
  ),
  scenario(
    'batch-base-moves',
    (random) =>
      together(random, many(3, 'any'), [
        act('move-base', seconds(170 + random.below(60))),
        act('push', seconds(190 + random.below(60)), 'ENG-3'),
      ]),
    { sweptSeed: 11 },
  ),
  scenario(
    'batch-closed',
    (random) => together(random, many(3, 'merged'), [act('close-batch', seconds(150 + random.below(80)))]),
    { sweptSeed: 5 },
  ),
  scenario(
    'batch-frozen',
    (random) => {
      const sketch = together(random, many(3, 'any'));
      // The batch: the first to land where two were left behind.
      const merge = sketch.tickets.length - 2;
      return { ...sketch, rules: { ...rules, corrupt: { merge, how: 'extra-change' } } };
    },
    { wild: false },
  ),
  scenario('batch-landed-red', (random) =>
    together(random, [
      ...oneTicket(PART, {}, 'any'),
      makeTicket(2),
      makeTicket(3, { script: { ...makeTicket(3).script, change: { 'src/part-3.ts': 'part 3 too late' } } }),
    ]),
  ),
  scenario('draft', () => ({ project: { draft: true } })),
  scenario('draft-by-a-person', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [act('draft', seconds(60 + random.below(45))), act('ready', seconds(500)), act('resume', seconds(510))],
  })),
  scenario('weaker-tests', () => ({
    tickets: oneTicket({ 'test/part.test.ts': 'weaker' }),
    acts: [act('approve-other', seconds(150)), act('approve', seconds(300))],
  })),
  scenario('weaker-tests-unapproved', () => ({ tickets: oneTicket({ 'test/part.test.ts': 'weaker' }, {}, 'any') })),
  scenario('landed-red', (random) => ({
    project: { rerunChecks: random.chance(0.5) },
    tickets: [...oneTicket(TOO_LATE, {}, 'any'), makeTicket(2, { atMs: 150_000, expect: 'merged' })],
    settleMs: 40 * MINUTE_MS,
  })),
  // Its checks speak when nobody looks at the issue any more: they waited, or the machine slept.
  scenario('landed-red-late', (random) => ({
    ci: SLOW_CI,
    project: { rerunChecks: random.chance(0.5) },
    tickets: oneTicket(TOO_LATE, {}, 'any'),
    skews: [{ atMs: 215_000, skewMs: 5 * 60 * MINUTE_MS }],
    settleMs: 40 * MINUTE_MS,
  })),
  // Others land on top before the checks of main have said that it is red.
  scenario(
    'landed-red-below',
    (random) => {
      const numbers = random.chance(0.5) ? [1, 2, 3] : [1, 2];
      const red = 1 + random.below(numbers.length);
      return {
        ci: { name: 'test', delayMs: [20_000, 120_000], flakiness: 0, odd: {} },
        project: { rerunChecks: random.chance(0.5) },
        tickets: numbers.map((number) => {
          const ticket = makeTicket(number);
          const change = number === red ? { [`src/part-${red}.ts`]: `part ${red} too late` } : ticket.script.change;
          return { ...ticket, script: { ...ticket.script, change } };
        }),
        settleMs: 40 * MINUTE_MS,
      };
    },
    { sweptSeed: 10 },
  ),
  scenario('frozen-over-a-revert', () => ({
    rules: { ...rules, corrupt: { merge: 1, how: 'extra-change' } },
    // The change is taken back slowly; what comes between lands wrong after a person thawed the first freeze.
    tickets: [...oneTicket(TOO_LATE, { stepMs: 60_000 }, 'any'), makeTicket(2, { atMs: 250_000 })],
    acts: [act('thaw', seconds(370))],
    settleMs: 40 * MINUTE_MS,
  })),
  scenario(
    'updated-by-hand',
    (random) => {
      // After the review, while CI is still at it.
      const at = seconds(120 + random.below(25));
      return {
        ci: SLOW_CI,
        tickets: oneTicket(PART, {}, 'any'),
        acts: [act('move-base', at), act('update-by-hand', at), act('resume', seconds(400))],
      };
    },
    { wild: false },
  ),
  scenario('base-moves-at-many-calls', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: Array.from({ length: 12 }, (_, index) => act('move-base', { call: 20 + 2 * index + random.below(2) })),
  })),
  scenario('half-by-hand', (random) => ({
    ci: SLOW_CI,
    tickets: oneTicket({ 'src/app.ts': 'app 2', ...PART }, {}, 'any'),
    acts: [act('half-by-hand', seconds(115 + random.below(30)))],
  })),
];
