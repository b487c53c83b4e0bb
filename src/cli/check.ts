/**
 * `heartline check`: everything the bot needs, looked at once without changing anything, a line each: ok, or what to do.
 * What fails does not stop the rest; the judging is in check/judge-*.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPrompts } from '../agents/load-prompts.ts';
import { ConfigError, type ConfigFault } from '../config/config-error.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { connect, type Parts } from '../connect.ts';
import { servesLess } from '../domain/served-context.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { ForgeAccess } from '../heartbeat/access.ts';
import { type CheckLine, type Look, linesAbout } from './check/check-line.ts';
import { judgeIdentities, judgeRepository } from './check/judge-github.ts';
import { judgeLinear } from './check/judge-linear.ts';
import { judgeDataFolder, judgeGit, judgeIsolation, judgeNode, judgeWebhook } from './check/judge-machine.ts';
import { judgeModels } from './check/judge-models.ts';
import { judgePrograms } from './check/judge-programs.ts';
import { lookAt } from './check/look-at.ts';
import { dataFolder, gitVersion, reach } from './check/look-at-machine.ts';
import { lookAtPrograms } from './check/look-at-programs.ts';
import { type FoundSecrets, lookUpSecrets, secretPlaces } from './check/look-up-secrets.ts';

const LOOK_MS_MAX = 45_000;
const GIT_MS_MAX = 30_000;
/** All of them together, some of which start slowly. */
const PROGRAMS_MS_MAX = 120_000;
const WEBHOOK_MS_MAX = 5_000;

/** Returns 0 when nothing blocks, else 1. */
export async function check(options: { readonly config: string | null; readonly json: boolean }): Promise<number> {
  const lines = await checkAll(options.config);
  const ok = lines.every((line) => line.status !== 'fail');
  process.stdout.write(options.json ? `${JSON.stringify({ schema: 1, ok, lines }, null, 2)}\n` : checkText(lines));
  return ok ? 0 : 1;
}

export function checkText(lines: readonly CheckLine[]): string {
  const count = (status: CheckLine['status']) => lines.filter((line) => line.status === status).length;
  const rows = lines.map(({ area, subject, status, text, fix }) => {
    const mark = { ok: 'ok  ', warn: 'note', fail: '--  ' }[status];
    return `${mark} ${area} ${subject}: ${text}${fix === null ? '' : ` ${fix}`}`;
  });
  const summary =
    count('fail') === 0
      ? 'nothing is in the way of heartline up.'
      : `${count('fail')} to put right before heartline up.`;
  return [...rows, `${count('ok')} ok, ${count('warn')} to know of, ${summary}`, ''].join('\n');
}

async function checkAll(file: string | null): Promise<readonly CheckLine[]> {
  const git = lookAt('git --version', LOOK_MS_MAX, gitVersion);
  const node = judgeNode(process.versions.node);
  const config = await readConfig(file);
  if (!('loaded' in config)) return [...config.lines, node, judgeGit(await git)];

  const { loaded } = config;
  const { wiring, settings } = loaded;
  const found = await lookUpSecrets(wiring, process.env, loaded.file);
  // Git's mirrors go to a folder of their own: those of the data folder have an owner, perhaps one that is running.
  const scratch = await mkdtemp(join(tmpdir(), 'heartline-check-'));
  try {
    const bounded = { ...wiring, dataDir: scratch, git: { timeoutMs: Math.min(wiring.git.timeoutMs, GIT_MS_MAX) } };
    const parts = connect({ ...loaded, wiring: bounded }, found.secrets);
    const [folder, probe, linear, github, models, webhook] = await Promise.all([
      lookAt('look at the data folder', LOOK_MS_MAX, () => dataFolder(wiring.dataDir)),
      lookAt('try the isolation', LOOK_MS_MAX, () => parts.isolation.probe()),
      linearLines(loaded, found, parts),
      githubLines(settings.projects, found, parts, settings.separateReviewer),
      modelLines(loaded, found, parts),
      webhookLines(loaded),
    ]);
    // After the probe: where no room can be made, that is what there is to say.
    const programs = await lookAt('start the programs of drivers', PROGRAMS_MS_MAX, async () => {
      if (!probe.known || probe.value !== null) throw new Error('there is no safe room to start it in');
      return await lookAtPrograms(settings, parts.isolation);
    });
    const lines = [
      ...config.lines,
      node,
      judgeGit(await git),
      ...judgeIsolation({ driver: parts.isolation.driver, probe, layers: parts.isolation.layers() }),
      ...(folder.known
        ? judgeDataFolder(folder.value)
        : [linesAbout('machine', 'data folder').fail(folder.reason, 'Change dataDir.')]),
      ...secretLines(loaded, found),
      ...linear,
      ...github,
      ...models,
      ...judgePrograms({ settings, isolation: parts.isolation.driver, programs }),
      ...webhook,
    ];
    return lines.map((line) => ({
      ...line,
      text: parts.redact(line.text),
      fix: line.fix === null ? null : parts.redact(line.fix),
    }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readConfig(
  file: string | null,
): Promise<{ readonly lines: readonly CheckLine[]; readonly loaded?: LoadedConfig }> {
  try {
    const loaded = await loadConfig({ file, env: process.env, cwd: process.cwd() });
    const line = linesAbout('config', loaded.file);
    return { loaded, lines: [line.ok('is sound.'), ...loaded.warnings.map((warning) => line.warn(warning, null))] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const rest = linesAbout('config', 'the rest').warn(
      'secrets, Linear, GitHub, models and the isolation are looked at once the settings are sound.',
      null,
    );
    return { lines: [...error.faults.map(faultOf), rest] };
  }
}

function faultOf({ file, line, key, expected, found, hint }: ConfigFault): CheckLine {
  const place = line === null ? file : `${file}:${line}`;
  const where = key === '' ? '' : `${key}: `;
  const fix = hint ?? (line === null ? 'See that it is there and can be read.' : 'Correct it there.');
  return linesAbout('config', place).fail(`${where}expected ${expected}; found ${found}.`, fix);
}

function secretLines({ wiring }: LoadedConfig, { missing, faults }: FoundSecrets): readonly CheckLine[] {
  return [
    ...secretPlaces(wiring)
      .filter(({ key }) => !missing.has(key))
      .map(({ key, reference }) =>
        linesAbout('secrets', key).ok(`found in ${'env' in reference ? reference.env : reference.file}.`),
      ),
    ...faults.map(({ key, expected, found, hint }) =>
      linesAbout('secrets', key).fail(`expected ${expected}; found ${found}.`, hint ?? 'Put it there.'),
    ),
  ];
}

async function linearLines(
  { settings }: LoadedConfig,
  { missing }: FoundSecrets,
  { tracker }: Parts,
): Promise<readonly CheckLine[]> {
  if (missing.has('linear.apiKey')) return [];
  const access = await lookAt('read what the Linear key can see', LOOK_MS_MAX, () => tracker.access());
  return judgeLinear({ access, projects: settings.projects, people: settings.people });
}

async function githubLines(
  projects: readonly ProjectSettings[],
  { missing }: FoundSecrets,
  parts: Parts,
  separateReviewer: boolean,
): Promise<readonly CheckLine[]> {
  if (missing.has('github.token') || missing.has('github.reviewer.token')) return [];
  const seen = await Promise.all(projects.map((project) => lookAtRepository(project, parts)));
  return [
    ...judgeIdentities(
      seen.map(({ access }) => access),
      separateReviewer,
    ),
    ...seen.flatMap((facts) => judgeRepository(facts)),
  ];
}

async function lookAtRepository(
  project: ProjectSettings,
  { forge, mirror }: Parts,
): Promise<{
  readonly project: ProjectSettings;
  readonly access: Look<ForgeAccess>;
  readonly tip: Look<string | null>;
}> {
  const { repository, baseBranch } = project;
  const access = await lookAt(`read ${repository}`, LOOK_MS_MAX, () => forge.access(repository, baseBranch));
  // Without a name any will do: git then only shows that the repository can be reached.
  const branch = baseBranch ?? (access.known ? access.value.defaultBranch : 'main');
  const tip = await lookAt(`reach ${repository} with git`, LOOK_MS_MAX, () => mirror.remoteTip(repository, branch));
  return { project, access, tip };
}

async function modelLines(
  { settings, pipelines, wiring, prices }: LoadedConfig,
  { missing }: FoundSecrets,
  { models }: Parts,
): Promise<readonly CheckLine[]> {
  const prompts = await lookAt('read the prompts', LOOK_MS_MAX, async () => [
    ...(await loadPrompts(wiring.promptsDir)).keys(),
  ]);
  const chained = new Set(Object.values(settings.roles).flatMap((role) => role.chain));
  const asked = [...chained].filter((model) => !missing.has(`providers.${model.slice(0, model.indexOf('/'))}.apiKey`));
  const servesLessOf = await Promise.all(
    asked.map(async (model) => {
      const look = await lookAt(`ask for the context of ${model}`, LOOK_MS_MAX, () => models.servedTokens(model));
      return [model, servesLess(look.known ? look.value : null, models.contextTokens(model))] as const;
    }),
  );
  return judgeModels({
    settings,
    pipelines,
    providers: wiring.providers,
    keyless: Object.keys(wiring.providers).filter((name) => missing.has(`providers.${name}.apiKey`)),
    pricesAsOf: prices.asOf,
    price: models.price,
    trouble: models.trouble,
    servesLess: new Map(servesLessOf),
    prompts,
  });
}

async function webhookLines({ wiring: { webhook } }: LoadedConfig): Promise<readonly CheckLine[]> {
  if (webhook === null) return [];
  const reached = await lookAt('connect', WEBHOOK_MS_MAX + 1_000, () => reach(webhook.url, WEBHOOK_MS_MAX));
  return [judgeWebhook({ host: new URL(webhook.url).host, reached })];
}
