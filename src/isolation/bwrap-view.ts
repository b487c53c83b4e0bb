/**
 * What a command sees inside bubblewrap: nothing of the machine but the system's programs read-only, the node that runs
 * the bot, the mirror read-only, and its own workspace. No network, no capabilities, no way to make a new namespace.
 */

import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IsolatedCommand } from '../heartbeat/ports.ts';
import { roomEnvironment } from './room-environment.ts';
import { HOME, type RoomLimits } from './room-limits.ts';
import { networkEnvironment, PROXY_SOCKET_INSIDE } from './room-network.ts';
import { extraPath, type Toolchain } from './toolchain.ts';

const NODE_PREFIX = '/opt/node';

/** Private keys stand beside the certificates in /etc/ssl, so folders are named one by one. */
const SYSTEM_FILES = [
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/services',
  '/etc/protocols',
];

/** Ours instead of the machine's: they name no real user and no real host. */
const OWN_FILES = ['hosts', 'passwd', 'group', 'nsswitch.conf', 'gitconfig'];

/** The part of the arguments that is the same for every command of this process. */
export function fixedView(limits: RoomLimits): readonly string[] {
  const size = ['--size', String(limits.memoryFolderBytesMax)];
  return [
    // bubblewrap stays inside as process 1; it is spawned with nothing but our mark in its environment, this is only the belt to that.
    '--clearenv',
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'heartline'],
    ...['--ro-bind', '/usr', '/usr', ...systemFolders()],
    ...SYSTEM_FILES.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path]),
    ...OWN_FILES.flatMap((name) => [
      '--ro-bind',
      fileURLToPath(new URL(`./etc/${name}`, import.meta.url)),
      `/etc/${name}`,
    ]),
    ...['--dev', '/dev', ...size, '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    // Read-only as a whole: when the bot runs as root, /proc/sys would otherwise take writes from inside.
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    ...[...size, '--tmpfs', '/tmp', ...size, '--tmpfs', HOME],
  ];
}

/** Node, npm and the operator's folders. */
export function toolchainView(toolchain: Toolchain): readonly string[] {
  const args = ['--ro-bind', toolchain.node, `${NODE_PREFIX}/bin/node`];
  if (toolchain.npm !== null) {
    args.push('--ro-bind', toolchain.npm, `${NODE_PREFIX}/lib/node_modules/npm`);
    args.push('--symlink', '../lib/node_modules/npm/bin/npm-cli.js', `${NODE_PREFIX}/bin/npm`);
    args.push('--symlink', '../lib/node_modules/npm/bin/npx-cli.js', `${NODE_PREFIX}/bin/npx`);
  }
  for (const folder of toolchain.extra) args.push('--ro-bind', folder, folder);
  return args;
}

/** The part that differs per command. Paths inside are the paths outside, because clones name the mirror by its path. */
export function commandView(
  { workspace, readOnly, shown, environment }: IsolatedCommand,
  room: { readonly toolchain: Toolchain; readonly proxySocket: string | null },
): readonly string[] {
  const variables = {
    ...roomEnvironment({
      path: [`${NODE_PREFIX}/bin`, ...extraPath(room.toolchain), '/usr/local/bin', '/usr/bin', '/bin'],
      home: HOME,
      temporary: '/tmp',
    }),
    // Ours, which lets git read the mirror although that belongs to the bot.
    GIT_CONFIG_NOSYSTEM: '0',
    ...(room.proxySocket === null ? {} : networkEnvironment()),
    ...environment,
  };
  return [
    ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', workspace.mirror, workspace.mirror],
    ...[readOnly ? '--ro-bind' : '--bind', workspace.tree, workspace.tree],
    ...['--bind', workspace.out, workspace.out],
    ...(shown ?? []).flatMap(({ source, target }) => ['--ro-bind', source, target]),
    ...(room.proxySocket === null ? [] : ['--ro-bind', room.proxySocket, PROXY_SOCKET_INSIDE]),
    ...['--remount-ro', '/', '--chdir', workspace.tree],
  ];
}

/** /bin, /lib and their kin as this machine has them: links into /usr, or folders of their own. */
function systemFolders(): readonly string[] {
  return ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => {
    const path = join('/', name);
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    return facts.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
}
