/** What the walls cost: one command in the room beside the same command as a plain child process, turn by turn. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IsolatedCommand } from '../../src/heartbeat/ports.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { median } from '../figures.ts';

const COMMAND = ['/bin/sh', '-c', 'echo done'] as const;
const WARM = 3;
const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 10_000;

export interface RoomCost {
  /** Why there is nothing to compare; null when there is. */
  readonly missing: string | null;
  readonly plainMs: number | null;
  readonly roomMs: number | null;
  /** Median of the differences of neighbours. */
  readonly moreMs: number | null;
  /** Processor time of a command and all around it, ours included. */
  readonly plainCpuMs: number | null;
  readonly roomCpuMs: number | null;
}

const NOTHING = { plainMs: null, roomMs: null, moreMs: null, plainCpuMs: null, roomCpuMs: null };

export async function roomCost(times: number): Promise<RoomCost> {
  const isolation = createIsolation({ driver: 'bwrap' });
  const fault = await isolation.probe();
  if (fault !== null) return { missing: `${fault.missing}. ${fault.fix}`, ...NOTHING };
  const root = await realpath(await mkdtemp(join(tmpdir(), 'heartline bench rooms ')));
  try {
    const workspace = { name: 'bench', tree: join(root, 'tree'), out: join(root, 'out'), mirror: join(root, 'mirror') };
    for (const folder of [workspace.tree, workspace.out, workspace.mirror]) await mkdir(folder);
    const command: IsolatedCommand = {
      argv: COMMAND,
      workspace,
      readOnly: false,
      timeoutMs: TIMEOUT_MS,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: new AbortController().signal,
    };
    const inRoom = async () => {
      const { exitCode, output } = await isolation.exec(command);
      if (exitCode !== 0 || output !== 'done\n') throw new Error(`the command did not run in the room: ${output}`);
    };
    const inPlain = () => plainly(workspace.tree);
    for (let time = 0; time < WARM; time += 1) await Promise.all([inRoom(), inPlain()]);
    const [plain, room]: [Taken[], Taken[]] = [[], []];
    // One of each in turn, so that a slow moment of the machine falls on both.
    for (let time = 0; time < times; time += 1) {
      plain.push(await taken(inPlain));
      room.push(await taken(inRoom));
    }
    return {
      missing: null,
      plainMs: median(plain.map(({ wallMs }) => wallMs)),
      roomMs: median(room.map(({ wallMs }) => wallMs)),
      moreMs: median(room.map(({ wallMs }, time) => wallMs - (plain[time]?.wallMs ?? 0))),
      plainCpuMs: mean(plain.map(({ cpuMs }) => cpuMs)),
      roomCpuMs: mean(room.map(({ cpuMs }) => cpuMs)),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Taken {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function taken(act: () => Promise<void>): Promise<Taken> {
  const before = cpuMs();
  const began = performance.now();
  await act();
  const wallMs = performance.now() - began;
  return { wallMs, cpuMs: cpuMs() - before };
}

/** Of this process and of all children that ended. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const ticks = CHILDREN_FIELDS.reduce((sum, field) => sum + Number(stat[field]), 0);
  return (user + system) / 1_000 + ticks * TICK_MS;
}

/** cutime and cstime, counted after the name. */
const CHILDREN_FIELDS = [13, 14] as const;
const TICK_MS = 10;

/** As bare as Node can do it, with the output read to its end. */
async function plainly(cwd: string): Promise<void> {
  const [program, ...args] = COMMAND;
  const child = spawn(program, args, { cwd, env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || output !== 'done\n') throw new Error(`the plain command did not run: ${output}`);
}

/** The kernel counts processor time in steps of 10 ms: a median would show nothing but steps. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
