/** One piece of work from the mirror through a walled workspace and back: clone, commit inside, bundle, take, push. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { mirrorPath } from '../../src/git/mirror.ts';
import { createWorkspaces } from '../../src/git/workspaces.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';
import { BWRAP } from './isolation-for-test.ts';

const world = gitWorld();
after(() => world.remove());

test('work goes in as a clone and comes back as a bundle, with the tests run inside', BWRAP, async () => {
  const start = world.commit('main', { 'sum.mjs': 'export const sum = (a, b) => a - b;\n' });
  const mirror = world.mirror();
  await mirror.refresh(REPOSITORY);
  const workspaces = createWorkspaces({
    root: world.root,
    mirrorPath: (repository) => mirrorPath(world.root, repository),
  });
  const branch = 'heartline/eng-1';
  const workspace = await workspaces.prepare({
    repository: REPOSITORY,
    name: 'ENG-1/1',
    branch,
    start,
    readOnly: false,
  });
  const script = `set -e
    echo 'export const sum = (a, b) => a + b;' >sum.mjs
    node -e "import('./sum.mjs').then(({ sum }) => process.exit(sum(1, 2) === 3 ? 0 : 1))"
    git commit -qam 'Add instead of subtracting'
    git bundle create -q "$1/work.bundle" origin/main..HEAD ${branch}`;
  const ran = await createIsolation({ driver: 'bwrap' }).exec({
    argv: ['/bin/sh', '-c', script, 'sh', workspace.out],
    workspace,
    readOnly: false,
    timeoutMs: 20_000,
    outputBytesMax: 10_000,
    signal: new AbortController().signal,
  });
  assert.deepEqual([ran.exitCode, ran.output], [0, '']);
  const file = join(workspace.out, 'work.bundle');
  const head = await mirror.receiveBundle({ repository: REPOSITORY, runId: 'run-1', file, branch });
  assert.deepEqual(await mirror.parents(REPOSITORY, head), [start]);
  assert.deepEqual((await mirror.diff(REPOSITORY, start, head))?.files, ['sum.mjs']);
  await mirror.push({ repository: REPOSITORY, branch, head, expected: null });
  assert.equal(
    world.git(['log', '-1', '--format=%an <%ae>', branch], { cwd: world.remote }),
    'Heartline <heartline@users.noreply.github.com>',
  );
});
