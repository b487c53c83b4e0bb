/** Hands a pull request to the forge's own merge queue: at the reviewed and checked head, and only while nothing else changed. */
import type { Enqueue } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import { stillOurs } from './merge.ts';
import type { Hands, OutsideWrite } from './outside-write.ts';

export const enqueue: OutsideWrite<Enqueue> = {
  async look(action, { forge }) {
    const live = await forge.pullRequest(action.repository, action.number);
    return live !== null && live.head === action.head && (live.queued !== null || live.state === 'merged')
      ? 'queued'
      : null;
  },
  async perform(action, hands) {
    const { repository, number, head } = action;
    return hands.forge.enqueue({ repository, number, head });
  },
  recheck,
};

/** The queue tests the base by itself, so only what it does not know is looked at once more. */
async function recheck(action: Enqueue, hands: Hands): Promise<void> {
  const attempted = `queue pull request #${action.number} of ${action.repository}`;
  const live = await stillOurs(action, attempted, hands);
  if (live.head !== action.head) throw new OutsideError('conflict', attempted, `its head moved to ${live.head}`);
}
