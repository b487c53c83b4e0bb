/**
 * The launcher: a small process that starts other processes for the bot. Starting one copies the page tables of whoever
 * starts it, and the bot stands still meanwhile: 10 ms for a bot of 300 MB, 1 ms for this one. It holds no secret, keeps
 * nothing, and dies with the bot; what it started dies with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { FromLauncher, ToLauncher } from './launcher-words.ts';

/** Output that the bot has not read yet, per stream: beyond it the process waits, as it would at a full pipe. */
const UNREAD_BYTES_MAX = 1024 * 1024;

interface Started {
  readonly child: ChildProcess;
  /** Bytes passed on and not read yet, by descriptor. */
  readonly unread: Map<number, number>;
}

const running = new Map<number, Started>();

process.on('message', (words: ToLauncher) => (words.kind === 'start' ? start(words) : heed(words)));
process.on('disconnect', () => process.exit());
tell({ kind: 'ready' });

function heed(words: Exclude<ToLauncher, { kind: 'start' }>): void {
  const started = running.get(words.id);
  if (started === undefined) return;
  const { child, unread } = started;
  const { id, descriptor } = words;
  switch (words.kind) {
    case 'input': {
      const stream = child.stdio[descriptor] as Writable | null;
      const taken = (open: boolean) => tell({ kind: 'taken', id, descriptor, open });
      if (stream === null || stream.destroyed) taken(false);
      else stream.write(words.chunk, (error) => taken(error == null));
      return;
    }
    case 'input-end':
      (child.stdio[descriptor] as Writable | null)?.end();
      return;
    case 'read': {
      const left = (unread.get(descriptor) ?? 0) - words.bytes;
      unread.set(descriptor, left);
      if (left < UNREAD_BYTES_MAX) (child.stdio[descriptor] as Readable | null)?.resume();
      return;
    }
    case 'close':
      child.stdio[descriptor]?.destroy();
      return;
  }
  words satisfies never;
}

function start({ id, program, args, cwd, env, stdio }: Extract<ToLauncher, { kind: 'start' }>): void {
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd, env, detached: true, stdio: [...stdio] });
  } catch (error) {
    failed(id, error);
    return;
  }
  const unread = new Map<number, number>();
  running.set(id, { child, unread });
  child.once('error', (error) => failed(id, error));
  child.once('spawn', () => tell({ kind: 'started', id, pid: child.pid ?? 0 }));
  child.once('exit', (code, signal) => tell({ kind: 'exited', id, code, signal }));
  child.once('close', () => {
    running.delete(id);
    tell({ kind: 'closed', id });
  });
  for (const [descriptor, stream] of child.stdio.entries()) {
    // A process that reads no more closes its end; whoever writes hears of it by `taken`.
    stream?.on('error', () => {});
    if (descriptor === 0 || stream === null || stream === undefined) continue;
    stream.on('data', (chunk: Buffer) => {
      const bytes = (unread.get(descriptor) ?? 0) + chunk.length;
      unread.set(descriptor, bytes);
      if (bytes >= UNREAD_BYTES_MAX) (stream as Readable).pause();
      tell({ kind: 'output', id, descriptor, chunk });
    });
  }
}

function failed(id: number, error: unknown): void {
  running.delete(id);
  const { code, message } = error as NodeJS.ErrnoException;
  tell({ kind: 'failed', id, code, message });
}

function tell(words: FromLauncher): void {
  // Without a channel the bot is gone, and this process is about to be.
  if (process.connected) process.send?.(words, undefined, undefined, () => {});
}
