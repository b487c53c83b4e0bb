/** Turns a checked heartline.yaml into what deciding reads (Settings) and what wiring reads (Wiring): units become the domain's own. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROLES, type Role } from '../domain/run.ts';
import type { ExternalDriver, RoleSettings, Settings } from '../domain/settings.ts';
import type { SecretReference, SettingsFile } from './schema.ts';
import type { Wiring } from './wiring.ts';

/** Known without being configured: their programs are on PATH where a toolchain brings them. */
export const OWN_DRIVERS: Readonly<Record<string, ExternalDriver>> = {
  claude: { kind: 'claude', command: 'claude', args: [], environment: {} },
  codex: { kind: 'codex', command: 'codex', args: [], environment: {} },
};

export function toSettings(file: SettingsFile): Settings {
  const roles: Partial<Record<Role, RoleSettings>> = {};
  for (const name of ROLES) {
    const role = file.roles[name];
    if (role === undefined) continue;
    const { runUsd, ...rest } = role;
    roles[name] = { ...rest, runMicroUsdMax: microUsd(runUsd) };
  }
  // What limits the talk with Linear and GitHub is wiring: deciding only sees the pressure that comes of it.
  const { reservePercent, github, ...limits } = file.limits;
  return {
    projects: file.projects,
    people: file.people,
    roles,
    drivers: { ...OWN_DRIVERS, ...file.drivers },
    budget: { issueMicroUsdMax: microUsd(file.budget.issueUsd), dayMicroUsdMax: microUsd(file.budget.dayUsd) },
    limits,
    separateReviewer: file.github.reviewer !== null,
  };
}

export function toWiring(file: SettingsFile, settingsPath: string): Wiring {
  const { timeouts } = file;
  const ms = (seconds: number) => Math.round(seconds * 1000);
  const secret = (reference: SecretReference) =>
    'file' in reference ? { file: besideFile(settingsPath, reference.file) } : reference;
  return {
    linear: { apiUrl: file.linear.apiUrl, apiKey: secret(file.linear.apiKey), timeoutMs: ms(timeouts.linearSeconds) },
    github: {
      baseUrl: withoutSlash(file.github.baseUrl),
      gitUrl: withoutSlash(file.github.gitUrl),
      token: secret(file.github.token),
      reviewer: file.github.reviewer === null ? null : { token: secret(file.github.reviewer.token) },
      timeoutMs: ms(timeouts.githubSeconds),
    },
    limits: { reserveShare: file.limits.reservePercent / 100, github: file.limits.github },
    git: { timeoutMs: ms(timeouts.gitSeconds) },
    providers: Object.fromEntries(
      Object.entries(file.providers).map(([name, provider]) => [
        name,
        provider.kind === 'anthropic'
          ? { ...provider, baseUrl: withoutSlash(provider.baseUrl), apiKey: secret(provider.apiKey) }
          : {
              ...provider,
              baseUrl: withoutSlash(provider.baseUrl),
              apiKey: provider.apiKey === null ? null : secret(provider.apiKey),
            },
      ]),
    ),
    providersUsed: [
      ...new Set(ROLES.flatMap((name) => file.roles[name]?.chain ?? []).map((model) => providerOf(model))),
    ],
    modelTimeouts: { idleMs: ms(timeouts.modelIdleSeconds), totalMs: ms(timeouts.modelTotalSeconds) },
    isolation: toIsolation(file.isolation),
    webhook:
      file.reports.webhook === null
        ? null
        : {
            url: file.reports.webhook.url,
            secret: secret(file.reports.webhook.secret),
            timeoutMs: ms(timeouts.webhookSeconds),
          },
    sweepMs: file.sweepMinutes * 60_000,
    logLevel: file.logLevel,
    dataDir: besideFile(settingsPath, file.dataDir),
    promptsDir: companionPath(settingsPath, file.prompts, 'prompts'),
  };
}

function toIsolation(isolation: SettingsFile['isolation']): Wiring['isolation'] {
  const { driver, toolchains, memoryMb, cpus, pidsMax, diskMb, docker } = isolation;
  return {
    driver,
    toolchains,
    memoryBytesMax: memoryMb * 1024 * 1024,
    cpus,
    processesMax: pidsMax,
    workspaceBytesMax: diskMb * 1024 * 1024,
    docker: driver === 'docker' && docker.image !== null ? { socket: docker.socket, image: docker.image } : null,
  };
}

/** `provider/model`: the model's own name may hold further slashes. */
export function providerOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}

/** A path in heartline.yaml is meant from the folder of that file, wherever the program was started. */
function besideFile(settingsPath: string, path: string): string {
  return resolve(dirname(settingsPath), path);
}

/** A file or folder the operator named, else the one that ships with Heartline. */
export function companionPath(settingsPath: string, named: string | null | undefined, shipped: string): string {
  return named ? besideFile(settingsPath, named) : fileURLToPath(new URL(`../../${shipped}`, import.meta.url));
}

function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
