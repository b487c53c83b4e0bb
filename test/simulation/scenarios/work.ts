/** Scenarios of the work itself: what agents, reviewers and CI make of it. */
import type { Plan } from '../plan.ts';
import { MINUTE_MS, makeTicket } from './make-plan.ts';
import { act, oneTicket, type Scenario, scenario, seconds } from './scenario.ts';

const PART = { 'src/part-1.ts': 'part 1' };
const ODD = ['missing', 'skipped', 'neutral', 'cancelled', 'wrong-app', 'late'] as const;

const oddly = (odd: 'skipped' | 'wrong-app'): Plan['ci'] => ({
  name: 'test',
  delayMs: [20_000, 60_000],
  flakiness: 0,
  odd: { 0: odd },
});

export const WORK: readonly Scenario[] = [
  scenario('one-ticket', () => ({})),
  scenario('findings', () => ({ tickets: oneTicket({ 'src/part-1.ts': 'part 1 flaw' }) })),
  scenario('red-ci', () => ({ tickets: oneTicket({ 'src/part-1.ts': 'part 1 broken' }) })),
  scenario('flaky-ci', () => ({
    project: { rerunChecks: true },
    ci: { name: 'test', delayMs: [20_000, 60_000], flakiness: 0, odd: { 0: 'flaky' } },
  })),
  scenario('red-ci-twice', () => ({
    project: { rerunChecks: true },
    tickets: oneTicket({ 'src/part-1.ts': 'part 1 broken' }),
  })),
  scenario('odd-ci', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    ci: { name: 'test', delayMs: [20_000, 60_000], flakiness: 0, odd: { 0: ODD[random.below(ODD.length)] ?? 'late' } },
    // A person runs again what CI left undone.
    acts: [act('resume', seconds(700))],
    settleMs: 40 * MINUTE_MS,
  })),
  scenario('skipped-ci', () => ({ tickets: oneTicket(PART, {}, 'any'), ci: oddly('skipped') })),
  scenario('wrong-app-ci', () => ({ tickets: oneTicket(PART, {}, 'any'), ci: oddly('wrong-app') })),
  scenario('slow-ci', () => ({ ci: { name: 'test', delayMs: [180_000, 240_000], flakiness: 0, odd: {} } })),
  scenario('audit', () => ({ audit: true, tickets: oneTicket({ 'src/part-1.ts': 'part 1 unmet' }) })),
  scenario('crashing-agent', () => ({ tickets: oneTicket(PART, { crashes: 2, reviewCrashes: 1 }) })),
  scenario('hopeless-agent', () => ({ tickets: oneTicket(PART, { crashes: 99 }, 'parked') })),
  scenario('ping-pong', () => ({ tickets: oneTicket(PART, { neverContent: true }, 'parked') })),
  scenario('stubborn', () => ({ tickets: oneTicket({ 'src/part-1.ts': 'broken' }, { stubborn: true }, 'parked') })),
  scenario('asking', () => ({ tickets: oneTicket(PART, { asks: true }), acts: [act('answer', seconds(200))] })),
  scenario('budget', (random) => ({
    tickets: oneTicket(PART, { steps: 10, stepMs: 4_000, microUsdPerStep: 40_000 + random.below(40_000) }, 'parked'),
    budget: { issueMicroUsdMax: 400_000 },
  })),
  scenario('outage', () => ({ outages: [{ fromMs: 25_000, toMs: 180_000 }], quietFromMs: 180_000 })),
  scenario('long-outage', () => ({ outages: [{ fromMs: 25_000, toMs: 400_000 }], quietFromMs: 400_000 })),
  scenario('squash', () => ({ mergeMethod: 'squash' })),
  scenario('big-bill', () => ({
    tickets: oneTicket(PART, { steps: 12, stepMs: 3_000, microUsdPerStep: 150_000 }, 'any'),
  })),
  scenario(
    'crowd',
    (random) => ({
      tickets: Array.from({ length: 16 }, (_, index) =>
        makeTicket(index + 1, {
          atMs: 1_000 + random.below(60_000),
          expect: 'merged',
          value: { priority: random.below(5) },
        }),
      ),
      quietFromMs: 30 * MINUTE_MS,
      settleMs: 30 * MINUTE_MS,
    }),
    { swept: false },
  ),
  scenario(
    'few',
    (random) => ({
      tickets: Array.from({ length: 2 + random.below(4) }, (_, index) => {
        const ticket = makeTicket(index + 1, {
          atMs: 1_000 + random.below(120_000),
          expect: 'merged',
          value: { priority: random.below(5) },
        });
        const word = ['', '', ' flaw', ' broken'][random.below(4)] ?? '';
        return { ...ticket, script: { ...ticket.script, change: { [`src/part-${index + 1}.ts`]: `part${word}` } } };
      }),
      settleMs: 40 * MINUTE_MS,
    }),
    { swept: false },
  ),
];
