/** What must not outlive its command, its ticket or its bot: daemons of every kind, bombs, floods, and those who ignore signals. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createIsolation, type IsolationOptions } from '../../src/isolation/create-isolation.ts';
import { room as openRoom, processesWith, sleeping, TEST_OWNER } from '../adapters/isolation-for-test.ts';
import type { Canaries } from './canaries.ts';
import { daemons } from './daemons.ts';
import { dockerTools } from './docker-rows.ts';
import { EVIL, type Play, type PlayRoom, play } from './play.ts';
import { bash, type Layer, type Line, red, stopped } from './row.ts';

const GONE_MS_MAX = 10_000;
/** Counted in bytes and processes that this machine can spare. */
const FLOOD_BYTES = 40_000_000;
const BOMB = 1_300;

function needle(): string {
  return String(100_000_000 + Math.floor(Math.random() * 800_000_000));
}

export interface EndingCount {
  readonly survivors: number;
  readonly kills: number;
}

export async function endingLines(
  canaries: Canaries,
  kills: number,
  room: PlayRoom,
  /** What showed that the same daemons live on without the layers; null when nothing did. */
  without: string | null,
): Promise<{ readonly lines: readonly Line[]; readonly count: EndingCount }> {
  const lines: Line[] = [];
  let survivors = 0;
  const line = (name: string, left: number): void => {
    survivors += left;
    const stoppedBy: readonly Layer[] =
      room.kind === 'docker' ? ['whole-tree-kill'] : ['whole-tree-kill', 'pid-namespace'];
    const ending = { room: room.kind, group: 'endings', name, stoppedBy, detail: `${left} left` };
    lines.push(left > 0 ? red(ending) : stopped(ending, without));
  };
  for (const [name, end] of ENDS) {
    const seconds = needle();
    const last = `trap '' TERM INT HUP QUIT\n${daemons(seconds)}\nsleep ${seconds}; sleep ${seconds}`;
    const played = await play({
      canaries,
      room,
      gone: [],
      plan: () => [[bash(daemons(seconds)), bash(last)]],
      until: () => sleeping(seconds) >= 4,
    });
    try {
      end(played);
      line(name, await leftOf(seconds));
    } finally {
      await played.end();
    }
  }
  line(`${kills} commands with daemons, each killed`, await killMany(kills, room));
  return { lines, count: { survivors, kills: kills + ENDS.length } };
}

const ENDS: readonly (readonly [string, (played: Play) => void])[] = [
  ['the ticket is taken back by a person', ({ world }) => world.linear.act.moveIssue(EVIL, 'Backlog', 'ada')],
  ['the bot is killed outright', ({ places }) => process.kill(places.botPid, 'SIGKILL')],
];

async function leftOf(seconds: string): Promise<number> {
  const deadline = Date.now() + GONE_MS_MAX;
  while (processesWith(seconds).length > 0 && Date.now() < deadline) await pause(20);
  return processesWith(seconds).length;
}

async function killMany(kills: number, where: PlayRoom): Promise<number> {
  const { run, remove } = roomOf(where);
  const seconds = needle();
  for (let count = 0; count < kills; count += 1) {
    const stop = new AbortController();
    const running = run(['bash', '-c', `${daemons(seconds)}\nsleep ${seconds}`], { signal: stop.signal });
    await pause(where.kind === 'docker' ? DOCKER_COMMAND_MS + count * 10 : count % 40);
    stop.abort();
    await running;
  }
  await remove();
  return processesWith(seconds).length;
}

/** A container is there and its command on the way after about so long: killed sooner it has started nothing. */
const DOCKER_COMMAND_MS = 400;

function roomOf(where: PlayRoom, change: Partial<IsolationOptions> = {}): ReturnType<typeof openRoom> {
  if (where.kind !== 'docker') return openRoom(createIsolation({ driver: 'bwrap', ...change }));
  const { socket, image } = where;
  const toolchains = dockerTools();
  return openRoom(createIsolation({ driver: 'docker', docker: { socket, image }, toolchains, ...change }), TEST_OWNER);
}

interface Filling {
  readonly name: string;
  readonly layer: Layer;
  readonly command: string;
  /** The harm, seen in the answer. */
  readonly harm: (text: string) => boolean;
}

const won = (text: string): boolean => text.includes('WON');
const SHOWN_MAX = 12_000;

const FILLINGS: readonly Filling[] = [
  {
    name: 'flood of output',
    layer: 'output-bound',
    command: `head -c ${FLOOD_BYTES} /dev/zero | tr '\\0' x`,
    harm: (text) => text.length > SHOWN_MAX,
  },
  {
    name: 'one endless line of errors',
    layer: 'output-bound',
    command: `perl -e 'print STDERR "y" x ${FLOOD_BYTES}'`,
    harm: (text) => text.length > SHOWN_MAX,
  },
  {
    name: 'a file beyond the bound',
    layer: 'limits',
    command: "truncate -s 6G big && echo WO''N; rm -f big",
    harm: won,
  },
  {
    name: 'memory folder filled',
    layer: 'limits',
    command: "fallocate -l 600M /tmp/big && echo WO''N; rm -f /tmp/big",
    harm: won,
  },
  {
    name: 'fork bomb',
    layer: 'limits',
    command: `for i in $(seq ${BOMB}); do sleep 5 & done 2>/dev/null; [ "$(jobs -pr | wc -l)" -ge ${BOMB} ] && echo WO''N; kill $(jobs -p); true`,
    harm: won,
  },
  { name: 'core files', layer: 'limits', command: "ulimit -c unlimited && echo WO''N", harm: won },
];

/** Things that fill, each bounded by what this machine can spare, while somebody looks whether the bot goes on. */
export async function fillingLines(
  canaries: Canaries,
  room: PlayRoom,
): Promise<{ readonly lines: readonly Line[]; readonly longestSilenceMs: number }> {
  let watching = true;
  let longestSilenceMs = 0;
  const watch = async ({ bot }: Play): Promise<void> => {
    let tick: number | null = null;
    let since = performance.now();
    while (watching) {
      const status = await bot.status();
      if (status !== null && status.heart.lastTickAt !== tick) {
        if (tick !== null) longestSilenceMs = Math.max(longestSilenceMs, performance.now() - since);
        tick = status.heart.lastTickAt;
        since = performance.now();
      }
      await pause(100);
    }
  };
  const played = await play({
    canaries,
    room,
    gone: [],
    plan: () => [FILLINGS.map(({ command }) => bash(command))],
    onStart: (one) => void watch(one),
  }).finally(() => {
    watching = false;
  });
  const answers = played.answers();
  await played.end();
  const folder = mkdtempSync(join(tmpdir(), 'heartline-evil-plain-'));
  const lines = FILLINGS.map(({ name, layer, command, harm }, index): Line => {
    const text = answers[index] ?? '';
    const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 * FLOOD_BYTES, timeout: 20_000 } as const;
    const plain = spawnSync('bash', ['-c', `exec 2>&1; ${command}`], options);
    const detail = text.replaceAll('\n', ' ').slice(0, 100);
    const line = { room: room.kind, group: 'filling', name, stoppedBy: [layer], detail };
    if (text === '' || harm(text)) return red(line);
    return stopped(line, harm(plain.stdout) ? IN_A_SHELL : null);
  });
  rmSync(folder, { recursive: true, force: true });
  lines.push(await memoryLine(room), await diskLine(room));
  return { lines, longestSilenceMs: Math.round(longestSilenceMs) };
}

/** In a room with a small limit of its own: the usual one is more than a machine should lend to a test. */
async function memoryLine(where: PlayRoom): Promise<Line> {
  const hog = ['perl', '-e', `my $x = "x" x ${HOG_BYTES}; print "WO" . "N"`];
  const { run, remove } = roomOf(where, { memoryBytesMax: HOG_BYTES / 4 });
  const { output, exitCode } = await run(hog);
  await remove();
  const plain = spawnSync('perl', hog.slice(1), { encoding: 'utf8' });
  const line = {
    ...{ room: where.kind, group: 'filling', name: 'memory hog', stoppedBy: ['limits'] as const },
    detail: `exit code ${exitCode}`,
  };
  return won(output) ? red(line) : stopped(line, won(plain.stdout) ? IN_A_SHELL : null);
}

/** Many files, each below the bound of one; in a room that may hold little. */
async function diskLine(where: PlayRoom): Promise<Line> {
  const fill = ['-c', 'for n in $(seq 320); do head -c 1000000 /dev/zero >$n; sleep 0.01; done; echo WO""N'];
  const { run, remove } = roomOf(where, { workspaceBytesMax: DISK_BYTES });
  const { output } = await run(['bash', ...fill]);
  await remove();
  const folder = mkdtempSync(join(tmpdir(), 'heartline-evil-plain-'));
  const plain = spawnSync('bash', fill, { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  const line = {
    ...{ room: where.kind, group: 'filling', name: 'disk filled with many files', stoppedBy: ['limits'] as const },
    detail: output.replaceAll('\n', ' ').slice(0, 100),
  };
  return won(output) ? red(line) : stopped(line, won(plain.stdout) ? IN_A_SHELL : null);
}

const DISK_BYTES = 32_000_000;
const IN_A_SHELL = 'in a plain shell it did';
const HOG_BYTES = 512 * 1024 * 1024;
