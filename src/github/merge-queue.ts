/** Writes that only GraphQL has and that name a pull request by GitHub's own id: the merge queue, and making a draft ready. */
import { z } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Forge } from '../heartbeat/ports.ts';
import { DEQUEUE, ENQUEUE, QUEUE_PLACE, READY } from './documents.ts';
import type { GithubClient } from './github-client.ts';
import { coordinatesOf } from './repository-name.ts';

const entry = z.object({ id: z.string() }).nullish();
const queuePlace = z.object({
  repository: z.object({
    pullRequest: z.object({ id: z.string(), isDraft: z.boolean(), headRefOid: z.string(), mergeQueueEntry: entry }),
  }),
});
const enqueued = z.object({ enqueuePullRequest: z.object({ mergeQueueEntry: entry }) });

export type QueueWrites = Pick<Forge, 'enqueue' | 'dequeue' | 'markReady'>;

export function createQueueWrites(client: GithubClient): QueueWrites {
  async function placeOf(attempted: string, repository: string, number: number) {
    const variables = { ...coordinatesOf(repository), number };
    return (await client.graphql(attempted, QUEUE_PLACE, variables, queuePlace)).repository.pullRequest;
  }

  return {
    async enqueue({ repository, number, head }) {
      const attempted = `queue pull request #${number} of ${repository} for merging`;
      const { id } = await placeOf(attempted, repository, number);
      try {
        const answer = await client.graphql(attempted, ENQUEUE, { id, head }, enqueued);
        const made = answer.enqueuePullRequest.mergeQueueEntry?.id;
        if (made !== undefined) return made;
        throw new OutsideError('unreachable', attempted, 'GitHub queued it and does not show the entry');
      } catch (error) {
        if (!ruledOut(error)) throw error;
        // One kind of error says "the head moved", "it is queued already" and "the rules are not met"; a look tells which.
        const now = await placeOf(attempted, repository, number);
        if (now.headRefOid !== head)
          throw new OutsideError('conflict', attempted, `the head is ${now.headRefOid} by now`, { cause: error });
        if (now.mergeQueueEntry) return now.mergeQueueEntry.id;
        if (error.kind === 'conflict') throw error;
        throw new OutsideError('refused', attempted, error.message, { cause: error });
      }
    },

    async dequeue(repository, number) {
      const attempted = `take pull request #${number} of ${repository} out of the merge queue`;
      const { id, mergeQueueEntry } = await placeOf(attempted, repository, number);
      if (!mergeQueueEntry) return;
      try {
        await client.graphql(attempted, DEQUEUE, { id }, z.unknown());
      } catch (error) {
        // It may have left by itself meanwhile, merged or thrown out.
        if (!ruledOut(error) || (await placeOf(attempted, repository, number)).mergeQueueEntry) throw error;
      }
    },

    async markReady(repository, number) {
      const attempted = `mark pull request #${number} of ${repository} ready for review`;
      const { id, isDraft } = await placeOf(attempted, repository, number);
      if (isDraft) await client.graphql(attempted, READY, { id }, z.unknown());
    },
  };
}

/** GitHub understood and said no, with whichever type it gives such an answer. */
function ruledOut(error: unknown): error is OutsideError {
  return error instanceof OutsideError && ['refused', 'invalid', 'conflict', 'missing'].includes(error.kind);
}
