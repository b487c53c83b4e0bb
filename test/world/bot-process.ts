// The real bot as a child process, as an operator starts it: spawned, asked for its status, killed outright, started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/heartbeat/status.ts';
import { askControl, controlSocket } from '../../src/web/control-server.ts';
import type { World } from './start-world.ts';

export interface BotProcess {
  /** Process id of the bot that lives now; null between two lives. */
  pid(): number | null;
  /** Resolves when the bot of this life says that it is up. Rejects with what it printed when it ends instead. */
  ready(): Promise<void>;
  /** SIGKILL, resolved when the process is gone; then a new one is started. */
  kill(): Promise<void>;
  /** Null when it does not answer now. */
  status(): Promise<Status | null>;
  /** SIGTERM, resolved with the exit code. */
  stop(): Promise<number | null>;
  /** Lives so far. */
  lives(): number;
}

export interface BotProcessOptions {
  readonly world: Pick<World, 'config' | 'env' | 'dataDir' | 'root'>;
  /** Reports, a line each. */
  readonly onReport?: (line: string) => void;
  /** Log lines. */
  readonly onLog?: (line: string) => void;
  /** It ended and nobody asked it to. */
  readonly onDeath?: (why: string) => void;
}

const BIN = fileURLToPath(new URL('../../src/heartline.js', import.meta.url));
const STATUS_TIMEOUT_MS = 2_000;
const LOG_LINES_KEPT = 30;

export function startBotProcess(options: BotProcessOptions): BotProcess {
  const { world } = options;
  const home = join(world.root, 'home');
  mkdirSync(home, { recursive: true });
  let life = 0;
  let expected = false;
  let child: ChildProcess;
  let up: Promise<void>;
  let gone: Promise<number | null>;
  start();

  return {
    pid: () => (child.exitCode === null && child.signalCode === null ? (child.pid ?? null) : null),
    ready: () => up,
    lives: () => life,
    kill: async () => {
      expected = true;
      child.kill('SIGKILL');
      await gone;
      start();
    },
    status: async () => {
      try {
        const answer = await askControl(controlSocket(world.dataDir), 'GET', '/status', STATUS_TIMEOUT_MS);
        return answer?.status === 200 ? (answer.body as Status) : null;
      } catch {
        // It was killed while it answered: there is no status now, and the next life is asked later.
        return null;
      }
    },
    stop: async () => {
      expected = true;
      child.kill('SIGTERM');
      return gone;
    },
  };

  function start(): void {
    life += 1;
    expected = false;
    const lines: string[] = [];
    const started = spawn(process.execPath, [BIN, 'up', '--json', '--config', world.config], {
      cwd: world.root,
      // Nothing of the caller's environment but where programs are: no proxy, no git settings, no keys.
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, ...world.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    up = new Promise((resolve, reject) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { readonly ready?: boolean; readonly report?: string };
        if (said.ready === true) resolve();
        if (said.report !== undefined) options.onReport?.(said.report);
      });
      started.on('exit', (code, signal) =>
        reject(new Error(`the bot ended (${signal ?? code}) before it was up:\n${lines.join('\n')}`)),
      );
      started.on('error', reject);
    });
    up.catch(() => undefined);
    createInterface({ input: started.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LOG_LINES_KEPT) lines.shift();
      options.onLog?.(line);
    });
    gone = new Promise((resolve) => {
      started.on('exit', (code, signal) => {
        if (!expected) options.onDeath?.(`the bot ended by itself (${signal ?? code}):\n${lines.join('\n')}`);
        resolve(code);
      });
    });
  }
}
