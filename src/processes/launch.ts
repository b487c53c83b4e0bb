/**
 * The one way to start a process that does the bot's daily work. A bot that starts many hands that to its launcher;
 * one that starts few does it itself, and needs no second process.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import type { Launched } from './launched.ts';
import type { FromLauncher, StandardStream, ToLauncher } from './launcher-words.ts';
import { withParentDeath } from './parent-death.ts';
import { RemoteProcess } from './remote-process.ts';

export interface LaunchOptions {
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** By descriptor, from 0 on. */
  readonly stdio: readonly StandardStream[];
}

/** So many starts within this time make a launcher worth its memory. */
const BUSY_STARTS = 12;
const BUSY_MS = 3_000;
/** A launcher that nobody needed for so long ends. */
const IDLE_MS = 30_000;
/** One that could not even begin is not tried again sooner. */
const AGAIN_MS = 60_000;

/** In a session and process group of its own: a signal to the bot's terminal does not reach it. */
export function launch(program: string, args: readonly string[], options: LaunchOptions): Launched {
  const now = performance.now();
  starts.push(now);
  if (starts.length > BUSY_STARTS) starts.shift();
  const busy = starts.length === BUSY_STARTS && now - (starts[0] ?? 0) < BUSY_MS;
  // Until it says that it is there, nobody waits for it.
  if (launcher === null && busy && now >= notBefore) {
    notBefore = now + AGAIN_MS;
    openLauncher();
  }
  return launcher === null ? start(program, args, options) : launcher.start(program, args, options);
}

const starts: number[] = [];
let launcher: Launcher | null = null;
let notBefore = 0;

interface Launcher {
  start(program: string, args: readonly string[], options: LaunchOptions): Launched;
}

function start(program: string, args: readonly string[], { cwd, env, stdio }: LaunchOptions): Launched {
  return spawn(program, args, { cwd, env, detached: true, stdio: withoutInherited(stdio) });
}

function openLauncher(): void {
  const [program = '', ...args] = withParentDeath([
    process.execPath,
    fileURLToPath(new URL('./launcher.ts', import.meta.url)),
  ]);
  const channel = spawn(program, args, {
    cwd: '/',
    env: {},
    detached: true,
    serialization: 'advanced',
    stdio: withoutInherited(['ignore', 'ignore', 'ignore', 'ipc']),
  });
  const running = new Map<number, RemoteProcess>();
  let lastId = 0;
  let idle: NodeJS.Timeout | undefined;
  const own: Launcher = {
    start(program, args, options) {
      clearTimeout(idle);
      if (running.size === 0) hold(channel);
      lastId += 1;
      const id = lastId;
      const remote = new RemoteProcess(id, options.stdio, tell);
      running.set(id, remote);
      tell({ kind: 'start', id, program, args, ...options });
      return remote;
    },
  };

  function tell(words: ToLauncher): void {
    if (channel.connected) channel.send(words, () => {});
  }
  function rest(): void {
    letGo(channel);
    idle = setTimeout(close, IDLE_MS).unref();
  }
  function close(): void {
    if (launcher === own) launcher = null;
    if (channel.connected) channel.disconnect();
  }
  function lose(): void {
    clearTimeout(idle);
    close();
    for (const remote of running.values()) remote.lose();
    running.clear();
  }
  channel.on('message', (words: FromLauncher) => {
    if (words.kind === 'ready') {
      launcher = own;
      // Whenever it ends, the next may follow.
      notBefore = 0;
      return;
    }
    const remote = running.get(words.id);
    if (words.kind === 'closed' || words.kind === 'failed') {
      running.delete(words.id);
      if (running.size === 0) rest();
    }
    remote?.hear(words);
  });
  channel.once('error', lose);
  channel.once('exit', lose);
  rest();
}

/** Without anything running, the launcher keeps nobody from ending. */
function letGo(channel: ChildProcess): void {
  channel.unref();
  channel.channel?.unref();
}

function hold(channel: ChildProcess): void {
  channel.ref();
  channel.channel?.ref();
}

/** Descriptors that whoever started the bot left open for it would pass on to every process: they lead to nothing instead. */
function withoutInherited(stdio: readonly (StandardStream | 'ipc')[]): StdioOptions {
  inherited ??= inheritedDescriptors();
  const list: (StandardStream | 'ipc' | number)[] = [...stdio];
  for (const descriptor of inherited) {
    if (descriptor < stdio.length) continue;
    nowhere ??= openSync('/dev/null', 'r');
    while (list.length < descriptor) list.push('ignore');
    list[descriptor] = nowhere;
  }
  return list;
}

let inherited: readonly number[] | null = null;
let nowhere: number | null = null;
