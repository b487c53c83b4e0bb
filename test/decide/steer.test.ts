/** Each word a person can say against each phase an issue can be in, and that none of them sets the bot flapping. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import { type SteerFacts, steer } from '../../src/decide/steer.ts';
import type { Action, RecordChange } from '../../src/domain/action.ts';
import { type CommandVerb, parseCommand } from '../../src/domain/command.ts';
import type { Phase } from '../../src/domain/issue-record.ts';
import {
  HEAD,
  ledger,
  makeBoard,
  makeCommand,
  makeEffect,
  makeIssue,
  makeMove,
  makePullRequest,
  makeRecord,
  makeRun,
  makeSnapshot,
  NOW,
  STATES,
  sha,
} from './make.ts';

const FACTS: SteerFacts = {
  now: NOW,
  command: makeCommand({ kind: 'stop' }),
  record: makeRecord({ head: HEAD, pullRequest: 7 }),
  pullRequest: makePullRequest({ head: sha(0xcafe) }),
  runs: [],
};

const GO_ON = { phase: 'active', reason: null, resumedAt: NOW, head: sha(0xcafe) } as const;
const STOPPED = {
  phase: 'cancelled',
  reason: 'Ada said /stop. Comment /resume to go on.',
  stoppedAt: NOW - 1_000,
} as const;
const ANSWERED = { phase: 'active', reason: null, resumedAt: NOW } as const;

/** What the row becomes, or the sentence the command is settled with, or that it is left for a later turn. */
type Outcome = RecordChange | RegExp | 'later';

const TABLE: Readonly<Record<string, { readonly verb: CommandVerb } & Readonly<Record<Phase, Outcome>>>> = {
  '/stop': { verb: { kind: 'stop' }, active: STOPPED, parked: STOPPED, cancelled: /^Stopped\.$/, done: /done already/ },
  '/resume': { verb: { kind: 'resume' }, active: GO_ON, parked: GO_ON, cancelled: GO_ON, done: /is done/ },
  '/retry': {
    verb: { kind: 'retry' },
    active: { ...GO_ON, roundsFrom: NOW },
    parked: { ...GO_ON, roundsFrom: NOW },
    cancelled: { ...GO_ON, roundsFrom: NOW },
    done: /is done/,
  },
  '/answer': {
    verb: { kind: 'answer', text: 'Use cents.' },
    active: 'later',
    parked: ANSWERED,
    cancelled: ANSWERED,
    done: /is done/,
  },
};

function outcomeOf(actions: readonly Action[]): RecordChange | string | null {
  const [action] = actions;
  if (action === undefined) return null;
  if (action.kind === 'update-record') return action.change;
  return action.kind === 'settle-command' ? action.outcome : action.kind;
}

describe('a word from a person', () => {
  for (const [word, { verb, ...phases }] of Object.entries(TABLE)) {
    for (const phase of ['active', 'parked', 'cancelled', 'done'] as const) {
      const expected = phases[phase];
      it(`${word} on an issue that is ${phase}`, () => {
        const record = { ...FACTS.record, phase };
        const outcome = outcomeOf(steer({ ...FACTS, record, command: makeCommand(verb) }));
        if (expected === 'later') assert.equal(outcome, null);
        else if (expected instanceof RegExp) assert.match(String(outcome), expected);
        else assert.deepEqual(outcome, expected);
      });
    }
  }

  it('/stop ends what runs, and is settled only when nothing runs any more', () => {
    const runs = [makeRun({ id: 'live', state: 'running', result: null })];
    const first = steer({ ...FACTS, runs });
    assert.deepEqual(
      first.map((action) => action.kind),
      ['update-record', 'cancel-run'],
    );
    const record = { ...FACTS.record, phase: 'cancelled' } as const;
    assert.deepEqual(
      steer({ ...FACTS, record, runs }).map((action) => action.kind),
      ['cancel-run'],
    );
    assert.match(String(outcomeOf(steer({ ...FACTS, record }))), /Stopped/);
  });

  it('/resume is settled once it has been carried out, and takes no head while nothing is pushed', () => {
    const record = { ...FACTS.record, resumedAt: NOW };
    assert.match(String(outcomeOf(steer({ ...FACTS, record, command: makeCommand({ kind: 'resume' }) }))), /resumed/);
    const fresh = { ...FACTS.record, head: null };
    const change = outcomeOf(steer({ ...FACTS, record: fresh, command: makeCommand({ kind: 'resume' }) }));
    assert.deepEqual(change, { phase: 'active', reason: null, resumedAt: NOW });
  });

  it('/resume adopts no head of a closed pull request', () => {
    const pullRequest = makePullRequest({ state: 'closed' });
    const change = outcomeOf(steer({ ...FACTS, pullRequest, command: makeCommand({ kind: 'resume' }) }));
    assert.deepEqual(change, { phase: 'active', reason: null, resumedAt: NOW });
  });

  it('/resume, /retry and /approve wait while GitHub cannot be read: which head they mean is seen there', () => {
    for (const verb of [{ kind: 'resume' }, { kind: 'retry' }, { kind: 'approve', sha: HEAD }] as const)
      assert.deepEqual(steer({ ...FACTS, pullRequest: null, command: makeCommand(verb) }), []);
  });

  it('/answer is settled once a run carries it', () => {
    const command = makeCommand({ kind: 'answer', text: 'Use cents.' });
    const runs = [makeRun({ cause: { kind: 'answer', commentId: 'comment-1', by: 'Ada', text: 'Use cents.' } })];
    assert.match(String(outcomeOf(steer({ ...FACTS, command, runs }))), /Handed to the agent/);
  });

  it('/answer does not wake what was parked again after it: it waits for /resume', () => {
    const command = makeCommand({ kind: 'answer', text: 'Use cents.' });
    const record = { ...FACTS.record, phase: 'parked', resumedAt: command.at + 1 } as const;
    assert.deepEqual(steer({ ...FACTS, record, command }), []);
  });
});

describe('/approve', () => {
  const head = sha(0xcafe);
  const approve = (sha: string, value: Partial<SteerFacts> = {}) =>
    outcomeOf(steer({ ...FACTS, command: makeCommand({ kind: 'approve', sha }), ...value }));

  it('binds the permission to the whole head and to when it was given', () => {
    const approvals = [{ sha: head, by: 'Ada', at: NOW - 1_000 }];
    assert.deepEqual(approve(head.slice(0, 7)), { approvals });
    assert.match(String(approve(head, { record: { ...FACTS.record, approvals } })), /Ada approved 000cafe/);
  });

  it('is given once although the comment carries a later time than our clock', () => {
    const command = makeCommand({ kind: 'approve', sha: head }, { at: NOW + 60_000 });
    const [first] = steer({ ...FACTS, command });
    assert.ok(first?.kind === 'update-record');
    const record = { ...FACTS.record, ...first.change };
    assert.match(String(outcomeOf(steer({ ...FACTS, command, record, now: NOW + 1_000 }))), /approved/);
  });

  it('of another head, or without a pull request, is settled and permits nothing', () => {
    assert.match(String(approve(HEAD)), /does not name the head, which is 000cafe/);
    const record = { ...FACTS.record, pullRequest: null };
    assert.match(String(approve(head, { record, pullRequest: null })), /no pull request to approve/);
  });
});

describe('a comment', () => {
  const rows: readonly (readonly [string, CommandVerb | null])[] = [
    ['/stop', { kind: 'stop' }],
    ['please\n  /STOP now', { kind: 'stop' }],
    ['we should /stop', null],
    ['/stopped', null],
    ['> /stop', null],
    ['/approve 000cafe', { kind: 'approve', sha: '000cafe' }],
    ['/approve 000CAFE', { kind: 'approve', sha: '000cafe' }],
    ['/approve 000caf', null],
    ['/approve', null],
    ['/approve main', null],
    ['/answer Use cents.\nAnd round half up.', { kind: 'answer', text: 'Use cents.\nAnd round half up.' }],
    ['/answer', null],
    ['/resume\n/stop', { kind: 'resume' }],
    ['nothing', null],
  ];
  for (const [body, verb] of rows) {
    it(`${JSON.stringify(body)} says ${verb === null ? 'nothing' : `/${verb.kind}`}`, () => {
      assert.deepEqual(parseCommand(body), verb);
    });
  }
});

describe('words that cannot hold', () => {
  const board = (issue: ReturnType<typeof makeIssue>) => makeBoard([issue]);
  const gone = makeIssue({ state: STATES.canceled, lastMove: makeMove({ historyId: 'move-2' }) });
  const record = makeRecord({ phase: 'cancelled', reason: 'Ada moved ENG-1 to Canceled.' });

  for (const verb of [{ kind: 'resume' }, { kind: 'retry' }, { kind: 'answer', text: 'Go.' }] as const) {
    it(`/${verb.kind} on an issue that a person moved away is settled with the way back`, () => {
      const { actions } = decide(
        makeSnapshot({ board: board(gone), records: [record], commands: [makeCommand(verb)] }),
      );
      assert.equal(actions.filter((action) => action.kind === 'update-record').length, 0);
      const settled = actions.find((action) => action.kind === 'settle-command');
      assert.match(settled?.outcome ?? '', /Ada moved ENG-1 to Canceled\. Move it to the state work starts from/);
    });
  }

  it('wait while Linear is silent, for nobody knows whether the issue is still ours', () => {
    const { actions } = decide(
      makeSnapshot({
        board: { known: false, reason: 'No answer.', kind: 'unreachable', since: 0 },
        records: [record],
        commands: [makeCommand({ kind: 'resume' })],
      }),
    );
    assert.deepEqual(
      actions.filter((action) => action.kind === 'update-record' || action.kind === 'settle-command'),
      [],
    );
  });

  it('older than the move that started this attempt are settled', () => {
    const command = makeCommand({ kind: 'stop' }, { at: record.movedAt - 1 });
    const { actions } = decide(
      makeSnapshot({ board: board(makeIssue()), records: [makeRecord()], commands: [command] }),
    );
    const settled = actions.find((action) => action.kind === 'settle-command');
    assert.match(settled?.outcome ?? '', /Older than the move/);
  });

  it('/stop on the pull request of an earlier attempt stops the issue, and nothing else said there does', () => {
    const on = { kind: 'pull-request', repository: 'acme/shop', number: 5 } as const;
    const told = (kind: 'stop' | 'retry') =>
      decide(
        makeSnapshot({
          board: board(makeIssue({ state: STATES.started })),
          records: [makeRecord({ attempt: 2, pullRequest: null })],
          effects: ledger(makeEffect({ key: 'open:issue-1:1', kind: 'open-pull-request', outsideId: '5' })),
          commands: [makeCommand({ kind }, { on })],
        }),
      ).actions.flatMap((action) => (action.kind === 'update-record' ? [action.change.phase] : []));
    assert.deepEqual([told('stop'), told('retry')], [['cancelled'], []]);
  });

  for (const verb of [{ kind: 'resume' }, { kind: 'retry' }, { kind: 'answer', text: 'euros' }] as const)
    it(`/${verb.kind} given before a /stop that was carried out already is void when it is heard`, () => {
      const told = (at: number) =>
        decide(
          makeSnapshot({
            board: board(makeIssue({ state: STATES.started })),
            records: [makeRecord({ phase: 'cancelled', reason: 'Ada said /stop.', stoppedAt: NOW - 5_000 })],
            commands: [makeCommand(verb, { at })],
          }),
        ).actions.flatMap((action) =>
          action.kind === 'settle-command' ? [action.outcome] : action.kind === 'update-record' ? ['goes on'] : [],
        );
      assert.deepEqual([told(NOW - 6_000), told(NOW - 4_000)], [['Overtaken by /stop.'], ['goes on']]);
    });

  it('/stop said again voids what was said between the two and is heard last', () => {
    const record = makeRecord({ phase: 'cancelled', reason: 'Ada said /stop.', stoppedAt: NOW - 5_000 });
    assert.deepEqual(outcomeOf(steer({ ...FACTS, record })), STOPPED);
  });

  it('about a pull request of nobody are settled', () => {
    const on = { kind: 'pull-request', repository: 'acme/shop', number: 99 } as const;
    const { actions } = decide(makeSnapshot({ commands: [makeCommand({ kind: 'stop' }, { on })] }));
    assert.deepEqual(
      actions.map((action) => action.kind),
      ['settle-command'],
    );
  });

  for (const verb of ['resume', 'retry'] as const)
    for (const phase of ['active', 'parked', 'cancelled'] as const)
      it(`/${verb} that could not be followed yet is overtaken by a later /stop, while it is ${phase}`, () => {
        const { actions } = decide(
          makeSnapshot({
            board: board(makeIssue({ state: STATES.review })),
            // GitHub cannot be read, so which head the person meant is not known.
            records: [makeRecord({ phase, reason: 'x', head: HEAD, pullRequest: 7 })],
            commands: [
              makeCommand({ kind: verb }, { commentId: 'go', at: NOW - 2_000 }),
              makeCommand({ kind: 'stop' }, { commentId: 'stop', at: NOW - 1_000 }),
            ],
          }),
        );
        const settled = actions.filter((action) => action.kind === 'settle-command');
        assert.equal(settled.find((action) => action.commentId === 'go')?.outcome, 'Overtaken by /stop.');
        const changed = actions
          .filter((action) => action.kind === 'update-record')
          .map((action) => action.change.phase);
        assert.deepEqual(changed, phase === 'cancelled' ? [] : ['cancelled']);
      });
});
