/** Who and what may start work: kinds of actors against kinds of triggers, and one row for every other rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import { type EligibleFacts, eligible } from '../../src/decide/eligible.ts';
import { byPriority } from '../../src/decide/order.ts';
import type { Actor, Issue } from '../../src/domain/issue.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import {
  ADA,
  childOf,
  MALLORY,
  makeBoard,
  makeCommand,
  makeIssue,
  makeMove,
  makeProject,
  makeRecord,
  makeRepository,
  makeSettings,
  makeSnapshot,
  NOW,
  PEOPLE,
  ROBOT,
  STATES,
} from './make.ts';

const FINE: EligibleFacts = {
  issue: makeIssue(),
  project: makeProject(),
  states: Object.values(STATES),
  people: PEOPLE,
  repository: { known: true, value: makeRepository() },
  record: null,
  stoppedBy: null,
  brokeBecause: null,
};

const nobody: Actor = { kind: 'person', id: 'user-x', name: 'Ada', email: null };
const shouting: Actor = { kind: 'person', id: 'user-ada', name: 'Ada', email: 'ADA@ACME.TEST' };
const namesake: Actor = { kind: 'person', id: 'user-y', name: 'Ada', email: 'ada@else.test' };
const integration: Actor = { kind: 'automation', name: 'Slack' };

const ACTORS: readonly {
  readonly who: string;
  readonly actor: Actor;
  readonly starts: boolean;
  readonly says: RegExp;
}[] = [
  { who: 'a person on the list', actor: ADA, starts: true, says: /^Ada (moved|created) it here\.$/ },
  { who: 'the same person in capitals', actor: shouting, starts: true, says: /^Ada/ },
  {
    who: 'a person who is not on the list',
    actor: MALLORY,
    starts: false,
    says: /Mallory <mallory@else\.test> .* not in `people`/,
  },
  { who: 'a namesake with another address', actor: namesake, starts: false, says: /not in `people`/ },
  { who: 'a person without an address', actor: nobody, starts: false, says: /not in `people`/ },
  { who: 'an automation', actor: ROBOT, starts: false, says: /by an automation \(GitHub\)/ },
  { who: 'an app', actor: integration, starts: false, says: /by an automation \(Slack\)/ },
];

const TRIGGERS: readonly { readonly how: string; readonly issue: (actor: Actor) => Issue }[] = [
  { how: 'moved it to Todo', issue: (actor) => makeIssue({ creator: MALLORY, lastMove: makeMove({ actor }) }) },
  { how: 'moved what Ada created', issue: (actor) => makeIssue({ creator: ADA, lastMove: makeMove({ actor }) }) },
  { how: 'created it in Todo', issue: (actor) => makeIssue({ creator: actor, lastMove: null }) },
];

describe('who may start work', () => {
  for (const { who, actor, starts, says } of ACTORS) {
    for (const { how, issue } of TRIGGERS) {
      it(`${who} who ${how}: ${starts ? 'yes' : 'no'}`, () => {
        const verdict = eligible({ ...FINE, issue: issue(actor) });
        assert.equal(verdict.status, starts ? 'yes' : 'no');
        assert.match(childOf(verdict, 'mover').reason, says);
        const snapshot = makeSnapshot({
          board: makeBoard([issue(actor)]),
        });
        const claims = decide(snapshot).actions.filter((action) => action.kind === 'claim');
        assert.equal(claims.length, starts ? 1 : 0);
      });
    }
  }

  it('is nobody when the list is empty, nor anybody listed for GitHub alone', () => {
    assert.equal(eligible({ ...FINE, people: [] }).status, 'no');
    assert.equal(eligible({ ...FINE, people: [{ name: 'Ada', linear: null, github: 'ada' }] }).status, 'no');
    const none: Actor = { kind: 'person', id: 'u', name: 'Nobody', email: null };
    const issue = makeIssue({ lastMove: makeMove({ actor: none }) });
    assert.equal(eligible({ ...FINE, issue, people: [{ name: 'Ada', linear: null, github: null }] }).status, 'no');
  });
});

interface Row {
  readonly rule: string;
  readonly when: string;
  readonly facts: Partial<EligibleFacts>;
  readonly status: Verdict['status'];
  readonly says: RegExp;
}

const blocked = (...settled: readonly boolean[]): Partial<EligibleFacts> => ({
  issue: makeIssue({ blockers: settled.map((one, at) => ({ id: `b${at}`, key: `ENG-${at + 2}`, settled: one })) }),
});

const ROWS: readonly Row[] = [
  {
    rule: 'state',
    when: 'Todo was renamed',
    facts: { states: [STATES.backlog, STATES.done] },
    status: 'no',
    says: /no state "Todo" \(it has: Backlog, Done\)\. Correct projects\.shop\.states\.todo/,
  },
  {
    rule: 'state',
    when: 'it is in another state',
    facts: { issue: makeIssue({ state: STATES.backlog }) },
    status: 'no',
    says: /is in Backlog; work starts from Todo/,
  },
  {
    rule: 'state',
    when: 'it is archived',
    facts: { issue: makeIssue({ archived: true }) },
    status: 'no',
    says: /is archived/,
  },
  {
    rule: 'selection',
    when: 'it is in another Linear project',
    facts: { project: makeProject({ linearProject: 'Shop' }) },
    status: 'no',
    says: /not in the Linear project "Shop"/,
  },
  {
    rule: 'selection',
    when: 'it lacks a label',
    facts: { project: makeProject({ labels: ['bot', 'small'] }), issue: makeIssue({ labels: ['bot'] }) },
    status: 'no',
    says: /lacks the label "small"/,
  },
  {
    rule: 'selection',
    when: 'it is assigned to somebody else',
    facts: { project: makeProject({ assignee: 'Bot@acme.test' }) },
    status: 'no',
    says: /neither assigned nor delegated to Bot@acme\.test/,
  },
  {
    rule: 'selection',
    when: 'it is delegated to the bot, in another spelling',
    facts: { project: makeProject({ assignee: 'Bot@acme.test' }), issue: makeIssue({ assignees: ['bot@acme.test'] }) },
    status: 'yes',
    says: /Belongs to project shop/,
  },
  {
    rule: 'ticket',
    when: 'it has no title',
    facts: { issue: makeIssue({ title: ' ' }) },
    status: 'no',
    says: /has no title/,
  },
  {
    rule: 'ticket',
    when: 'its description is empty',
    facts: { issue: makeIssue({ description: ' \n ' }) },
    status: 'no',
    says: /has no description: say what should change/,
  },
  {
    rule: 'fresh',
    when: 'this very move was claimed before',
    facts: { record: makeRecord({ phase: 'cancelled', reason: 'Ada said /stop.' }) },
    status: 'no',
    says: /taken up already \(Ada said \/stop\.\)\. Move it away and back/,
  },
  {
    rule: 'fresh',
    when: 'it was moved here again',
    facts: { record: makeRecord({ phase: 'done', claimedMove: 'move-0' }) },
    status: 'yes',
    says: /again after attempt 1/,
  },
  {
    rule: 'fresh',
    when: 'it was created here and claimed already',
    facts: {
      issue: makeIssue({ lastMove: null }),
      record: makeRecord({ phase: 'cancelled', claimedMove: 'created:issue-1' }),
    },
    status: 'no',
    says: /taken up already\. Move it/,
  },
  {
    rule: 'stop',
    when: 'somebody said /stop before it started',
    facts: { stoppedBy: 'Ada' },
    status: 'no',
    says: /Ada said \/stop\. Move ENG-1 away and back/,
  },
  {
    rule: 'blockers',
    when: 'one of two blockers is open',
    facts: blocked(true, false),
    status: 'wait',
    says: /Blocked by ENG-3\.$/,
  },
  {
    rule: 'blockers',
    when: 'all blockers are settled',
    facts: blocked(true, true),
    status: 'yes',
    says: /Nothing blocks/,
  },
  {
    rule: 'repository',
    when: 'the repository was not read',
    facts: { repository: undefined },
    status: 'wait',
    says: /has not been read yet/,
  },
  {
    rule: 'repository',
    when: 'GitHub is down',
    facts: { repository: { known: false, reason: 'No answer.', kind: 'unreachable', since: 0 } },
    status: 'wait',
    says: /cannot be read: No answer/,
  },
  {
    rule: 'money',
    when: 'the day is spent',
    facts: { brokeBecause: 'Nothing left today.' },
    status: 'wait',
    says: /Nothing left/,
  },
];

describe('what may start', () => {
  it('is everything in order', () => {
    assert.equal(eligible(FINE).status, 'yes');
  });

  for (const row of ROWS) {
    it(`${row.rule}: ${row.status} when ${row.when}`, () => {
      const verdict = eligible({ ...FINE, ...row.facts });
      assert.equal(childOf(verdict, row.rule).status, row.status);
      assert.match(childOf(verdict, row.rule).reason, row.says);
      assert.equal(verdict.status, row.status);
    });
  }
});

describe('said before the start', () => {
  const at = (verb: 'stop' | 'resume' | 'retry', agoMs: number, commentId: string) =>
    makeCommand({ kind: verb }, { at: NOW - agoMs, commentId });
  const moved = 60_000;
  const rows = [
    { when: 'nothing', commands: [], starts: true, settles: [] },
    { when: '/stop', commands: [at('stop', 5_000, 'c1')], starts: false, settles: [] },
    { when: '/stop before the move here', commands: [at('stop', moved + 1, 'c1')], starts: true, settles: [] },
    {
      when: '/stop, then /resume',
      commands: [at('stop', 5_000, 'c1'), at('resume', 4_000, 'c2')],
      starts: true,
      settles: ['c1', 'c2'],
    },
    {
      when: '/resume, then /stop',
      commands: [at('resume', 5_000, 'c1'), at('stop', 4_000, 'c2')],
      starts: false,
      settles: ['c1'],
    },
    {
      when: '/stop, then an answer to nothing',
      commands: [
        at('stop', 5_000, 'c1'),
        makeCommand({ kind: 'answer', text: 'Yes.' }, { at: NOW - 4_000, commentId: 'c2' }),
      ],
      starts: false,
      settles: ['c2'],
    },
  ];
  for (const before of [null, makeRecord({ phase: 'cancelled', claimedMove: 'move-0', movedAt: NOW - 900_000 })]) {
    for (const { when, commands, starts, settles } of rows) {
      it(`${when}${before === null ? '' : ', for the second attempt'}: ${starts ? 'starts' : 'does not start'}`, () => {
        const { actions } = decide(
          makeSnapshot({
            board: makeBoard([makeIssue()]),
            records: before === null ? [] : [before],
            commands,
          }),
        );
        assert.equal(
          actions.some((action) => action.kind === 'claim'),
          starts,
        );
        const settled = actions.flatMap((action) => (action.kind === 'settle-command' ? [action.commentId] : []));
        const older = before === null ? [] : commands.filter((one) => one.at < NOW - moved).map((one) => one.commentId);
        assert.deepEqual(settled, [...older, ...settles]);
      });
    }
  }
});

describe('the order of what waits', () => {
  it('is priority 1 to 4 then none, the oldest, the key by its number', () => {
    const issues = [
      makeIssue({ key: 'ENG-10', priority: 0 }),
      makeIssue({ key: 'ENG-9', priority: 0, createdAt: 1 }),
      makeIssue({ key: 'ENG-11', priority: 4 }),
      makeIssue({ key: 'ENG-12', priority: 1 }),
      makeIssue({ key: 'ENG-2', priority: 0 }),
    ];
    assert.deepEqual(
      issues.sort(byPriority).map((issue) => issue.key),
      ['ENG-12', 'ENG-11', 'ENG-9', 'ENG-2', 'ENG-10'],
    );
  });

  it('gives the last slot to the more urgent, and the other says what it waits for', () => {
    const { dev } = makeSettings().roles;
    assert.ok(dev);
    const settings = makeSettings({ roles: { dev: { ...dev, concurrencyMax: 1 } } });
    const issues = [
      makeIssue({ id: 'late', key: 'ENG-1', priority: 3 }),
      makeIssue({ id: 'soon', key: 'ENG-2', priority: 1 }),
    ];
    const board = makeBoard(issues);
    const decision = decide(makeSnapshot({ settings, board }));
    const claims = decision.actions.flatMap((action) => (action.kind === 'claim' ? [action.record.key] : []));
    assert.deepEqual(claims, ['ENG-2']);
    const late = decision.issues.find((view) => view.key === 'ENG-1');
    assert.equal(late?.verdict.status, 'wait');
    assert.match(late?.verdict.reason ?? '', /All 1 dev slots are taken/);
  });
});
