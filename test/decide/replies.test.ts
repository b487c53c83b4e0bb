/** However much people say, and however few words the bot has left on GitHub: each of them is answered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/decide/decide.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { ReviewThread } from '../../src/domain/pull-request.ts';
import type { Remark, Run } from '../../src/domain/run.ts';
import { BASE, HEAD, makeEffect, makeRun, NOW } from './make.ts';
import { acts, ready } from './ready.ts';

/** A ready issue has written two things on GitHub: its pull request and a review. Answers stop at six. */
const ROOM = 4;

const remark = (n: number, threadId: string | null = `thread-${n}`): Remark => ({
  id: `c${n}`,
  threadId,
  by: 'ada',
  path: threadId === null ? null : 'src/totals.ts',
  line: threadId === null ? null : n,
  text: `Question ${n}?`,
});

const threadOf = ({ id, threadId, line, text }: Remark): ReviewThread => ({
  id: threadId ?? '',
  reviewId: null,
  resolved: false,
  outdated: false,
  path: 'src/totals.ts',
  line,
  comments: [{ id, author: 'ada', byPerson: true, body: text, at: NOW - 5_000 }],
});

function answering(remarks: readonly Remark[], text = 'It is so.'): Run {
  return makeRun({
    id: 'run-2',
    cause: { kind: 'remarks', remarks },
    createdAt: NOW - 4_000,
    result: {
      kind: 'work',
      head: HEAD,
      base: BASE,
      summary: 'Answered.',
      commitTitle: 'Answer',
      answers: remarks.map(({ id }, index) => ({ id, changed: index % 2 === 0, text: `${text} (${id})` })),
    },
  });
}

function said(remarks: readonly Remark[], effects: readonly Effect[] = [], text?: string) {
  const threads = remarks.filter((one) => one.threadId !== null).map(threadOf);
  return ready({ pullRequest: { threads }, runs: [makeRun(), answering(remarks, text)], effects });
}

function does(remarks: readonly Remark[], effects: readonly Effect[] = []): readonly string[] {
  return acts(said(remarks, effects)).flatMap((action) => {
    if (action.kind === 'reply') return [`reply in ${action.threadId ?? 'one comment'}`];
    return action.kind === 'resolve-thread' ? [`resolve ${action.threadId}`] : [];
  });
}

const many = (count: number) => Array.from({ length: count }, (_, index) => remark(index + 1));
const wrote = (n: number, value: Partial<Effect> = {}) =>
  makeEffect({ key: `reply:issue-1:c${n}`, kind: 'reply', outsideId: `r${n}`, ...value });
const TOGETHER = makeEffect({ key: 'reply:issue-1:run-2', kind: 'reply', outsideId: 'all' });
const refused = { confirmedAt: null, outsideId: null, refused: true, lastError: 'no' };
const waits = { confirmedAt: null, outsideId: null, lastError: 'away', retryAt: NOW + 60_000 };

describe('answers', () => {
  it('stand in their threads while there is room, with one comment kept for what comes later', () => {
    assert.deepEqual(
      does(many(ROOM - 1)),
      [1, 2, 3].map((n) => `reply in thread-${n}`),
    );
  });

  it('have as much room in each attempt', () => {
    const earlier = Array.from({ length: 8 }, (_, n) =>
      makeEffect({ key: `review:old-${n}`, kind: 'post-review', intendedAt: NOW - 20_000 }),
    );
    assert.deepEqual(does(many(ROOM - 1), earlier), does(many(ROOM - 1)));
  });

  it('are one comment that answers each where there is no room', () => {
    const remarks = [...many(8), remark(9, null)];
    const replies = acts(said(remarks)).filter((one) => one.kind === 'reply');
    assert.equal(replies.length, 1);
    assert.deepEqual([replies[0]?.threadId, replies[0]?.key], [null, 'reply:issue-1:run-2']);
    for (const { id, threadId, line, text } of remarks) {
      const place = threadId === null ? '' : `src/totals.ts:${line}: `;
      assert.ok(replies[0]?.body.includes(`> ${place}${text}\n\nIt is so. (${id})`), `${id} in ${replies[0]?.body}`);
    }
  });

  it('given together settle what they changed, and only that', () => {
    assert.deepEqual(does(many(5), [TOGETHER]), ['resolve thread-1', 'resolve thread-3', 'resolve thread-5']);
  });

  it('that GitHub refused in their threads are given together', () => {
    assert.deepEqual(does(many(2), [wrote(1), wrote(2, refused)]), ['resolve thread-1', 'reply in one comment']);
    const [reply] = acts(said(many(2), [wrote(1), wrote(2, refused)])).filter((one) => one.kind === 'reply');
    assert.doesNotMatch(reply?.body ?? '', /Question 1/);
  });

  it('wait for one that may have landed, so that none is given twice', () => {
    assert.deepEqual(does(many(2), [wrote(1, waits), wrote(2, refused)]), []);
    const again = wrote(1, { ...waits, retryAt: NOW - 1 });
    assert.deepEqual(does(many(2), [again, wrote(2, refused)]), ['reply in thread-1']);
  });

  it('fit into what GitHub takes, however long they are', () => {
    const snapshot = said(many(20), [], 'x'.repeat(5_000));
    const [reply] = acts(snapshot).filter((one) => one.kind === 'reply');
    assert.ok((reply?.body.length ?? 0) > 40_000);
    assert.ok((reply?.body.length ?? 0) < 65_536, `${reply?.body.length} characters`);
  });

  it('that find no place on GitHub at all stand in the issue’s comment', () => {
    const none = { ...TOGETHER, ...refused };
    const comment = decide(said([remark(1), remark(2, null)], [wrote(1), none])).actions.find(
      (one) => one.kind === 'progress-comment',
    );
    assert.match(comment?.body ?? '', /Answers that found no place on GitHub:\n\n> Question 2\?\n\nIt is so\. \(c2\)/);
    assert.doesNotMatch(comment?.body ?? '', /Question 1/);
    const before = decide(said([remark(1), remark(2, null)], [wrote(1)])).actions.find(
      (one) => one.kind === 'progress-comment',
    );
    assert.notEqual(comment?.key, before?.key, 'which is edited for it');
  });
});
