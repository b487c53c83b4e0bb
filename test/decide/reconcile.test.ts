/** Humans win: every type of state against everybody who may have moved the issue there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import { endRuns, takenAway } from '../../src/decide/reconcile.ts';
import type { Issue } from '../../src/domain/issue.ts';
import {
  BASE,
  HEAD,
  ledger,
  makeBoard,
  makeEffect,
  makeIssue,
  makeMove,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSnapshot,
  REPOSITORY,
  ROBOT,
  STATES,
  sha,
} from './make.ts';

const OURS = ledger(makeEffect({ key: 'move:issue-1:1:started', kind: 'move-issue', outsideId: 'move-ours' }));
const LANDED = makeEffect({ key: `merge:issue-1:${HEAD}:${BASE}`, kind: 'merge', outsideId: sha(0xaaa) });

/** Whether the issue leaves us when a person put it into this state. Nobody else ever takes it away. */
const LEAVES = {
  triage: true,
  backlog: true,
  todo: true,
  started: false,
  review: false,
  done: true,
  canceled: true,
  duplicate: true,
} as const satisfies Record<keyof typeof STATES, boolean>;

describe('an issue that somebody moved', () => {
  for (const [name, state] of Object.entries(STATES)) {
    const leaves = LEAVES[name as keyof typeof STATES];
    const movers = [
      { who: 'a person', lastMove: makeMove({ historyId: 'move-2' }), away: leaves },
      { who: 'an automation', lastMove: makeMove({ historyId: 'move-2', actor: ROBOT }), away: false },
      {
        who: 'the bot under its owner’s name, by the ledger',
        lastMove: makeMove({ historyId: 'move-ours' }),
        away: false,
      },
      { who: 'the move we claimed', lastMove: makeMove(), away: false },
    ];
    for (const { who, lastMove, away } of movers) {
      it(`to ${state.name}, by ${who}: ${away ? 'is taken away' : 'stays'}`, () => {
        const reason = takenAway({ record: makeRecord(), issue: makeIssue({ state, lastMove }), effects: OURS });
        if (away) assert.equal(reason, `Ada moved ENG-1 to ${state.name}.`);
        else assert.equal(reason, null);
      });
    }
  }

  it('is taken away when it is archived or gone, whoever did it', () => {
    const record = makeRecord();
    assert.match(takenAway({ record, issue: makeIssue({ archived: true }), effects: OURS }) ?? '', /was archived/);
    assert.match(takenAway({ record, issue: null, effects: OURS }) ?? '', /not on Linear any more/);
  });

  it('is told from our own moves of an earlier attempt', () => {
    const issue = makeIssue({ state: STATES.backlog, lastMove: makeMove({ historyId: 'move-ours' }) });
    assert.match(takenAway({ record: makeRecord({ attempt: 2 }), issue, effects: OURS }) ?? '', /Backlog/);
  });

  it('stays while what we moved to done and take back again is shown late', () => {
    const revertOf = { mergeCommit: BASE, pullRequest: 6, title: 'Round', check: 'test', sha: BASE };
    const issue = makeIssue({ state: STATES.done, lastMove: makeMove({ historyId: 'move-ours' }) });
    assert.equal(takenAway({ record: makeRecord({ attempt: 2, revertOf }), issue, effects: OURS }), null);
    assert.match(takenAway({ record: makeRecord({ attempt: 3, revertOf }), issue, effects: OURS }) ?? '', /Done/);
  });
});

describe('an issue that moves after the merge', () => {
  const moved = (state: Issue['state']): Issue => makeIssue({ state, lastMove: makeMove({ historyId: 'move-2' }) });

  it('stays until what landed is verified, also when only the ledger knows of the merge', () => {
    for (const state of [STATES.done, STATES.backlog, STATES.canceled]) {
      const issue = moved(state);
      assert.equal(takenAway({ record: makeRecord({ mergeCommit: sha(0xaaa) }), issue, effects: OURS }), null);
      assert.equal(takenAway({ record: makeRecord({ head: HEAD }), issue, effects: ledger(LANDED) }), null);
    }
  });

  it('is a person’s again once that is verified, unless they closed it too', () => {
    const record = makeRecord({ mergeCommit: sha(0xaaa), mergeVerified: true });
    assert.match(takenAway({ record, issue: moved(STATES.backlog), effects: OURS }) ?? '', /moved ENG-1 to Backlog/);
    assert.equal(takenAway({ record, issue: moved(STATES.done), effects: OURS }), null);
  });

  it('is not kept by a merge of an earlier attempt, nor by one that is only intended', () => {
    const issue = moved(STATES.canceled);
    const record = makeRecord({ attempt: 2, head: sha(0xbbb) });
    assert.match(takenAway({ record, issue, effects: ledger(LANDED) }) ?? '', /Canceled/);
    const intended = ledger({ ...LANDED, confirmedAt: null, outsideId: null });
    assert.match(takenAway({ record: makeRecord({ head: HEAD }), issue, effects: intended }) ?? '', /Canceled/);
  });

  it('leaves us when it is parked over a bad merge', () => {
    const record = makeRecord({ phase: 'parked', mergeCommit: sha(0xaaa) });
    assert.match(takenAway({ record, issue: moved(STATES.canceled), effects: OURS }) ?? '', /Canceled/);
  });
});

describe('what runs for an issue that is not ours any more', () => {
  const live = makeRun({ id: 'live', state: 'running', result: null, endedAt: null });
  it('is ended, once each, and nothing else is', () => {
    const runs = [
      live,
      makeRun({ id: 'over' }),
      makeRun({ id: 'waiting', state: 'queued' }),
      makeRun({ id: 'other', state: 'running', subject: { kind: 'issue', issueId: 'issue-2' } }),
    ];
    const ended = endRuns(makeRecord(), runs, 'Gone.').map((action) => action.kind === 'cancel-run' && action.runId);
    assert.deepEqual(ended, ['live', 'waiting']);
  });

  for (const phase of ['parked', 'cancelled', 'done'] as const) {
    it(`is ended when its record is ${phase}, also while Linear is silent`, () => {
      const { actions } = decide(
        makeSnapshot({
          board: { known: false, reason: 'No answer.', kind: 'unreachable', since: 0 },
          records: [makeRecord({ phase, reason: 'Because.' })],
          runs: [live],
        }),
      );
      assert.deepEqual(
        actions.filter((action) => action.kind === 'cancel-run').map((action) => action.runId),
        ['live'],
      );
    });
  }

  it('is cancelled in the same turn in which a person takes the issue away', () => {
    const issue = makeIssue({ state: STATES.canceled, lastMove: makeMove({ historyId: 'move-2' }) });
    const { actions } = decide(
      makeSnapshot({
        board: makeBoard([issue]),
        records: [makeRecord()],
        runs: [live],
      }),
    );
    assert.deepEqual(
      actions.map((action) => action.kind),
      ['update-record', 'cancel-run'],
    );
  });
});

describe('parked work that a person merges', () => {
  it('goes on to done', () => {
    const merged = makePullRequest({ state: 'merged', mergeCommit: sha(0xccc) });
    const repository = makeRepository({ pullRequests: [merged] });
    const { actions } = decide(
      makeSnapshot({
        board: makeBoard([makeIssue({ state: STATES.started, lastMove: makeMove({ historyId: 'move-ours' }) })]),
        repositories: new Map([[REPOSITORY, { known: true, value: repository }]]),
        records: [makeRecord({ phase: 'parked', reason: 'Too many rounds.', pullRequest: 7, head: HEAD })],
      }),
    );
    const change = actions.find((action) => action.kind === 'update-record')?.change;
    assert.deepEqual(change, { phase: 'active', reason: null, mergeCommit: sha(0xccc) });
  });
});
