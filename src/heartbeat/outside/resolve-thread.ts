/** Resolves a review thread; resolving it twice changes nothing. */
import type { ResolveThread } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const resolveThread: OutsideWrite<ResolveThread> = {
  look: async () => null,
  async perform({ repository, number, threadId }, { forge }) {
    await forge.resolveThread(repository, number, threadId);
    return threadId;
  },
};
