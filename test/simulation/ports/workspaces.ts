/** Folders where sessions work, as the names and commits that the world keeps. */
import type { Workspaces } from '../../../src/heartbeat/ports.ts';
import type { World } from '../world/world.ts';
import type { Line } from './line.ts';

export function createWorkspaces({ workspaces }: World, line: Line): Workspaces {
  return {
    prepare: async () => {
      throw new Error('scripted agents prepare nothing');
    },
    release: (name) =>
      line.own(async () => {
        workspaces.delete(name);
      }),
    list: () => line.own(async () => [...workspaces.keys()]),
  };
}
