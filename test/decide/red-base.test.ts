/** A base branch that turns red: merging stops in the very tick, the suspect is named, and ours is taken back by plain code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { batchKey } from '../../src/decide/batch.ts';
import { runOf } from '../../src/decide/checks.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Issue } from '../../src/domain/issue.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { BaseView, Check } from '../../src/domain/pull-request.ts';
import { baseSubject } from '../../src/domain/run.ts';
import type { Freeze, Snapshot } from '../../src/domain/snapshot.ts';
import {
  BASE,
  HEAD,
  issuesOf,
  makeBoard,
  makeCheck,
  makeEffect,
  makeIssue,
  makeProject,
  makePullRequest,
  makeRecord,
  makeRun,
  NOW,
  REPOSITORY,
  STATES,
  sha,
} from './make.ts';
import { acts, type Change, kinds, ready, reasonOf } from './ready.ts';

const RED_CHECK = makeCheck({ sha: BASE, state: 'failure', id: 90, at: NOW - 3_000 });
const base = (value: Partial<BaseView>): NonNullable<Change['repository']> => ({
  bases: new Map([['main', { tip: BASE, checks: [], mergeQueue: false, ...value }]]),
});
const FROZEN: Freeze = { reason: 'test failed on main.', cause: 'red-base', branch: 'main', sha: BASE };

/** ENG-2 landed as the base's tip a moment ago. */
const LANDED: IssueRecord = makeRecord({
  issueId: 'issue-2',
  key: 'ENG-2',
  phase: 'done',
  pullRequest: 6,
  head: sha(0x66),
  mergeCommit: BASE,
  mergeVerified: true,
});
const DONE = makeIssue({ id: 'issue-2', key: 'ENG-2', state: STATES.done, lastMove: null });

function seen(change: Change, checks: readonly Check[], more: Partial<Snapshot> = {}): Snapshot {
  const snapshot = ready({ ...change, repository: base({ checks }) });
  return {
    ...snapshot,
    board: makeBoard([...issuesOf(snapshot), DONE]),
    records: [...snapshot.records, LANDED],
    ...more,
  };
}

describe('a base branch', () => {
  it('that turns red freezes merging in the very tick, and names the suspect', () => {
    const actions = acts(seen({}, [RED_CHECK]));
    assert.ok(!actions.some((action) => action.kind === 'merge'));
    const freeze = actions.find((action) => action.kind === 'freeze');
    assert.ok(freeze?.kind === 'freeze');
    assert.deepEqual([freeze.freeze.cause, freeze.freeze.branch, freeze.freeze.sha], ['red-base', 'main', BASE]);
    assert.match(freeze.reason, /test failed on main at 000ba5e\. The suspect is ENG-2 \(pull request #6\)/);
    assert.equal(actions.filter((action) => action.kind === 'report' && action.event === 'frozen').length, 1);
  });

  it('turned red by somebody else is frozen too, and nothing of theirs is taken back', () => {
    const snapshot = ready({ repository: base({ checks: [RED_CHECK] }) });
    assert.deepEqual(new Set(kinds(snapshot)), new Set(['freeze', 'report']));
    assert.match(reasonOf(snapshot), /which is not ours/);
  });

  it('is not red for checks that are missing, running, skipped or by somebody else', () => {
    const shades: readonly (readonly Check[])[] = [
      [],
      [{ ...RED_CHECK, state: 'running' }],
      [{ ...RED_CHECK, state: 'skipped' }],
      [{ ...RED_CHECK, app: 'evil-ci' }],
      [{ ...RED_CHECK, name: 'nightly' }],
      [{ ...RED_CHECK, sha: HEAD }],
    ];
    for (const checks of shades) assert.deepEqual(kinds(seen({}, checks)), ['merge']);
  });

  it('that is green again is said to be so, thaws and merges in the very tick', () => {
    const green = { ...RED_CHECK, state: 'success' } as const;
    const actions = acts(seen({}, [green], { frozen: new Map([[REPOSITORY, FROZEN]]) }));
    // One line of actions for the repository, the word before the deed: whoever dies in between does both again.
    assert.deepEqual(
      actions.map((action) => (action.kind === 'report' ? action.subject : action.kind)),
      [`repository:${REPOSITORY}`, 'thaw', 'merge'],
    );
  });

  it('that was frozen by a life that died before it said so is announced by the next', () => {
    const frozen = new Map([[REPOSITORY, FROZEN]]);
    const reports = acts(seen({}, [{ ...RED_CHECK, state: 'running' }], { frozen })).filter(
      (action) => action.kind === 'report' && action.event === 'frozen',
    );
    assert.equal(reports.length, 1);
  });

  it('turned red by a merge of ours whose answer was lost names it all the same', () => {
    const landed = makePullRequest({ number: 6, state: 'merged', mergeCommit: BASE, head: sha(0x66) });
    const snapshot = seen({}, [RED_CHECK]);
    const view = snapshot.repositories.get(REPOSITORY);
    assert.ok(view?.known === true);
    const pullRequests = [...view.value.pullRequests, landed];
    const repositories = new Map([[REPOSITORY, { known: true, value: { ...view.value, pullRequests } } as const]]);
    const records = snapshot.records.map((one) =>
      one.issueId === 'issue-2' ? { ...one, phase: 'active' as const, mergeCommit: null, mergeVerified: false } : one,
    );
    const freeze = acts({ ...snapshot, repositories, records }).find((action) => action.kind === 'freeze');
    assert.match(freeze?.reason ?? '', /The suspect is ENG-2 \(pull request #6\)/);
  });

  it('that is green again thaws nothing that a bad merge froze', () => {
    const green = { ...RED_CHECK, state: 'success' } as const;
    const bad: Freeze = { ...FROZEN, cause: 'bad-merge' };
    assert.ok(!kinds(seen({}, [green], { frozen: new Map([[REPOSITORY, bad]]) })).includes('thaw'));
  });

  it('that a person thawed stays thawed for that commit', () => {
    const reported = new Set([`red:${REPOSITORY}:main:${BASE}`]);
    assert.deepEqual(kinds(seen({}, [RED_CHECK], { reported })), ['merge']);
  });
});

describe('what lies below a red tip', () => {
  const TOP = sha(0x10);
  const red = (at: string, name = 'test'): Check => ({ ...RED_CHECK, sha: at, name });
  /** ENG-2 landed as BASE; TOP landed on it before the checks of BASE had spoken. */
  const look = (
    below: Exclude<BaseView['below'], undefined>,
    more: Partial<Snapshot> = {},
    tip = [red(TOP)],
  ): Snapshot => {
    const snapshot = seen({}, []);
    const view = snapshot.repositories.get(REPOSITORY);
    assert.ok(view?.known === true);
    const bases = new Map([['main', { tip: TOP, checks: tip, mergeQueue: false, below }]]);
    const repositories = new Map([[REPOSITORY, { known: true, value: { ...view.value, bases } } as const]]);
    return { ...snapshot, repositories, ...more };
  };
  const blamed = (snapshot: Snapshot): string =>
    acts(snapshot).find((action) => action.kind === 'freeze')?.reason ?? 'nothing is frozen';
  const green: Check = { ...red(sha(0x9)), state: 'success' };
  const running: Check = { ...red(sha(0x9)), state: 'running' };
  const rows: readonly (readonly [string, Exclude<BaseView['below'], undefined>, RegExp])[] = [
    [
      'is red as well: it is to blame',
      [
        { sha: BASE, checks: [red(BASE)] },
        { sha: sha(0x9), checks: [green] },
      ],
      /suspect is ENG-2/,
    ],
    [
      'is green: the tip is to blame',
      [{ sha: BASE, checks: [{ ...green, sha: BASE }] }],
      /suspect is 0000010, which is not ours/,
    ],
    ['was never checked: the tip is to blame', [{ sha: BASE, checks: [] }], /suspect is 0000010, which is not ours/],
    [
      'failed by another check: the tip is to blame',
      [{ sha: BASE, checks: [red(BASE, 'lint')] }],
      /suspect is 0000010/,
    ],
    ['is red to where the branch begins', [{ sha: BASE, checks: [red(BASE)] }], /suspect is ENG-2/],
    [
      'is under way: nobody is named',
      [{ sha: BASE, checks: [{ ...running, sha: BASE }] }],
      /Which change it was is told when/,
    ],
    ['could not be read: nobody is named', null, /Which change it was is told when/],
  ];
  for (const [name, below, says] of rows)
    it(name, () => {
      assert.match(blamed(look(below)), says);
    });

  const frozen = (reason: string) => new Map([[REPOSITORY, { ...FROZEN, reason, sha: TOP }]]);
  const spoken: NonNullable<BaseView['below']> = [
    { sha: BASE, checks: [red(BASE)] },
    { sha: sha(0x9), checks: [green] },
  ];

  it('is taken back once it has spoken, and people hear who it was', () => {
    const [before] = [blamed(look(null))];
    const actions = acts(look(spoken, { frozen: frozen(before) }));
    assert.ok(actions.some((action) => action.kind === 'report' && /suspect is ENG-2/.test(action.text)));
    const reopened = actions.find((action) => action.kind === 'update-record' && action.issueId === 'issue-2');
    const again = actions.some((action) => action.kind === 'rerun-check');
    assert.ok(again || reopened?.kind === 'update-record');
  });

  const board = (issues: readonly Issue[], gone: readonly string[]) =>
    acts(look(spoken, { frozen: frozen('test failed on main.'), board: makeBoard(issues, gone) }));
  const unable: readonly (readonly [string, readonly Issue[], readonly string[], RegExp | null])[] = [
    ['is not asked for yet', [], [], null],
    ['is not known to Linear', [], ['issue-2'], /^main of acme\/shop is red by ENG-2 \(#6\), and Linear has no ENG-2/],
    [
      'is archived',
      [{ ...DONE, archived: true }],
      [],
      /because ENG-2 is archived in Linear: restore it there, or revert/,
    ],
  ];
  for (const [name, issues, gone, says] of unable)
    it(`is not taken back while its issue ${name}, and people hear of it`, () => {
      const actions = board(issues, gone);
      const touched = actions.flatMap((action) =>
        action.kind === 'rerun-check' ? [action.subject] : action.kind === 'update-record' ? [action.issueId] : [],
      );
      assert.ok(!touched.some((one) => one.includes(DONE.id)));
      const told = actions.flatMap((action) => (action.kind === 'report' ? [action.text] : []));
      assert.equal(
        told.some((text) => says?.test(text)),
        says !== null,
      );
    });

  it('is not touched while that is not known', () => {
    const actions = acts(
      look([{ sha: BASE, checks: [{ ...running, sha: BASE }] }], { frozen: frozen('test failed on main.') }),
    );
    assert.ok(!actions.some((action) => action.kind === 'rerun-check' || action.kind === 'update-record'));
  });
});

describe('two base branches of one repository', () => {
  const red = (branch: string): Freeze => ({ ...FROZEN, branch, sha: sha(0x8) });
  const bad: Freeze = { ...FROZEN, cause: 'bad-merge' };
  type State = Check['state'];
  const cases: readonly (readonly [string, State, State, Freeze | null, readonly string[]])[] = [
    ['nothing is red', 'success', 'success', null, ['merge']],
    ['one is red', 'success', 'failure', null, ['freeze release', 'frozen']],
    ['the frozen one stays red', 'success', 'failure', red('release'), ['frozen']],
    ['the frozen one is green', 'success', 'success', red('release'), ['thawed', 'thaw', 'merge']],
    ['it is green, the other red', 'failure', 'success', red('release'), ['thawed', 'thaw', 'freeze main', 'frozen']],
    ['the same from main', 'success', 'failure', red('main'), ['thawed', 'thaw', 'freeze release', 'frozen']],
    ['it is green, the other not known', 'queued', 'success', red('release'), ['thawed', 'thaw', 'merge']],
    ['a bad merge, and one is red', 'failure', 'success', bad, []],
    ['a bad merge, and both are green', 'success', 'success', bad, []],
  ];
  const projects = [makeProject(), makeProject({ name: 'release', baseBranch: 'release', labels: ['release'] })];
  const look = (main: State, release: State, frozen: Freeze | null, more: Partial<Snapshot> = {}) => {
    const view = (tip: string, state: State): BaseView => ({
      tip,
      checks: [makeCheck({ sha: tip, state })],
      mergeQueue: false,
    });
    const bases = new Map([
      ['main', view(BASE, main)],
      ['release', view(sha(0x9), release)],
    ]);
    const snapshot = ready({ repository: { bases } });
    // Which of the two the settings name first makes no difference.
    const [one, other] = [projects, projects.toReversed()].map((order) =>
      acts({
        ...snapshot,
        settings: { ...snapshot.settings, projects: order },
        frozen: new Map(frozen === null ? [] : [[REPOSITORY, frozen]]),
        ...more,
      }).flatMap((action) => {
        if (action.kind === 'freeze') return [`freeze ${action.freeze.branch}`];
        if (action.kind !== 'report') return [action.kind];
        // That the pull request is ready and waits is told too, and is no word about a branch.
        return action.event === 'ready' ? [] : [action.event];
      }),
    );
    assert.deepEqual(one, other);
    return one;
  };
  for (const [name, main, release, frozen, expected] of cases)
    it(name, () => assert.deepEqual(look(main, release, frozen), expected));

  it('a person thawed the other one for its commit', () => {
    const reported = new Set([`red:${REPOSITORY}:main:${BASE}`]);
    assert.deepEqual(look('failure', 'success', red('release'), { reported }), ['thawed', 'thaw', 'merge']);
  });
});

describe('what turned it red', () => {
  const red = (effects: Change['effects'] = [], project: Change['project'] = { rerunChecks: true }) =>
    acts(
      seen({ effects, project }, [RED_CHECK], {
        frozen: new Map([[REPOSITORY, FROZEN]]),
        reported: new Set([`red:${REPOSITORY}:main:${BASE}`]),
      }),
    ).filter((action) => action.kind !== 'report');
  const KEY = `rerun:issue-2:${BASE}:test`;
  const asked = makeEffect({ key: KEY, kind: 'rerun-check', outsideId: runOf(RED_CHECK), confirmedAt: NOW - 1_000 });

  it('is given a second run first', () => {
    assert.deepEqual(
      red().map((action) => action.kind),
      ['rerun-check'],
    );
    assert.deepEqual(red([asked]), []);
  });

  it('is reopened as an attempt that takes it back', () => {
    const again = makeEffect({ ...asked, outsideId: '89@1' });
    const [action] = red([again]);
    assert.ok(action?.kind === 'update-record');
    const { phase, attempt, branch, revertOf, head, pullRequest, mergeCommit } = action.change;
    assert.deepEqual([phase, attempt, head, pullRequest, mergeCommit], ['active', 2, null, null, null]);
    assert.equal(branch, 'heartline/eng-2-revert-2');
    assert.deepEqual(revertOf, {
      mergeCommit: BASE,
      pullRequest: 6,
      title: 'Round the totals',
      check: 'test',
      sha: BASE,
    });
  });

  describe('under what somebody pushed on top', () => {
    const OURS = sha(0x70);
    const THEIRS = sha(0x71);
    const look = (
      since: string,
      landed: string,
      state: Check['state'],
      rerunChecks = false,
      effects: Effect[] = [],
    ) => {
      const snapshot = seen({ project: { rerunChecks }, effects }, [{ ...RED_CHECK, state }], {
        frozen: new Map([[REPOSITORY, { ...FROZEN, sha: since }]]),
        reported: new Set([`red:${REPOSITORY}:main:${since}`]),
      });
      const records = snapshot.records.map((one) =>
        one.issueId === 'issue-2' ? { ...one, mergeCommit: landed } : one,
      );
      return acts({ ...snapshot, records }).flatMap((action) => {
        if (action.kind === 'rerun-check') return [`run ${action.check.sha} again`];
        if (action.kind === 'update-record') return [`take back ${action.change.revertOf?.mergeCommit}`];
        return action.kind === 'report' ? [] : [action.kind];
      });
    };
    const ranAgain = makeEffect({ ...asked, outsideId: '89@1' });
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ['is taken back', look(OURS, OURS, 'failure'), [`take back ${OURS}`]],
      ['is given a second run there', look(OURS, OURS, 'failure', true), [`run ${BASE} again`]],
      ['and is taken back then', look(OURS, OURS, 'failure', true, [ranAgain]), [`take back ${OURS}`]],
      ['waits for what CI says of that', look(OURS, OURS, 'running'), []],
      ['stays when that mends it', look(OURS, OURS, 'success'), ['thaw', 'merge']],
      ['stays when a person had broken it', look(THEIRS, OURS, 'failure'), []],
      ['stays when it landed on what a person had broken', look(THEIRS, BASE, 'failure'), []],
    ];
    for (const [name, actions, expected] of cases) it(name, () => assert.deepEqual(actions, expected));
  });

  it('is not taken back a second time when that did not help', () => {
    const helpless = {
      ...LANDED,
      revertOf: { mergeCommit: HEAD, pullRequest: 5, title: 'x', check: 'test', sha: HEAD },
    };
    const snapshot = seen({ project: { rerunChecks: false } }, [RED_CHECK]);
    const records = snapshot.records.map((record) => (record.issueId === 'issue-2' ? helpless : record));
    const actions = acts({ ...snapshot, records });
    assert.ok(!actions.some((action) => action.kind === 'update-record'));
    assert.match(
      actions.find((action) => action.kind === 'freeze')?.reason ?? '',
      /did not help, so a person has to look/,
    );
  });
});

describe('what several landed together', () => {
  const FROM = sha(0x01d);
  const PARTS = [
    { number: 6, head: sha(0x66) },
    { number: 8, head: sha(0x88) },
  ];
  const HELD = sha(0xba7c);
  const effects = [
    makeEffect({
      key: batchKey(REPOSITORY, 'main', FROM, PARTS),
      kind: 'open-batch',
      subject: baseSubject(REPOSITORY, 'main'),
      outsideId: `9@${HELD}`,
    }),
    makeEffect({
      key: `merge:pull:${REPOSITORY}#9:${HELD}:${FROM}:merge`,
      kind: 'merge',
      subject: `pull:${REPOSITORY}#9`,
      outsideId: BASE,
    }),
  ];
  const other: IssueRecord = { ...LANDED, issueId: 'issue-3', key: 'ENG-3', pullRequest: 8, head: sha(0x88) };
  const look = (more: readonly IssueRecord[], change: Partial<Snapshot> = {}) => {
    const reported = new Set([`merged:pull:${REPOSITORY}#9:${BASE}`]);
    const snapshot = seen({ effects, project: { rerunChecks: true } }, [RED_CHECK], { reported });
    return acts({ ...snapshot, records: [...snapshot.records, ...more], ...change });
  };
  const frozen = {
    frozen: new Map([[REPOSITORY, FROZEN]]),
    reported: new Set([`merged:pull:${REPOSITORY}#9:${BASE}`, `red:${REPOSITORY}:main:${BASE}`]),
  };
  const isAboutIt = (action: Action) =>
    action.kind === 'rerun-check' || (action.kind === 'update-record' && action.issueId !== 'issue-1');

  it('is named as a whole', () => {
    const freeze = look([other]).find((action) => action.kind === 'freeze');
    assert.match(
      freeze?.reason ?? '',
      /The suspects landed together: ENG-2 \(#6\) and ENG-3 \(#8\)\. A person has to say which of them is taken back/,
    );
  });

  it('is neither run again nor taken back', () => {
    assert.deepEqual(look([other], frozen).filter(isAboutIt), []);
  });

  // What is done leaves the view after hours, one a moment before the other; to take that commit back takes back both.
  it('is not taken back either when one of them was done earlier and is out of view', () => {
    assert.deepEqual(look([], frozen).filter(isAboutIt), []);
  });
});

describe('the attempt that takes it back', () => {
  const revertOf = { mergeCommit: BASE, pullRequest: 6, title: 'Round', check: 'test', sha: BASE };
  const fresh: Change = { record: { revertOf, head: null, pullRequest: null, attempt: 2 }, runs: [], verdicts: [] };

  it('is written by plain code on the tip of the base', () => {
    const action = acts(ready(fresh)).find((one) => one.kind === 'revert');
    assert.ok(action?.kind === 'revert');
    assert.deepEqual([action.onto, action.mergeCommit, action.title], [BASE, BASE, 'Revert "Round"']);
  });

  it('ends the same run when it was killed half-way', () => {
    const half = makeRun({
      role: 'orchestrator',
      cause: { kind: 'revert', mergeCommit: BASE },
      state: 'queued',
      attempt: 2,
      result: null,
    });
    assert.ok(kinds(ready({ ...fresh, runs: [half] })).includes('revert'));
  });

  it('is given to a dev when a person says to go on with what plain code could not take back', () => {
    const stuck = makeRun({
      role: 'orchestrator',
      cause: { kind: 'revert', mergeCommit: BASE },
      state: 'awaiting-human',
      attempt: 2,
      result: null,
      endedAt: NOW - 9_000,
    });
    const parked = acts(ready({ ...fresh, runs: [stuck] })).find((one) => one.kind === 'update-record');
    assert.equal(parked?.kind === 'update-record' && parked.change.phase, 'parked');
    const resumed = acts(ready({ ...fresh, record: { ...fresh.record, resumedAt: NOW }, runs: [stuck] }));
    const dispatch = resumed.find((one) => one.kind === 'dispatch');
    assert.ok(dispatch?.kind === 'dispatch' && dispatch.role === 'dev' && dispatch.sessionId === null);
  });

  it('passes the freeze that only it can end, and no other', () => {
    const written = makeRun({ role: 'orchestrator', cause: { kind: 'revert', mergeCommit: BASE } });
    const now = (cause: Freeze['cause']) =>
      kinds(
        ready({
          record: { revertOf },
          runs: [written],
          more: { frozen: new Map([[REPOSITORY, { ...FROZEN, cause }]]) },
        }),
      );
    assert.ok(now('red-base').includes('merge'));
    assert.ok(!now('bad-merge').includes('merge'));
  });

  it('leaves the issue to people once it landed', () => {
    const landed = { revertOf, mergeCommit: sha(0x5), mergeVerified: true };
    const written = makeRun({ role: 'orchestrator', cause: { kind: 'revert', mergeCommit: BASE } });
    const actions = acts(
      ready({ record: landed, runs: [written], pullRequest: { state: 'merged', mergeCommit: sha(0x5) } }),
    );
    const update = actions.find((action) => action.kind === 'update-record');
    assert.ok(update?.kind === 'update-record' && update.change.phase === 'cancelled');
    assert.match(
      update.reason,
      /broke test on main and was taken back by #7\. Move ENG-1 to Todo to have it tried again/,
    );
    assert.ok(!actions.some((action) => action.kind === 'move-issue'));
  });
});
