/**
 * Limits of memory, processes and processor time for one command, through cgroups of either version, wherever the bot
 * may write to its own. Where it may not, the limits per process have to do, and `heartline check` says so.
 */

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processSpace } from './process-tree.ts';
import type { RoomLimits } from './room-limits.ts';

export interface ControlGroups {
  /** What is limited by them: memory, processes, processor time. */
  readonly limited: readonly string[];
  /** Files that a process writes its own number to before it becomes the command; `remove` once all is over. */
  open(limits: RoomLimits): { readonly joins: readonly string[]; remove(): Promise<void> };
}

interface Folder {
  readonly path: string;
  /** What is written to which file; one marked `optional` exists only on some kernels. */
  readonly writes: (limits: RoomLimits) => readonly (readonly [file: string, value: string, optional?: 'optional'])[];
}

const REMOVED_MS_MAX = 500;
const PERIOD_US = 100_000;
const PREFIX = 'heartline-';

/** Null when no controller can be written to here. */
export function findControlGroups(): ControlGroups | null {
  try {
    const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').map(entry);
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    return firstVersion(own, mounts) ?? secondVersion(own, mounts);
  } catch {
    // No /proc, or one that looks like no Linux we know.
    return null;
  }
}

const FIRST: Readonly<Record<string, { readonly what: string; readonly writes: Folder['writes'] }>> = {
  memory: {
    what: 'memory',
    writes: ({ memoryBytesMax }) => [
      ['memory.limit_in_bytes', String(memoryBytesMax)],
      ['memory.memsw.limit_in_bytes', String(memoryBytesMax), 'optional'],
    ],
  },
  pids: { what: 'processes', writes: ({ processesMax }) => [['pids.max', String(processesMax)]] },
  cpu: {
    what: 'processor time',
    writes: ({ cpus }) => [
      ['cpu.cfs_period_us', String(PERIOD_US)],
      ['cpu.cfs_quota_us', String(Math.round(cpus * PERIOD_US))],
    ],
  },
};

function firstVersion(own: readonly Entry[], mounts: readonly (readonly string[])[]): ControlGroups | null {
  const found = Object.entries(FIRST).flatMap(([controller, { what, writes }]) => {
    const mount = mounts.find(
      ([, , type, options = '']) => type === 'cgroup' && options.split(',').includes(controller),
    );
    const path = own.find(({ controllers }) => controllers.includes(controller))?.path;
    if (mount?.[1] === undefined || path === undefined) return [];
    const folder = { path: join(mount[1], path), writes };
    return isWritable(folder) ? [{ what, folder }] : [];
  });
  if (found.length === 0) return null;
  return groups(
    found.map(({ what }) => what),
    found.map(({ folder }) => folder),
  );
}

/**
 * Our own group must be handed over to us (a service with Delegate=yes), and may hold no process while its children are
 * limited: so the bot moves into a child of its own first.
 */
function secondVersion(own: readonly Entry[], mounts: readonly (readonly string[])[]): ControlGroups | null {
  const mount = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  const path = own.find(({ controllers }) => controllers.length === 0)?.path;
  if (mount === undefined || path === undefined) return null;
  // A bot that moved already, in an earlier look.
  const base = join(mount, path.endsWith(`/${PREFIX}bot`) ? path.slice(0, -`/${PREFIX}bot`.length) : path);
  const wanted = ['memory', 'pids', 'cpu'];
  const there = readFileSync(join(base, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const controllers = wanted.filter((name) => there.includes(name));
  if (controllers.length === 0) return null;
  const bot = join(base, `${PREFIX}bot`);
  mkdirSync(bot, { recursive: true });
  writeFileSync(join(bot, 'cgroup.procs'), String(process.pid));
  writeFileSync(join(base, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
  const writes: Folder['writes'] = ({ memoryBytesMax, processesMax, cpus }) => [
    ...(controllers.includes('memory')
      ? ([
          ['memory.max', String(memoryBytesMax)],
          ['memory.swap.max', '0', 'optional'],
        ] as const)
      : []),
    ...(controllers.includes('pids') ? ([['pids.max', String(processesMax)]] as const) : []),
    ...(controllers.includes('cpu') ? ([['cpu.max', `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`]] as const) : []),
  ];
  const folder = { path: base, writes };
  if (!isWritable(folder)) return null;
  return groups(
    controllers.map((name) => FIRST[name]?.what ?? name),
    [folder],
  );
}

function groups(limited: readonly string[], folders: readonly Folder[]): ControlGroups {
  let opened = 0;
  for (const { path } of folders) removeLeftOver(path);
  return {
    limited,
    open(limits) {
      const name = `${PREFIX}${maker()}-${opened++}`;
      const made = folders.map((folder) => make(folder, name, limits));
      return {
        joins: made.map((path) => join(path, 'cgroup.procs')),
        remove: async () => {
          // The last process may be dead and still be counted for a moment.
          for (let waitMs = 1; waitMs < REMOVED_MS_MAX && !made.every(remove); waitMs *= 2) await pause(waitMs);
        },
      };
    },
  };
}

function make(folder: Folder, name: string, limits: RoomLimits): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  for (const [file, value, optional] of folder.writes(limits)) {
    try {
      writeFileSync(join(path, file), value);
    } catch (error) {
      if (optional === undefined) throw error;
    }
  }
  return path;
}

function isWritable(folder: Folder): boolean {
  const tried = `${PREFIX}try-${maker()}`;
  const limits = { processesMax: 100, fileBytesMax: 0, memoryFolderBytesMax: 0, memoryBytesMax: 2 ** 30, cpus: 1 };
  try {
    remove(make(folder, tried, limits));
    return true;
  } catch {
    remove(join(folder.path, tried));
    return false;
  }
}

/** Groups of a bot that is gone. A living one's may be empty for the moment between making and joining it, so it is asked. */
function removeLeftOver(path: string): void {
  for (const name of readdirSync(path)) {
    const [, pid, space] = /^heartline-(\d+)-(\d+)-\d+$/.exec(name) ?? [];
    if (pid !== undefined && space === processSpace() && !isAlive(Number(pid))) remove(join(path, name));
  }
}

/** Who made a group. Containers may share the folder of groups and number their processes alike. */
function maker(): string {
  return `${process.pid}-${processSpace()}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** False when it is still in use: then the next start removes it. */
function remove(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

interface Entry {
  /** Empty for the second version. */
  readonly controllers: readonly string[];
  readonly path: string;
}

function entry(line: string): Entry {
  const [, controllers = '', ...path] = line.split(':');
  return { controllers: controllers.split(',').filter(Boolean), path: path.join(':') };
}
