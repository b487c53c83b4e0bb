// An agent's result file is the agent's: a link, a pipe, a flood and nonsense are all no result, and none of them blocks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readResult, removeResult } from '../../../src/agents/external/read-result.ts';

const plants: readonly {
  readonly name: string;
  readonly plant: (file: string, folder: string) => Promise<unknown> | undefined;
  readonly why: RegExp;
}[] = [
  { name: 'nothing', plant: () => undefined, why: /no plain file/ },
  {
    name: 'a link to a result elsewhere',
    plant: async (file, folder) => {
      await writeFile(join(folder, 'secret'), '{"secret":1}');
      await symlink(join(folder, 'secret'), file);
    },
    why: /no plain file/,
  },
  {
    name: 'a pipe that nobody writes to',
    plant: async (file) => execFileSync('mkfifo', [file]),
    why: /is no plain file/,
  },
  { name: 'a folder', plant: (file) => mkdir(file), why: /no plain file/ },
  { name: 'a flood', plant: (file) => writeFile(file, `{"a":"${'x'.repeat(300_000)}"}`), why: /larger than/ },
  { name: 'no JSON', plant: (file) => writeFile(file, 'done!'), why: /no JSON object/ },
  { name: 'JSON that is no object', plant: (file) => writeFile(file, '[1]'), why: /no JSON object/ },
];

for (const { name, plant, why } of plants) {
  test(`${name} is no result`, async () => {
    await inFolder(async (folder) => {
      await plant(join(folder, 'result.json'), folder);
      const read = await readResult(folder);
      assert.ok(read.kind === 'none');
      assert.match(read.why, why);
      await removeResult(folder);
      assert.match(JSON.stringify(await readResult(folder)), /no plain file/);
    });
  });
}

test('a plain object is', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'result.json'), '{"title":"t"}');
    assert.deepEqual(await readResult(folder), { kind: 'result', value: { title: 't' } });
  });
});

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heartline result '));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
