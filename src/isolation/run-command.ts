/**
 * Spawns one command and sees it to its end: output in the order it came, time limit, abort, and a flood bound. How to
 * kill everything the command started differs by driver, so the driver says it; this file decides only when.
 */

import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { launch } from '../processes/launch.ts';
import type { Launched } from '../processes/launched.ts';
import type { StandardStream } from '../processes/launcher-words.ts';
import { boundedOutput } from './bounded-output.ts';

export interface CommandRun {
  /** The whole chain, wrapper first. Only standard output is read: merge the command's errors into it with MERGED. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Of the outermost process; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string | undefined;
  /** Opens file descriptor 3 for the wrapper to report on. */
  readonly reportsStatus: boolean;
  /** Handed to the wrapper on file descriptor 4, and closed. */
  readonly filter?: Buffer;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
  /** Kills everything at once; called again and again until the leader is gone. */
  readonly kill: (leader: Launched) => void;
  /** Ends what outlived the leader, and resolves when it is gone. */
  readonly sweep: (leader: Launched, status: string) => Promise<void>;
}

export interface CommandEnd {
  readonly kind: 'exited' | 'timed-out' | 'aborted' | 'flooded';
  readonly exitCode: number | null;
  readonly output: string;
  readonly truncated: boolean;
  /** What the wrapper wrote to file descriptor 3. */
  readonly status: string;
}

/** A command that writes more than this is killed: reading it all would keep the bot from its work. */
export const FLOOD_BYTES_MAX = 256 * 1024 * 1024;
const KILL_AGAIN_MS = 100;
/** How long a stream may stay open after the last process is gone, before it is closed from our side. */
const CLOSE_MS_MAX = 1_000;

/**
 * Put before a command, sends its errors where its output goes, so that the two stay in order. Costs one exec of sh. What
 * is made in one room (prepared dependencies) may be shown in another's, to another user: hence the open mask.
 */
export const MERGED: readonly string[] = ['/bin/sh', '-c', 'umask 022; exec "$@" 2>&1', 'sh'];

export async function runCommand(run: CommandRun): Promise<CommandEnd> {
  const collected = boundedOutput(run.outputBytesMax);
  let kind: CommandEnd['kind'] = 'exited';
  if (run.signal.aborted) return { kind: 'aborted', exitCode: null, output: '', truncated: false, status: '' };

  const [program = '', ...args] = run.argv;
  const leader = launch(program, args, { cwd: run.cwd, env: run.environment, stdio: descriptors(run) });
  const exited = new Promise<number | null>((resolve, reject) => {
    leader.once('error', reject);
    // A command ended by a signal of its own reads as shells tell it, with walls and without.
    leader.once('exit', (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(code ?? (signal === null ? null : 128 + constants.signals[signal])),
    );
  });
  const closed = new Promise<void>((resolve) => leader.once('close', () => resolve()));

  let status = '';
  const statusPipe = leader.stdio[3] as Readable | null | undefined;
  statusPipe?.on('data', (chunk: Buffer) => {
    if (status.length < 4096) status += chunk.toString('utf8');
  });

  let again: NodeJS.Timeout | undefined;
  const end = (why: CommandEnd['kind']) => {
    if (kind !== 'exited' || leader.exitCode !== null || leader.signalCode !== null) return;
    kind = why;
    run.kill(leader);
    again = setInterval(() => run.kill(leader), KILL_AGAIN_MS);
  };
  const timer = setTimeout(() => end('timed-out'), run.timeoutMs);
  const abort = () => end('aborted');
  run.signal.addEventListener('abort', abort, { once: true });

  leader.stdout?.on('data', (chunk: Buffer) => {
    collected.add(chunk);
    if (collected.bytes > FLOOD_BYTES_MAX) end('flooded');
  });
  const filterPipe = leader.stdio[4] as Duplex | null | undefined;
  // A wrapper that could not even start reads nothing; its exit code tells.
  filterPipe?.on('error', () => {});
  // Read to its end as well: a stream that is not stays open.
  filterPipe?.resume().end(run.filter);
  // A command that does not read its input closes the pipe; that is its right.
  leader.stdin?.on('error', () => {});
  leader.stdin?.end(run.input);

  try {
    const exitCode = await exited;
    await run.sweep(leader, status);
    await within(closed, CLOSE_MS_MAX);
    return { kind, exitCode: kind === 'exited' ? exitCode : null, ...collected.text(), status };
  } finally {
    clearTimeout(timer);
    clearInterval(again);
    run.signal.removeEventListener('abort', abort);
    leader.stdout?.destroy();
    statusPipe?.destroy();
  }
}

function descriptors(run: CommandRun): readonly StandardStream[] {
  const usual: readonly StandardStream[] = [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'];
  if (run.filter !== undefined) return [...usual, run.reportsStatus ? 'pipe' : 'ignore', 'pipe'];
  return run.reportsStatus ? [...usual, 'pipe'] : usual;
}

async function within(promise: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
