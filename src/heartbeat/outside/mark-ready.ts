/** Makes our own draft ready for review. */
import type { MarkReady } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const markReady: OutsideWrite<MarkReady> = {
  async look(action, { forge }) {
    const live = await forge.pullRequest(action.repository, action.number);
    return live?.draft === false ? 'ready' : null;
  },
  async perform(action, { forge }) {
    await forge.markReady(action.repository, action.number);
    return 'ready';
  },
};
