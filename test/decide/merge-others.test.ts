/** `/merge <sha>` on a person's pull request: the same gate, that commit only, and never beside another merge into the branch. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Command, parseCommand } from '../../src/domain/command.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { DiffFacts, PullRequest } from '../../src/domain/pull-request.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import {
  BASE,
  HEAD,
  ledger,
  makeCommand,
  makeDiff,
  makeEffect,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSnapshot,
  makeVerdict,
  NOW,
  REPOSITORY,
  sha,
} from './make.ts';
import { acts, kinds, ready } from './ready.ts';

const ON = { kind: 'pull-request', repository: REPOSITORY, number: 9 } as const;
const THEIRS = makePullRequest({ number: 9, branch: 'ada/rounding', author: 'ada', title: 'Rounding', head: HEAD });
const ORDER = makeCommand({ kind: 'merge', sha: HEAD.slice(0, 7) }, { on: ON, commentId: 'c9' });
const VERDICT = makeVerdict({ number: 9 });
const POSTED = makeEffect({ key: 'review:verdict-1', kind: 'post-review', subject: `pull:${REPOSITORY}#9` });
const MERGE_KEY = `merge:pull:${REPOSITORY}#9:${HEAD}:${BASE}:merge`;

function asked(more: Partial<Snapshot> = {}, pull = THEIRS, diff: Partial<DiffFacts> = {}): Snapshot {
  const repository = makeRepository({
    pullRequests: [pull],
    diffs: new Map([[`${pull.base}..${pull.head}`, makeDiff({ base: pull.base, head: pull.head, ...diff })]]),
  });
  return makeSnapshot({
    repositories: new Map([[REPOSITORY, { known: true, value: repository }]]),
    commands: [ORDER],
    verdicts: [VERDICT],
    effects: ledger(POSTED),
    reported: new Set(['reviewed:verdict-1']),
    ...more,
  });
}

const outcome = (snapshot: Snapshot): string =>
  acts(snapshot).find((action) => action.kind === 'settle-command')?.reason ?? '';

describe('/merge', () => {
  it('names a commit', () => {
    assert.deepEqual(parseCommand('/merge ABCDEF1'), { kind: 'merge', sha: 'abcdef1' });
    assert.equal(parseCommand('/merge'), null);
    assert.equal(parseCommand('/merge please'), null);
  });

  it('waits until what an issue of ours landed a moment ago is known to be what was tested', () => {
    const landed = makeRecord({ repository: REPOSITORY, mergeCommit: sha(13), mergeVerified: false });
    assert.deepEqual(
      acts(asked({ records: [landed] })).filter((action) => action.kind === 'merge'),
      [],
    );
    const known = makeRecord({ repository: REPOSITORY, mergeCommit: sha(13), mergeVerified: true, phase: 'done' });
    assert.equal(acts(asked({ records: [known] }))[0]?.kind, 'merge');
  });

  it('waits as well for what had landed when its issue was stopped', () => {
    const landing = makeEffect({ key: `merge:issue-1:${HEAD}:${BASE}`, kind: 'merge', outsideId: sha(13) });
    const landed = makePullRequest({ number: 7, state: 'merged', mergeCommit: sha(13) });
    const after = (mergeVerified: boolean): readonly string[] =>
      kinds(
        ready({
          record: { phase: 'cancelled', mergeCommit: sha(13), mergeVerified },
          repository: { pullRequests: [THEIRS, landed] },
          effects: [POSTED, landing],
          verdicts: [VERDICT],
          commands: [ORDER],
          more: { reported: new Set(['reviewed:verdict-1']) },
        }),
      );
    assert.ok(after(false).includes('verify-merge') && !after(false).includes('merge'), after(false).join());
    assert.ok(after(true).includes('merge'), after(true).join());
  });

  it('merges a person’s pull request that was reviewed and checked, at the commit it names', () => {
    const [action] = acts(asked());
    assert.ok(action?.kind === 'merge');
    assert.deepEqual(
      [action.number, action.head, action.base, action.issueId, action.key],
      [9, HEAD, BASE, null, MERGE_KEY],
    );
  });

  it('asks for a review first, even where nobody’s pull requests are reviewed', () => {
    const dispatch = acts(asked({ verdicts: [] })).find((action) => action.kind === 'dispatch');
    assert.ok(dispatch?.kind === 'dispatch' && dispatch.role === 'review');
    assert.deepEqual(dispatch.subject, ON);
  });

  const crashed = (nth: number) => ({ kind: 'crashed', runId: `r${nth}` }) as const;
  const reviewRun = (nth: number, value: Partial<Run>): Run =>
    makeRun({
      id: `r${nth}`,
      role: 'review',
      subject: ON,
      sessionId: 's1',
      cause: nth === 1 ? { kind: 'review', head: HEAD, base: BASE, digest: 'digest-1' } : crashed(nth - 1),
      result: null,
      endReason: 'It broke.',
      ...value,
    });
  const SINCE = { createdAt: ORDER.at + 1, endedAt: ORDER.at + 2 };
  const BEFORE = { createdAt: ORDER.at - 2, endedAt: ORDER.at - 1 };
  const ENDINGS: readonly {
    readonly when: string;
    readonly state: Run['state'];
    readonly times: number;
    readonly at: Partial<Run>;
    readonly order?: Command;
    readonly told: RegExp | null;
  }[] = [
    { when: 'it failed', state: 'failed', times: 1, at: SINCE, told: null },
    { when: 'it stalled twice', state: 'stalled', times: 2, at: SINCE, told: null },
    {
      when: 'it broke three times',
      state: 'timed-out',
      times: 3,
      at: SINCE,
      told: /^acme\/shop#9 is not merged, as Ada asked: The review of \w{7} ended as timed-out: It broke\. Comment "\/merge \w{7}" again to have it tried once more\.$/,
    },
    { when: 'all that was before the order', state: 'failed', times: 3, at: BEFORE, told: null },
    {
      when: 'our clock was put back behind the order',
      state: 'failed',
      times: 3,
      at: BEFORE,
      order: { ...ORDER, at: NOW + 3_600_000 },
      told: /ended as failed/,
    },
    { when: 'it used up its allowance', state: 'awaiting-human', times: 1, at: SINCE, told: /ended as awaiting-human/ },
    { when: 'it had used it up before the order', state: 'awaiting-human', times: 1, at: BEFORE, told: null },
    { when: 'no model was there for hours', state: 'postponed', times: 16, at: SINCE, told: /ended as postponed/ },
  ];
  for (const { when, state, times, at, order = ORDER, told } of ENDINGS) {
    it(`${told === null ? 'has its review go on' : 'says once that its review will not go on'} when ${when}`, () => {
      const runs = Array.from({ length: times }, (_, index) => reviewRun(index + 1, { state, ...at }));
      const snapshot = asked({ verdicts: [], effects: new Map(), runs, commands: [order] });
      const goesOn = acts(snapshot).flatMap((one) => (one.kind === 'dispatch' ? [[one.sessionId, one.cause]] : []));
      assert.deepEqual(goesOn, told === null ? [['s1', crashed(times)]] : []);
      const reports = acts(snapshot).filter((one) => one.kind === 'report');
      assert.equal(reports.length, told === null ? 0 : 1);
      if (told !== null) assert.match(reports[0]?.text ?? '', told);
    });
  }

  const retargeted = (verdicts: Snapshot['verdicts'], runs: readonly Run[]): Snapshot =>
    asked({ verdicts, runs }, THEIRS, { digest: 'digest-2' });
  const REVIEWED: readonly { readonly when: string; readonly snapshot: Snapshot; readonly asks: boolean }[] = [
    { when: 'it was reviewed against another base', snapshot: retargeted([VERDICT], []), asks: true },
    {
      when: 'a review of another change is in',
      snapshot: retargeted([], [reviewRun(1, { state: 'succeeded' })]),
      asks: true,
    },
    {
      when: 'a review of another change broke',
      snapshot: retargeted([], [reviewRun(1, { state: 'failed' }), reviewRun(2, { state: 'failed' })]),
      asks: true,
    },
    {
      when: 'another change is being read',
      snapshot: retargeted([], [reviewRun(1, { state: 'running', endedAt: null })]),
      asks: false,
    },
    {
      when: 'its change is not known yet',
      snapshot: asked({
        repositories: new Map([[REPOSITORY, { known: true, value: makeRepository({ pullRequests: [THEIRS] }) }]]),
        effects: new Map(),
      }),
      asks: false,
    },
  ];
  for (const { when, snapshot, asks } of REVIEWED) {
    it(`${asks ? 'asks for a new review' : 'waits'} when ${when}`, () => {
      const did = acts(snapshot).filter((one) => one.kind !== 'report');
      assert.deepEqual(
        did.map((one) => one.kind === 'dispatch' && one.cause),
        asks ? [{ kind: 'review', head: HEAD, base: BASE, digest: 'digest-2' }] : [],
      );
    });
  }

  it('says once that GitHub refused the review, and has it posted once more by a further order', () => {
    const done = reviewRun(1, {
      id: VERDICT.runId,
      state: 'succeeded',
      result: {
        kind: 'review',
        decision: 'approve',
        summary: 'Fine.',
        findings: [],
        head: HEAD,
        base: BASE,
        digest: 'digest-1',
      },
    });
    const refusedAt = (intendedAt: number): Snapshot => {
      const refused = makeEffect({ ...POSTED, confirmedAt: null, refused: true, lastError: 'locked', intendedAt });
      return asked({ runs: [done], effects: ledger(refused) });
    };
    const [told] = acts(refusedAt(ORDER.at + 1)).filter((one) => one.kind === 'report');
    assert.match(told?.text ?? '', /GitHub refused the review: locked\. Comment "\/merge \w{7}" again/);
    const [post] = acts(refusedAt(ORDER.at - 1)).filter((one) => one.kind === 'post-review');
    assert.equal(post?.key, `${POSTED.key}~${ORDER.at}`);
  });

  it('stands for the approval of protected files, and for no other commit', () => {
    const pull = { ...THEIRS };
    const workflow = makeDiff({ files: ['.github/workflows/ci.yml'] });
    const repository = makeRepository({ pullRequests: [pull], diffs: new Map([[`${BASE}..${HEAD}`, workflow]]) });
    assert.ok(
      kinds(asked({ repositories: new Map([[REPOSITORY, { known: true, value: repository }]]) })).includes('merge'),
    );
    const other = { ...ORDER, verb: { kind: 'merge', sha: sha(0x9).slice(0, 7) } as const };
    assert.match(outcome(asked({ commands: [other] })), /does not name the head of #9, which is 000bead/);
  });

  const HELD: readonly { readonly when: string; readonly snapshot: Snapshot; readonly told: boolean }[] = [
    {
      when: 'a check is red',
      snapshot: asked({}, { ...THEIRS, checks: [{ ...THEIRS.checks[0], state: 'failure' } as never] }),
      told: true,
    },
    { when: 'it is behind its base', snapshot: asked({}, THEIRS, { baseIsAncestor: false }), told: true },
    { when: 'a check is missing', snapshot: asked({}, { ...THEIRS, checks: [] }), told: false },
    { when: 'it is a draft', snapshot: asked({}, { ...THEIRS, draft: true }), told: true },
    { when: 'it comes from a fork', snapshot: asked({}, { ...THEIRS, fromFork: true }), told: true },
    {
      when: 'the review asks for changes',
      snapshot: asked({ verdicts: [{ ...VERDICT, decision: 'request-changes' }] }),
      told: true,
    },
    {
      when: 'merging is frozen',
      snapshot: asked({
        frozen: new Map([[REPOSITORY, { reason: 'x', cause: 'bad-merge', branch: null, sha: null }]]),
      }),
      told: true,
    },
  ];
  for (const { when, snapshot, told } of HELD) {
    it(`does nothing while ${when}, and says so ${told ? 'once' : 'in why'}`, () => {
      const actions = acts(snapshot);
      assert.ok(!actions.some((action) => action.kind === 'merge'));
      assert.equal(
        actions.filter((action) => action.kind === 'report' && action.key.startsWith('asked:')).length,
        told ? 1 : 0,
      );
    });
  }

  it('asks for the branch to be brought up to date once, however often the base moves on', () => {
    const behind = (base: string): Snapshot => asked({}, { ...THEIRS, base }, { baseIsAncestor: false });
    const [first, second] = [BASE, sha(0xba5e2)].map((base) =>
      acts(behind(base)).find(({ kind }) => kind === 'report'),
    );
    assert.ok(first?.kind === 'report' && second?.kind === 'report');
    assert.equal(first.key, second.key);
    assert.match(first.text, /is behind main\. Bring ada\/rounding up to date, then comment \/merge with its new head/);
    assert.ok(!kinds({ ...behind(BASE), reported: new Set([first.key, 'reviewed:verdict-1']) }).includes('report'));
  });

  it('ends when it is too old, when the pull request is gone, and when GitHub refuses', () => {
    assert.match(outcome(asked({ commands: [{ ...ORDER, at: NOW - 25 * 3_600_000 }] })), /too old/);
    const gone = makeRepository();
    assert.match(
      outcome(asked({ repositories: new Map([[REPOSITORY, { known: true, value: gone }]]) })),
      /not open any more/,
    );
    const refused = makeEffect({
      key: MERGE_KEY,
      kind: 'merge',
      confirmedAt: null,
      refused: true,
      lastError: 'rules',
      intendedAt: NOW,
    });
    assert.match(outcome(asked({ effects: ledger(POSTED, refused) })), /refused to merge #9: rules/);
  });

  it('is compared with what was tested once it landed, and reported once', () => {
    const landed = makeEffect({
      key: MERGE_KEY,
      kind: 'merge',
      outsideId: sha(0x123),
      subject: `pull:${REPOSITORY}#9`,
    });
    const snapshot = asked({ commands: [], effects: ledger(POSTED, landed) });
    const [action] = acts(snapshot).filter((one) => one.kind === 'verify-merge');
    assert.ok(action?.kind === 'verify-merge');
    assert.deepEqual([action.record, action.head, action.base, action.mergeCommit], [null, HEAD, BASE, sha(0x123)]);
    const reported = new Set(['reviewed:verdict-1', action.report?.key ?? '']);
    assert.ok(!kinds({ ...snapshot, reported }).includes('verify-merge'));
  });

  it('and ours never land in one branch at once', () => {
    const ours = ready();
    const view = ours.repositories.get(REPOSITORY);
    assert.ok(view?.known);
    const other = { ...THEIRS, head: sha(0x909) };
    const repository = {
      ...view.value,
      pullRequests: [
        ...view.value.pullRequests,
        { ...other, checks: [{ ...THEIRS.checks[0], sha: other.head } as never] },
      ],
      diffs: new Map([...view.value.diffs, [`${BASE}..${other.head}`, makeDiff({ head: other.head })]]),
    };
    const command = { ...ORDER, verb: { kind: 'merge', sha: other.head } as const };
    const both: Snapshot = {
      ...ours,
      repositories: new Map([[REPOSITORY, { known: true, value: repository }]]),
      commands: [command],
      verdicts: [...ours.verdicts, makeVerdict({ id: 'verdict-9', number: 9, head: other.head })],
      effects: new Map([
        ...ours.effects,
        ['review:verdict-9', makeEffect({ key: 'review:verdict-9', kind: 'post-review' })],
      ]),
      reported: new Set(['reviewed:verdict-9']),
    };
    const merges = acts(both).filter((action) => action.kind === 'merge');
    assert.deepEqual(
      merges.map((action) => (action.kind === 'merge' ? action.number : 0)),
      [9],
    );
    const open = makeEffect({ key: `merge:issue-1:${HEAD}:${BASE}`, kind: 'merge', confirmedAt: null });
    const underway: Snapshot = { ...both, effects: new Map([...both.effects, [open.key, open]]) };
    const again = acts(underway).filter((action) => action.kind === 'merge');
    assert.deepEqual(
      again.map((action) => (action.kind === 'merge' ? action.number : 0)),
      [7],
    );
  });

  const HOUR = NOW - 3_600_000;
  const JUST = NOW - 5_000;
  const OLD_HEAD = sha(0x01d);
  const INTENTS: readonly {
    readonly when: string;
    readonly record: Partial<IssueRecord>;
    readonly head?: string;
    readonly retryAt?: number;
    readonly shown?: Partial<PullRequest> | null;
    readonly waits: boolean;
  }[] = [
    { when: 'its issue landed at a later head', record: { phase: 'done', mergeCommit: sha(13) }, waits: false },
    { when: 'it failed and the head moved on', record: {}, head: OLD_HEAD, retryAt: HOUR, waits: false },
    { when: 'the head moved on just now', record: { updatedAt: JUST }, head: OLD_HEAD, waits: true },
    { when: 'no answer has come', record: { updatedAt: HOUR }, waits: true },
    { when: 'it is tried again in a moment', record: {}, retryAt: NOW + 1_000, waits: true },
    { when: 'it failed long ago and stands open', record: {}, retryAt: HOUR, waits: false },
    { when: 'it failed long ago and is not shown', record: {}, retryAt: HOUR, shown: null, waits: true },
    { when: 'work was stopped just now', record: { phase: 'cancelled', updatedAt: JUST }, waits: true },
    { when: 'work was stopped long ago', record: { phase: 'cancelled', updatedAt: HOUR }, waits: false },
    {
      when: 'a person closed what was stopped',
      record: { phase: 'cancelled', updatedAt: HOUR },
      shown: { state: 'closed' },
      waits: false,
    },
    {
      when: 'what was stopped is not shown',
      record: { phase: 'cancelled', updatedAt: HOUR },
      shown: null,
      waits: true,
    },
    {
      when: 'what was stopped landed all the same',
      record: { phase: 'cancelled', updatedAt: HOUR },
      shown: { state: 'merged', mergeCommit: sha(13) },
      waits: true,
    },
    { when: 'work was parked just now', record: { phase: 'parked', updatedAt: JUST }, waits: true },
    { when: 'work was parked long ago', record: { phase: 'parked', updatedAt: HOUR }, waits: false },
  ];
  for (const { when, record, head = HEAD, retryAt = null, shown = {}, waits } of INTENTS) {
    it(`${waits ? 'waits for' : 'goes before'} a merge of ours without an answer when ${when}`, () => {
      const key = `merge:issue-1:${head}:${BASE}`;
      const intent = makeEffect({ key, kind: 'merge', intendedAt: HOUR, confirmedAt: null, retryAt });
      const snapshot = ready({
        record,
        repository: { pullRequests: shown === null ? [THEIRS] : [THEIRS, makePullRequest(shown)] },
        effects: [POSTED, intent],
        verdicts: [makeVerdict({ id: 'verdict-7' }), VERDICT],
        commands: [ORDER],
        more: { reported: new Set(['reviewed:verdict-1']) },
      });
      const merges = acts(snapshot).filter((action) => action.kind === 'merge' && action.number === 9);
      assert.equal(merges.length, waits ? 0 : 1);
    });
  }
});
