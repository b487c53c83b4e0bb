/** The bounds that every walled room has, whoever makes its walls. */

export interface RoomLimits {
  readonly processesMax: number;
  /** Of any single file. */
  readonly fileBytesMax: number;
  /** Of each folder that lives in memory: temporary files, home, shared memory. */
  readonly memoryFolderBytesMax: number;
  readonly memoryBytesMax: number;
  /** Processors' worth of time; 0.5 is half of one. */
  readonly cpus: number;
}

/** Inside. */
export const HOME = '/home/agent';
