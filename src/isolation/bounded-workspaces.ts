/**
 * Holds each workspace to a bound of disk space, whatever the room's walls are made of: those bound a single file, and many
 * files fill a disk as well. What free space says is cheap to ask, so files are counted only when it shrank or time passed.
 * A command that writes faster than that is looked at gets further, but not on.
 */
import { statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecResult, IsolatedCommand, Isolation, Workspace } from '../heartbeat/ports.ts';
import { runProgram } from '../processes/run-program.ts';

const LOOK_MS = 200;
/** Whatever free space says, for others may give back what this workspace takes: first after this, then after twice as long. */
const COUNT_AFTER_MS = 1_000;
const COUNT_AFTER_MS_MAX = 20_000;
const COUNT_MS_MAX = 60_000;
/** Of the bound: as much may be taken from the disk, by whomever, before files are counted. */
const STEP = 1 / 16;
const MEGABYTE = 1024 ** 2;

interface Count {
  readonly bytes: number;
  /** What the disk had left then. */
  readonly free: number;
}

export function boundedWorkspaces(isolation: Isolation, bytesMax: number): Isolation {
  const counts = new Map<string, Count>();

  async function exec(command: IsolatedCommand): Promise<ExecResult> {
    const [filled, over] = [new AbortController(), new AbortController()];
    // Nobody waits for the counting: a command's end is told at once.
    void watch(command.workspace, over.signal, () => filled.abort());
    try {
      const signal = AbortSignal.any([command.signal, filled.signal]);
      const result = await isolation.exec({ ...command, signal });
      if (!filled.signal.aborted || command.signal.aborted) return result;
      // It wrote on until it was gone, and whoever deletes next must not be ended for that.
      const counted = await recount(command.workspace);
      const [held, bound] = [counted, bytesMax].map(inWords);
      const notice = `[killed: this workspace holds ${held} and may hold ${bound}: delete what is not needed]\n`;
      return { ...result, exitCode: null, output: `${notice}${result.output}` };
    } finally {
      over.abort();
    }
  }

  async function recount(workspace: Workspace): Promise<number> {
    const last = counts.get(workspace.name);
    const bytes = (await bytesIn(workspace)) ?? last?.bytes ?? 0;
    const free = (await freeBytes(workspace.tree)) ?? last?.free ?? 0;
    counts.set(workspace.name, { bytes, free });
    return bytes;
  }

  /** Calls `stop` once when the workspace is over its bound and still grows: what only gives back goes on. */
  async function watch(workspace: Workspace, over: AbortSignal, stop: () => void): Promise<void> {
    const first = await freeBytes(workspace.tree);
    if (first === null) return;
    // Before the first count nobody knows what grew: one that deletes, after a restart, must not be ended for what it found.
    let last = counts.get(workspace.name) ?? { bytes: Number.POSITIVE_INFINITY, free: first };
    counts.set(workspace.name, last);
    let [since, after] = [performance.now(), COUNT_AFTER_MS];
    while (!over.aborted) {
      await pause(LOOK_MS, undefined, { signal: over, ref: false }).catch(() => {});
      const free = over.aborted ? null : await freeBytes(workspace.tree);
      if (free === null) return;
      const shrank = last.free - free > bytesMax * STEP;
      if (!shrank && performance.now() - since < after) continue;
      const bytes = await bytesIn(workspace);
      if (bytes === null) return;
      const grew = bytes > last.bytes;
      last = { bytes, free };
      counts.set(workspace.name, last);
      [since, after] = [performance.now(), Math.min(2 * after, COUNT_AFTER_MS_MAX)];
      if (bytes <= bytesMax || !grew) continue;
      stop();
      return;
    }
  }

  return {
    ...isolation,
    exec,
    dispose: async (workspace) => {
      counts.delete(workspace);
      await isolation.dispose(workspace);
    },
  };
}

/** Null where it cannot be told; then nothing is bounded. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** What the files take on the disk, whose names an agent chose: never read by a shell, never followed. */
async function bytesIn({ tree, out }: Workspace): Promise<number | null> {
  // Files that go while they are counted make du complain; what it counted stands.
  const script = 'du -s -x --block-size=1 -- "$@" 2>/dev/null; true';
  try {
    const told = await runProgram(['nice', '-n', '5', '/bin/sh', '-c', script, 'sh', tree, out], COUNT_MS_MAX);
    const sizes = told.split('\n').flatMap((line) => (/^\d+\t/.test(line) ? [Number.parseInt(line, 10)] : []));
    return sizes.length === 0 ? null : sizes.reduce((sum, one) => sum + one, 0);
  } catch {
    return null;
  }
}

function inWords(bytes: number): string {
  const megabytes = bytes / MEGABYTE;
  return megabytes < 1024 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
