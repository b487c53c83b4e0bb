/** The ledger itself holds the bound on words for one attempt: the ninth is refused for good, and nothing is called for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenPullRequest, PostReview } from '../../src/domain/action.ts';
import { subjectKey } from '../../src/domain/run.ts';
import { createMirror } from '../../src/git/mirror.ts';
import { createForge } from '../../src/github/create-forge.ts';
import { writeOutside } from '../../src/heartbeat/outside/outside-write.ts';
import { createTracker } from '../../src/linear/create-tracker.ts';
import { NOON, sampleRecord } from '../store/sample-rows.ts';
import { temporaryFolder, temporaryStore } from '../store/temporary-store.ts';

test('eight reviews for one issue are posted, the ninth is refused and says why; another issue or attempt has its own eight', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  const [one, other] = ['issue-1', 'issue-2'].map((issueId) => subjectKey({ kind: 'issue', issueId }));
  assert.ok(one !== undefined && other !== undefined);
  await journal.claim(sampleRecord({ issueId: 'issue-1', key: 'ENG-1', branch: 'heartline/eng-1' }), null);
  await journal.claim(sampleRecord({ issueId: 'issue-2', key: 'ENG-2', branch: 'heartline/eng-2' }), null);
  // Addresses where nobody listens: only what the write itself does may be called.
  const now = () => NOON;
  const nowhere = { now, timeoutMs: 1_000 };
  const hands = {
    clock: { now },
    journal,
    tracker: createTracker({ ...nowhere, apiKey: 'k', apiUrl: 'http://127.0.0.1:9', sweepMs: 1 }),
    forge: createForge({ ...nowhere, token: 't', reviewerToken: null, baseUrl: 'http://127.0.0.1:9' }),
    mirror: createMirror({
      root: temporaryFolder(t),
      remote: () => ({ url: 'http://127.0.0.1:9', token: 't' }),
      timeoutMs: 1_000,
    }),
  };
  let posted = 0;
  const how = {
    look: async () => null,
    perform: async () => {
      posted += 1;
      return String(posted);
    },
  };
  const post = (number: number, subject = one) => {
    const action: PostReview = {
      kind: 'post-review',
      key: `review:${subject}:${number}`,
      subject,
      repository: 'acme/cart',
      number: 1,
      head: 'abc',
      event: 'comment',
      body: 'words',
      findings: [],
      marker: 'm',
      reason: 'The review is in.',
    };
    return writeOutside(action, how, hands);
  };
  for (let number = 1; number <= 8; number += 1) assert.equal(await post(number), 'done');
  assert.equal(await post(9), 'failed');
  assert.equal(await post(9), 'failed');
  assert.equal(posted, 8);
  const refused = await journal.effect(`review:${one}:9`);
  assert.equal(refused?.refused, true);
  assert.match(refused.lastError ?? '', /8 pull requests, reviews and answers were written for it/);
  assert.equal(await post(1, other), 'done');

  const open: OpenPullRequest = {
    kind: 'open-pull-request',
    key: 'open:issue-1:2',
    subject: one,
    issueId: 'issue-1',
    repository: 'acme/cart',
    branch: 'heartline/eng-1-2',
    baseBranch: 'main',
    title: 'Again',
    body: 'words',
    draft: false,
    marker: 'm',
    reason: 'The branch is pushed.',
  };
  clock.now += 1;
  assert.equal(await writeOutside(open, how, hands), 'done');
  for (let number = 11; number <= 17; number += 1) assert.equal(await post(number), 'done');
  assert.equal(await post(18), 'failed');
});
