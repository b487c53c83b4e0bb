/** The settings that ship: they work where they stand and wherever they are copied to, and what they show is true. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { configFolder, SETTINGS } from './config-folder.ts';

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

test('every commented value of the shipped settings is the default it claims to be', async (t) => {
  const shipped = await loadConfig({ file: 'config/heartline.yaml', env: {}, cwd: root });
  const small = await configFolder(t, SETTINGS).load();
  assert.deepEqual(shipped.settings.limits, small.settings.limits);
  assert.deepEqual(shipped.settings.budget, small.settings.budget);
  const adapters = [
    'linear',
    'github',
    'git',
    'modelTimeouts',
    'isolation',
    'webhook',
    'sweepMs',
    'logLevel',
    'promptsDir',
  ] as const;
  for (const part of adapters) assert.deepEqual(shipped.wiring[part], small.wiring[part], part);
});
