/** People's words on a pull request: told to an agent once, answered one by one, and a thread is resolved only by a change. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReviewThread } from '../../src/domain/pull-request.ts';
import type { Remark, Run } from '../../src/domain/run.ts';
import { BASE, HEAD, ledger, makeCommand, makeEffect, makeRun, makeVerdict, NOW, sha } from './make.ts';
import { acts, kinds, READY_EFFECTS, ready, reasonOf } from './ready.ts';

const ON_PULL = { kind: 'pull-request', repository: 'acme/shop', number: 7 } as const;

function thread(value: Partial<ReviewThread> = {}, author = 'ada', byPerson = true): ReviewThread {
  return {
    id: 'thread-1',
    reviewId: null,
    resolved: false,
    outdated: false,
    path: 'src/totals.ts',
    line: 4,
    comments: [{ id: 'c1', author, byPerson, body: 'Why not round half to even?', at: NOW - 5_000 }],
    ...value,
  };
}

const REMARK: Remark = {
  id: 'c1',
  threadId: 'thread-1',
  by: 'ada',
  path: 'src/totals.ts',
  line: 4,
  text: 'Why not round half to even?',
};

function answered(changed: boolean, head = HEAD): Run {
  return makeRun({
    id: 'run-2',
    cause: { kind: 'remarks', remarks: [REMARK] },
    createdAt: NOW - 4_000,
    result: {
      kind: 'work',
      head,
      base: BASE,
      summary: 'Answered.',
      commitTitle: 'Answer',
      answers: [{ id: 'c1', changed, text: 'Because @everyone <!-- asked --> so.' }],
    },
  });
}

describe('a person’s remark', () => {
  it('in a thread goes to the dev’s session with place and words', () => {
    const [action] = acts(ready({ pullRequest: { threads: [thread()] } }));
    assert.ok(action?.kind === 'dispatch');
    assert.deepEqual(action.cause, { kind: 'remarks', remarks: [REMARK] });
    assert.deepEqual([action.role, action.sessionId], ['dev', 'session-1']);
  });

  it('in the conversation goes the same way, and its command is settled once it was told', () => {
    const command = makeCommand({ kind: 'remark', text: 'Please add a test.' }, { on: ON_PULL });
    const [action] = acts(ready({ commands: [command] }));
    assert.ok(action?.kind === 'dispatch' && action.cause.kind === 'remarks');
    assert.equal(action.cause.remarks[0]?.threadId, null);
    const told = makeRun({ id: 'run-2', cause: action.cause, state: 'running', result: null });
    assert.deepEqual(kinds(ready({ commands: [command], runs: [makeRun(), told] })), ['settle-command']);
  });

  it('is told together with all the others', () => {
    const more = thread({
      id: 'thread-2',
      comments: [{ id: 'c2', author: 'Ada', byPerson: true, body: 'And?', at: NOW }],
    });
    const [action] = acts(ready({ pullRequest: { threads: [thread(), more] } }));
    assert.ok(action?.kind === 'dispatch' && action.cause.kind === 'remarks');
    assert.deepEqual(
      action.cause.remarks.map((remark) => remark.id),
      ['c1', 'c2'],
    );
  });

  const SILENT: readonly { readonly when: string; readonly threads: readonly ReviewThread[] }[] = [
    { when: 'by a stranger', threads: [thread({}, 'mallory')] },
    { when: 'by an app that carries a person’s name', threads: [thread({}, 'ada', false)] },
    { when: 'in a thread that is resolved', threads: [thread({ resolved: true })] },
    {
      when: 'that is ours by its marker',
      threads: [
        thread({
          comments: [{ id: 'c1', author: 'ada', byPerson: true, body: 'x <!-- heartline:answer:1 -->', at: NOW }],
        }),
      ],
    },
  ];
  for (const { when, threads } of SILENT) {
    it(`${when} starts nobody`, () => {
      assert.ok(!kinds(ready({ pullRequest: { threads } })).includes('dispatch'));
    });
  }

  it('is never told twice, and holds the merge while its thread is open', () => {
    const snapshot = ready({
      pullRequest: { threads: [thread()] },
      runs: [makeRun(), answered(false)],
      effects: [makeEffect({ key: 'reply:issue-1:c1', kind: 'reply' })],
    });
    assert.deepEqual(kinds(snapshot), ['report']);
    assert.match(reasonOf(snapshot), /1 review thread is open, first on src\/totals\.ts:4/);
  });

  it('that comes after the answer, in the same thread, is told too', () => {
    const { comments } = thread();
    const again = { id: 'c9', author: 'ada', byPerson: true, body: 'Still not.', at: NOW };
    const snapshot = ready({
      pullRequest: { threads: [thread({ comments: [...comments, again] })] },
      runs: [makeRun(), answered(false)],
      effects: [makeEffect({ key: 'reply:issue-1:c1', kind: 'reply' })],
    });
    const [action] = acts(snapshot);
    assert.ok(action?.kind === 'dispatch' && action.cause.kind === 'remarks');
    assert.deepEqual(
      action.cause.remarks.map((remark) => remark.id),
      ['c9'],
    );
  });
});

describe('a person’s word that is easily missed', () => {
  const again = { id: 'c9', author: 'ada', byPerson: true, body: 'Still wrong.', at: NOW };
  const byUs = makeEffect({ key: 'resolve:issue-1:thread-1', kind: 'resolve-thread' });
  const remarksOf = (snapshot: ReturnType<typeof ready>) =>
    acts(snapshot).flatMap((action) =>
      action.kind === 'dispatch' && action.cause.kind === 'remarks' ? action.cause.remarks.map(({ id }) => id) : [],
    );

  it('in a thread that we resolved is told', () => {
    const { comments } = thread();
    const effects = [makeEffect({ key: 'reply:issue-1:c1', kind: 'reply' }), byUs];
    const threads = [thread({ resolved: true, comments: [...comments, again] })];
    const snapshot = ready({ pullRequest: { threads }, runs: [makeRun(), answered(true)], effects });
    assert.deepEqual(remarksOf(snapshot), ['c9']);
    assert.ok(!kinds(snapshot).includes('merge'));
  });

  it('while the work was stopped is told when it goes on', () => {
    const command = makeCommand({ kind: 'remark', text: 'Use the helper.' }, { on: ON_PULL });
    const stopped = { phase: 'cancelled', reason: 'Ada said /stop.', stoppedAt: NOW - 5_000 } as const;
    assert.ok(!kinds(ready({ record: stopped, commands: [command] })).includes('settle-command'));
    assert.deepEqual(remarksOf(ready({ commands: [command] })), ['comment-1']);
  });

  it('is an order in a thread: carried out and told to no agent', () => {
    const order = thread({ comments: [{ ...again, body: '/stop' }] });
    assert.deepEqual(remarksOf(ready({ pullRequest: { threads: [order] } })), []);
  });

  it('comes while a push is not in our row yet: the push is seen through first', () => {
    const pushed = makeEffect({ key: `push:issue-1:1:${sha(5)}`, kind: 'push-branch', outsideId: sha(5) });
    const tried = { ...pushed, confirmedAt: null, outsideId: null };
    const work = makeRun({ id: 'run-2', createdAt: NOW - 4_000, result: answered(true, sha(5)).result });
    for (const effect of [pushed, tried]) {
      const snapshot = ready({
        record: { updatedAt: NOW - 20_000 },
        pullRequest: { threads: [thread()] },
        runs: [makeRun(), work],
        effects: [effect],
      });
      assert.deepEqual(remarksOf(snapshot), []);
      assert.deepEqual(kinds(snapshot), [effect === pushed ? 'update-record' : 'push-branch']);
    }
  });
});

describe('an answer', () => {
  it('given after a question of the agent’s own is posted', () => {
    const cause = { kind: 'remarks', remarks: [REMARK] } as const;
    const asking = makeRun({ id: 'run-2', cause, state: 'awaiting-human', result: null, createdAt: NOW - 4_000 });
    const answer = { kind: 'answer', commentId: 'k', by: 'Ada', text: 'euros' } as const;
    const after = makeRun({ ...answered(true), id: 'run-3', cause: answer, createdAt: NOW - 2_000 });
    const record = { resumedAt: NOW - 2_500 };
    const pullRequest = { threads: [thread()] };
    const replied = (runs: readonly Run[]) => kinds(ready({ record, pullRequest, runs: [makeRun(), ...runs] }));
    assert.ok(replied([asking, after]).includes('reply'));
    assert.ok(!replied([{ ...answered(true), result: null, state: 'succeeded' }, after]).includes('reply'));
  });

  const open = { pullRequest: { threads: [thread()] } };

  it('is posted in its thread, quietly and with a marker', () => {
    const reply = acts(ready({ ...open, runs: [makeRun(), answered(true)] })).find((one) => one.kind === 'reply');
    assert.ok(reply !== undefined);
    assert.equal(reply.threadId, 'thread-1');
    assert.equal(reply.body, 'Because @\u200beveryone &lt;!-- asked --> so.\n\n<!-- heartline:answer:c1 -->');
  });

  it('resolves its thread when it changed the work, and leaves it to the person when it did not', () => {
    const said = { effects: [makeEffect({ key: 'reply:issue-1:c1', kind: 'reply' })] };
    assert.ok(kinds(ready({ ...open, ...said, runs: [makeRun(), answered(true)] })).includes('resolve-thread'));
    assert.ok(!kinds(ready({ ...open, ...said, runs: [makeRun(), answered(false)] })).includes('resolve-thread'));
  });

  it('is given by the run that went on for one that crashed', () => {
    const crashed = makeRun({
      id: 'run-2',
      cause: { kind: 'remarks', remarks: [REMARK] },
      state: 'failed',
      result: null,
    });
    const next = { ...answered(true), id: 'run-3', cause: { kind: 'crashed', runId: 'run-2' } as const };
    assert.ok(kinds(ready({ ...open, runs: [makeRun(), crashed, next] })).includes('reply'));
  });

  it('waits until the work it speaks of stands on the branch', () => {
    const snapshot = ready({ ...open, runs: [makeRun(), answered(true, sha(0x77))] });
    assert.deepEqual(kinds(snapshot), ['push-branch']);
  });

  it('to what was said in the conversation is one comment that quotes each', () => {
    const remarks = [1, 2].map(
      (n): Remark => ({ id: `k${n}`, threadId: null, by: 'Ada', path: null, line: null, text: `Question ${n}?` }),
    );
    const run = makeRun({
      id: 'run-2',
      cause: { kind: 'remarks', remarks },
      result: {
        kind: 'work',
        head: HEAD,
        base: BASE,
        summary: 'x',
        commitTitle: 'x',
        answers: remarks.map(({ id }) => ({ id, changed: false, text: `Answer to ${id}.` })),
      },
    });
    const replies = acts(ready({ runs: [makeRun(), run] })).filter((one) => one.kind === 'reply');
    assert.equal(replies.length, 1);
    assert.equal(replies[0]?.threadId, null);
    assert.match(replies[0]?.body ?? '', /> Question 1\?\n\nAnswer to k1\.\n\n> Question 2\?\n\nAnswer to k2\./);
  });
});

describe('a thread of our own reviewer', () => {
  it('is not opened by an approval: what it notes stands in its words, for branch rules may ask that threads be resolved', () => {
    const note = {
      path: 'src/totals.ts',
      line: 4,
      severity: 'minor',
      comment: 'A <!-- name --> may help @ada.',
    } as const;
    const judged = (decision: 'approve' | 'request-changes') => {
      const posted = READY_EFFECTS.filter((one) => one.kind !== 'post-review');
      const result = {
        kind: 'review',
        decision,
        summary: 'Read.',
        findings: [note],
        head: HEAD,
        base: BASE,
        digest: 'x',
      };
      const runs = [makeRun(), makeRun({ id: 'run-review', role: 'review', result: result as Run['result'] })];
      const verdicts = [makeVerdict({ decision })];
      const [post] = acts(ready({ runs, verdicts, more: { effects: ledger(...posted) } })).filter(
        (one) => one.kind === 'post-review',
      );
      return post ?? assert.fail('no review is posted');
    };
    const approval = judged('approve');
    assert.deepEqual(approval.findings, []);
    assert.match(approval.body, /Read\.\n\n- `src\/totals\.ts:4`: A &lt;!-- name --> may help @\u200bada\./);
    const refusal = judged('request-changes');
    assert.equal(refusal.findings.length, 1);
    assert.doesNotMatch(refusal.body, /may help/);
  });

  it('is resolved by the approval that followed, and holds nothing up', () => {
    const asked = makeVerdict({
      id: 'verdict-0',
      decision: 'request-changes',
      head: sha(0x55),
      digest: 'old',
      at: NOW - 30_000,
    });
    const snapshot = ready({
      pullRequest: { threads: [thread({ reviewId: '800' }, 'heartline-bot')] },
      verdicts: [asked, makeVerdict()],
      effects: [makeEffect({ key: 'review:verdict-0', kind: 'post-review', outsideId: '800' })],
    });
    assert.deepEqual(kinds(snapshot), ['resolve-thread', 'merge']);
  });
});
