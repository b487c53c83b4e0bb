/** The room commands run in, by name of the driver. Choosing one, and refusing to start without, is the caller's. */

import type { Isolation } from '../heartbeat/ports.ts';
import { bwrapDriver } from './bwrap-driver.ts';
import { noneDriver } from './none-driver.ts';
import { findProgram, findToolchain } from './toolchain.ts';

export interface IsolationOptions {
  readonly driver: 'bwrap' | 'none';
  /** Folders with further tools, shown read-only at their own path; their `bin` (or they themselves) go on PATH. */
  readonly toolchains?: readonly string[];
  readonly processesMax?: number;
  readonly fileBytesMax?: number;
  readonly memoryFolderBytesMax?: number;
}

const MIB = 1024 * 1024;

export function createIsolation(options: IsolationOptions): Isolation {
  const toolchain = findToolchain(options.toolchains ?? []);
  switch (options.driver) {
    case 'bwrap':
      return bwrapDriver({
        program: findProgram('bwrap'),
        toolchain,
        limits: {
          processesMax: options.processesMax ?? 1_024,
          fileBytesMax: options.fileBytesMax ?? 2_048 * MIB,
          memoryFolderBytesMax: options.memoryFolderBytesMax ?? 512 * MIB,
        },
      });
    case 'none':
      return noneDriver({ toolchain, namespaces: 'if-possible' });
  }
  return options.driver satisfies never;
}
