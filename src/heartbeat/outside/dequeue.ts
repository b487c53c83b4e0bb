/** Takes a pull request out of the forge's own merge queue; one that is not in it is left as it is. */
import type { Dequeue } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const dequeue: OutsideWrite<Dequeue> = {
  async look(action, { forge }) {
    const live = await forge.pullRequest(action.repository, action.number);
    return live === null || live.queued === null ? 'out' : null;
  },
  async perform(action, { forge }) {
    await forge.dequeue(action.repository, action.number);
    return 'out';
  },
};
