/** Clears a batch away: its branch goes, and GitHub closes its pull request with it. What a person put there stays. */
import type { DropBatch } from '../../domain/action.ts';
import type { Hands, OutsideWrite } from './outside-write.ts';

export const dropBatch: OutsideWrite<DropBatch> = {
  // To ask whether it is gone is the first half of deleting it.
  look: async () => null,
  async perform(action, { mirror }: Hands) {
    const { repository, branch, base, members } = action;
    const tip = await mirror.remoteTip(repository, branch);
    if (tip === null) return 'gone';
    const head = await mirror.combine(repository, base, members);
    if (tip !== head) return 'left';
    await mirror.deleteBranch(repository, branch, head);
    return 'deleted';
  },
};
