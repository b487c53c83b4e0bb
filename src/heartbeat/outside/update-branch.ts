/** Asks GitHub to merge the base into the branch, if the branch is still where we saw it. */
import type { UpdateBranch } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { OutsideWrite } from './outside-write.ts';

export const updateBranch: OutsideWrite<UpdateBranch> = {
  async look(action, { forge }) {
    const live = await forge.pullRequest(action.repository, action.number);
    return live !== null && live.head !== action.head ? live.head : null;
  },
  async perform(action, { forge }) {
    try {
      await forge.updateBranch(action.repository, action.number, action.head);
    } catch (error) {
      // The head moved: by our own earlier call, or by a person, which the next look tells apart.
      if (!(error instanceof OutsideError) || error.kind !== 'conflict') throw error;
    }
    return 'asked';
  },
};
