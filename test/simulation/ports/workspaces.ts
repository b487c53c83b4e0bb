/** Folders where sessions work, as the names and commits that the world keeps. */
import type { Workspaces } from '../../../src/heartbeat/ports.ts';
import type { World } from '../world/world.ts';

export function createWorkspaces({ workspaces }: World): Workspaces {
  return {
    prepare: async () => {
      throw new Error('scripted agents prepare nothing');
    },
    release: async (name) => {
      workspaces.delete(name);
    },
    list: async () => [...workspaces.keys()],
  };
}
