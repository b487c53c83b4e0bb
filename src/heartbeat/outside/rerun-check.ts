/** Runs a failed check once more. What it looked like then is kept as the result: anything else there later is the new run. */
import { runOf } from '../../decide/checks.ts';
import type { RerunCheck } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const rerunCheck: OutsideWrite<RerunCheck> = {
  // GitHub keeps no key for it. Asked twice it refuses the second while the first runs; what we saw tells the rest.
  look: async () => null,
  async perform(action, { forge }) {
    await forge.rerunCheck(action.repository, action.check);
    return runOf(action.check);
  },
};
