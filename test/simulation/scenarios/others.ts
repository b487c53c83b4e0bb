/** Scenarios of everybody else: a base that moves, people who take over or help, strangers, a forge that lies, a second bot. */
import { ACTS } from '../people/acts.ts';
import type { Corruption } from '../world/hub.ts';
import { MINUTE_MS, makePlan, makeTicket } from './make-plan.ts';
import { act, oneTicket, type Scenario, scenario, seconds } from './scenario.ts';

const { rules } = makePlan({ scenario: '', seed: 0 });
const PART = { 'src/part-1.ts': 'part 1' };
const CORRUPTIONS: readonly Corruption[] = ['wrong-base', 'dropped-change', 'empty', 'wrong-head', 'extra-change'];
const TAKE_OVER = [
  'to-backlog',
  'to-canceled',
  'archive',
  'stop',
  'stop-on-pull',
  'draft',
  'push',
  'close',
  'merge-by-hand',
  'retarget',
  'label-off',
  'to-done',
] as const;
const LABELLED = { project: { labels: ['bot'] }, value: { labels: ['bot'] } };

export const OTHERS: readonly Scenario[] = [
  scenario('conflict', () => ({
    tickets: oneTicket({ 'src/app.ts': 'app 2' }),
    acts: [act('clash-base', seconds(75))],
  })),
  scenario('clash', (random) => {
    const [one] = oneTicket({ 'src/shape.ts': 'shape 2' });
    const two = makeTicket(2, { atMs: 1_000 + random.below(30_000), expect: 'merged' });
    const needs = { 'src/user.ts': 'user\nneeds src/shape.ts=shape 1' };
    return { tickets: one === undefined ? [] : [one, { ...two, script: { ...two.script, change: needs } }] };
  }),
  scenario('base-moves', (random) => ({
    acts: [60, 90, 120, 150, 180].map((at) => act('move-base', seconds(at + random.below(25)))),
  })),
  scenario('base-moves-at-a-call', (random) => ({ acts: [act('move-base', { call: 14 + random.below(28) })] })),
  scenario('base-moves-unguarded', (random) => ({
    rules: { ...rules, strict: false },
    // What the lists show is late, so that only the look right before the merge can know.
    staleMs: 40_000,
    quietFromMs: 5 * MINUTE_MS,
    tickets: oneTicket(PART, {}, 'any'),
    acts: [act('move-base', seconds(100 + random.below(45)))],
  })),
  scenario('protected', () => ({
    tickets: oneTicket({ 'package.json': '{ "more": 1 }' }),
    acts: [act('approve-by-stranger', seconds(150)), act('approve-other', seconds(160)), act('approve', seconds(300))],
  })),
  scenario('protected-unapproved', () => ({
    tickets: oneTicket({ 'AGENTS.md': 'obey' }, {}, 'any'),
    acts: [act('approve-by-stranger', seconds(150)), act('approve-other', seconds(160))],
  })),
  scenario('approval-then-push', (random) => ({
    tickets: oneTicket({ '.github/workflows/ci.yml': 'on: push' }, {}, 'any'),
    acts: [act('approve', seconds(85)), act('push', seconds(90 + random.below(60))), act('resume', seconds(300))],
  })),
  scenario('stop-resume', (random) => {
    const at = 20 + random.below(130);
    return { acts: [act('stop', seconds(at)), act('resume', seconds(at + 100))] };
  }),
  scenario('away-and-back', (random) => {
    const at = 40 + random.below(100);
    return { acts: [act('to-backlog', seconds(at)), act('to-todo', seconds(at + 100))] };
  }),
  scenario(
    'taken-over',
    (random) => ({
      project: LABELLED.project,
      tickets: oneTicket(PART, {}, 'any').map((one) => ({ ...one, value: LABELLED.value })),
      acts: [act(TAKE_OVER[random.below(TAKE_OVER.length)] ?? 'stop', { call: 12 + random.below(33) })],
    }),
    { sweptSeed: 11 },
  ),
  scenario('meddling', (random) => ({
    project: LABELLED.project,
    tickets: oneTicket(PART, {}, 'any').map((one) => ({ ...one, value: LABELLED.value })),
    acts: Array.from({ length: 2 + random.below(5) }, () =>
      act(ACTS[random.below(ACTS.length)] ?? 'talk', { call: 3 + random.below(50) }),
    ),
    settleMs: 40 * MINUTE_MS,
  })),
  scenario('corrupted-merge', (random) => ({
    rules: { ...rules, corrupt: { merge: 0, how: CORRUPTIONS[random.below(CORRUPTIONS.length)] ?? 'empty' } },
    tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { atMs: 30_000 })],
  })),
  scenario(
    'stop-at-a-bad-merge',
    (random) => {
      const merge = 38 + random.below(4);
      return {
        rules: { ...rules, corrupt: { merge: 0, how: CORRUPTIONS[random.below(CORRUPTIONS.length)] ?? 'empty' } },
        tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { atMs: 200_000, expect: 'any' })],
        acts: [act('stop', { call: merge })],
        faults: [{ call: merge, fault: random.chance(0.5) ? ('slow' as const) : ('lost' as const) }],
        quietFromMs: 300_000,
      };
    },
    { wild: false },
  ),
  scenario('red-main', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [act('break-base', seconds(30 + random.below(90)))],
  })),
  scenario('peoples-pull', (random) => ({
    project: { reviewPullRequests: 'all' },
    acts: [act('open-own', seconds(5)), act('push-own', seconds(60 + random.below(60)))],
  })),
  scenario('merge-word', (random) => ({
    project: { reviewPullRequests: 'all' },
    acts: [act('open-own', seconds(5)), act('merge-word', seconds(20 + random.below(100)))],
  })),
  scenario('merge-word-then-push', (random) => ({
    project: { reviewPullRequests: 'all' },
    tickets: oneTicket(PART).map((one) => ({ ...one, atMs: 400_000 })),
    acts: [
      act('open-own', seconds(5)),
      act('merge-word-old', seconds(8)),
      act('merge-word', seconds(20 + random.below(10))),
      act('push-own', seconds(31 + random.below(8))),
    ],
  })),
  scenario('two-land-at-once', (random) => ({
    project: { reviewPullRequests: 'all' },
    rules: { ...rules, strict: false },
    acts: [act('open-own', seconds(30)), act('merge-word', seconds(60 + random.below(60)))],
  })),
  scenario('remarks', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [
      act('open-thread', seconds(75 + random.below(50))),
      act('talk-on-pull', seconds(100 + random.below(60))),
      act('ask-in-thread', seconds(90 + random.below(60))),
      act('resolve-threads', seconds(600)),
    ],
  })),
  scenario('many-remarks', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [
      ...Array.from({ length: 8 }, (_, index) => act('ask-in-thread', seconds(70 + 2 * index))),
      ...Array.from({ length: 18 }, (_, index) => act('talk-on-pull', seconds(80 + index + random.below(40)))),
      act('resolve-threads', seconds(900)),
    ],
    settleMs: 40 * MINUTE_MS,
  })),
  scenario('outdated-threads', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [
      act('open-thread', seconds(75 + random.below(40))),
      act('outdate-threads', seconds(80 + random.below(120))),
      act('resolve-threads', seconds(600)),
    ],
  })),
  scenario('back-to-todo-at-the-merge', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [act('to-todo', { call: 26 + random.below(20) })],
    settleMs: 40 * MINUTE_MS,
  })),
  scenario('strangers', () => ({
    tickets: [
      makeTicket(1, { by: 'stranger', expect: 'never-started' }),
      makeTicket(2, { by: 'forge', expect: 'never-started' }),
      makeTicket(3, { value: { blockers: [{ id: 'issue-ENG-900', key: 'ENG-900', settled: false }] } }),
      makeTicket(4, { expect: 'merged' }),
    ],
  })),
  scenario('push-during-a-round', (random) => ({
    tickets: oneTicket({ 'src/part-1.ts': 'part 1 flaw' }, {}, 'any'),
    acts: [act('push', seconds(115 + random.below(35)))],
  })),
  scenario('squatter', (random) => ({
    tickets: oneTicket(PART, {}, 'any'),
    acts: [act('open-on-ours', { call: 18 + (random.chance(0.7) ? 0 : random.below(4)) })],
  })),
  scenario(
    'dragged',
    (random) => ({
      tickets: oneTicket(PART, {}, 'any'),
      acts: [
        act(random.chance(0.5) ? 'to-backlog' : 'to-canceled', {
          call: random.chance(0.5) ? 5 + random.below(6) : 18 + random.below(12),
        }),
      ],
    }),
    { sweptSeed: 5 },
  ),
  scenario('clash-unguarded', () => {
    const [one] = oneTicket({ 'src/shape.ts': 'shape 2' }, {}, 'any');
    const two = makeTicket(2);
    const needs = { 'src/user.ts': 'user\nneeds src/shape.ts=shape 1' };
    return {
      rules: { ...rules, strict: false },
      tickets: one === undefined ? [] : [one, { ...two, script: { ...two.script, change: needs } }],
    };
  }),
  scenario('red-main-later', (random) => ({
    tickets: oneTicket(PART, { stepMs: 60_000 }, 'any'),
    acts: [act('break-base', seconds(20 + random.below(60)))],
  })),
  scenario(
    'skewed',
    (random) => {
      const atMs = 20_000 + random.below(60_000);
      const faults = Array.from({ length: 40 }, (_, index) => ({ call: 5 + index * 3, fault: 'unreachable' as const }));
      return {
        faults,
        quietFromMs: 600_000,
        skews: [
          { atMs, skewMs: 86_400_000 },
          { atMs: atMs + 90_000, skewMs: 0 },
        ],
      };
    },
    { wild: false },
  ),
  scenario(
    'slow-services',
    (random) => ({
      tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { atMs: 5_000 })],
      acts: [act('stop', seconds(150 + random.below(250)))],
      faults: Array.from({ length: 90 }, (_, index) => ({
        call: 6 + index * 2 + random.below(2),
        fault: 'slow' as const,
      })),
      quietFromMs: 1_500_000,
    }),
    { wild: false },
  ),
  scenario(
    'late-review',
    (random) => ({
      // What posts a review takes its time, and the bot dies meanwhile, at a write for the other issue.
      tickets: [...oneTicket(PART, {}, 'any'), makeTicket(2, { atMs: 3_000 + random.below(30_000), expect: 'any' })],
      faults: Array.from({ length: 20 }, (_, index) => ({ call: 38 + index, fault: 'slow' as const })).filter(() =>
        random.chance(0.25),
      ),
      kills: [160 + random.below(60)],
      quietFromMs: 300_000,
    }),
    { wild: false },
  ),
  scenario(
    'given-up-too-early',
    (random) => ({
      // Connections break while GitHub is still at work on what was sent; and there is enough to do to look again soon.
      tickets: [1, 2, 3, 4].map((nth) => makeTicket(nth, { atMs: random.below(60_000), expect: 'any' })),
      faults: Array.from({ length: 200 }, (_, index) => ({ call: 30 + index, fault: 'late' as const })).filter(() =>
        random.chance(0.2),
      ),
      quietFromMs: 500_000,
    }),
    { wild: false, swept: false },
  ),
  scenario(
    'second-thoughts',
    (random) => ({
      tickets: oneTicket(PART, {}, 'any'),
      acts: [act('stop', seconds(100)), act('resume', seconds(200)), act('stop', seconds(205 + random.below(60)))],
      faults: Array.from({ length: 40 }, (_, index) => ({ call: 30 + index, fault: 'unreachable' as const })).filter(
        () => random.chance(0.4),
      ),
      quietFromMs: 400_000,
    }),
    { wild: false },
  ),
  scenario(
    'protected-in-trouble',
    (random) => ({
      tickets: oneTicket({ 'package.json': '{ "more": 1 }' }),
      acts: [act('approve', { call: 50 + random.below(10) })],
      faults: Array.from({ length: 12 }, (_, index) => ({
        call: 48 + index * 2 + random.below(2),
        fault: 'unreachable' as const,
      })),
      quietFromMs: 1_200_000,
    }),
    { wild: false },
  ),
  scenario('two-bots', () => ({ bots: 2 })),
  scenario(
    'late-approval',
    () => ({
      tickets: oneTicket({ 'package.json': '{ "more": 1 }' }, {}, 'any'),
      limits: { approvalHoursMax: 1 },
      ci: { name: 'test', delayMs: [4_000_000, 4_200_000], flakiness: 0, odd: {} },
      acts: [act('approve', seconds(90))],
      settleMs: 90 * MINUTE_MS,
    }),
    { wild: false },
  ),
];
