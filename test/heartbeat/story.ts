// A story: the real bot in this process against the whole world, told until something is true outside.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfigSource } from '../../src/config/config-source.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import type { Status } from '../../src/heartbeat/status.ts';
import { type Bot, connect, startBot } from '../../src/main.ts';
import { CHECK, startWorld, type World, type WorldOptions } from '../world/start-world.ts';

export interface Story {
  readonly world: World;
  readonly reports: readonly string[];
  status(): Promise<Status>;
  /** Resolves when it holds outside; rejects, with how things stand, when it does not within the bound. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Resolves once the bot has nothing more to do about what it sees. */
  settled(): Promise<void>;
  /** Ends this bot as an operator would and starts another on the same rows. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

/** The smallest repository with a test command: a file must exist and hold no "broken". */
export const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Cart\n',
  'check.sh': '#!/bin/sh\n! grep -rq broken src\n',
  'src/cart.js': 'export const items = [];\n',
};

const BOUND_MS = 60_000;

export async function startStory(
  options: Partial<WorldOptions> & Pick<WorldOptions, 'issues' | 'script'>,
): Promise<Story> {
  const root = await mkdtemp(join(tmpdir(), 'heartline story '));
  const world = await startWorld({
    root,
    files: FILES,
    jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000 }],
    verify: [],
    ...options,
    settings: { logLevel: 'error', ...options.settings },
  });
  const reports: string[] = [];
  let bot = await start();

  async function start(): Promise<Bot> {
    const env = world.env;
    const config = await createConfigSource({ load: () => loadConfig({ file: world.config, env, cwd: root }) });
    const secrets = await resolveSecrets(config.current().wiring, env);
    return startBot(config, secrets, connect(config.current(), secrets), (text) => reports.push(text.trimEnd()));
  }

  return {
    world,
    reports,
    status: () => bot.status(),
    settled: () => bot.settled(),
    restart: async () => {
      await bot.stop();
      bot = await start();
    },
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        const stops = [world.linear.onChange(look), world.github.onChange(look), world.models.onChange(look)];
        const bound = setTimeout(() => {
          quit();
          bot
            .status()
            .then(
              (status) => reject(new Error(`not within ${BOUND_MS} ms: ${what}\n${JSON.stringify(status, null, 2)}`)),
              reject,
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
      }),
    end: async () => {
      await bot.stop();
      await world.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export function stateOf(world: World, key: string): string {
  const issue = world.linear.state.issues.find((one) => one.identifier === key);
  return world.linear.state.workflowStates.find((state) => state.id === issue?.stateId)?.name ?? '';
}
