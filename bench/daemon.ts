/** The real daemon as a child process, and what the kernel says of it: for measuring, so nothing here is in its way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Status } from '../src/heartbeat/status.ts';
import { askControl, controlSocket } from '../src/web/control-server.ts';
import type { World } from '../test/world/start-world.ts';

export const BIN: string = fileURLToPath(new URL('../src/heartline.js', import.meta.url));
const STATUS_TIMEOUT_MS = 5_000;

export interface Daemon {
  readonly pid: number;
  /** From the spawn to the line that says that it is up. */
  readonly readyMs: number;
  /** From the spawn to a whole answer on the control socket. */
  readonly answeredMs: number;
  status(): Promise<Status>;
  stop(): Promise<void>;
}

/** `cache` is where compiled code is kept; an empty folder makes a first start ever. */
export async function startDaemon(options: {
  readonly node: string;
  readonly world: World;
  readonly home: string;
  readonly cache: string;
}): Promise<Daemon> {
  const { world } = options;
  const started = performance.now();
  const child = spawn(options.node, [BIN, 'up', '--json', '--config', world.config], {
    cwd: world.root,
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: options.home,
      XDG_CACHE_HOME: options.cache,
      ...world.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const readyMs = await untilReady(child, started);
  const status = async () => {
    const answer = await askControl(controlSocket(world.dataDir), 'GET', '/status', STATUS_TIMEOUT_MS);
    if (answer?.status !== 200) throw new Error(`the daemon does not answer: ${JSON.stringify(answer)}`);
    return answer.body as Status;
  };
  await status();
  return {
    pid: child.pid ?? 0,
    readyMs,
    answeredMs: performance.now() - started,
    status,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function untilReady(child: ChildProcess, started: number): Promise<number> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error('the daemon has no standard output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if ((JSON.parse(line) as { readonly ready?: boolean }).ready === true) resolve(performance.now() - started);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the daemon ended (${signal ?? code}): ${said}`)));
  });
}

export interface Weight {
  readonly processes: number;
  readonly residentBytes: number;
  readonly cpuMs: number;
}

/** A process and all that descend from it. Children that ended count by the time their parent took over. */
export function weigh(pid: number): Weight {
  const parents = new Map<number, number>();
  const weights = new Map<number, { readonly residentBytes: number; readonly cpuMs: number }>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = statOf(name);
    if (stat === null) continue;
    parents.set(Number(name), Number(stat[1]));
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(stat[index]), 0);
    weights.set(Number(name), {
      residentBytes: Number(stat[21]) * PAGE_BYTES,
      cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
    });
  }
  const tree = [...weights].filter(([each]) => descends(each, pid, parents)).map(([, weight]) => weight);
  return {
    processes: tree.length,
    residentBytes: tree.reduce((sum, one) => sum + one.residentBytes, 0),
    cpuMs: tree.reduce((sum, one) => sum + one.cpuMs, 0),
  };
}

/** Linux has used these on x64 and arm64 with 4 KiB pages for ever; a kernel built otherwise would need `getconf`. */
const PAGE_BYTES = 4096;
const TICKS_PER_SECOND = 100;

/** The fields after the name, which may hold blanks itself; null when the process is gone. */
function statOf(pid: string): readonly string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? null;
  } catch {
    return null;
  }
}

function descends(pid: number, from: number, parents: ReadonlyMap<number, number>): boolean {
  for (let each: number | undefined = pid; each !== undefined && each > 1; each = parents.get(each)) {
    if (each === from) return true;
  }
  return false;
}
