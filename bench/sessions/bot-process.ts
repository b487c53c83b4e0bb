/** The measured process as the bench holds it: started, told what to do, killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from '../../test/world/start-world.ts';
import type { BotOptions, Order, Report, Weight } from './bot.ts';

const BOT = fileURLToPath(new URL('bot.ts', import.meta.url));
const LOG_CHARACTERS_SHOWN = 2_000;

export interface BotProcess {
  /** Runs that ended so far. */
  readonly ended: readonly Extract<Report, { readonly kind: 'ended' }>[];
  begin(first: number, count: number): Promise<void>;
  resume(): Promise<void>;
  /** `settled`: after the memory that is not needed was handed back. */
  weigh(settled: boolean): Promise<Weight>;
  /** Resolves when so many runs have ended. */
  untilEnded(count: number): Promise<void>;
  kill(): void;
  /** Resolves when the process is gone, however that came. */
  readonly gone: Promise<void>;
  end(): Promise<void>;
}

export async function startBotProcess(world: World, options: Omit<BotOptions, 'config'>): Promise<BotProcess> {
  const logFile = join(world.root, 'bot.log');
  const log = openSync(logFile, 'a');
  const child = fork(BOT, [JSON.stringify({ ...options, config: world.config })], {
    cwd: world.root,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: world.root, ...world.env },
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  closeSync(log);
  const gone = once(child, 'exit').then(() => {});
  const ended: Extract<Report, { readonly kind: 'ended' }>[] = [];
  const waiting = new Set<(report: Report) => boolean>();
  child.on('message', (report: Report) => {
    if (report.kind === 'ended') ended.push(report);
    for (const wants of waiting) if (wants(report)) waiting.delete(wants);
  });

  const until = async <Found>(find: (report: Report) => Found | null): Promise<Found> => {
    const found = new Promise<Found>((resolve) => {
      waiting.add((report) => {
        const one = find(report);
        if (one !== null) resolve(one);
        return one !== null;
      });
    });
    const early = gone.then((): never => {
      throw new Error(`the bot ended: ${readFileSync(logFile, 'utf8').slice(-LOG_CHARACTERS_SHOWN)}`);
    });
    return await Promise.race([found, early]);
  };
  const ask = async <Found>(order: Order, find: (report: Report) => Found | null): Promise<Found> => {
    const answer = until(find);
    tell(child, order);
    return await answer;
  };

  await until((report) => (report.kind === 'ready' ? true : null));
  return {
    ended,
    gone,
    begin: async (first, count) => void (await ask({ kind: 'begin', first, count }, isDone)),
    resume: async () => void (await ask({ kind: 'resume' }, isDone)),
    weigh: (settled) => ask({ kind: 'weigh', settled }, (report) => (report.kind === 'weight' ? report.weight : null)),
    untilEnded: async (count) => {
      if (ended.length < count) await until(() => (ended.length >= count ? true : null));
    },
    kill: () => void child.kill('SIGKILL'),
    end: async () => {
      tell(child, { kind: 'end' });
      await gone;
    },
  };
}

function isDone(report: Report): true | null {
  return report.kind === 'done' ? true : null;
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order);
}
