/** A quick look with some rows of the evil agent; `node test/evil/run.ts` is the whole. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { makeCanaries, sightings } from './canaries.ts';
import { ROOM_ROWS } from './room-rows.ts';
import type { Line } from './row.ts';
import { sealTrouble } from './seal.ts';

const missing = (await bwrapWorks()) ? sealTrouble() : 'bubblewrap';
const ready = need(
  'bwrap',
  missing === null,
  'sudo apt-get install -y bubblewrap iproute2 (as root, or with user namespaces)',
);

test('a sample of the evil agent gets nothing, and would without the layers that stop it', ready, async () => {
  const run = fileURLToPath(new URL('run.ts', import.meta.url));
  const argv = [run, '--sample', '--json'];
  const options = { maxBuffer: 64 * 1024 * 1024, timeout: 600_000 };
  const { stdout } = await promisify(execFile)(process.execPath, argv, options).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '') {
      return { stdout: error.stdout };
    }
    throw error;
  });
  const { totals, found, lines } = JSON.parse(stdout) as {
    readonly totals: Readonly<Record<string, number>>;
    readonly found: readonly object[];
    readonly lines: readonly Line[];
  };
  assert.deepEqual(found, []);
  assert.deepEqual(
    lines.filter((line) => line.verdict === 'red').map(({ group, name, detail }) => `${group}: ${name}: ${detail}`),
    [],
  );
  assert.equal(totals.survivors, 0);
  assert.ok((totals.held ?? 0) > 30, `${totals.held} held`);
});

test('the list is as long as promised, and every row says what it takes to succeed', () => {
  assert.ok(ROOM_ROWS.filter((row) => row.aim === 'secret').length >= 50);
  assert.ok(ROOM_ROWS.every((row) => row.without.length > 0));
  assert.equal(new Set(ROOM_ROWS.map((row) => row.name)).size, ROOM_ROWS.length);
  assert.ok(makeCanaries().all.length >= 20);
});

test('a canary is seen in whatever dress', () => {
  const canary = { name: 'one', value: 'canary-0123456789abcdef' };
  const bytes = Buffer.from(canary.value);
  const dresses = [
    canary.value,
    bytes.toString('base64'),
    Buffer.concat([Buffer.from('x'), bytes]).toString('base64'),
    bytes.toString('hex'),
    bytes.toString('hex').replaceAll(/../g, '%$&'),
    bytes.toString('hex').replaceAll(/../g, '$& '),
    [...canary.value].reverse().join(''),
    canary.value.replace('-', '-\n'),
  ];
  for (const dress of dresses) assert.equal(sightings([canary], `a ${dress} b`).length, 1, dress);
  assert.deepEqual(sightings([canary], 'canary-0123456789abcde'), []);
});
