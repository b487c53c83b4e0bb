/** Pushes work to its branch, as a compare-and-swap: a branch that is not where we left it belongs to somebody. */
import type { PushBranch } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { Hands, OutsideWrite } from './outside-write.ts';

export const pushBranch: OutsideWrite<PushBranch> = {
  look,
  async perform(action, hands) {
    const { repository, branch, head, expected } = action;
    try {
      await hands.mirror.push({ repository, branch, head, expected });
    } catch (error) {
      // git repeats a request by itself when its connection dies, and the repetition finds the branch where the first put it.
      const moved = error instanceof OutsideError && error.kind === 'conflict';
      if (!moved || (await look(action, hands)) === null) throw error;
    }
    return head;
  },
};

async function look(action: PushBranch, { mirror }: Hands): Promise<string | null> {
  return (await mirror.remoteTip(action.repository, action.branch)) === action.head ? action.head : null;
}
