/** What no single key can know: names that must exist elsewhere, claims that collide, settings that are allowed but unwise. */
import { pathGlob } from '../domain/path-glob.ts';
import type { Pipeline } from '../domain/pipeline.ts';
import { ROOM_PROGRAMS } from '../domain/room-programs.ts';
import { ROLES } from '../domain/run.ts';
import type { ExternalDriver } from '../domain/settings.ts';
import type { KeyPath } from './config-error.ts';
import { looksLikeSecret } from './looks-like-secret.ts';
import { nearest } from './nearest.ts';
import { type Prices, priceOf } from './prices.ts';
import type { SettingsFile } from './schema.ts';
import { OWN_DRIVERS, providerOf } from './to-settings.ts';

export interface CrossFault {
  readonly path: KeyPath;
  readonly expected: string;
  readonly found: string;
  readonly hint: string | null;
  /** Another key this fault follows from: when that one is at fault already, this one is no news. */
  readonly because?: KeyPath;
}

/** Null stands for a companion file that was itself at fault: nothing is concluded from its absence. */
export interface Companions {
  readonly pipelines: ReadonlyMap<string, Pipeline> | null;
  readonly prices: Prices | null;
  /** Null when the expression is fine, else what is wrong with it. */
  readonly cronTrouble: (expression: string) => string | null;
}

export function crossFaults(file: SettingsFile, companions: Companions): readonly CrossFault[] {
  return [
    ...projectFaults(file),
    ...protectedPathFaults(file),
    ...pipelineFaults(file, companions.pipelines),
    ...peopleFaults(file),
    ...chainFaults(file, companions.prices),
    ...driverFaults(file),
    ...addressFaults(file),
    ...isolationFaults(file),
    ...digestFaults(file, companions),
  ];
}

/** A credential pasted anywhere: found in the raw file, so that keys the schema refuses are looked at as well. */
export function secretFaults(raw: unknown, path: KeyPath = []): readonly CrossFault[] {
  if (typeof raw === 'string') {
    if (!looksLikeSecret(raw)) return [];
    const hint = 'Revoke it, for it was on disk; put the new one into the environment and write { env: NAME }.';
    return [{ path, expected: 'no secret in this file', found: 'something that looks like one (not shown)', hint }];
  }
  if (Array.isArray(raw)) return raw.flatMap((entry, index) => secretFaults(entry, [...path, index]));
  if (typeof raw !== 'object' || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) => secretFaults(value, [...path, key]));
}

function projectFaults(file: SettingsFile): readonly CrossFault[] {
  const claim = (project: SettingsFile['projects'][number]) =>
    JSON.stringify([
      project.team,
      project.linearProject,
      [...project.labels].sort(),
      project.assignee,
      project.states.todo,
    ]);
  if (file.projects.length === 0) {
    return [{ path: ['projects'], expected: 'at least one project to watch', found: 'none', hint: null }];
  }
  return file.projects.flatMap((project, index) => {
    const before = file.projects.slice(0, index);
    const faults: CrossFault[] = [];
    if (before.some((other) => other.name === project.name)) {
      faults.push({
        path: ['projects', index, 'name'],
        expected: 'a name of its own',
        found: `"${project.name}" again`,
        hint: null,
      });
    }
    const twin = before.find((other) => claim(other) === claim(project));
    if (twin !== undefined) {
      const hint = 'Tell them apart by linearProject, labels or assignee.';
      const found = `the same claim as project ${twin.name}`;
      faults.push({ path: ['projects', index, 'team'], expected: 'issues no other project claims', found, hint });
    }
    if (project.batchMax > 1 && project.mergeMethod !== 'merge') {
      const hint =
        'What is tested together lands as it is, by one merge commit. Set mergeMethod to merge, or batchMax to 1.';
      const found = `${project.batchMax} with mergeMethod ${project.mergeMethod}`;
      faults.push({ path: ['projects', index, 'batchMax'], expected: '1, or mergeMethod: merge', found, hint });
    }
    return faults;
  });
}

/** A glob that cannot be followed would protect nothing, and nobody would know. */
function protectedPathFaults(file: SettingsFile): readonly CrossFault[] {
  return file.projects.flatMap((project, index) =>
    project.protectedPaths.flatMap((glob, at): readonly CrossFault[] => {
      const read = pathGlob(glob);
      if (read.kind === 'glob') return [];
      const path = ['projects', index, 'protectedPaths', at];
      return [{ path, expected: read.expected, found: `"${glob}"`, hint: null }];
    }),
  );
}

function pipelineFaults(file: SettingsFile, pipelines: Companions['pipelines']): readonly CrossFault[] {
  if (pipelines === null) return [];
  const missing = file.projects.flatMap((project, index): CrossFault[] => {
    if (pipelines.has(project.pipeline)) return [];
    const names = [...pipelines.keys()];
    const guess = nearest(project.pipeline, names);
    return [
      {
        path: ['projects', index, 'pipeline'],
        expected: `a pipeline that exists: ${names.join(', ') || 'there is none'}`,
        found: `"${project.pipeline}"`,
        hint: guess === null ? null : `Did you mean ${guess}?`,
      },
    ];
  });
  const used = new Set(file.projects.flatMap((project) => pipelines.get(project.pipeline) ?? []));
  const needed = new Map(
    [...used].flatMap((pipeline) => pipeline.stages.map((stage) => [stage.role, pipeline.name] as const)),
  );
  const unconfigured = [...needed].flatMap(([role, name]): CrossFault[] => {
    if (role === null || file.roles[role] !== undefined) return [];
    const expected = `the role ${role}, which works in pipeline ${name}`;
    const hint = `Add roles.${role} with a chain of models.`;
    return [{ path: ['roles', role], because: ['roles', role], expected, found: 'nothing', hint }];
  });
  return [...missing, ...unconfigured];
}

function peopleFaults(file: SettingsFile): readonly CrossFault[] {
  if (file.people.length === 0) {
    const expected = 'at least one person: an empty allowlist means nobody may start work';
    return [{ path: ['people'], expected, found: 'nobody', hint: null }];
  }
  return file.people.flatMap((person, index) =>
    (['linear', 'github'] as const).flatMap((key): CrossFault[] => {
      const value = person[key]?.toLowerCase();
      const twin = file.people
        .slice(0, index)
        .find((other) => value !== undefined && other[key]?.toLowerCase() === value);
      if (twin === undefined) return [];
      return [
        { path: ['people', index, key], expected: 'each person once', found: `the same as ${twin.name}`, hint: null },
      ];
    }),
  );
}

function chainFaults(file: SettingsFile, prices: Prices | null): readonly CrossFault[] {
  const providers = Object.keys(file.providers);
  return ROLES.flatMap((role) =>
    (file.roles[role]?.chain ?? []).flatMap((model, index): CrossFault[] => {
      const path = ['roles', role, 'chain', index];
      const provider = providerOf(model);
      if (!providers.includes(provider)) {
        const guess = nearest(provider, providers);
        const expected = `a model of a provider that is configured: ${providers.join(', ') || 'there is none'}`;
        const hint =
          guess === null ? `Add providers.${provider}.` : `Did you mean ${guess}/${model.slice(provider.length + 1)}?`;
        return [{ path, because: ['providers', provider], expected, found: `"${model}"`, hint }];
      }
      if (prices === null || priceOf(prices, model) !== null) return [];
      const hint = `Add "${model}" (or "${provider}/*") to the price table, 0 for a model of your own.`;
      return [
        { path, expected: 'a model with a known price, so that its cost can be capped', found: `"${model}"`, hint },
      ];
    }),
  );
}

/** A role's driver exists and speaks to the models of its chain; `api` is our own loop and no program. */
function driverFaults(file: SettingsFile): readonly CrossFault[] {
  const drivers = { ...OWN_DRIVERS, ...file.drivers };
  const names = ['api', ...Object.keys(drivers)];
  return ROLES.flatMap((name): readonly CrossFault[] => {
    const role = file.roles[name];
    if (role === undefined || role.driver === 'api') return [];
    const driver = drivers[role.driver];
    if (driver === undefined) {
      const guess = nearest(role.driver, names);
      const hint = guess === null ? `Add drivers.${role.driver}.` : `Did you mean ${guess}?`;
      const expected = `a driver that exists: ${names.join(', ')}`;
      return [{ path: ['roles', name, 'driver'], expected, found: `"${role.driver}"`, hint }];
    }
    return role.chain.flatMap((model, index): readonly CrossFault[] => {
      const provider = file.providers[providerOf(model)];
      if (provider === undefined || SPOKEN[driver.kind].includes(protocolOf(provider))) return [];
      const expected = `a model that ${driver.kind} can speak to (${SPOKEN[driver.kind].join(', ')})`;
      const found = `"${model}", which is spoken to by ${protocolOf(provider)}`;
      return [{ path: ['roles', name, 'chain', index], expected, found, hint: null }];
    });
  });
}

const SPOKEN: Readonly<Record<ExternalDriver['kind'], readonly string[]>> = {
  claude: ['anthropic'],
  codex: ['responses'],
  acp: ['anthropic', 'responses', 'chat'],
};

function protocolOf(provider: SettingsFile['providers'][string]): string {
  return provider.kind === 'anthropic' ? 'anthropic' : provider.api;
}

/** Tokens and tickets travel there: in the clear only within this machine. */
function addressFaults(file: SettingsFile): readonly CrossFault[] {
  const addresses: readonly (readonly [KeyPath, string])[] = [
    [['linear', 'apiUrl'], file.linear.apiUrl],
    [['github', 'baseUrl'], file.github.baseUrl],
    [['github', 'gitUrl'], file.github.gitUrl],
    ...(file.reports.webhook === null ? [] : [[['reports', 'webhook', 'url'], file.reports.webhook.url] as const]),
  ];
  return addresses.flatMap(([path, address]): CrossFault[] =>
    isPrivate(address)
      ? []
      : [{ path, expected: 'https, or http on this machine only', found: `"${address}"`, hint: null }],
  );
}

function isolationFaults({ isolation }: SettingsFile): readonly CrossFault[] {
  if (isolation.driver === 'docker' && isolation.docker.image === null) {
    const hint = `It needs ${ROOM_PROGRAMS.join(', ')} and whatever your repositories are built with; nothing is pulled by itself.`;
    const expected = 'the image that commands run in';
    return [
      { path: ['isolation', 'docker', 'image'], because: ['isolation', 'driver'], expected, found: 'nothing', hint },
    ];
  }
  if (isolation.driver !== 'none' || isolation.unsafeWithoutIsolation) return [];
  const hint = 'Use bwrap, or say isolation.unsafeWithoutIsolation: true on a machine you can throw away.';
  const found = 'none: agents could then read everything this user can';
  return [{ path: ['isolation', 'driver'], expected: 'bwrap', found, hint }];
}

function digestFaults({ reports }: SettingsFile, { cronTrouble }: Companions): readonly CrossFault[] {
  if (reports.digest === null) return [];
  const { cron, timezone } = reports.digest;
  const trouble = cronTrouble(cron);
  const faults: CrossFault[] = [];
  if (trouble !== null) {
    const expected = 'a cron expression, such as "0 9 * * 1-5"';
    faults.push({ path: ['reports', 'digest', 'cron'], expected, found: `"${cron}" (${trouble})`, hint: null });
  }
  if (!isTimezone(timezone)) {
    const expected = 'a time zone, such as Europe/Berlin';
    faults.push({ path: ['reports', 'digest', 'timezone'], expected, found: `"${timezone}"`, hint: null });
  }
  return faults;
}

export function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function isTimezone(name: string): boolean {
  // Asking Intl the first time takes longer than all the rest together.
  if (name === 'UTC') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
