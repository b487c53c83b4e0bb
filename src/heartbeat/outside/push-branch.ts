/** Pushes work to its branch, as a compare-and-swap: a branch that is not where we left it belongs to somebody. */
import type { PushBranch } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const pushBranch: OutsideWrite<PushBranch> = {
  async look(action, { mirror }) {
    return (await mirror.remoteTip(action.repository, action.branch)) === action.head ? action.head : null;
  },
  async perform(action, { mirror }) {
    await mirror.push({
      repository: action.repository,
      branch: action.branch,
      head: action.head,
      expected: action.expected,
    });
    return action.head;
  },
};
