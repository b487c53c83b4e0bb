/** Is bubblewrap there, new enough, and does its room hold? Missing means no, with the line that mends it. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { OutsideError } from '../domain/outside-error.ts';
import { ROOM_PROGRAMS } from '../domain/room-programs.ts';
import type { Isolation, Owner } from '../heartbeat/ports.ts';
import { attemptEscapes, type Fault } from './attempt-escapes.ts';

const INSTALL = 'sudo apt-get install -y bubblewrap';
const VERSION_MIN = [0, 8];
const TIMEOUT_MS = 15_000;

export async function probeBwrap(
  program: string | null,
  exec: Isolation['exec'],
  owner: Owner | null,
): Promise<Fault | null> {
  if (program === null) return { missing: 'bubblewrap (bwrap) is not installed', fix: INSTALL };
  // Side by side, for the bot waits for both at its start. Of an old version only its age is told.
  const [room, old] = await Promise.all([tryRoom(exec, owner), tooOld(program)]);
  return old ?? room;
}

async function tryRoom(exec: Isolation['exec'], owner: Owner | null): Promise<Fault | null> {
  try {
    return await attemptEscapes(exec, {
      fix: INSTALL,
      programs: {
        names: [...ROOM_PROGRAMS, 'node'],
        fix: 'install it where rooms look: in /usr, or in a folder of isolation.toolchains',
      },
      owner,
    });
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { missing: error.message, fix: namespaceFix() };
  }
}

async function tooOld(program: string): Promise<Fault | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { env: {}, timeout: TIMEOUT_MS });
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
    const [majorMin = 0, minorMin = 0] = VERSION_MIN;
    if (major > majorMin || (major === majorMin && minor >= minorMin)) return null;
    return { missing: `${stdout.trim()} is too old: ${VERSION_MIN.join('.')} is needed`, fix: INSTALL };
  } catch {
    return { missing: `${program} does not run`, fix: INSTALL };
  }
}

/** Which switch of the kernel is off, as far as it can be seen from here. */
function namespaceFix(): string {
  if (setting('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (setting('/proc/sys/user/max_user_namespaces') === '0') return 'sudo sysctl -w user.max_user_namespaces=15000';
  if (setting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (or an AppArmor profile for bwrap that allows userns)';
  }
  return 'allow user namespaces: in a container, start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined';
}

function setting(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}
