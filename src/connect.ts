/** Wiring: names the adapter behind each port of the outside. main.ts makes them beat. */
import type { ModelEndpoint } from './agents/external/model-endpoint.ts';
import { createRedactor } from './config/create-redactor.ts';
import type { LoadedConfig } from './config/load-config.ts';
import { contextOf, priceOf } from './config/prices.ts';
import type { Secrets } from './config/secrets.ts';
import type { Pressure } from './domain/pressure.ts';
import { createMirror, mirrorPath } from './git/mirror.ts';
import { createWorkspaces } from './git/workspaces.ts';
import { createForge } from './github/create-forge.ts';
import { createGithubGovernor } from './github/github-governor.ts';
import { createGovernor, type Governor } from './governor/governor.ts';
import { paceBoard, paceRepositories } from './governor/pace-looks.ts';
import type { Clock, Forge, Isolation, Mirror, Models, Tracker, Workspaces } from './heartbeat/ports.ts';
import { createIsolation } from './isolation/create-isolation.ts';
import { roomOwners } from './isolation/own-user.ts';
import { createTracker } from './linear/create-tracker.ts';
import { createLog, type Log, standardError } from './log.ts';
import { createModels } from './models/create-models.ts';

export interface Parts {
  readonly clock: Clock;
  readonly tracker: Tracker;
  readonly forge: Forge;
  readonly mirror: Mirror;
  readonly workspaces: Workspaces;
  readonly isolation: Isolation;
  readonly models: Models;
  /** Where external agents' calls of a model go, with the key that they never see. */
  readonly endpoint: (model: string) => ModelEndpoint | null;
  readonly governors: { readonly linear: Governor; readonly github: Governor };
  /** How far they hold the bot back. */
  readonly pressure: () => Pressure;
  readonly log: Log;
  readonly redact: (text: string) => string;
  /** How a session waits for a model that is away; real time when absent. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const MACHINE_CLOCK: Clock = { now: Date.now, steady: () => performance.now() };

/**
 * Makes every adapter that needs no rows. Nothing is contacted yet. All of them tell the time by one clock, the machine's
 * when none is given; `isolation` is for who has made it already.
 */
export function connect(
  { wiring, prices }: LoadedConfig,
  secrets: Secrets,
  { clock = MACHINE_CLOCK, isolation }: { readonly clock?: Clock; readonly isolation?: Isolation } = {},
): Parts {
  const redact = createRedactor(secrets.values);
  const log = createLog({ level: wiring.logLevel, redact, ...standardError() });
  const tell = (message: string): void => log.debug(message);
  const { dataDir, limits } = wiring;
  const governed = { now: clock.now, steady: clock.steady ?? clock.now, reserveShare: limits.reserveShare };
  const governors = {
    linear: createGovernor({ ...governed, name: 'Linear', writes: null }),
    github: createGithubGovernor({ ...governed, writes: limits.github }),
  };
  const tracker = createTracker({
    apiKey: secrets.linearApiKey,
    apiUrl: wiring.linear.apiUrl,
    timeoutMs: wiring.linear.timeoutMs,
    sweepMs: wiring.sweepMs,
    now: clock.now,
    log: tell,
    governor: governors.linear,
  });
  const forge = createForge({
    token: secrets.githubToken,
    reviewerToken: secrets.reviewerToken,
    baseUrl: wiring.github.baseUrl,
    timeoutMs: wiring.github.timeoutMs,
    now: clock.now,
    log: tell,
    governor: governors.github,
  });
  return {
    clock,
    log,
    redact,
    tracker: paceBoard(tracker, governors.linear),
    forge: paceRepositories(forge, governors.github),
    governors,
    pressure: () => ({ linear: governors.linear.pressure(), github: governors.github.pressure() }),
    mirror: createMirror({
      root: dataDir,
      remote: (repository) => ({ url: `${wiring.github.gitUrl}/${repository}.git`, token: secrets.githubToken }),
      timeoutMs: wiring.git.timeoutMs,
      log: tell,
    }),
    workspaces: createWorkspaces({
      root: dataDir,
      mirrorPath: (repository) => mirrorPath(dataDir, repository),
      owners: () => roomOwners(wiring.isolation.driver),
      timeoutMs: wiring.git.timeoutMs,
      log: tell,
    }),
    isolation: isolation ?? createIsolation({ ...wiring.isolation, log: tell }),
    endpoint: (model) => {
      const name = model.slice(0, model.indexOf('/'));
      const provider = wiring.providers[name];
      if (provider === undefined) return null;
      return {
        protocol: provider.kind === 'anthropic' ? 'anthropic' : provider.api,
        baseUrl: provider.baseUrl,
        apiKey: secrets.providers[name] ?? null,
        modelName: model.slice(name.length + 1),
      };
    },
    models: createModels({
      providers: Object.fromEntries(
        Object.entries(wiring.providers).map(([name, provider]) => [
          name,
          { ...provider, apiKey: secrets.providers[name] ?? null },
        ]),
      ),
      price: (model) => priceOf(prices, model),
      contextTokens: (model) => contextOf(prices, model),
      idleTimeoutMs: wiring.modelTimeouts.idleMs,
      totalTimeoutMs: wiring.modelTimeouts.totalMs,
      now: clock.now,
    }),
  };
}
