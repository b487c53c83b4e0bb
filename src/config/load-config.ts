/** Reads heartline.yaml and all that goes with it, checks everything, and gives back one frozen whole or every fault at once. */
import { existsSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Duty, Pipeline } from '../domain/pipeline.ts';
import type { Settings } from '../domain/settings.ts';
import { advice } from './advice.ts';
import { ConfigError, type ConfigFault, type KeyPath, keyText } from './config-error.ts';
import { type ConfigInputs, createConfigInputs } from './config-inputs.ts';
import { type Companions, crossFaults, secretFaults } from './cross-checks.ts';
import { deepFreeze } from './deep-freeze.ts';
import { type HeartbeatPage, readHeartbeatPage } from './heartbeat-page.ts';
import { parseStrict } from './parse-strict.ts';
import { readPipeline } from './pipelines.ts';
import { type Prices, readPrices } from './prices.ts';
import { readYaml, type YamlText } from './read-yaml.ts';
import { type SettingsFile, settingsFile } from './schema.ts';
import { companionPath, toSettings, toWiring } from './to-settings.ts';
import type { Wiring } from './wiring.ts';

export interface LoadedConfig {
  readonly settings: Settings;
  readonly wiring: Wiring;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly heartbeat: {
    /** Cron expression, seconds allowed. */
    readonly cadence: string;
    readonly duties: ReadonlySet<Duty>;
    readonly standingOrders: string;
    readonly digest: { readonly cron: string; readonly timezone: string } | null;
  };
  readonly prices: Prices;
  /** Allowed but unwise, a sentence each. */
  readonly warnings: readonly string[];
  /** Absolute path of the settings file. */
  readonly file: string;
  /** Every file and folder that was read. */
  readonly inputs: readonly string[];
  /** Changes when the content of any of them does. */
  readonly digest: string;
}

export interface ConfigSearch {
  /** As given on the command line; null looks at HEARTLINE_CONFIG, then heartline.yaml, then config/heartline.yaml. */
  readonly file: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Throws ConfigError and nothing else. */
export async function loadConfig(search: ConfigSearch): Promise<LoadedConfig> {
  const path = settingsPath(search);
  const inputs = createConfigInputs(search.cwd);
  const cronTrouble = await cronChecker();

  const main = await readSettings(path, inputs, whereToBegin(search));
  const file = main?.file ?? null;
  const page = await readPage(companionPath(path, file?.heartbeat, 'HEARTBEAT.md'), inputs, cronTrouble);
  const prices = await readPriceTable(companionPath(path, file?.prices, 'config/prices.yaml'), inputs);
  const pipelines = await readPipelines(companionPath(path, file?.pipelines, 'config/pipelines'), inputs);
  inputs.faults.unshift(...(main?.faults({ pipelines, prices, cronTrouble }) ?? []));

  if (inputs.faults.length > 0 || file === null || page === null || prices === null || pipelines === null) {
    throw new ConfigError(inputs.faults);
  }
  const { cadence, duties, standingOrders } = page;
  return deepFreeze({
    settings: toSettings(file),
    wiring: toWiring(file, path),
    pipelines,
    heartbeat: { cadence, duties, standingOrders, digest: file.reports.digest },
    prices,
    warnings: advice(file),
    file: path,
    inputs: inputs.paths(),
    digest: inputs.digest(),
  });
}

function settingsPath({ file, env, cwd }: ConfigSearch): string {
  const named = file ?? env.HEARTLINE_CONFIG;
  if (named) return resolve(cwd, named);
  const [first, second] = [join(cwd, 'heartline.yaml'), join(cwd, 'config', 'heartline.yaml')];
  return !existsSync(first) && existsSync(second) ? second : first;
}

/** Most who have no settings file are here for the first time. */
function whereToBegin({ file, env }: ConfigSearch): string {
  const shipped = fileURLToPath(new URL('../../config/heartline.yaml', import.meta.url));
  if (file) return `Copy ${shipped} there and change it, or name another file with --config.`;
  if (env.HEARTLINE_CONFIG)
    return `HEARTLINE_CONFIG names it: copy ${shipped} there and change it, or name another file.`;
  return `Copy ${shipped} to ./heartline.yaml and change it, or name a settings file with --config.`;
}

interface MainFile {
  /** Without what is at fault; null when that leaves nothing to look at. */
  readonly file: SettingsFile | null;
  readonly faults: (companions: Companions) => readonly ConfigFault[];
}

async function readSettings(path: string, inputs: ConfigInputs, hint: string): Promise<MainFile | null> {
  const text = await inputs.text(path, 'the settings file', hint);
  if (text === null) return null;
  const name = inputs.shown(path);
  const yaml = readYaml(text, name);
  if (yaml.value === undefined) return { file: null, faults: () => yaml.faults };
  const parsed = parseStrict(settingsFile, yaml, name);
  const known = (path: KeyPath) =>
    parsed.faultPaths.some((fault) => startsWith(fault, path) || startsWith(path, fault));
  return {
    file: parsed.value,
    faults: (companions) => {
      const across = parsed.value === null ? [] : crossFaults(parsed.value, companions);
      const news = across
        .map((fault) => ({ ...fault, path: parsed.originalPath(fault.path) }))
        .filter((fault) => !known(fault.path) && !(fault.because && known(fault.because)));
      // A literal where a reference belongs was told already; anywhere else it is told here.
      const secrets = secretFaults(yaml.value).filter((fault) => !known(fault.path));
      const placed = [...secrets, ...news].map(({ path, expected, found, hint }) => ({
        ...place(yaml, name, path),
        expected,
        found,
        hint,
      }));
      return inOrder([...yaml.faults, ...parsed.faults, ...placed]);
    },
  };
}

function place(yaml: YamlText, file: string, path: KeyPath): Pick<ConfigFault, 'file' | 'line' | 'key'> {
  return { file, line: yaml.lineOf(path), key: keyText(path) };
}

function startsWith(path: KeyPath, beginning: KeyPath): boolean {
  return beginning.every((part, index) => path[index] === part);
}

function inOrder(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  return [...faults].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

async function readPage(
  path: string,
  inputs: ConfigInputs,
  cronTrouble: Companions['cronTrouble'],
): Promise<HeartbeatPage | null> {
  const text = await inputs.text(path, "the heartbeat's page");
  if (text === null) return null;
  const file = inputs.shown(path);
  const page = readHeartbeatPage(text, file);
  inputs.faults.push(...page.faults);
  const trouble = page.value === null ? null : cronTrouble(page.value.cadence);
  if (page.value !== null && trouble !== null) {
    const expected = 'a cron expression, such as "*/30 * * * * *"';
    const found = `"${page.value.cadence}" (${trouble})`;
    inputs.faults.push({ file, line: page.value.cadenceLine, key: 'cadence', expected, found, hint: null });
  }
  return page.value;
}

/** A table with a fault in it is not used to judge the chains: one slip would make every model look unpriced. */
async function readPriceTable(path: string, inputs: ConfigInputs): Promise<Prices | null> {
  const text = await inputs.text(path, 'the price table');
  if (text === null) return null;
  const prices = readPrices(text, inputs.shown(path));
  inputs.faults.push(...prices.faults);
  return prices.faults.length > 0 ? null : prices.value;
}

async function readPipelines(folder: string, inputs: ConfigInputs): Promise<ReadonlyMap<string, Pipeline> | null> {
  const names = await inputs.names(folder, 'the folder of pipelines');
  if (names === null) return null;
  const pipelines = new Map<string, Pipeline>();
  let sound = true;
  for (const name of names.filter((name) => /\.ya?ml$/.test(name))) {
    const path = join(folder, name);
    const text = await inputs.text(path, 'a pipeline');
    const pipeline = text === null ? null : readPipeline(text, inputs.shown(path), parse(name).name);
    inputs.faults.push(...(pipeline?.faults ?? []));
    if (pipeline?.value) pipelines.set(pipeline.value.name, pipeline.value);
    if (pipeline === null || pipeline.faults.length > 0) sound = false;
  }
  return sound ? pipelines : null;
}

async function cronChecker(): Promise<Companions['cronTrouble']> {
  const { validateDetailed } = await import('node-cron');
  return (expression) => {
    const { valid, errors } = validateDetailed(expression);
    return valid ? null : (errors[0]?.message ?? 'not understood');
  };
}
