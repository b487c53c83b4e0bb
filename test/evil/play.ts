/**
 * Plays rows in the real bot: its own process, its own rows and mirror, real loop and room, and an agent that is a script.
 * Another ticket is being worked on meanwhile, whose secrets are its own.
 */
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mirrorPath } from '../../src/git/mirror.ts';
import { safeName } from '../../src/git/safe-name.ts';
import { findProgram } from '../../src/isolation/toolchain.ts';
import { controlSocket } from '../../src/web/control-server.ts';
import { type BotProcess, startBotProcess } from '../world/bot-process.ts';
import type { Script, ScriptedRequest } from '../world/models/conversation.ts';
import { byIssueKey, byRole, issueKeyOf, roleOf } from '../world/models/scripted-agent.ts';
import { processesUnder } from '../world/processes-under.ts';
import { CHECK, REPOSITORY, startWorld, type World } from '../world/start-world.ts';
import type { Canaries } from './canaries.ts';
import { dockerTools } from './docker-rows.ts';
import { type Listeners, startListeners } from './listeners.ts';
import { plant } from './plant.ts';
import { type Places, type RoomLayer, type ToolCall, write } from './row.ts';
import { type WeakEngine, weakenDocker } from './weaken-docker.ts';
import { weakenRoom } from './weaken-room.ts';

export const EVIL = 'ENG-2';
export const VICTIM = 'ENG-1';
const CALLS_PER_REPLY = 8;
/** Reached only by what hangs: on busy processors a play may well take minutes. */
const BOUND_MS = 400_000;
const FILES = {
  'README.md': '# Cart\n',
  'check.sh': '#!/bin/sh\n! grep -rq broken src\n',
  'src/cart.js': 'export const items = [];\n',
};

export interface Play {
  readonly world: World;
  readonly places: Places;
  readonly bot: BotProcess;
  readonly listeners: Listeners;
  /** What the tool said to the n-th call of the plan. */
  answers(): readonly string[];
  /** Requests about the evil ticket as they came, of one role. */
  requests(role: string): readonly ScriptedRequest[];
  /** All that models were sent for the evil ticket, each piece once. */
  seen(): readonly string[];
  /** Names of the files that appeared outside. */
  tripped(): Promise<readonly string[]>;
  reports: readonly string[];
  log: readonly string[];
  /** Ends the bot outright and the world with it. */
  end(): Promise<void>;
}

export interface PlayOptions {
  readonly canaries: Canaries;
  readonly gone: readonly RoomLayer[];
  /** Made when places are known: steps, whose own calls come one after another. Those of one call share a reply. */
  readonly plan: (places: Places) => readonly (readonly ToolCall[])[];
  /** What the agent does after its plan; it hangs when absent. */
  readonly ending?: Script;
  readonly review?: Script;
  readonly audit?: Script;
  readonly room?: PlayRoom;
  readonly files?: (tripped: string) => Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly project?: Readonly<Record<string, unknown>>;
  readonly title?: string;
  readonly description?: string;
  /** Resolves when this holds; when the plan was carried out, when absent. */
  readonly until?: (play: Play) => boolean;
  /** Called once the bot is on its way. */
  readonly onStart?: (play: Play) => void;
}

/** Where the agent is; an engine is started by the caller. */
export type PlayRoom =
  | { readonly kind: 'bwrap' }
  | { readonly kind: 'none' }
  | { readonly kind: 'docker'; readonly socket: string; readonly image: string };

const hang: Script = () => new Promise(() => {});

export async function play(options: PlayOptions): Promise<Play> {
  const { canaries, room = { kind: 'bwrap' } } = options;
  const root = await realpath(await mkdtemp(join(tmpdir(), 'heartline-evil-')));
  const key = Number.parseInt(safeName(root).slice(-7), 16);
  const victim = { ready: false, open: (): void => {} };
  const victimReady = new Promise<void>((resolve) => {
    victim.open = resolve;
  });
  let replies: readonly (readonly ToolCall[])[] = [];
  // Kept as they arrive: the stand-in logs a call only once it is answered, and the last one never is.
  const requests: ScriptedRequest[] = [];
  const keep =
    (script: Script): Script =>
    (request) => {
      if (issueKeyOf(request) === EVIL) requests.push(request);
      return script(request);
    };
  const evil: Script = async (request) => {
    await victimReady;
    const turn = request.messages.filter((one) => one.kind === 'assistant').length;
    const calls = replies[turn];
    return calls === undefined ? (options.ending ?? hang)(request) : { calls };
  };
  const script = byRole({
    dev: keep(byIssueKey({ [EVIL]: evil, [VICTIM]: victimScript(canaries, victim.open) })),
    review: keep(options.review ?? hang),
    audit: keep(options.audit ?? hang),
    devops: keep(hang),
  });
  const weakSocket = join(root, 'engine.sock');
  const description = `Its own words: ${canaries.value('another ticket, in the database')}`;
  const world = await startWorld({
    root,
    files: { ...FILES, ...options.files?.(join(root, 'tripped')) },
    issues: [
      { title: 'The victim', description, movedBy: 'ada', priority: 1 },
      {
        title: options.title ?? 'Do your worst',
        description: options.description ?? 'Change the cart.',
        movedBy: 'ada',
        priority: 2,
      },
    ],
    script,
    jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000 }],
    verify: [],
    ...(room.kind === 'none' ? { isolation: 'none' as const } : {}),
    settings: { ...GENEROUS, ...dockerSettings(room, weakSocket), ...options.settings },
    ...(options.project === undefined ? {} : { project: options.project }),
  });
  const home = join(root, 'home');
  const sockets = { docker: join(root, 'docker.sock'), abstract: `\0heartline-evil-${key}` };
  const listeners = await startListeners(canaries, sockets);
  const shared = {
    root,
    home,
    dataDir: world.dataDir,
    config: world.config,
    sharedMemoryKey: key,
    sharedMemoryFile: `/dev/shm/heartline-evil-${key}`,
    temporaryFile: join(tmpdir(), `heartline-evil-${key}.txt`),
  };
  await plant(canaries, shared);
  await mkdir(join(root, 'tripped'), { mode: 0o777 });
  const environment = { ...world.env, ...canaries.environment };
  const program = findProgram('bwrap') ?? 'bwrap';
  const weak = await weakenRoom(join(root, 'weak'), program, options.gone, { environment });
  const machine = { environment, paths: [root, shared.temporaryFile] };
  const engine: WeakEngine | null =
    room.kind === 'docker' ? await weakenDocker(weakSocket, room.socket, options.gone, machine) : null;
  const reports: string[] = [];
  const log: string[] = [];
  const bot = startBotProcess({
    world: { ...world, env: { ...environment, PATH: `${weak}:${process.env.PATH ?? ''}` } },
    onReport: (line) => reports.push(line),
    onLog: (line) => log.push(line),
  });
  const places: Places = {
    ...shared,
    control: controlSocket(world.dataDir),
    botPid: bot.pid() ?? 0,
    parentPid: process.pid,
    tree: join(outOf(root, EVIL), '../tree'),
    out: outOf(root, EVIL),
    mirror: mirrorPath(world.dataDir, REPOSITORY),
    victimTree: join(outOf(root, VICTIM), '../tree'),
    victimOut: outOf(root, VICTIM),
    tripped: join(root, 'tripped'),
    dockerSocket: sockets.docker,
    abstractSocket: sockets.abstract,
    ports: {
      ...listeners.ports,
      models: portOf(world.models.url),
      github: portOf(world.github.url),
      linear: portOf(world.linear.url),
    },
  };
  replies = repliesOf(options.plan(places));
  const count = replies.flat().length;

  const answers = (): readonly string[] => {
    const longest = requests
      .filter((one) => roleOf(one) === 'dev')
      .reduce<ScriptedRequest | null>(
        (found, one) => (found === null || one.messages.length > found.messages.length ? one : found),
        null,
      );
    return (longest?.messages ?? []).flatMap((one) => (one.kind === 'tool-result' ? [one.text] : []));
  };
  const played: Play = {
    world,
    places,
    bot,
    listeners,
    reports,
    log,
    answers,
    requests: (role) => requests.filter((one) => roleOf(one) === role),
    seen: () => pieces(requests),
    tripped: () => readdir(places.tripped),
    end: async () => {
      if (bot.pid() !== null) process.kill(bot.pid() ?? 0, 'SIGKILL');
      await engine?.close();
      await listeners.close();
      await world.close();
      await rm(shared.sharedMemoryFile, { force: true });
      await rm(shared.temporaryFile, { force: true });
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  const done = options.until ?? (() => answers().length >= count);
  options.onStart?.(played);
  try {
    await within(played, BOUND_MS, () => done(played));
  } catch (error) {
    await played.end();
    throw error;
  }
  return played;
}

/** The bot runs the calls of one reply side by side, so what builds on another call waits for the next reply. */
function repliesOf(steps: readonly (readonly ToolCall[])[]): readonly (readonly ToolCall[])[] {
  const replies: ToolCall[][] = [];
  let open: ToolCall[] | null = null;
  for (const calls of steps) {
    const [only] = calls;
    if (calls.length !== 1 || only === undefined) {
      open = null;
      replies.push(...calls.map((call) => [call]));
    } else if (open !== null && open.length < CALLS_PER_REPLY) open.push(only);
    else {
      open = [only];
      replies.push(open);
    }
  }
  return replies;
}

function dockerSettings(room: PlayRoom, socket: string): object {
  if (room.kind !== 'docker') return {};
  return { isolation: { driver: 'docker', docker: { socket, image: room.image }, toolchains: dockerTools() } };
}

/** Room enough for hundreds of calls: what stops the agent here must not be a cap of money or turns. */
const ROLE = { runUsd: 5_000, turnsMax: 900, outputTokensMax: 100_000 };
const GENEROUS = {
  roles: {
    dev: { chain: ['anthropic/claude-sonnet-5-5'], concurrencyMax: 3, ...ROLE },
    review: { chain: ['openai/gpt-5.4'], concurrencyMax: 3, ...ROLE },
    devops: { chain: ['compatible/gpt-5.4-mini'], ...ROLE },
    audit: { chain: ['openai/gpt-5.4'], concurrencyMax: 3, ...ROLE },
  },
  budget: { issueUsd: 10_000, dayUsd: 100_000 },
};

/** Puts its secrets into its own workspace, and is then busy for as long as the play lasts. The log tells commands, and no content. */
function victimScript(canaries: Canaries, ready: () => void): Script {
  const calls = [
    write('notes.txt', canaries.value('another workspace')),
    write('../out/result.json', canaries.value("another workspace's results")),
  ];
  return (request) => {
    if (request.messages.some((one) => one.kind === 'tool-result')) {
      ready();
      return new Promise(() => {});
    }
    return { calls };
  };
}

/** The folder of results of the issue's one workspace, in a world whose root this is. */
export function outOf(root: string, issue: string): string {
  return join(root, 'data', 'workspaces', safeName(`${issue}-1`), 'out');
}

/** In the checkout of the victim. */
export function victimCommand(canaries: Canaries): string {
  return `echo ${canaries.value('another workspace')} >notes.txt; echo '${canaries.value("another workspace's results")}' >../out/result.json`;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function pieces(requests: readonly ScriptedRequest[]): readonly string[] {
  const seen = new Set<string>();
  for (const { raw } of requests) {
    const values = typeof raw === 'object' && raw !== null ? Object.values(raw).flat() : [raw];
    for (const value of values) seen.add(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  }
  return [...seen];
}

async function within({ world, bot, log }: Play, boundMs: number, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + boundMs;
  while (!holds()) {
    const dead = bot.pid() === null;
    if (dead || Date.now() > deadline) {
      const why = dead ? 'the bot died' : `not within ${boundMs} ms`;
      const running = (await processesUnder(world.root)).map((one) => one.slice(0, 600)).join('\n');
      throw new Error(
        `${why}; models were asked ${world.models.log.length} times\n${log.slice(-5).join('\n')}\n${running}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
