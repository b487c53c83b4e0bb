/** What is read once more before a batch is merged: a member that went, or the batch itself, is for the next look to judge. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { batchKey, dropKey } from '../../src/decide/batch.ts';
import type { Merge } from '../../src/domain/action.ts';
import type { Effect } from '../../src/domain/effect.ts';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { baseSubject } from '../../src/domain/run.ts';
import { merge } from '../../src/heartbeat/outside/merge.ts';
import type { Hands } from '../../src/heartbeat/outside/outside-write.ts';
import {
  BASE,
  HEAD,
  ledger,
  makeEffect,
  makeIssue,
  makePullRequest,
  makeRecord,
  REPOSITORY,
  STATES,
  sha,
} from '../decide/make.ts';

const TOGETHER = sha(0xba7c);
const MEMBERS = [
  { number: 7, head: HEAD },
  { number: 8, head: sha(8) },
];
const KEY = batchKey(REPOSITORY, 'main', BASE, MEMBERS);
const LANE = baseSubject(REPOSITORY, 'main');
const OPENED = makeEffect({ key: KEY, kind: 'open-batch', subject: LANE, outsideId: `20@${TOGETHER}` });
const SUBJECT = `pull:${REPOSITORY}#20`;
const MERGE: Merge = {
  kind: 'merge',
  key: `merge:${SUBJECT}:${TOGETHER}:${BASE}:merge`,
  issueId: null,
  repository: REPOSITORY,
  number: 20,
  head: TOGETHER,
  base: BASE,
  baseBranch: 'main',
  method: 'merge',
  title: 'Batch of #7 and #8 (#20)',
  members: MEMBERS.map((one) => ({ ...one, issueId: `issue-${one.number}` })),
  subject: SUBJECT,
  reason: 'They are merged together.',
};

/** What stands in the way, as the kind of trouble it is; null when nothing does. */
async function recheck(pulls: readonly Partial<PullRequest>[], ...more: readonly Effect[]): Promise<string | null> {
  const shown = [{ number: 20, head: TOGETHER }, ...MEMBERS].map((one) =>
    makePullRequest({ ...one, ...pulls.find(({ number }) => number === one.number) }),
  );
  const claimed = makeIssue({ state: STATES.review, lastMove: null });
  const hands = {
    forge: { pullRequest: async (_: string, number: number) => shown.find((one) => one.number === number) ?? null },
    tracker: { issue: async (id: string) => ({ ...claimed, id }) },
    journal: {
      record: async (issueId: string) => makeRecord({ issueId, claimedMove: `created:${issueId}` }),
      effectsOf: async (subject: string) => (subject === LANE ? ledger(OPENED, ...more) : new Map()),
      frozen: async () => new Map(),
    },
  } as unknown as Hands;
  try {
    await merge.recheck?.(MERGE, hands);
    return null;
  } catch (error) {
    assert.ok(error instanceof OutsideError);
    return error.kind;
  }
}

describe('a batch that is about to be merged', () => {
  it('is where all of it is as it was', async () => {
    assert.equal(await recheck([]), null);
  });

  it('is decided anew where something was closed, which is no refusal of GitHub’s', async () => {
    assert.equal(await recheck([{ number: 8, state: 'closed' }]), 'conflict');
    assert.equal(await recheck([{ number: 20, state: 'closed' }]), 'conflict');
  });

  it('is not where it was dropped while it waited for its turn', async () => {
    const dropped = makeEffect({
      key: dropKey({ key: KEY }, 'stale'),
      kind: 'drop-batch',
      subject: LANE,
      confirmedAt: null,
    });
    assert.equal(await recheck([], dropped), 'conflict');
  });
});
