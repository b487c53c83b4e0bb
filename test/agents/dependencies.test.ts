// What `setup` made is kept for what it was made on: another image, another command or another lockfile is another one.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDependencies } from '../../src/agents/dependencies.ts';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import type { PreparedWorkspace } from '../../src/heartbeat/ports.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { MODELS } from '../cli/check-facts.ts';

test('what setup made on one image is not shown on another', async () => {
  const [project] = MODELS.settings.projects;
  assert.ok(project);
  const first = await preparedFor({ ...project, setup: ['make deps'] }, 'sha256:1');
  assert.deepEqual(await preparedFor({ ...project, setup: ['make deps'] }, 'sha256:1'), first);
  assert.notDeepEqual(await preparedFor({ ...project, setup: ['make deps'] }, 'sha256:2'), first);
  assert.notDeepEqual(await preparedFor({ ...project, setup: ['make all'] }, 'sha256:1'), first);
});

/** Names of the workspaces that were looked into, each of which is said to be prepared already. */
async function preparedFor(project: ProjectSettings, image: string): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'heartline dependencies '));
  const names: string[] = [];
  const prepare = async ({ name }: { readonly name: string }): Promise<PreparedWorkspace> => {
    names.push(name);
    const tree = join(root, name, 'tree');
    await mkdir(tree, { recursive: true });
    await writeFile(join(root, name, 'prepared.json'), JSON.stringify({ folders: [] }));
    return { name, tree, out: tree, mirror: root, fresh: false };
  };
  try {
    const workspace = await prepare({ name: 'mine' });
    const none = async () => null;
    const { equip } = createDependencies({
      mirror: {
        refresh: async () => {},
        tip: none,
        file: none,
        diff: none,
        diffText: async () => '',
        receiveBundle: async () => '',
      },
      workspaces: { prepare, release: async () => {}, list: async () => [] },
      isolation: { ...createIsolation({ driver: 'bwrap' }), basis: async () => image },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      now: Date.now,
    });
    const { signal } = new AbortController();
    await equip({ project, baseTip: '', workspace, signal, leftMs: () => 1_000, onStep: () => {} });
    return names.slice(1);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
