/** Looks at processes through /proc: who is whose child, who carries our mark, who is still there. Linux only. */

import { readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const GONE_MS_MAX = 5_000;

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already, or never ours: nothing to do.
  }
}

/** Children of a process right now. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Kills a process and resolves when nothing of it is left but perhaps an entry that its parent has yet to read. */
export async function killAndAwait(pid: number): Promise<void> {
  const started = startOf(pid);
  const deadline = Date.now() + GONE_MS_MAX;
  for (let waitMs = 1; started !== null && Date.now() < deadline; waitMs = Math.min(waitMs * 2, 50)) {
    // The start time guards against a number that was given to somebody else meanwhile.
    if (startOf(pid) !== started) return;
    kill(pid);
    await pause(waitMs);
  }
}

/** Kills every process whose environment holds `NAME=value` until none is found. Catches what left its process group. */
export async function killMarked(mark: (environment: string) => boolean): Promise<number> {
  const killed = new Set<number>();
  const deadline = Date.now() + GONE_MS_MAX;
  while (Date.now() < deadline) {
    const found = await marked(mark);
    if (found.length === 0) break;
    for (const pid of found) {
      killed.add(pid);
      kill(pid);
    }
    await pause(2);
  }
  return killed.size;
}

async function marked(mark: (environment: string) => boolean): Promise<readonly number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    if (pid === process.pid) continue;
    if (mark(environmentOf(pid))) found.push(pid);
  }
  return found;
}

/** Unreadable means another user's, so not ours. A zombie reads as empty. Read at once: there are few, and all in memory. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** When a process started, in ticks since boot; null when it is gone or only a zombie. */
export function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name in parentheses may hold anything; fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/** The process namespace that this process lives in; the same for all where there are none. */
export function processSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
