/** What holds for whole decisions: duties, slots, and lives of issues under random people, agents, CI and failures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../src/decide/decide.ts';
import { DUTIES, type Duty } from '../../src/domain/pipeline.ts';
import type { CheckState } from '../../src/domain/pull-request.ts';
import {
  deepFreeze,
  HEAD,
  ledger,
  MALLORY,
  makeBoard,
  makeDiff,
  makeEffect,
  makeIssue,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSettings,
  makeSnapshot,
  makeVerdict,
  REPOSITORY,
  ROBOT,
  STATES,
} from './make.ts';
import { type Ending, type Fault, Outside } from './outside.ts';

/** An issue that may merge this moment, beside one that may start. */
const READY = deepFreeze(
  makeSnapshot({
    board: makeBoard([
      makeIssue({ state: STATES.review, lastMove: null, id: 'issue-1' }),
      makeIssue({ id: 'issue-2', key: 'ENG-2' }),
    ]),
    repositories: new Map([
      [
        REPOSITORY,
        {
          known: true,
          value: makeRepository({
            pullRequests: [makePullRequest()],
            diffs: new Map([[`${makePullRequest().base}..${HEAD}`, makeDiff()]]),
          }),
        },
      ],
    ]),
    records: [makeRecord({ head: HEAD, pullRequest: 7, claimedMove: 'created:issue-1' })],
    runs: [makeRun()],
    verdicts: [makeVerdict()],
    effects: ledger(
      makeEffect({ key: `push:issue-1:1:${HEAD}`, kind: 'push-branch', outsideId: HEAD }),
      makeEffect({ key: 'open:issue-1:1', kind: 'open-pull-request', outsideId: '7' }),
      makeEffect({ key: 'link:issue-1:1', kind: 'link-pull-request' }),
      makeEffect({ key: 'move:issue-1:1:started', kind: 'move-issue' }),
      makeEffect({ key: 'move:issue-1:1:review', kind: 'move-issue' }),
      makeEffect({ key: 'review:verdict-1', kind: 'post-review' }),
      makeEffect({ key: `status:${REPOSITORY}:${HEAD}:verdict-1`, kind: 'set-status' }),
    ),
  }),
);

const kindsOf = (off: readonly Duty[]): readonly string[] =>
  decide({ ...READY, duties: new Set(DUTIES.filter((duty) => !off.includes(duty))) })
    .actions.map((action) => action.kind)
    .filter((kind) => kind !== 'progress-comment');

describe('a duty', () => {
  const rows: readonly { readonly off: readonly Duty[]; readonly kinds: readonly string[] }[] = [
    { off: [], kinds: ['merge', 'claim'] },
    { off: ['merge'], kinds: ['claim'] },
    { off: ['care'], kinds: ['claim'] },
    { off: ['dispatch'], kinds: ['merge'] },
    { off: ['merge', 'dispatch'], kinds: [] },
    { off: [...DUTIES], kinds: [] },
  ];
  for (const { off, kinds } of rows) {
    it(`${off.length === 0 ? 'none switched off' : `${off.join(' and ')} off`}: ${kinds.join(', ') || 'nothing'} is done`, () => {
      assert.deepEqual(kindsOf(off), kinds);
    });
  }

  it('that is off still shows every issue, with a reason', () => {
    for (const duty of DUTIES) {
      const { issues } = decide({ ...READY, duties: new Set(DUTIES.filter((one) => one !== duty)) });
      assert.ok(issues.some((view) => view.key === 'ENG-1' && view.verdict.reason !== ''));
    }
  });
});

/** One thing that may happen between two turns. */
type Act =
  | { readonly do: 'move'; readonly state: keyof typeof STATES; readonly by: 'person' | 'robot' | 'stranger' }
  | { readonly do: 'say'; readonly word: 'stop' | 'resume' | 'retry' | 'answer' | 'approve' }
  | { readonly do: 'push' | 'close' | 'reopen' | 'merge' | 'land' | 'rerun' | 'archive' }
  | { readonly do: 'linear' | 'github' | 'lag' };

const someAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      state: fc.constantFrom(...states()),
      by: fc.constantFrom('person', 'robot', 'stranger'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      word: fc.constantFrom('stop', 'resume', 'retry', 'answer', 'approve'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('push', 'close', 'reopen', 'land', 'rerun') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('merge', 'archive') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('linear', 'github', 'lag') }) },
);

const someEnding: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('work' as const), clash: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('nothing-new', 'failed', 'timed-out', 'stalled', 'awaiting-human', 'busy'),
    }),
  },
);
const someReview: fc.Arbitrary<Ending> = fc.record({
  kind: fc.constantFrom('approve', 'approve', 'approve', 'request-changes', 'failed', 'awaiting-human', 'busy'),
});
const someCi: fc.Arbitrary<CheckState | null> = fc.constantFrom(
  'success',
  'success',
  'success',
  'failure',
  'cancelled',
  null,
);
const someFault: fc.Arbitrary<Fault> = fc.constantFrom(
  'none',
  'none',
  'none',
  'none',
  'none',
  'lost',
  'unreachable',
  'refused',
  'killed-before-row',
);

const life = fc.record({
  acts: fc.array(fc.tuple(fc.nat({ max: 25 }), fc.constantFrom('ENG-1', 'ENG-2'), someAct), { maxLength: 8 }),
  work: fc.array(someEnding, { maxLength: 6 }),
  reviews: fc.array(someReview, { maxLength: 6 }),
  ci: fc.array(someCi, { maxLength: 6 }),
  faults: fc.array(someFault, { maxLength: 25 }),
  budget: fc.constantFrom(400_000, 5_000_000),
  integration: fc.boolean(),
});

describe('any two lives of issues', () => {
  it('settle, land at most once an attempt, at heads that were reviewed and checked, and nothing is lost or overwritten', () => {
    fc.assert(
      fc.property(life, (told) => {
        const outside = live(told);
        assert.deepEqual(outside.violations, []);
        for (const record of outside.records) {
          const view = outside.turn().issues.find((one) => one.issueId === record.issueId);
          assert.ok(view !== undefined && view.verdict.reason !== '', `${record.key} is silent`);
        }
        const numbers = outside.landings.map((landing) => landing.number);
        assert.deepEqual([...new Set(numbers)], numbers, 'a pull request lands once');
        const pulls = [...outside.pulls.values()].map((pull) => pull.branch);
        assert.deepEqual([...new Set(pulls)], pulls, 'one pull request for each attempt');
        for (const record of outside.records) {
          if (record.phase === 'done') assert.ok(record.mergeVerified, `${record.key} is done unverified`);
          if (record.phase === 'parked' || record.phase === 'cancelled')
            assert.notEqual(record.reason ?? '', '', `${record.key} does not say why`);
        }
      }),
      { numRuns: 400, seed: 7 },
    );
  });
});

/** Turns go on while things happen; then nothing goes wrong any more, and it has to come to rest. */
function live(told: typeof life extends fc.Arbitrary<infer T> ? T : never): Outside {
  const endings = [...told.work];
  const reviews = [...told.reviews];
  const ci = [...told.ci];
  const faults = [...told.faults];
  const settings = makeSettings({ budget: { issueMicroUsdMax: told.budget, dayMicroUsdMax: 50_000_000 } });
  const outside = new Outside(
    {
      work: () => endings.shift() ?? { kind: 'work' },
      review: () => reviews.shift() ?? { kind: 'approve' },
      ci: () => ci.shift() ?? 'success',
      fault: () => faults.shift() ?? 'none',
    },
    settings,
  );
  outside.integration = told.integration;
  outside.put('ENG-1');
  outside.put('ENG-2', { priority: 1 });
  for (let turn = 0; turn <= 25; turn += 1) {
    for (const [at, key, act] of told.acts) if (at === turn) perform(outside, key, act);
    outside.turn();
  }
  outside.linearDown = false;
  outside.githubDown = false;
  outside.settle(400);
  return outside;
}

function perform(outside: Outside, key: string, act: Act): void {
  const record = outside.records.find((one) => one.key === key);
  const pull = outside.pulls.get(record?.pullRequest ?? -1);
  switch (act.do) {
    case 'move':
      outside.move(key, STATES[act.state], { person: undefined, robot: ROBOT, stranger: MALLORY }[act.by]);
      return;
    case 'say':
      if (act.word === 'approve') {
        if (pull !== undefined) outside.say(key, `/approve ${pull.head}`);
      } else outside.say(key, act.word === 'answer' ? '/answer Yes.' : `/${act.word}`);
      return;
    case 'push':
      if (pull?.state === 'open') outside.personPushes(pull.branch);
      return;
    case 'close':
      if (pull?.state === 'open') outside.changePull(pull.number, { state: 'closed' });
      return;
    case 'reopen':
      if (pull?.state === 'closed') outside.changePull(pull.number, { state: 'open' });
      return;
    case 'merge':
      if (pull?.state === 'open') outside.land(pull.number, 'person');
      return;
    case 'land':
      outside.personPushes('main');
      return;
    case 'rerun':
      if (pull !== undefined) outside.ci.set(pull.head, 'running');
      return;
    case 'archive':
      outside.edit(key, { archived: true });
      return;
    case 'linear':
      outside.linearDown = !outside.linearDown;
      return;
    case 'github':
      outside.githubDown = !outside.githubDown;
      return;
    case 'lag':
      outside.lagging = !outside.lagging;
      return;
  }
}

function states(): readonly (keyof typeof STATES)[] {
  return ['backlog', 'todo', 'started', 'done', 'canceled'];
}
