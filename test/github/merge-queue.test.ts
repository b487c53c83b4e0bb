/** What a refused place in the merge queue means, where GitHub's own words leave it open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError, type TroubleKind } from '../../src/domain/outside-error.ts';
import type { GithubClient } from '../../src/github/github-client.ts';
import { createQueueWrites } from '../../src/github/merge-queue.ts';

const HEAD = '1'.repeat(40);

/** A GitHub that answers each look with this head and entry, and refuses to queue. */
function refusing(kind: TroubleKind, head: string, entry: string | null): GithubClient {
  return {
    rest: () => assert.fail('nothing here goes over REST'),
    async graphql(attempted, document, _variables, shape) {
      if (document.includes('mutation')) throw new OutsideError(kind, attempted, 'no');
      const place = { id: 'PR_1', isDraft: false, headRefOid: head, mergeQueueEntry: entry && { id: entry } };
      return shape.parse({ repository: { pullRequest: place } });
    },
    guarded: () => assert.fail('nobody asks to be asked here'),
    quota: () => null,
  };
}

function enqueue(client: GithubClient): Promise<string> {
  return createQueueWrites(client).enqueue({ repository: 'acme/shop', number: 1, head: HEAD });
}

test('something changed under the call and all is as it was named: worth another try, not refused for good', async () => {
  await assert.rejects(enqueue(refusing('conflict', HEAD, null)), { kind: 'conflict' });
});

test('a rule that is not met stays refused', async () => {
  await assert.rejects(enqueue(refusing('refused', HEAD, null)), { kind: 'refused' });
});

for (const kind of ['refused', 'conflict'] as const) {
  test(`told as "${kind}", a moved head is a conflict and an entry that is there is as good as made`, async () => {
    await assert.rejects(enqueue(refusing(kind, '2'.repeat(40), null)), {
      kind: 'conflict',
      message: /the head is 2222/,
    });
    assert.equal(await enqueue(refusing(kind, HEAD, 'entry-1')), 'entry-1');
  });
}
