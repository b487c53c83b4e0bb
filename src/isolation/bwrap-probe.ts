/**
 * Proves the room by trying to break out of it: a real command looks for a planted secret, for capabilities, for a way
 * to new namespaces, to the network and to write outside. Missing means no.
 */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OutsideError } from '../domain/outside-error.ts';
import type { Isolation } from '../heartbeat/ports.ts';

type Fault = { readonly missing: string; readonly fix: string };

const INSTALL = 'sudo apt-get install -y bubblewrap';
const VERSION_MIN = [0, 8];
const TIMEOUT_MS = 15_000;
const OUTPUT_BYTES_MAX = 20_000;

/** Each line is one attempt; it prints its name when the attempt succeeded. Redirections run in subshells: they may fail. */
const ATTEMPTS = `
cat "$1" >/dev/null 2>&1 && echo "read a file outside the workspace"
tr '\\0' '\\n' </proc/1/environ | grep -Evq '^(HEARTLINE_COMMAND|PWD|OLDPWD|SHLVL|_)=' && echo "read the bot's environment"
grep -Eq '^Cap(Eff|Bnd|Prm):.*[1-9a-f]' /proc/self/status && echo "hold capabilities"
grep -q '^NoNewPrivs:.*1' /proc/self/status || echo "gain privileges"
[ "$(grep -c : /proc/net/dev)" = 1 ] || echo "see a network"
unshare -U true 2>/dev/null && echo "make a new namespace"
(: >/usr/heartline-probe) 2>/dev/null && echo "write to /usr"
(: >/heartline-probe) 2>/dev/null && echo "write to /"
(: >>/proc/sys/kernel/core_pattern) 2>/dev/null && echo "write to /proc/sys"
(: >written) 2>/dev/null || echo "NOT write to its own workspace"
node --version >/dev/null 2>&1 || echo "NOT run node"
echo attempts-done
`;

export async function probeBwrap(program: string | null, exec: Isolation['exec']): Promise<Fault | null> {
  if (program === null) return { missing: 'bubblewrap (bwrap) is not installed', fix: INSTALL };
  const old = await tooOld(program);
  if (old !== null) return old;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'heartline-probe-')));
  try {
    const [tree, out, mirror] = [join(folder, 'tree'), join(folder, 'out'), join(folder, 'mirror')];
    for (const path of [tree, out, mirror]) await mkdir(path);
    const secret = join(folder, 'secret');
    await writeFile(secret, 'secret', { mode: 0o600 });
    const probed = await exec({
      argv: ['/bin/sh', '-c', ATTEMPTS, 'sh', secret],
      workspace: { name: 'probe', tree, out, mirror },
      readOnly: false,
      timeoutMs: TIMEOUT_MS,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: new AbortController().signal,
    });
    const lines = probed.output.trim().split('\n');
    if (lines.pop() !== 'attempts-done') {
      return { missing: `a command in the room did not finish: ${probed.output.trim().slice(-200)}`, fix: INSTALL };
    }
    if (lines.length === 0) return null;
    return {
      missing: `the room leaks: a command inside can ${lines.join(', ')}`,
      fix: 'do not run agents on this machine',
    };
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { missing: error.message, fix: namespaceFix() };
  } finally {
    await rm(folder, { recursive: true, force: true });
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
