/** Looks at the outside keep to the pace their interface's level asks for; whatever else an adapter does is not touched. */
import type { Forge, Tracker } from '../heartbeat/ports.ts';
import type { Governor } from './governor.ts';

export function paceBoard(tracker: Tracker, governor: Governor): Tracker {
  return {
    ...tracker,
    async observe(watch) {
      governor.look('board', 'read the Linear board');
      return tracker.observe(watch);
    },
  };
}

export function paceRepositories(forge: Forge, governor: Governor): Forge {
  return {
    ...forge,
    async observe(repository, watch) {
      governor.look(repository, `read the pull requests of ${repository}`);
      return forge.observe(repository, watch);
    },
  };
}
