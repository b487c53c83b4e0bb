// A story: the real bot in this process against the whole world, told until something is true outside. Time is a value:
// it passes by itself only while work is done, and is moved on when bot and world have nothing more to do.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { createConfigSource } from '../../src/config/config-source.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { connect } from '../../src/connect.ts';
import type { IssueView } from '../../src/decide/issue-view.ts';
import type { Status } from '../../src/heartbeat/status.ts';
import { createLog } from '../../src/log.ts';
import { type Bot, startBot } from '../../src/main.ts';
import { CHECK, REPOSITORY, startWorld, type World, type WorldOptions } from '../world/start-world.ts';

export interface Story {
  readonly world: World;
  readonly reports: readonly string[];
  /** What the bot logged as an error or a warning, a JSON line each. */
  readonly log: readonly string[];
  status(): Promise<Status>;
  /** The issue as `status` and `why` show it. */
  issue(key: string): Promise<IssueView>;
  /** Resolves when it holds outside; rejects, with how things stand, when nothing more happens and it does not hold. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Resolves when the outside stays as it is however much time passes. */
  rest(): Promise<void>;
  /** Resolves once the bot has nothing more to do about what it sees. */
  settled(): Promise<void>;
  /** Moves the clock on. */
  skip(milliseconds: number): void;
  /** A person asks for a look now. */
  wake(): void;
  thaw(): Promise<boolean>;
  /** An operator edits heartline.yaml; `change` gets what it says now. */
  configure(change: (settings: Settings) => object): Promise<void>;
  /** Ends this bot as an operator would and starts another on the same rows; `meanwhile` nobody is there. */
  restart(meanwhile?: () => void): Promise<void>;
  /** Ends all, and holds what must be so after every story. */
  end(): Promise<void>;
}

export interface Settings {
  readonly projects: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
}

/** The smallest repository with a test command: a file must exist and hold no "broken". */
export const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Cart\n',
  'check.sh': '#!/bin/sh\n! grep -rq broken src\n',
  'src/cart.js': 'export const items = [];\n',
};

/** A morning, so that no story crosses midnight UTC unless it wants to. */
const BEGIN = Date.UTC(2026, 8, 1, 9);
/** No story takes this long in real time; it ends a hang. */
const BOUND_MS = 60_000;
/** How far the clock is moved when nothing happens, and how often in a row before nothing more is expected. */
const SKIP_MS = 20_000;
const SKIPS_MAX = 30;
const RESTING_SKIPS = 4;

export type StoryOptions = Partial<WorldOptions> & Pick<WorldOptions, 'issues' | 'script'>;

export async function startStory(options: StoryOptions): Promise<Story> {
  const root = await mkdtemp(join(tmpdir(), 'heartline story '));
  const startedAt = performance.now();
  let skipped = 0;
  const clock = { now: () => BEGIN + skipped + Math.floor(performance.now() - startedAt) };
  const world = await startWorld({
    root,
    files: FILES,
    jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000 }],
    verify: [],
    clock: clock.now,
    ...options,
  });
  const reports: string[] = [];
  const log: string[] = [];
  let failures = 0;
  let changes = 0;
  const changed = (): void => {
    changes += 1;
  };
  const skip = (milliseconds: number): void => {
    skipped += milliseconds;
  };
  for (const part of [world.linear, world.github, world.models]) part.onChange(changed);
  let bot = await start().catch(async (error: unknown) => {
    await world.close();
    throw error;
  });

  async function start(): Promise<Bot> {
    const { env } = world;
    const config = await createConfigSource({ load: () => loadConfig({ file: world.config, env, cwd: root }) });
    const secrets = await resolveSecrets(config.current().wiring, env);
    const parts = connect(config.current(), secrets, { clock });
    const wait = async (milliseconds: number): Promise<void> => skip(milliseconds);
    const quiet = createLog({ level: 'warn', redact: parts.redact, readable: false, write: (line) => log.push(line) });
    return startBot(config, secrets, { ...parts, wait, log: quiet }, (text) => reports.push(text.trimEnd()));
  }

  /** Looks again and again, and lets time pass when a look changed nothing; false when time alone changes nothing either. */
  async function pass(skipsMax: number, over: () => boolean): Promise<boolean> {
    for (let skips = 0; skips < skipsMax && !over(); ) {
      const before = changes;
      bot.wake();
      await bot.settled();
      await world.ci.idle();
      await world.github.idle();
      if (over()) return true;
      if (changes !== before) skips = 0;
      else {
        skips += 1;
        skip(SKIP_MS);
      }
    }
    return over();
  }

  async function failed(what: string, why: string): Promise<Error> {
    return new Error(
      `${why}: ${what}\n${JSON.stringify(await bot.status(), null, 2)}\n${[...reports, ...log].join('\n')}`,
    );
  }

  async function stop(): Promise<void> {
    failures += (await bot.status()).heart.failures;
    await bot.stop();
  }

  return {
    world,
    reports,
    log,
    status: () => bot.status(),
    issue: async (key) => {
      const found = (await bot.status()).issues.find((one) => one.key === key);
      assert.ok(found, `${key} is not shown in the status`);
      return found;
    },
    settled: () => bot.settled(),
    skip,
    wake: () => bot.wake(),
    thaw: () => bot.thaw(REPOSITORY),
    configure: async (change) => {
      const settings: Settings = parse(await readFile(world.config, 'utf8'));
      await writeFile(world.config, stringify(change(settings)));
    },
    restart: async (meanwhile) => {
      await stop();
      meanwhile?.();
      bot = await start();
    },
    rest: async () => {
      await pass(RESTING_SKIPS, () => false);
    },
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        let over = false;
        const stops = [world.linear.onChange(look), world.github.onChange(look), world.models.onChange(look)];
        const bound = setTimeout(() => giveUp(`not within ${BOUND_MS} ms`), BOUND_MS);
        look();
        if (!over)
          pass(SKIPS_MAX, () => over).then((held) => (held ? undefined : giveUp('nothing more happens')), reject);

        function look(): void {
          if (over || !holds()) return;
          quit();
          resolve();
        }
        function giveUp(why: string): void {
          if (over) return;
          look();
          if (over) return;
          quit();
          failed(what, why).then(reject, reject);
        }
        function quit(): void {
          over = true;
          clearTimeout(bound);
          for (const end of stops) end();
        }
      }),
    end: async () => {
      await stop();
      await world.close();
      await rm(root, { recursive: true, force: true });
      assert.deepEqual(world.github.violations, [], 'GitHub saw what its own description does not allow');
      assert.deepEqual([...world.linear.unimplemented], [], 'Linear was asked for what nobody has built');
      assert.deepEqual(world.models.scriptFaults, [], 'a scripted agent was wrong');
      assert.equal(failures, 0, 'a tick failed');
    },
  };
}

export function stateOf(world: World, key: string): string {
  const issue = world.linear.state.issues.find((one) => one.identifier === key);
  return world.linear.state.workflowStates.find((state) => state.id === issue?.stateId)?.name ?? '';
}
