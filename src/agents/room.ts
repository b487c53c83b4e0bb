/** The isolated room of one run: everything a session does to files or programs goes through its `exec`. */
import type { ExecResult, Isolation, Workspace } from '../heartbeat/ports.ts';
import type { Equipment } from './dependencies.ts';

export interface Room {
  /** Of a late room there only once a command has run in it. */
  readonly workspace: Workspace;
  exec(argv: readonly string[], options?: RoomOptions): Promise<ExecResult>;
}

export interface RoomOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly outputBytesMax?: number;
  /** Ends the command alone; the run goes on. */
  readonly signal?: AbortSignal;
}

/** Long enough for a test suite; a run's own deadline cuts it shorter. */
const COMMAND_TIMEOUT_MS = 10 * 60_000;
const OUTPUT_BYTES_MAX = 1_000_000;
const COMMAND_TIMEOUT_MS_MIN = 1_000;

export function openRoom(room: {
  readonly isolation: Isolation;
  readonly workspace: Workspace;
  readonly readOnly: boolean;
  readonly signal: AbortSignal;
  /** Milliseconds the run has left. */
  readonly leftMs: () => number;
  readonly equipment: Equipment;
}): Room {
  const { isolation, workspace, readOnly, signal } = room;
  return {
    workspace,
    exec: async (argv, options = {}) => {
      const result = await isolation.exec({
        argv,
        workspace,
        readOnly,
        timeoutMs: Math.max(COMMAND_TIMEOUT_MS_MIN, Math.min(options.timeoutMs ?? COMMAND_TIMEOUT_MS, room.leftMs())),
        outputBytesMax: options.outputBytesMax ?? OUTPUT_BYTES_MAX,
        signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
        ...room.equipment,
        ...(options.input === undefined ? {} : { input: options.input }),
      });
      // A command that we killed says nothing about the work: the run is over or will be resumed.
      signal.throwIfAborted();
      return result;
    },
  };
}

/** A room that is made ready when its first command comes. */
export function lateRoom(open: () => Promise<Room>): Room {
  let opening: Promise<Room> | null = null;
  let room: Room | null = null;
  return {
    get workspace() {
      if (room === null) throw new Error('Nothing has run in this room yet.');
      return room.workspace;
    },
    exec: async (argv, options) => {
      opening ??= open();
      // What failed once is tried again by the next command.
      opening.catch(() => {
        opening = null;
      });
      room = await opening;
      return room.exec(argv, options);
    },
  };
}
