/** The probe finds each single layer missing, by trying; and behind the room's walls stands a user of its own. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOM_PROGRAMS } from '../../src/domain/room-programs.ts';
import type { Isolation } from '../../src/heartbeat/ports.ts';
import { attemptEscapes } from '../../src/isolation/attempt-escapes.ts';
import { bwrapDriver } from '../../src/isolation/bwrap-driver.ts';
import { asOwner, ownUser, roomOwners } from '../../src/isolation/own-user.ts';
import { createProxies } from '../../src/isolation/proxy/proxies.ts';
import { findProgram, findToolchain } from '../../src/isolation/toolchain.ts';
import type { RoomLayer } from '../evil/row.ts';
import { weakenRoom } from '../evil/weaken-room.ts';
import { need } from '../needs.ts';
import { BWRAP, processesWith, room, TEST_OWNER } from './isolation-for-test.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline weak ')));
after(() => rmSync(folder, { recursive: true, force: true }));
const bwrap = findProgram('bwrap');
const asRoot = process.getuid?.() === 0;

function driver(program: string | null): Isolation {
  const limits = {
    processesMax: 256,
    fileBytesMax: 1_000_000,
    memoryFolderBytesMax: 1_000_000,
    memoryBytesMax: 500_000_000,
    cpus: 1,
  };
  const toolchain = findToolchain([]);
  return bwrapDriver({ program, toolchain, limits, proxies: createProxies(() => {}), controlGroups: () => null });
}

async function weak(gone: readonly RoomLayer[], keepsOwnUser = false): Promise<string> {
  const own = join(folder, `${gone.join('+')}${keepsOwnUser ? ' own user' : ''}`);
  const environment = { BOT_TOKEN: 'canary-4713' };
  return join(await weakenRoom(own, bwrap ?? '', gone, { environment, weakensProbe: true, keepsOwnUser }), 'bwrap');
}

/** Each layer that bubblewrap's arguments make, and what the refusal must say when it alone is gone. */
const TOLD = {
  view: /read a file of the bot.*missing layer: view/,
  environment: /read the bot's environment \(missing layer: environment\)/,
  network: /share the machine's net namespace.*see a network.*missing layer: net namespace, network/,
  capabilities: /hold capabilities.*missing layer: capabilities/,
  'user-namespace': /(be root|make a new namespace).*missing layer: .*(user|user namespace)/,
  'pid-namespace': /share the machine's pid namespace.*leave a process behind.*missing layer: .*whole-tree kill/,
  'ipc-namespace': /share the machine's ipc namespace \(missing layer: ipc namespace\)/,
  'system-calls': /make every system call \(missing layer: system calls\)/,
} as const satisfies Partial<Record<RoomLayer, RegExp>>;

for (const [layer, told] of Object.entries(TOLD)) {
  test(`without its layer "${layer}" the room is refused, and the layer is named`, BWRAP, async () => {
    const fault = await driver(await weak([layer as RoomLayer])).probe();
    assert.match(fault?.missing ?? 'it started', told);
    // Nothing that the attempts left running outlives them.
    assert.deepEqual(processesWith('sleep 3600.'), []);
  });
}

test('with all its layers the same line is accepted', BWRAP, async () => {
  assert.equal(await driver(await weak([])).probe(), null);
});

/** No room at all: a shell that finds these programs only. Where one is missing nothing is attempted. */
function openRoom(names: readonly string[]): Isolation['exec'] {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const name of names) symlinkSync(findProgram(name) ?? `/usr/bin/${name}`, join(bin, name));
  return async ({ argv: [program = '', ...args] }) => {
    const { status, stdout } = spawnSync(program, args, { env: { PATH: bin }, encoding: 'utf8' });
    return { exitCode: status, output: stdout, truncated: false, timedOut: false };
  };
}

for (const gone of [['bash'], ['git'], ['bash', 'git'], ['grep', 'tr']]) {
  test(`a room without ${gone.join(' and ')} is refused for that, and not for what attempts then seem to show`, async () => {
    const exec = openRoom(ROOM_PROGRAMS.filter((name) => !gone.includes(name)));
    const programs = { names: ROOM_PROGRAMS, fix: 'name another image' };
    assert.deepEqual(await attemptEscapes(exec, { fix: 'nothing', programs, owner: null }), {
      missing: `the room has no ${gone.join(', ')}`,
      fix: 'name another image',
    });
  });
}

test('the page of rooms names what an image must hold', () => {
  const page = readFileSync(new URL('../../docs/rooms.md', import.meta.url), 'utf8');
  assert.ok(page.includes(`An image holds ${ROOM_PROGRAMS.map((name) => `\`${name}\``).join(', ')} `));
});

const root =
  BWRAP.skip === false ? need('root', asRoot, 'run the tests as root: only root can give files away') : BWRAP;

test('as root, commands run as the owner of their workspace: no other uid, the bot least of all', root, async () => {
  const isolation = driver(bwrap);
  assert.equal(await isolation.probe(), null);
  assert.ok(isolation.layers().some(({ name, state }) => /user of its own/.test(name) && state === 'on'));
  const [one, two] = [TEST_OWNER, { uid: TEST_OWNER.uid + 1 }].map((owner) => room(isolation, owner));
  assert.ok(one !== undefined && two !== undefined);
  for (const each of [one, two]) {
    chmodSync(each.workspace.tree, 0o700);
    assert.equal(
      await each.shell('echo mine >made; id -u; cat made; git init -q . && git status -s'),
      '1000\nmine\n?? made',
    );
    assert.equal(statSync(join(each.workspace.tree, 'made')).uid, each.workspace.owner?.uid);
  }
  // Not even a workspace that is shown by mistake opens itself to another's user.
  const shown = [{ source: one.workspace.tree, target: '/opt/other' }];
  assert.match(await two.shell('cat /opt/other/made', { shown }), /Permission denied/);
  await one.remove();
  await two.remove();
});

test('as root, a user of its own holds what the view no longer hides', root, async () => {
  const isolation = driver(await weak(['view', 'pid-namespace', 'user-namespace'], true));
  const inside = room(isolation, TEST_OWNER);
  const secret = join(inside.folder, 'secret');
  writeFileSync(secret, 'canary-4714', { mode: 0o600 });
  // Through folders that others may enter, so that it is the file's own mode that counts.
  for (const path of [inside.folder, join(inside.workspace.tree, '..')]) chmodSync(path, 0o755);
  const output = await inside.shell(
    `cat '${secret}' /etc/shadow /proc/${process.pid}/environ; kill -0 ${process.pid} && echo signalled; echo end`,
  );
  assert.match(output, /secret.*Permission denied/);
  assert.match(output, /shadow.*Permission denied/);
  assert.match(output, /environ.*Permission denied/);
  assert.doesNotMatch(output, /canary|signalled/);
  assert.match(output, /end$/);
  await inside.remove();
});

test('where bubblewrap cannot run as another user the bot does without, and says so', BWRAP, async () => {
  const isolation = driver(await weak(['ipc-namespace']));
  await isolation.probe();
  const layer = isolation.layers().find(({ name }) => /user of its own/.test(name));
  assert.equal(layer?.state, 'off');
  // An ordinary user has nothing to mend.
  assert.equal(layer?.fix === null, !asRoot);
  assert.equal((await ownUser(null)).kind, asRoot ? 'off' : 'not-root');
  assert.equal(await roomOwners('docker'), 'one-each');
  assert.equal(await roomOwners('none'), 'the-bot');
  assert.equal(await roomOwners('bwrap'), asRoot ? 'one-each' : 'the-bot');
});

test('only what lies behind closed folders is laid out anew for the other user', BWRAP, () => {
  const closed = join(folder, 'closed');
  const inner = realpathSync(mkdtempSync(join(folder, 'open-')));
  chmodSync(folder, 0o700);
  const file = join(inner, 'file');
  writeFileSync(file, '');
  const line = asOwner({ uid: 7 }, '/usr/bin/env', [
    '--ro-bind',
    '/usr',
    '/usr',
    '--bind',
    file,
    closed,
    '--',
    '--bind',
    '/nowhere',
  ]);
  const before = line.slice(0, line.indexOf('--'));
  assert.deepEqual(before.slice(before.indexOf('--tmpfs')), ['--tmpfs', folder, '--dir', inner, '--bind', file, file]);
  assert.deepEqual(line.slice(-6), ['--bind', file, closed, '--', '--bind', '/nowhere']);
  assert.equal(readFileSync(file, 'utf8'), '');
});
