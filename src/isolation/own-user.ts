/**
 * A user of its own for each workspace, where the bot is root: bubblewrap itself runs as that user, so that even a
 * command that got out of its room could read neither the bot's files nor another run's. What lies in folders that only
 * root may enter is first shown at the same place in a mount namespace of this one command.
 */

import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Isolation, OWNER_UID_MIN, type Owner } from '../heartbeat/ports.ts';
import { findProgram } from './toolchain.ts';

export type OwnUser =
  | { readonly kind: 'on' }
  /** The bot is an ordinary user, who has no other users to give. */
  | { readonly kind: 'not-root' }
  | { readonly kind: 'off'; readonly reason: string };

const SETPRIV = '/usr/bin/setpriv';
const TRY_MS_MAX = 5_000;
const BINDS = ['--ro-bind', '--bind'];
/**
 * Root with all its rights stays between the two. The outer bubblewrap waits without any, and the signal that its death
 * sends to a process of another user would be refused: the room would outlive a bot that is killed.
 */
const WAITING = ['/bin/sh', '-c', '"$@"; exit $?', 'sh'];

/** Puts before bubblewrap's own line what makes it run as `owner`, with all that the line shows within that user's reach. */
export function asOwner(owner: Owner, program: string, args: readonly string[]): readonly string[] {
  const line = [...args];
  const shown = new Map<string, string>([[realpathSync(program), '--ro-bind']]);
  for (const [index, flag] of line.entries()) {
    if (flag === '--') break;
    if (!BINDS.includes(flag)) continue;
    // As bubblewrap would resolve it, were it still root then.
    const source = realpathSync(line[index + 1] ?? '');
    line[index + 1] = source;
    if (shown.get(source) !== '--bind') shown.set(source, flag);
  }
  const hidden = [...shown].flatMap(([source, flag]) => {
    const wall = firstClosed(source);
    return wall === null ? [] : [{ source, flag, wall }];
  });
  const folders = new Set(hidden.flatMap(({ source, wall }) => between(wall, source)));
  return [
    ...[program, '--die-with-parent', '--dev-bind', '/', '/'],
    ...[...new Set(hidden.map(({ wall }) => wall))].flatMap((wall) => ['--tmpfs', wall]),
    // By name: folders that bubblewrap makes on its own way are closed to others.
    ...[...folders].toSorted((a, b) => a.length - b.length).flatMap((folder) => ['--dir', folder]),
    ...hidden
      .toSorted((a, b) => a.source.length - b.source.length)
      .flatMap(({ source, flag }) => [flag, source, source]),
    '--',
    ...WAITING,
    ...[SETPRIV, '--pdeathsig', 'KILL', '--reuid', String(owner.uid), '--regid', String(owner.uid)],
    ...['--clear-groups', '--no-new-privs', '--inh-caps=-all', '--', realpathSync(program)],
    ...line,
  ];
}

/** Whom workspaces are to belong to: where rooms cannot run as another user, files of one would be out of reach in them. */
export async function roomOwners(driver: Isolation['driver']): Promise<'one-each' | 'the-bot'> {
  if (driver === 'docker') return 'one-each';
  if (driver === 'none') return 'the-bot';
  return (await ownUser(findProgram('bwrap'))).kind === 'on' ? 'one-each' : 'the-bot';
}

const NO_BUBBLEWRAP = { kind: 'off', reason: 'bubblewrap is not installed' } as const;
const tried = new Map<string, Promise<OwnUser>>();

/** Tried once for each bubblewrap: an ordinary user may be forbidden what root may, and root of a container what root may. */
export function ownUser(program: string | null): Promise<OwnUser> {
  const key = program ?? '';
  let found = tried.get(key);
  if (found === undefined) {
    found = attempt(program);
    tried.set(key, found);
  }
  return found;
}

/** As far as it shows without a try; null: nothing speaks against it. */
export function noOwnUser(program: string | null): Exclude<OwnUser, { kind: 'on' }> | null {
  if (process.getuid?.() !== 0) return { kind: 'not-root' };
  if (program === null) return NO_BUBBLEWRAP;
  return existsSync(SETPRIV) ? null : { kind: 'off', reason: `${SETPRIV} (util-linux) is not there` };
}

async function attempt(program: string | null): Promise<OwnUser> {
  const lacking = noOwnUser(program);
  if (lacking !== null || program === null) return lacking ?? NO_BUBBLEWRAP;
  const spaces = ['--unshare-all', '--unshare-user', '--disable-userns', '--uid', '1000', '--gid', '1000'];
  const room = [...spaces, '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--', '/bin/true'];
  const [command = '', ...args] = asOwner({ uid: OWNER_UID_MIN }, program, room);
  try {
    await promisify(execFile)(command, args, { env: {}, cwd: '/', timeout: TRY_MS_MAX });
    return { kind: 'on' };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return { kind: 'off', reason: said.slice(-200) || 'bubblewrap does not run as another user' };
  }
}

/** The outermost folder on the way to `path` that strangers may not go through; null when all are open. */
function firstClosed(path: string): string | null {
  const parent = dirname(path);
  if (parent === path) return null;
  return firstClosed(parent) ?? (parent !== '/' && (statSync(parent).mode & 0o001) === 0 ? parent : null);
}

/** The folders below `wall` on the way to `path`, neither included. */
function between(wall: string, path: string): readonly string[] {
  const steps = dirname(path).slice(wall.length).split('/').filter(Boolean);
  return steps.map((_step, index) => join(wall, ...steps.slice(0, index + 1)));
}
