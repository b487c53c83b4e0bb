/** Edits while running: good ones are taken over, a wrong one is told once and changes nothing. */
import assert from 'node:assert/strict';
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { createConfigSource } from '../../src/config/config-source.ts';
import { wiringChanges } from '../../src/config/wiring.ts';
import { changed, configFolder, PAGE, PRICES, SETTINGS } from './config-folder.ts';

test('a wrong edit keeps the last good configuration, says so once, and being mended is said once', async (t) => {
  const folder = configFolder(t);
  const source = await createConfigSource(folder);
  const good = source.current();
  assert.equal(await source.refresh(), 'unchanged');

  folder.write('heartline.yaml', changed(SETTINGS, 'team: ENG', 'team: eng'));
  const first = await source.refresh();
  assert(typeof first === 'object' && /projects\[0\]\.team/.test(first.fault.message));
  assert.equal(source.current(), good);
  assert.equal(await source.refresh(), 'unchanged');
  assert(source.fault() instanceof ConfigError);

  folder.write('heartline.yaml', changed(SETTINGS, 'people:', 'persons:'));
  const second = await source.refresh();
  assert(typeof second === 'object' && /persons/.test(second.fault.message), 'another fault is told again');

  folder.write('heartline.yaml', SETTINGS);
  assert.equal(await source.refresh(), 'changed');
  assert.equal(await source.refresh(), 'unchanged');
  assert.equal(source.fault(), null);
  assert.deepEqual(source.current(), good);
});

test('an edit of any of the files is taken over, whatever its time stamp and length', async (t) => {
  const folder = configFolder(t, `${SETTINGS}pipelines: pipelines\n`);
  const stages = 'stages: [{ kind: implement }, { kind: open }, { kind: review }, { kind: done }]\n';
  folder.write('pipelines/default.yaml', `name: default\n${stages}`);
  const source = await createConfigSource(folder);
  const edits: readonly (readonly [string, string, () => unknown, unknown])[] = [
    [
      'heartline.yaml',
      `${SETTINGS.replace('ENG', 'OPS')}pipelines: pipelines\n`,
      () => source.current().settings.projects[0]?.team,
      'OPS',
    ],
    ['HEARTBEAT.md', PAGE.replace('*/30', '*/20'), () => source.current().heartbeat.cadence, '*/20 * * * * *'],
    [
      'prices.yaml',
      PRICES.replace('output: 15', 'output: 16'),
      () => source.current().prices.prices['other/critic']?.outputMicroUsdPerMillion,
      16_000_000,
    ],
    [
      'pipelines/quick.yaml',
      `name: quick\n${stages}`,
      () => [...source.current().pipelines.keys()],
      ['default', 'quick'],
    ],
  ];
  for (const [name, content, read, expected] of edits) {
    utimesSync(folder.write(name, content), 1, 1);
    assert.equal(await source.refresh(), 'changed', name);
    assert.deepEqual(read(), expected);
    assert.equal(await source.refresh(), 'unchanged', name);
  }
});

test('a file that vanishes is a fault like any other', async (t) => {
  const folder = configFolder(t);
  const source = await createConfigSource(folder);
  rmSync(join(folder.path, 'prices.yaml'));
  const result = await source.refresh();
  assert(
    typeof result === 'object' &&
      /prices\.yaml: expected the price table; found no such file/.test(result.fault.message),
  );
  folder.write('prices.yaml', PRICES);
  assert.equal(await source.refresh(), 'changed');
});

test('without a first good configuration there is no source', async (t) => {
  await assert.rejects(createConfigSource(configFolder(t, 'projects: []')), ConfigError);
});

test('what only a restart applies is named', async (t) => {
  const folder = configFolder(t);
  const before = (await folder.load()).wiring;
  folder.write('heartline.yaml', `${changed(SETTINGS, 'team: ENG', 'team: OPS')}timeouts: { gitSeconds: 9 }\n`);
  assert.deepEqual(wiringChanges(before, (await folder.load()).wiring), ['git']);
});
