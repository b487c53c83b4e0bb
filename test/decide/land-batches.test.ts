/** Several pull requests as one, decided from what is seen: who is put together, what ends it, and what is made of its merge. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, NOT_TOGETHER } from '../../src/decide/batch.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { CheckState, PullRequest } from '../../src/domain/pull-request.ts';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import { checkedDecision } from './check-decision.ts';
import { BASE, makeCheck, makeEffect, makeMove, makeProject, NOW, REPOSITORY, STATES, sha } from './make.ts';
import {
  BATCH,
  dropped,
  HELD,
  headOf,
  KEY,
  keyOf,
  LANDED,
  LOOKED_AT,
  membersOf,
  merged,
  merging,
  opened,
  type Part,
  REVIEW,
  reasonFor,
  type Scene,
  STATUS,
  THREE,
  together,
  told,
} from './together.ts';

interface Row {
  readonly when: string;
  readonly scene: Scene;
  readonly does: readonly string[];
}

function rows(all: readonly Row[]): void {
  for (const { when, scene, does } of all)
    it(`when ${when}: ${does.join('; ') || 'nothing'}`, () => assert.deepEqual(told(together(scene)), does));
}

/** The three, the second of them otherwise. */
const second = (part: Omit<Part, 'number'>): readonly Part[] => [{ number: 1 }, { number: 2, ...part }, { number: 3 }];
const UP_TO_DATE = { diff: { baseIsAncestor: true } } as const;
const UNKNOWN = { mergeable: 'unknown' } as const;
const checked = (head: string, state: CheckState): Partial<PullRequest> => ({
  checks: [makeCheck({ sha: head, state })],
});
const QUESTION: Partial<PullRequest> = {
  threads: [{ id: 't', reviewId: null, resolved: false, outdated: false, path: 'src/f2.ts', line: 1, comments: [] }],
};
const OBJECTION: Partial<PullRequest> = {
  reviews: [{ id: 1, author: 'ada', byPerson: true, state: 'changes-requested', sha: HELD, body: '', at: NOW - 5_000 }],
};
const OBJECTS_NO_MORE: Partial<PullRequest> = {
  reviews: [
    ...(OBJECTION.reviews ?? []),
    { id: 2, author: 'ada', byPerson: true, state: 'approved', sha: HELD, body: '', at: NOW - 1_000 },
  ],
};
const FROZEN: NonNullable<Scene['more']> = {
  frozen: new Map([[REPOSITORY, { reason: 'It broke.', cause: 'bad-merge', branch: 'main', sha: null }]]),
};
const own = (number: number, key: string, value: Partial<Effect> & Pick<Effect, 'kind'>): Effect =>
  makeEffect({ key, subject: `issue:issue-${number}`, ...value });

describe('pull requests that wait for a newer base', () => {
  rows([
    { when: 'batches are asked for', scene: {}, does: ['open 1 2 3'] },
    { when: 'none are asked for', scene: { project: { batchMax: 1 } }, does: ['update-branch 1'] },
    { when: 'two at a time are asked for', scene: { project: { batchMax: 2 } }, does: ['open 1 2'] },
    {
      when: 'the last is the most urgent',
      scene: { parts: [...THREE.slice(0, 2), { number: 3, issue: { priority: 1 } }] },
      does: ['open 3 1 2'],
    },
    { when: 'there is one', scene: { parts: [{ number: 1 }] }, does: ['update-branch 1'] },
    {
      when: 'two touch one file',
      scene: { parts: second({ diff: { files: ['src/f1.ts', 'src/f2.ts'] } }) },
      does: ['open 1 3'],
    },
    {
      when: 'CI has not spoken of one',
      scene: { parts: second({ pull: checked(headOf(2), 'running') }) },
      does: ['open 1 3'],
    },
    { when: 'GitHub is at work on one', scene: { parts: second({ pull: UNKNOWN }) }, does: ['open 1 3'] },
    { when: 'one has an open thread', scene: { parts: second({ pull: QUESTION }) }, does: ['open 1 3', 'say ready'] },
    {
      when: 'somebody asks for changes in one',
      scene: { parts: second({ pull: OBJECTION }) },
      does: ['open 1 3', 'say ready'],
    },
    { when: 'one is not reviewed', scene: { parts: second({ unjudged: true }) }, does: ['dispatch', 'open 1 3'] },
    { when: 'one may merge as it is', scene: { parts: second(UP_TO_DATE) }, does: ['merge 2'] },
    {
      when: 'one is up to date and GitHub is at work on it',
      scene: { parts: second({ ...UP_TO_DATE, pull: UNKNOWN }) },
      does: [],
    },
    {
      when: 'one is being brought up to date',
      scene: {
        parts: second({ effects: [own(2, `update:issue-2:${headOf(2)}:${BASE}`, { kind: 'update-branch' })] }),
      },
      does: [],
    },
    {
      when: 'one was brought up to date and is checked again',
      scene: {
        parts: second({
          ...UP_TO_DATE,
          pull: checked(headOf(2), 'running'),
          effects: [own(2, `update:issue-2:${sha(0x02)}:${BASE}`, { kind: 'update-branch' })],
        }),
      },
      does: [],
    },
    {
      when: 'what became of the merge of one is not known',
      scene: {
        parts: second({
          effects: [
            own(2, `merge:issue-2:${headOf(2)}:${sha(0x01d)}:merge`, {
              kind: 'merge',
              confirmedAt: null,
              unheardSince: NOW - 5_000,
            }),
          ],
        }),
      },
      does: ['update-branch 2'],
    },
    {
      when: 'one takes back what broke the base',
      scene: {
        parts: second({
          record: { revertOf: { mergeCommit: sha(5), pullRequest: 9, title: 'x', check: 'test', sha: sha(5) } },
        }),
      },
      does: ['open 1 3'],
    },
    {
      when: 'GitHub has a merge queue',
      scene: { base: { mergeQueue: true } },
      does: ['enqueue', 'enqueue', 'enqueue'],
    },
    { when: 'they are squashed', scene: { project: { mergeMethod: 'squash' } }, does: ['update-branch 1'] },
    { when: 'merging is left to people', scene: { project: { autoMerge: false } }, does: ['update-branch 1'] },
    { when: 'merging is frozen', scene: { more: FROZEN }, does: ['say ready', 'say ready', 'say ready'] },
    { when: 'the duty is off', scene: { more: { duties: new Set(['care']) } }, does: [] },
    {
      when: 'what a person had merged was not looked at',
      scene: {
        effects: [
          makeEffect({
            key: `merge:pull:${REPOSITORY}#50:${sha(0x50)}:${sha(0x01d)}:merge`,
            kind: 'merge',
            subject: `pull:${REPOSITORY}#50`,
            outsideId: BASE,
          }),
        ],
      },
      does: ['verify-merge #50'],
    },
  ]);

  it('go by a branch and a marker that name them, and people are told who they are', () => {
    const snapshot = together();
    const action = checkedDecision(snapshot).actions.find((one) => one.kind === 'open-batch');
    assert.ok(action?.kind === 'open-batch');
    assert.deepEqual(
      [
        action.key,
        action.base,
        action.members.map(({ number, head }) => ({ number, head })),
        action.branch,
        action.title,
      ],
      [KEY, BASE, membersOf([1, 2, 3]), `heartline/batch/1-2-3-on-${BASE.slice(0, 12)}`, 'Batch of #1, #2 and #3'],
    );
    assert.ok(action.body.includes(action.marker) && action.marker.includes(KEY));
    assert.match(reasonFor(snapshot, 'ENG-2'), /#1, #2 and #3 are ready but for main as it is now/);
  });

  describe('of two projects on one branch', () => {
    const other = (value: Partial<ProjectSettings>) => [
      makeProject({ batchMax: 5 }),
      makeProject({ name: 'web', labels: ['web'], batchMax: 5, checks: [{ name: 'lint', app: null }], ...value }),
    ];
    const lint = makeCheck({ name: 'lint', sha: headOf(3) });
    const parts = [
      ...THREE.slice(0, 2),
      { number: 3, issue: { labels: ['web'] }, record: { project: 'web' }, pull: { checks: [lint] } },
    ];
    const stands = { effects: [opened(), STATUS], parts };
    rows([
      { when: 'both ask for batches', scene: { projects: other({}), parts }, does: ['open 1 2'] },
      { when: 'one asks for fewer', scene: { projects: other({ batchMax: 2 }), parts }, does: ['open 1 2'] },
      { when: 'one asks for none', scene: { projects: other({ batchMax: 1 }), parts }, does: ['open 1 2'] },
      { when: 'one squashes', scene: { projects: other({ mergeMethod: 'squash' }), parts }, does: ['open 1 2'] },
      { when: 'one leaves it to people', scene: { projects: other({ autoMerge: false }), parts }, does: ['open 1 2'] },
      {
        when: 'one of them is first, and asks for none',
        scene: { projects: other({ batchMax: 1 }).toReversed(), parts },
        does: ['open 1 2'],
      },
      {
        when: 'one squashes by now',
        scene: { projects: other({ mergeMethod: 'squash' }), ...stands, batch: {} },
        does: ['drop 1 2 3: stale'],
      },
    ]);
  });
});

describe('a batch that is asked for', () => {
  const asked = (value: Partial<Effect> = {}) => opened({ confirmedAt: null, outsideId: null, ...value });
  rows([
    { when: 'the try was cut off', scene: { effects: [asked()] }, does: ['open 1 2 3'] },
    { when: 'it was put off', scene: { effects: [asked({ retryAt: NOW + 5_000, lastError: 'x' })] }, does: [] },
    {
      when: 'the base moved meanwhile',
      scene: { effects: [asked()], base: { tip: sha(0x2ba5e) } },
      does: ['drop 1 2 3: stale'],
    },
    {
      when: 'one of them is at another head by now',
      scene: { effects: [asked()], parts: second({ head: sha(9) }) },
      does: ['drop 1 2 3: stale'],
    },
    {
      when: 'they do not merge cleanly',
      scene: { effects: [asked({ refused: true, lastError: NOT_TOGETHER })] },
      does: ['drop 1 2 3: red'],
    },
  ]);
});

describe('a batch that is open', () => {
  /** Tested and green, unless told otherwise. */
  const open = (scene: Scene = {}): Scene => ({ batch: {}, ...scene, effects: [opened(), ...(scene.effects ?? [])] });
  const stands = (scene: Scene = {}): Scene => open({ ...scene, effects: [STATUS, ...(scene.effects ?? [])] });
  const LONG_AGO = NOW - 7 * 3_600_000;

  describe('is waited for', () => {
    rows([
      { when: 'CI runs', scene: open({ batch: checked(HELD, 'running') }), does: [] },
      { when: 'CI has not spoken', scene: open({ batch: { checks: [] } }), does: [] },
      { when: 'only its members’ heads are green', scene: open({ batch: checked(headOf(1), 'success') }), does: [] },
      {
        when: 'somebody else reports under that name',
        scene: open({ batch: { checks: [makeCheck({ sha: HELD, app: 'evil' })] } }),
        does: [],
      },
      { when: 'GitHub is at work on it', scene: open({ batch: UNKNOWN }), does: [] },
      { when: 'a thread is open on it', scene: open({ batch: QUESTION }), does: ['say ready'] },
      { when: 'somebody asks for changes in it', scene: open({ batch: OBJECTION }), does: ['say ready'] },
      { when: 'GitHub does not show it yet', scene: { effects: [opened({ confirmedAt: NOW - 5_000 })] }, does: [] },
      { when: 'GitHub is at work on a member', scene: open({ parts: second({ pull: UNKNOWN }) }), does: [] },
    ]);

    it('and nobody else is brought up to date meanwhile', () => {
      const snapshot = together(open({ parts: [...THREE, { number: 4 }], batch: checked(HELD, 'running') }));
      assert.deepEqual(told(snapshot), []);
      assert.match(reasonFor(snapshot, 'ENG-4'), /#40 tests #1, #2 and #3 together\. .*test is running/);
    });

    it('and one that is up to date by itself waits as well', () => {
      assert.deepEqual(told(together(stands({ parts: [...THREE, { number: 4, ...UP_TO_DATE }] }))), [
        'merge 40, 1 2 3 with it',
      ]);
    });

    it('by whoever objected, in words', () => {
      assert.match(reasonFor(together(open({ batch: OBJECTION })), 'ENG-1'), /Ada asked for changes in a review/);
      assert.match(reasonFor(together(open({ batch: QUESTION })), 'ENG-1'), /1 review thread is open/);
    });
  });

  describe('is dropped', () => {
    const dropsAs = (why: string) => [`drop 1 2 3: ${why}`];
    rows([
      { when: 'CI is red', scene: open({ batch: checked(HELD, 'failure') }), does: dropsAs('red') },
      { when: 'CI was cancelled', scene: open({ batch: checked(HELD, 'cancelled') }), does: dropsAs('red') },
      { when: 'it conflicts', scene: open({ batch: { mergeable: 'conflict' } }), does: dropsAs('red') },
      { when: 'a person closed it', scene: open({ batch: { state: 'closed' } }), does: dropsAs('red') },
      { when: 'a person made it a draft', scene: open({ batch: { draft: true } }), does: dropsAs('red') },
      { when: 'a person pushed to it', scene: open({ batch: { head: sha(9) } }), does: dropsAs('red') },
      { when: 'a person pointed it elsewhere', scene: open({ batch: { baseBranch: 'next' } }), does: dropsAs('red') },
      {
        when: 'CI has not spoken for hours',
        scene: { batch: { checks: [] }, effects: [opened({ confirmedAt: LONG_AGO })] },
        does: dropsAs('red'),
      },
      {
        when: 'GitHub has not said for hours whether it can merge',
        scene: { batch: UNKNOWN, effects: [opened({ confirmedAt: LONG_AGO })] },
        does: dropsAs('red'),
      },
      { when: 'the base moved', scene: stands({ base: { tip: sha(0x2ba5e) } }), does: dropsAs('stale') },
      {
        when: 'a member has another head',
        scene: stands({ parts: second({ head: sha(9) }) }),
        does: dropsAs('stale'),
      },
      {
        when: 'a member was stopped',
        scene: stands({ parts: second({ record: { phase: 'cancelled' } }) }),
        does: [...dropsAs('stale'), 'say cancelled'],
      },
      {
        when: 'a member was parked',
        scene: stands({ parts: second({ record: { phase: 'parked' } }) }),
        does: [...dropsAs('stale'), 'say parked'],
      },
      {
        when: 'a person moved a member away on Linear',
        scene: stands({
          parts: second({ issue: { state: STATES.backlog, lastMove: makeMove({ toStateId: STATES.backlog.id }) } }),
        }),
        does: ['issue-2: cancelled', ...dropsAs('stale')],
      },
      {
        when: 'somebody asks for changes in a member',
        scene: stands({ parts: second({ pull: OBJECTION }) }),
        does: [...dropsAs('stale'), 'say ready'],
      },
      {
        when: 'merging is frozen',
        scene: stands({ more: FROZEN }),
        does: [...dropsAs('stale'), 'say ready', 'say ready', 'say ready'],
      },
      {
        when: 'CI runs again on a member',
        scene: stands({ parts: second({ pull: checked(headOf(2), 'running') }) }),
        does: dropsAs('stale'),
      },
      { when: 'GitHub shows it no more', scene: { effects: [opened()] }, does: dropsAs('stale') },
      {
        when: 'batches are not asked for any more',
        scene: stands({ project: { batchMax: 1 } }),
        does: dropsAs('stale'),
      },
      {
        when: 'they are squashed by now',
        scene: stands({ project: { mergeMethod: 'squash' } }),
        does: dropsAs('stale'),
      },
      {
        when: 'merging is left to people by now',
        scene: stands({ project: { autoMerge: false } }),
        does: dropsAs('stale'),
      },
      {
        when: 'GitHub has a merge queue by now',
        scene: stands({ base: { mergeQueue: true } }),
        does: [...dropsAs('stale'), 'enqueue', 'enqueue', 'enqueue'],
      },
      {
        when: 'a person merged it',
        scene: open({ batch: { state: 'merged', mergeCommit: LANDED } }),
        does: dropsAs('landed'),
      },
    ]);

    it('but not for what Linear did not say', () => {
      const board = { known: false, reason: 'No answer.', kind: 'unreachable', since: NOW } as const;
      assert.deepEqual(told(together(stands({ more: { board } }))), []);
    });

    it('but not for what GitHub did not say', () => {
      const down = { known: false, reason: 'No answer.', kind: 'unreachable', since: NOW } as const;
      assert.deepEqual(told(together(stands({ more: { repositories: new Map([[REPOSITORY, down]]) } }))), []);
    });
  });

  describe('and green', () => {
    rows([
      { when: 'nothing is said of it yet', scene: open(), does: ['set-status 40'] },
      {
        when: 'the status is on its way',
        scene: open({ effects: [{ ...STATUS, confirmedAt: null, retryAt: NOW + 5_000 }] }),
        does: [],
      },
      { when: 'the status stands', scene: stands(), does: ['merge 40, 1 2 3 with it'] },
      {
        when: 'GitHub took no status',
        scene: open({ effects: [{ ...STATUS, confirmedAt: null, refused: true }] }),
        does: ['merge 40, 1 2 3 with it'],
      },
      {
        when: 'a second identity reviews',
        scene: open({ separateReviewer: true }),
        does: ['set-status 40', 'post-review 40'],
      },
      { when: 'its approval is missing', scene: stands({ separateReviewer: true }), does: ['post-review 40'] },
      {
        when: 'its approval is on its way',
        scene: stands({ separateReviewer: true, effects: [{ ...REVIEW, confirmedAt: null, retryAt: NOW + 5_000 }] }),
        does: [],
      },
      {
        when: 'its approval stands',
        scene: stands({ separateReviewer: true, effects: [REVIEW] }),
        does: ['merge 40, 1 2 3 with it'],
      },
      {
        when: 'whoever objected approved',
        scene: stands({ batch: OBJECTS_NO_MORE }),
        does: ['merge 40, 1 2 3 with it'],
      },
      {
        when: 'the merge was put off',
        scene: stands({ effects: [merging({ retryAt: NOW + 5_000, lastError: '405' })] }),
        does: [],
      },
      {
        when: 'the merge was cut off',
        scene: stands({ effects: [merging({ unheardSince: NOW - 5_000 })] }),
        does: ['merge 40, 1 2 3 with it'],
      },
      { when: 'the duty is off', scene: stands({ more: { duties: new Set(['care']) } }), does: [] },
    ]);

    it('is merged by a merge commit, with its base and every member named', () => {
      const action = checkedDecision(together(stands())).actions.find((one) => one.kind === 'merge');
      assert.ok(action?.kind === 'merge');
      assert.deepEqual(
        [action.number, action.head, action.base, action.baseBranch, action.method, action.issueId, action.key],
        [BATCH, HELD, BASE, 'main', 'merge', null, merging().key],
      );
      assert.deepEqual(
        action.members,
        [1, 2, 3].map((number) => ({ number, head: headOf(number), issueId: `issue-${number}` })),
      );
    });

    it('is approved by the second identity, which names what it approved before', () => {
      const action = checkedDecision(together(open({ separateReviewer: true }))).actions.find(
        (one) => one.kind === 'post-review',
      );
      assert.ok(action?.kind === 'post-review');
      assert.deepEqual([action.event, action.head, action.findings], ['approve', HELD, []]);
      assert.match(action.body, /#1, #2 and #3 were each approved/);
    });
  });
});

describe('a batch that landed', () => {
  /** GitHub shows its members as merged too. */
  const along = { state: 'merged', mergeCommit: LANDED } as const;
  const parts = THREE.map(({ number }) => ({ number, pull: along }));
  const landed = (scene: Scene = {}): Scene => ({
    parts,
    batch: along,
    base: { tip: LANDED },
    ...scene,
    effects: [opened(), STATUS, ...(scene.effects ?? [merged])],
  });
  const reported = (...keys: readonly string[]) => ({ reported: new Set(keys) });
  const rowsOf = (value: Partial<IssueRecord>) => THREE.map(({ number }) => ({ number, pull: along, record: value }));
  const BAD = `frozen:${REPOSITORY}:${LANDED}`;
  const lost = merging({ unheardSince: NOW - 5_000 });

  rows([
    { when: 'nobody looked at it', scene: landed(), does: ['verify-merge #40'] },
    {
      when: 'GitHub does not show its members as merged yet',
      scene: landed({ parts: THREE }),
      does: ['verify-merge #40'],
    },
    { when: 'GitHub shows it open still', scene: landed({ batch: {}, parts: THREE }), does: ['verify-merge #40'] },
    { when: 'the answer was lost', scene: landed({ effects: [lost] }), does: ['verify-merge #40'] },
    {
      when: 'the answer was lost and GitHub names no commit',
      scene: landed({ effects: [lost], batch: { state: 'merged' } }),
      does: [],
    },
    {
      when: 'it is what was tested',
      scene: landed({ more: reported(LOOKED_AT) }),
      does: [
        'issue-1: landed, verified',
        'issue-2: landed, verified',
        'issue-3: landed, verified',
        'drop 1 2 3: landed',
      ],
    },
    {
      when: 'one was stopped before it landed',
      scene: landed({
        parts: [
          ...parts.slice(0, 2),
          { number: 3, pull: along, record: { phase: 'cancelled', reason: 'Ada said stop.' } },
        ],
        more: reported(LOOKED_AT, 'cancelled:issue-3:3'),
      }),
      does: [
        'issue-1: landed, verified',
        'issue-2: landed, verified',
        'issue-3: landed, verified',
        'drop 1 2 3: landed',
      ],
    },
    {
      when: 'one has another head by now, which did not land',
      scene: landed({
        parts: [...parts.slice(0, 2), { number: 3, head: sha(9), pull: { mergeable: 'unknown' } }],
        more: reported(LOOKED_AT),
      }),
      does: ['issue-1: landed, verified', 'issue-2: landed, verified', 'drop 1 2 3: landed'],
    },
    {
      when: 'its members know',
      scene: landed({ parts: rowsOf({ mergeCommit: LANDED, mergeVerified: true }), more: reported(LOOKED_AT) }),
      does: ['move-issue', 'move-issue', 'move-issue', 'drop 1 2 3: landed'],
    },
    {
      when: 'its members know and it is cleared away',
      scene: landed({
        parts: rowsOf({ mergeCommit: LANDED, mergeVerified: true, phase: 'done' }),
        effects: [merged, dropped('landed')],
        more: reported(LOOKED_AT),
      }),
      does: [],
    },
    {
      when: 'it was overtaken in the same moment',
      scene: landed({ effects: [lost, dropped('stale')] }),
      does: ['verify-merge #40'],
    },
  ]);

  it('is compared as what was sent: its head, on the base that was tested', () => {
    const action = checkedDecision(together(landed())).actions.find((one) => one.kind === 'verify-merge');
    assert.ok(action?.kind === 'verify-merge');
    assert.deepEqual(
      [action.record, action.mergeCommit, action.head, action.base, action.method, action.report?.key],
      [null, LANDED, HELD, BASE, 'merge', LOOKED_AT],
    );
    assert.match(action.report?.text ?? '', /#40 merged as 0001a9d, and with it #1, #2 and #3/);
  });

  it('otherwise than tested parks all that landed with it', () => {
    const snapshot = together(landed({ more: { ...reported(BAD), ...FROZEN } }));
    const does = told(snapshot);
    for (const number of [1, 2, 3]) assert.ok(does.includes(`issue-${number}: parked, landed`), does.join('; '));
    const update = checkedDecision(snapshot).actions.find((one) => one.kind === 'update-record');
    assert.match(
      update?.reason ?? '',
      /landed together with others, in #40, and what landed as .* is not what was tested/,
    );
  });

  it('lets nobody else land until it was looked at', () => {
    const fourth = { number: 4, ...UP_TO_DATE, pull: { base: LANDED } };
    const scene = landed({ parts: [...parts, fourth] });
    assert.deepEqual(told(together(scene)), ['verify-merge #40']);
    assert.match(reasonFor(together(scene), 'ENG-4'), /What #40 landed is looked at first/);
    const after = { effects: [merged, dropped('landed')], more: reported(LOOKED_AT) };
    assert.ok(told(together({ ...landed(after), parts: [...parts, fourth] })).includes('merge 4'));
  });
});

describe('what GitHub does not merge', () => {
  const refused = merging({ refused: true, lastError: 'merge commits are not allowed' });
  const KEY_TOLD = `batch-refused:${KEY}`;
  const before = [opened(), STATUS, refused];
  const TOLD = { reported: new Set([KEY_TOLD]) };
  rows([
    { when: 'it was refused', scene: { batch: {}, effects: before }, does: ['say trouble', 'drop 1 2 3: red'] },
    { when: 'that was told', scene: { batch: {}, effects: before, more: TOLD }, does: ['drop 1 2 3: red'] },
    {
      when: 'it is dropped, so they merge one at a time',
      scene: { batch: { state: 'closed' }, effects: [...before, dropped('red')], more: TOLD },
      does: ['update-branch 1'],
    },
    {
      when: 'others are ready, which GitHub would refuse as well',
      scene: {
        parts: [{ number: 4 }, { number: 5 }],
        batch: { state: 'closed' },
        effects: [...before, dropped('red')],
        more: TOLD,
      },
      does: ['update-branch 4'],
    },
    {
      when: 'a day has passed',
      scene: {
        batch: { state: 'closed' },
        effects: [opened({ intendedAt: NOW - DAY_MS }), STATUS, refused, dropped('red')],
        more: { ...TOLD },
        base: { tip: sha(0x2ba5e) },
      },
      does: ['open 1 2 3'],
    },
  ]);

  it('is told with what to do about it, before it is dropped', () => {
    const [first] = checkedDecision(together({ batch: {}, effects: before })).actions.filter(
      (one) => one.kind !== 'progress-comment',
    );
    assert.ok(first?.kind === 'report');
    assert.equal(first.key, KEY_TOLD);
    assert.match(
      first.text,
      /merge #40, what is tested together: merge commits are not allowed\. .* one at a time for a day\. .* set batchMax to 1/,
    );
  });
});

describe('a batch that was dropped', () => {
  const FOUR = [...THREE, { number: 4 }];
  const four = opened({ key: keyOf(1, 2, 3, 4) });
  const gone = (why: 'red' | 'stale', value: Partial<Effect> = {}) => dropped(why, value, four.key);
  rows([
    { when: 'it was red', scene: { parts: FOUR, effects: [four, gone('red')] }, does: ['open 1 2'] },
    {
      when: 'it was overtaken by a push to one of them',
      scene: {
        parts: [{ number: 1, head: sha(9), unjudged: true }, ...FOUR.slice(1)],
        effects: [four, gone('stale')],
      },
      does: ['dispatch', 'open 2 3 4'],
    },
    {
      when: 'nothing has moved since it was overtaken',
      scene: { parts: FOUR, effects: [four, gone('stale')] },
      does: ['update-branch 1'],
    },
    {
      when: 'its branch is not cleared away yet',
      scene: { parts: FOUR, effects: [four, gone('red', { confirmedAt: null, retryAt: NOW + 5_000 })] },
      does: ['update-branch 1'],
    },
    {
      when: 'to clear it away was cut off',
      scene: { parts: FOUR, effects: [four, gone('red', { confirmedAt: null })] },
      does: ['drop 1 2 3 4: red'],
    },
    {
      when: 'its branch cannot be cleared away',
      scene: { parts: FOUR, effects: [four, gone('red', { confirmedAt: null, refused: true })] },
      does: ['open 1 2'],
    },
  ]);
});
