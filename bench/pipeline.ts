/**
 * 100 tickets from Todo to merged, verified and reported, with instant models and instant CI on real git; beside a plain
 * script in the same run that does only what cannot be avoided. And how long a bot that was killed outright takes to its
 * next useful act.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BotProcess, startBotProcess } from '../test/world/bot-process.ts';
import { BASE_BRANCH, BOT_LOGIN, REPOSITORY, SECRETS, type World } from '../test/world/start-world.ts';
import { weigh } from './daemon.ts';
import { atMost, type Figure, median, type Report, runBench, shown } from './figures.ts';
import { doneTickets, type InstantWorldOptions, mergedTickets, startInstantWorld } from './pipeline/instant-world.ts';
import type { PlainWork } from './pipeline/plain-script.ts';

const TICKETS = Number(process.env.HEARTLINE_BENCH_TICKETS ?? 100);
const CONCURRENCY = 8;
/** As many as a batch may have. */
const BATCH = 10;
const KILLS = 5;
/** Where packages are looked for. */
const OURS = fileURLToPath(new URL('..', import.meta.url));
const TICKETS_WHILE_KILLED = 12;
const RATIO_MAX = 1.5;
const RECOVERY_MS_MAX = 2_000;
/** GitHub's spacing and caps as shipped, see docs/limits.md. */
const WRITE_SPACING_MS = 1_000;
const CONTENT_WRITES_PER_HOUR = 400;
const BOUND_MS = 10 * 60_000;

await runBench(measure);

async function measure(): Promise<Report> {
  const plain = await plainRun(false);
  const promising = await plainRun(true);
  const ours = await ourRun({});
  const batched = await ourRun({ batchMax: BATCH });
  const queued = await ourRun({ mergeQueue: true });
  const recoveries = await recoveryRun();
  const bare: number[] = [];
  for (let run = 0; run < KILLS; run += 1) bare.push(await loadsSdks());
  const ratio = ours.wallMs / plain.wallMs;
  const took = recoveries.map(({ tookMs }) => tookMs);
  const worst = recoveries.length === KILLS ? Math.max(...took) : null;
  const perTicket = (count: number) => count / TICKETS;
  const spaced = 3_600_000 / WRITE_SPACING_MS / perTicket(ours.githubWrites);
  const capped = CONTENT_WRITES_PER_HOUR / perTicket(ours.contentWrites);
  const figures: readonly Figure[] = [
    {
      name: 'wall time against the plain script',
      value: ratio,
      unit: 'times',
      bound: atMost(RATIO_MAX),
      beside: { what: 'plain', value: plain.wallMs / 1_000, unit: 's' },
    },
    {
      name: 'the least that the promises cost: the plain script keeping them, against itself',
      value: promising.wallMs / plain.wallMs,
      unit: 'times',
      bound: shown,
      beside: { what: 'it took', value: promising.wallMs / 1_000, unit: 's' },
    },
    { name: 'wall time against that', value: ours.wallMs / promising.wallMs, unit: 'times', bound: shown },
    {
      name: `wall time against the plain script with batches of up to ${BATCH} (off by default)`,
      value: batched.wallMs / plain.wallMs,
      unit: 'times',
      bound: shown,
      beside: { what: 'it took', value: batched.wallMs / 1_000, unit: 's' },
    },
    {
      name: "wall time against the plain script where GitHub's merge queue keeps the base tested",
      value: queued.wallMs / plain.wallMs,
      unit: 'times',
      bound: shown,
      beside: { what: 'it took', value: queued.wallMs / 1_000, unit: 's' },
    },
    { name: `${TICKETS} tickets`, value: ours.wallMs / 1_000, unit: 's', bound: shown },
    { name: "the bot's own processor time", value: ours.cpuMs / 1_000, unit: 's', bound: shown },
    {
      name: 'from SIGKILL to the next useful act, worst',
      value: worst,
      unit: 'ms',
      bound: atMost(RECOVERY_MS_MAX),
      beside: {
        what: 'processor time that others took meanwhile',
        value: recoveries.find(({ tookMs }) => tookMs === worst)?.takenPercent ?? null,
        unit: '%',
      },
    },
    {
      name: 'the same, median',
      value: median(took),
      unit: 'ms',
      bound: shown,
      beside: { what: 'a Node that only loads both SDKs, median', value: median(bare), unit: 'ms' },
    },
    { name: 'tickets an hour at live limits', value: Math.floor(Math.min(spaced, capped)), unit: '', bound: shown },
    { name: 'GitHub writes a ticket', value: perTicket(ours.githubWrites), unit: '', bound: shown },
    { name: 'of which put words before people', value: perTicket(ours.contentWrites), unit: '', bound: atMost(8) },
    { name: 'reviews paid for a ticket', value: perTicket(ours.reviews), unit: '', bound: atMost(1) },
  ];
  return {
    bench: 'bench:pipeline',
    notes: [
      `${TICKETS} tickets, ${CONCURRENCY} at a time, instant models and CI, spacing and caps 0 on both sides; the stand-ins' own time counts for both.`,
      'Ours looks, decides, reviews, audits, runs commands in a room, keeps every base tested before it merges, verifies what landed and remembers all of it.',
      'Keeping the promises: commands in a bare room; in turn each branch is brought up to date, fetched, marked by both judges, merged, and what landed is fetched. Still without a model, a look, a decision or a record.',
      `At live limits: a write to GitHub each ${WRITE_SPACING_MS} ms, ${CONTENT_WRITES_PER_HOUR} that put words before people an hour.`,
    ],
    figures,
    detail: { plain, promising, ours, batched, queued, recoveries },
  };
}

async function plainRun(keepsPromises: boolean): Promise<{ readonly wallMs: number }> {
  const world = await startInstantWorld({ tickets: TICKETS, concurrency: CONCURRENCY, state: 'Backlog' });
  try {
    const state = (name: string) => world.linear.state.workflowStates.find((one) => one.name === name)?.id ?? '';
    const work: PlainWork = {
      folder: join(world.root, 'plain'),
      git: `${world.github.url}/git`,
      github: world.github.url,
      linear: world.linear.url,
      githubToken: SECRETS.GITHUB_TOKEN,
      linearKey: SECRETS.LINEAR_API_KEY,
      repository: REPOSITORY,
      baseBranch: BASE_BRANCH,
      concurrency: CONCURRENCY,
      keepsPromises,
      startedState: state('In Progress'),
      doneState: state('Done'),
      issues: world.linear.state.issues.map(({ id, identifier }) => ({ id, key: identifier })),
    };
    const started = performance.now();
    await ended(
      spawn(process.execPath, [fileURLToPath(new URL('./pipeline/plain-script.ts', import.meta.url))], {
        env: { PATH: process.env.PATH, PLAIN_WORK: JSON.stringify(work) },
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    );
    const wallMs = performance.now() - started;
    if (mergedTickets(world) !== TICKETS) throw new Error(`the plain script merged ${mergedTickets(world)}`);
    return { wallMs };
  } finally {
    await end(world);
  }
}

interface OurRun {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly githubWrites: number;
  readonly contentWrites: number;
  readonly reviews: number;
}

async function ourRun(how: Pick<InstantWorldOptions, 'mergeQueue' | 'batchMax'>): Promise<OurRun> {
  const world = await startInstantWorld({ tickets: TICKETS, concurrency: CONCURRENCY, state: 'Todo', ...how });
  const started = performance.now();
  const bot = startBotProcess({ world, onDeath: (why) => process.stderr.write(`${why}\n`) });
  try {
    await until(world, bot, () => doneTickets(world) === TICKETS);
    const wallMs = performance.now() - started;
    const { cpuMs } = weigh(bot.pid() ?? 0);
    const { requests, effects } = world.github.log;
    const writes = requests.filter((request) => request.kind === 'rest' && request.method !== 'GET');
    return {
      wallMs,
      cpuMs,
      githubWrites: writes.length,
      contentWrites: requests.filter((request) => request.contentWrite).length,
      reviews: effects.filter((effect) => effect.kind === 'review' && effect.actor === BOT_LOGIN).length,
    };
  } finally {
    await bot.stop();
    await end(world);
  }
}

/**
 * Killed in the middle of work, started again at once by whoever keeps it alive; a useful act is a write to GitHub or Linear,
 * or a model call.
 */
async function recoveryRun(): Promise<readonly Recovery[]> {
  const world = await startInstantWorld({ tickets: TICKETS_WHILE_KILLED, concurrency: 2, state: 'Todo' });
  const bot = startBotProcess({ world });
  const recoveries: Recovery[] = [];
  try {
    const acts = (): number =>
      world.github.log.requests.filter((request) => isWrite(request) && request.status < 400).length +
      world.linear.requests.filter((request) => request.kind === 'write' && request.status === 200).length +
      world.models.log.length;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await until(world, bot, () => mergedTickets(world) >= kill * 2 - 1);
      const killed = performance.now();
      const processors = processorTime();
      await bot.kill();
      const before = acts();
      await until(world, bot, () => acts() > before);
      recoveries.push({ tookMs: performance.now() - killed, takenPercent: takenSince(processors) });
    }
    await until(world, bot, () => doneTickets(world) === TICKETS_WHILE_KILLED);
    return recoveries;
  } finally {
    await bot.stop();
    await end(world);
  }
}

/** What no bot that uses them starts without, for the machine's own pace. */
async function loadsSdks(): Promise<number> {
  const started = performance.now();
  const loading = "await Promise.all([import('@linear/sdk'), import('octokit')])";
  await ended(spawn(process.execPath, ['--input-type=module', '--eval', loading], { cwd: OURS, stdio: 'inherit' }));
  return performance.now() - started;
}

interface Recovery {
  readonly tookMs: number;
  /** Of the processors' time meanwhile, what the machine gave to somebody else's. */
  readonly takenPercent: number;
}

interface ProcessorTime {
  readonly all: number;
  readonly taken: number;
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; the two after it are in user's. */
function processorTime(): ProcessorTime {
  const times = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  return { all: times.reduce((sum, one) => sum + one, 0), taken: times[7] ?? 0 };
}

function takenSince(then: ProcessorTime): number {
  const now = processorTime();
  return (100 * (now.taken - then.taken)) / Math.max(1, now.all - then.all);
}

function isWrite(request: { readonly kind: string; readonly method: string }): boolean {
  return request.kind === 'rest' && request.method !== 'GET';
}

/** Resolves at the change that makes it true. */
function until(world: World, bot: BotProcess, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops = [world.linear.onChange(look), world.github.onChange(look), world.models.onChange(look)];
    const bound = setTimeout(async () => {
      quit();
      const status = await bot.status();
      reject(
        new Error(
          `not within ${BOUND_MS} ms: ${mergedTickets(world)} merged\n${JSON.stringify(status?.issues, null, 1)}`,
        ),
      );
    }, BOUND_MS);
    look();
    function look(): void {
      if (!holds()) return;
      quit();
      resolve();
    }
    function quit(): void {
      clearTimeout(bound);
      for (const stop of stops) stop();
    }
  });
}

async function end(world: World): Promise<void> {
  await world.close();
  await rm(world.root, { recursive: true, force: true });
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnfile} ended with ${code}`))));
  });
}
