/** The room commands run in, by name of the driver. Choosing one, and refusing to start without, is the caller's. */

import { OutsideError } from '../domain/outside-error.ts';
import type { Isolation } from '../heartbeat/ports.ts';
import { boundedWorkspaces } from './bounded-workspaces.ts';
import { bwrapDriver } from './bwrap-driver.ts';
import { findControlGroups } from './control-groups.ts';
import { dockerDriver } from './docker/docker-driver.ts';
import { noneDriver } from './none-driver.ts';
import { createProxies } from './proxy/proxies.ts';
import { findProgram, findToolchain } from './toolchain.ts';

export interface IsolationOptions {
  readonly driver: Isolation['driver'];
  /** Folders with further tools, shown read-only at their own path; their `bin` (or they themselves) go on PATH. */
  readonly toolchains?: readonly string[];
  readonly processesMax?: number;
  readonly fileBytesMax?: number;
  readonly memoryFolderBytesMax?: number;
  readonly memoryBytesMax?: number;
  readonly cpus?: number;
  /** Of all files of one workspace. */
  readonly workspaceBytesMax?: number;
  /** The engine and image of the docker driver. */
  readonly docker?: { readonly socket: string; readonly image: string } | null;
  readonly log?: (message: string) => void;
}

const MIB = 1024 * 1024;
const WORKSPACE_BYTES_MAX = 20 * 1024 * MIB;

export function createIsolation(options: IsolationOptions): Isolation {
  return boundedWorkspaces(driverOf(options), options.workspaceBytesMax ?? WORKSPACE_BYTES_MAX);
}

function driverOf(options: IsolationOptions): Isolation {
  const toolchain = findToolchain(options.toolchains ?? []);
  const limits = {
    processesMax: options.processesMax ?? 1_024,
    fileBytesMax: options.fileBytesMax ?? 2_048 * MIB,
    memoryFolderBytesMax: options.memoryFolderBytesMax ?? 512 * MIB,
    memoryBytesMax: options.memoryBytesMax ?? 4_096 * MIB,
    cpus: options.cpus ?? 2,
  };
  const proxies = createProxies(options.log ?? (() => {}));
  switch (options.driver) {
    case 'bwrap':
      return bwrapDriver({
        program: findProgram('bwrap'),
        toolchain,
        limits,
        proxies,
        controlGroups: findControlGroups,
      });
    case 'docker': {
      const { docker } = options;
      if (docker === undefined || docker === null) {
        throw new OutsideError('invalid', 'make rooms with docker', 'no image is named: set isolation.docker.image');
      }
      return dockerDriver({ ...docker, limits, toolchain, proxies });
    }
    case 'none':
      return noneDriver({ toolchain, namespaces: 'if-possible' });
  }
  return options.driver satisfies never;
}
