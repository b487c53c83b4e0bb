/** A process that was started, whoever started it: as much of Node's own ChildProcess as its users need. */
import type { EventEmitter } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';

/** Emits `spawn`, then `exit` with code and signal, then `close` when all its output has been read; or `error`. */
export interface Launched extends EventEmitter {
  /** Undefined until it was started. */
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly stdio: readonly (Readable | Writable | Duplex | null | undefined)[];
}
