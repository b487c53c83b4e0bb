/** What the bot weighs: how fast it says its version and is up, what it takes while it waits, what its installation brings. */
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../test/world/start-world.ts';
import { ISSUES, PULL_REQUESTS, startBoard } from './board.ts';
import { BIN, type Daemon, startDaemon, type Weight, weigh } from './daemon.ts';
import { atMost, type Figure, median, type Report, runBench, shown } from './figures.ts';

const RUNS = 9;
/** One whole turn of the default cadence, so that the idle figures hold a tick. */
const IDLE_MS = 30_000;
const SETTLE_MS_MAX = 30_000;
const LOOK_EVERY_MS = 500;

interface Node {
  readonly path: string;
  readonly version: string;
}

await runBench(measure);

async function measure(): Promise<Report> {
  const root = await mkdtemp(join(tmpdir(), 'heartline bench start '));
  const world = await startBoard({ root, clock: Date.now, cadence: '*/30 * * * * *', isolation: 'bwrap' });
  try {
    const own: Node = { path: process.execPath, version: process.version };
    const other = await otherNode();
    const places = { home: join(root, 'home'), cache: join(root, 'cache') };
    await mkdir(places.home);

    const cold = await readyOnce(own, world, places);
    // The first life reads the whole board and leaves with everything compiled, as every life after the first finds it.
    await settled(await startDaemon({ node: own.path, world, ...places }), (daemon) => daemon.stop());
    const bare: number[] = [];
    const version: number[] = [];
    const ready: number[] = [];
    const answered: number[] = [];
    // One of each in turn, so that a slow moment of the machine falls on all of them.
    for (let run = 0; run < RUNS; run += 1) {
      bare.push(await wallMs(own.path, ['-e', '0']));
      version.push(await wallMs(own.path, [BIN, '--version']));
      const once = await readyOnce(own, world, places);
      ready.push(once.readyMs);
      answered.push(once.answeredMs);
    }
    const daemon = await startDaemon({ node: own.path, world, ...places });
    const idle = await settled(daemon, () => idleWeight(daemon));
    const status = await daemon.status();
    await daemon.stop();
    const beside = other === null ? null : await onOtherNode(other, world, places);
    const packages = packagesInstalled();

    const nodeZero = { what: 'node -e 0', value: median(bare) };
    return {
      bench: 'What the bot weighs',
      notes: [
        `Node ${own.version}, medians of ${RUNS} runs after a first life that filled the cache of compiled code.`,
        `Ready: from the spawn of \`heartline up\` to its ready line, settings, lock, rows, bubblewrap probe and control socket done; the socket was then asked and answered.`,
        `Idle: ${IDLE_MS / 1000} s at the default cadence after the first sweep of ${ISSUES} issues and ${PULL_REQUESTS} pull requests (${status.heart.ticks} ticks so far), all processes of the daemon; 1 MB = 1,000,000 bytes.`,
        `Packages: entries of package-lock.json that are neither for development only nor for another platform, ${packages.optional} of ${packages.total} optional.`,
      ],
      figures: [
        figure('heartline --version', median(version), 'ms', atMost(150), nodeZero),
        figure('daemon ready', median(ready), 'ms', atMost(400), nodeZero),
        figure('daemon ready, fastest of these', Math.min(...ready), 'ms', shown, {
          what: 'node -e 0',
          value: Math.min(...bare),
        }),
        figure('control socket answered', median(answered), 'ms', shown),
        figure('first start ever, nothing compiled yet', cold.readyMs, 'ms', shown),
        figure('idle memory', idle.residentBytesMax / 1e6, 'MB', atMost(150)),
        figure('idle CPU', idle.cpuPercent, '%', atMost(0.5)),
        figure('idle processes', idle.processes, '', shown),
        figure('packages in a production install', packages.total, '', atMost(130)),
        ...(other === null || beside === null
          ? []
          : [
              figure(`started by Node ${other.version}: --version`, beside.version, 'ms', shown, beside.bare),
              figure(`started by Node ${other.version}: daemon ready`, beside.ready, 'ms', shown, beside.bare),
              figure(`started by Node ${other.version}: memory, both processes`, beside.megabytes, 'MB', shown),
            ]),
      ],
      detail: { runs: { bare, version, ready, answered }, idle, packages, other: beside },
    };
  } finally {
    await world.close();
    await rm(root, { recursive: true, force: true });
  }
}

function figure(
  name: string,
  value: number | null,
  unit: string,
  bound: Figure['bound'],
  beside?: Figure['beside'],
): Figure {
  return { name, value, unit, bound, ...(beside === undefined ? {} : { beside }) };
}

interface Places {
  readonly home: string;
  readonly cache: string;
}

async function readyOnce(
  node: Node,
  world: World,
  places: Places,
): Promise<{ readonly readyMs: number; readonly answeredMs: number }> {
  const { readyMs, answeredMs, stop } = await startDaemon({ node: node.path, world, ...places });
  await stop();
  return { readyMs, answeredMs };
}

/** Goes on once the daemon has read the board and its first ticks are over. */
async function settled<T>(daemon: Daemon, then: (daemon: Daemon) => Promise<T>): Promise<T> {
  const deadline = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    const { heart, reads } = await daemon.status();
    const good = reads.linear === null && Object.values(reads.repositories).every((reason) => reason === null);
    if (heart.ticks > 0 && good) break;
    if (Date.now() > deadline)
      throw new Error(`the daemon did not read the board: ${JSON.stringify({ heart, reads })}`);
    await pause(LOOK_EVERY_MS);
  }
  return then(daemon);
}

interface Idle {
  readonly cpuPercent: number;
  readonly residentBytesMax: number;
  readonly residentBytesAtEnd: number;
  readonly processes: number;
}

/** Only /proc is read meanwhile: asking the daemon would be work. */
async function idleWeight(daemon: Daemon): Promise<Idle> {
  await pause(2_000);
  const from = { at: performance.now(), ...weigh(daemon.pid) };
  let now: Weight = from;
  let residentBytesMax = 0;
  while (performance.now() - from.at < IDLE_MS) {
    await pause(LOOK_EVERY_MS);
    now = weigh(daemon.pid);
    residentBytesMax = Math.max(residentBytesMax, now.residentBytes);
  }
  return {
    cpuPercent: (100 * (now.cpuMs - from.cpuMs)) / (performance.now() - from.at),
    residentBytesMax,
    residentBytesAtEnd: now.residentBytes,
    processes: now.processes,
  };
}

/** The `node` a person has on PATH, when it is another than the project's own. */
async function otherNode(): Promise<Node | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    if (folder.includes('node_modules') || !isProgram(path) || realpathSync(path) === realpathSync(process.execPath)) {
      continue;
    }
    const version = (await outputOf(path, ['--version'])).trim();
    return version === process.version ? null : { path, version };
  }
  return null;
}

async function onOtherNode(other: Node, world: World, places: Places) {
  const bare: number[] = [];
  const version: number[] = [];
  const ready: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    bare.push(await wallMs(other.path, ['-e', '0']));
    version.push(await wallMs(other.path, [BIN, '--version']));
    ready.push((await readyOnce(other, world, places)).readyMs);
  }
  const daemon = await startDaemon({ node: other.path, world, ...places });
  const { residentBytes } = await settled(daemon, async () => {
    await pause(2_000);
    return weigh(daemon.pid);
  });
  await daemon.stop();
  return {
    version: median(version),
    ready: median(ready),
    megabytes: residentBytes / 1e6,
    bare: { what: `node -e 0 of ${other.version}`, value: median(bare) },
  };
}

/** What `npm ci --omit=dev` puts on this machine. */
function packagesInstalled(): { readonly total: number; readonly optional: number } {
  const lock: { readonly packages: Readonly<Record<string, LockEntry>> } = JSON.parse(
    readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'),
  );
  const installed = Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([, entry]) => entry)
    .filter((entry) => entry.dev !== true && fits(entry.os, process.platform) && fits(entry.cpu, process.arch));
  return {
    total: installed.length,
    optional: installed.filter((entry) => entry.optional === true || entry.devOptional === true).length,
  };
}

interface LockEntry {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
}

/** As npm reads it: names that fit, or with `!` names that do not. */
function fits(wanted: string | readonly string[] | undefined, have: string): boolean {
  const names = typeof wanted === 'string' ? [wanted] : (wanted ?? []);
  if (names.includes(`!${have}`)) return false;
  return names.includes(have) || names.every((name) => name.startsWith('!'));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function wallMs(program: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  await outputOf(program, args);
  return performance.now() - started;
}

function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${program} ended with ${code}`))));
  });
}
