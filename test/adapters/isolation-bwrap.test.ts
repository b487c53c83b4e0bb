/** Rooms made by bubblewrap: both contracts, and what is bubblewrap's own. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bwrapDriver } from '../../src/isolation/bwrap-driver.ts';
import { findControlGroups } from '../../src/isolation/control-groups.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { createProxies } from '../../src/isolation/proxy/proxies.ts';
import { findToolchain } from '../../src/isolation/toolchain.ts';
import { wish } from '../needs.ts';
import { contractOfEnds } from './isolation-contract-ends.ts';
import { contractOfWalls } from './isolation-contract-walls.ts';
import { BWRAP, room, type Setup, TEST_OWNER } from './isolation-for-test.ts';

// Not every machine lends its cgroups, not even to root: the engines' rooms show the same bounds.
const limits = wish(
  'cgroup',
  findControlGroups()?.limited.length === 3,
  'run the tests where they may write to their cgroup, with memory, pids and cpu',
);
const setup: Setup = {
  name: 'bwrap',
  needs: BWRAP,
  make: (change) => createIsolation({ driver: 'bwrap', ...change }),
  bot: JSON.stringify({ driver: 'bwrap' }),
  variables: [],
  limits: limits.skip === false ? 'held' : 'none-here',
};
contractOfEnds(setup);
contractOfWalls(setup);
if (process.getuid?.() === 0) {
  const owned = { ...setup, name: 'bwrap as the owner of the workspace', owner: TEST_OWNER };
  contractOfEnds(owned);
  contractOfWalls(owned);
}

const CANARY = 'canary-4712-do-not-leak';
const { folder, workspace, shell, remove } = room(createIsolation({ driver: 'bwrap' }));
after(remove);
const secret = join(folder, 'secret');
writeFileSync(secret, CANARY, { mode: 0o600 });

test('the probe names what is missing and the line that mends it', async () => {
  const limits = {
    processesMax: 64,
    fileBytesMax: 1_000_000,
    memoryFolderBytesMax: 1_000_000,
    memoryBytesMax: 100_000_000,
    cpus: 1,
  };
  const proxies = createProxies(() => {});
  const toolchain = findToolchain([]);
  const absent = bwrapDriver({ program: null, toolchain, limits, proxies, controlGroups: () => null });
  assert.deepEqual(await absent.probe(), {
    missing: 'bubblewrap (bwrap) is not installed',
    fix: 'sudo apt-get install -y bubblewrap',
  });
  // A bwrap that makes no room (user namespaces off looks like this) runs nothing at all: it does not degrade.
  const broken = join(folder, 'bwrap');
  const script =
    '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\necho "bwrap: no permission" >&2; exit 1\n';
  writeFileSync(broken, script, { mode: 0o755 });
  const refusing = bwrapDriver({ program: broken, toolchain, limits, proxies, controlGroups: () => null });
  const fault = await refusing.probe();
  assert.match(fault?.missing ?? '', /the room could not be made: bwrap: no permission/);
  assert.match(fault?.fix ?? '', /namespaces|userns/);
  writeFileSync(broken, '#!/bin/sh\necho bubblewrap 0.4.1\n', { mode: 0o755 });
  assert.match((await refusing.probe())?.missing ?? '', /0\.4\.1 is too old/);
});

test('descriptors that the bot was started with do not reach a command', BWRAP, async () => {
  const module = new URL('../../src/isolation/create-isolation.ts', import.meta.url).href;
  const program = `
    import { createIsolation } from ${JSON.stringify(module)};
    for (const driver of ['bwrap', 'none']) {
      const result = await createIsolation({ driver }).exec({
        argv: ['sh', '-c', 'cat <&7; cat /proc/self/fd/7 /proc/self/fd/3; echo end'], readOnly: false,
        workspace: ${JSON.stringify(workspace)}, timeoutMs: 20000, outputBytesMax: 10000, signal: new AbortController().signal,
      });
      console.log(result.output);
    }`;
  const descriptor = openSync(secret, 'r');
  const stdio = ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', 'ignore', 'ignore', descriptor] as const;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: [...stdio] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  assert.equal(output.match(/^end$/gm)?.length, 2);
  assert.doesNotMatch(output, new RegExp(CANARY));
});

test('node, npm and git work inside, wherever they live outside', BWRAP, async () => {
  const output = await shell(
    'node --version; npm --version >/dev/null && echo npm; git init -q r && git -C r commit -q --allow-empty -m x && git -C r log --format=%an; id -un',
  );
  assert.equal(output, `${process.version}\nnpm\nHeartline\nagent`);
});

test('as an ordinary user the room holds as well', BWRAP, async (context) => {
  if (process.getuid?.() !== 0) return context.skip('this run is an ordinary user already');
  // The wrapper alone, from an unprivileged user: capabilities of root are not what makes it work.
  const output = execFileSync(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', 'bwrap', '--unshare-all', '--unshare-user', '--disable-userns']
      .concat(['--cap-drop', 'ALL', '--uid', '1000', '--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin'])
      .concat([
        '--symlink',
        'usr/lib',
        '/lib',
        '--symlink',
        'usr/lib64',
        '/lib64',
        '--proc',
        '/proc',
        '--remount-ro',
        '/proc',
      ])
      .concat(['--', 'id', '-u']),
    { cwd: '/', encoding: 'utf8' },
  );
  assert.equal(output.trim(), '1000');
});
