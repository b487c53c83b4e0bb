/** The settings that ship: they work where they stand and wherever they are copied to, and what they show is true. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type KeyPath, keyText } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { type SettingsFile, settingsFile } from '../../src/config/schema.ts';
import type { Wiring } from '../../src/config/wiring.ts';
import { configFolder } from './config-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'config', 'heartline.yaml'), 'utf8');

test('the shipped settings load as they are; only their examples are remarked on', async () => {
  const config = await loadConfig({ file: 'config/heartline.yaml', env: {}, cwd: root });
  assert.equal(config.warnings.length, 2);
  assert(config.warnings.every((warning) => /example/.test(warning)));
  assert.equal(config.heartbeat.duties.size, 7);
});

test('a copy of the shipped settings means what they mean in place, and keeps its data beside itself', async (t) => {
  const place = await loadConfig({ file: 'config/heartline.yaml', env: {}, cwd: root });
  const folder = configFolder(t, text);
  const copy = await folder.load();
  assert.equal(place.wiring.dataDir, join(root, 'config', '.heartline'));
  assert.equal(copy.wiring.dataDir, join(folder.path, '.heartline'));
  assert.deepEqual({ ...copy.wiring, dataDir: null }, { ...place.wiring, dataDir: null });
  for (const part of ['settings', 'pipelines', 'heartbeat', 'prices'] as const)
    assert.deepEqual(copy[part], place[part], part);
});

/** Shown because most want something like it, and other than what a file has that says nothing; each is marked `example`. */
const EXAMPLES = [
  'projects[0].labels',
  'projects[0].checks',
  'projects[0].verify',
  ...['review', 'audit'].flatMap((role) => ['turnsMax', 'minutesMax', 'runUsd'].map((key) => `roles.${role}.${key}`)),
  'roles.devops.runUsd',
  'providers.openai.apiKey',
  'reports.digest',
];

test('every value that is shown is the default, but for the examples, each of which tells its own', () => {
  const yaml = readYaml(text, 'heartline.yaml');
  const shown = settingsFile.parse(yaml.value);
  const left = settingsFile.parse(leastOf(shown));
  const lines = text.split('\n');
  const differ = differences(shown, left, []);
  assert.deepEqual(
    differ.map(({ path }) => keyText(path)),
    EXAMPLES,
  );
  for (const { path, other } of differ) {
    const [, told] = /# example; left out: (\[\]|null|\d+)/.exec(lines[yaml.lineOf(path) - 1] ?? '') ?? [];
    assert.equal(told, JSON.stringify(other), keyText(path));
  }
  assert.equal(text.match(/# example/g)?.length, EXAMPLES.length, 'nothing else is marked');
});

test('every key of the schema is in the shipped settings', () => {
  // Roles that no stage of the shipped pipeline has.
  const idle = ['orchestrator', 'planner', 'research'];
  const keys = keysOf(z.toJSONSchema(settingsFile, { io: 'input' }));
  assert.ok(keys.has('projects') && keys.has('writeSpacingMs') && keys.has('environment'));
  assert.deepEqual(
    [...keys].filter((key) => !idle.includes(key) && !new RegExp(`\\b${key}:`).test(text)),
    [],
  );
});

/** Under which name the settings know each part of the wiring, all of which is read at start. */
const AT_START: Readonly<Record<keyof Wiring, readonly string[]>> = {
  linear: ['linear'],
  github: ['github'],
  limits: ['limits.reservePercent', 'limits.github'],
  git: ['timeouts'],
  providers: ['providers'],
  providersUsed: ['providers'],
  modelTimeouts: ['timeouts'],
  isolation: ['isolation'],
  webhook: ['reports.webhook'],
  sweepMs: ['sweepMinutes'],
  logLevel: ['logLevel'],
  dataDir: ['dataDir'],
  promptsDir: ['prompts'],
};

test('what is read at start only is listed, and nothing else', () => {
  const [, list = ''] = /which are read at start: ([\s\S]*?)\.\n\n/.exec(text) ?? [];
  const named = list
    .replaceAll('\n# ', ' ')
    .replace(/ \(.*?\)/, '')
    .split(', ');
  // The table of prices is no wiring, and handed to the models once all the same.
  assert.deepEqual(named.sort(), [...new Set([...Object.values(AT_START).flat(), 'prices'])].sort());
});

/** What cannot be left out of a file, so that all the rest is. */
function leastOf({ projects, people, roles, providers }: SettingsFile): unknown {
  return {
    projects: projects.map(({ name, team, repository }) => ({ name, team, repository })),
    people,
    roles: Object.fromEntries(Object.entries(roles).map(([role, has]) => [role, { chain: has?.chain }])),
    providers: Object.fromEntries(Object.entries(providers).map(([name, { kind }]) => [name, { kind }])),
  };
}

/** The topmost places where two values are not the same; a list is one value unless it is of blocks on both sides. */
function differences(one: unknown, other: unknown, path: KeyPath): readonly { path: KeyPath; other: unknown }[] {
  if (isDeepStrictEqual(one, other)) return [];
  const isBlock = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isBlock(one) || !isBlock(other)) return [{ path, other }];
  const [left, right] = [new Map(Object.entries(one as object)), new Map(Object.entries(other as object))];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].flatMap((key) =>
    differences(left.get(key), right.get(key), [...path, Array.isArray(one) ? Number(key) : key]),
  );
}

/** Names of all properties anywhere in a JSON schema. */
function keysOf(schema: unknown): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return new Set();
  return new Set(
    Object.entries(schema).flatMap(([key, value]) => [
      ...(key === 'properties' ? Object.keys(value as object) : []),
      ...keysOf(value),
    ]),
  );
}
