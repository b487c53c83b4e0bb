/** Proves a room by trying to break out of it: a real command looks for a planted secret, for capabilities, for a way out. */

import { chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Isolation, Owner } from '../heartbeat/ports.ts';

export interface Fault {
  readonly missing: string;
  readonly fix: string;
}

const TIMEOUT_MS = 15_000;
const OUTPUT_BYTES_MAX = 20_000;

/** Each line is one attempt; it prints its name when the attempt succeeded. Redirections run in subshells: they may fail. */
const ATTEMPTS = `
cat "$1" >/dev/null 2>&1 && echo "read a file outside the workspace"
(tr '\\0' '\\n' </proc/1/environ) 2>/dev/null | grep -Evq '^(HEARTLINE_COMMAND|PWD|OLDPWD|SHLVL|_)=' && echo "read the bot's environment"
grep -Eq '^Cap(Eff|Bnd|Prm):.*[1-9a-f]' /proc/self/status && echo "hold capabilities"
grep -q '^NoNewPrivs:.*1' /proc/self/status || echo "gain privileges"
[ "$(grep -c : /proc/net/dev)" = 1 ] || echo "see a network"
unshare -U true 2>/dev/null && echo "make a new namespace"
(: >/usr/heartline-probe) 2>/dev/null && echo "write to /usr"
(: >/heartline-probe) 2>/dev/null && echo "write to /"
(: >>/proc/sys/kernel/core_pattern) 2>/dev/null && echo "write to /proc/sys"
(: >written) 2>/dev/null || echo "NOT write to its own workspace"
[ "$2" = not-needed ] || node --version >/dev/null 2>&1 || echo "NOT run node"
echo attempts-done
`;

/** Null when every attempt failed. Throws OutsideError when the room cannot be made at all. */
export async function attemptEscapes(
  exec: Isolation['exec'],
  options: { readonly fix: string; readonly node: 'needed' | 'not-needed'; readonly owner: Owner | null },
): Promise<Fault | null> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'heartline-probe-')));
  try {
    const [tree, out, mirror] = [join(folder, 'tree'), join(folder, 'out'), join(folder, 'mirror')];
    for (const path of [tree, out, mirror]) await mkdir(path);
    const { owner } = options;
    if (owner !== null) for (const path of [tree, out]) await chown(path, owner.uid, owner.uid);
    const secret = join(folder, 'secret');
    await writeFile(secret, 'secret', { mode: 0o600 });
    const probed = await exec({
      argv: ['/bin/sh', '-c', ATTEMPTS, 'sh', secret, options.node],
      workspace: { name: 'probe', tree, out, mirror, ...(owner === null ? {} : { owner }) },
      readOnly: false,
      timeoutMs: TIMEOUT_MS,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: new AbortController().signal,
    });
    const lines = probed.output.trim().split('\n');
    if (lines.pop() !== 'attempts-done') {
      return { missing: `a command in the room did not finish: ${probed.output.trim().slice(-200)}`, fix: options.fix };
    }
    if (lines.length === 0) return null;
    return {
      missing: `the room leaks: a command inside can ${lines.join(', ')}`,
      fix: 'do not run agents on this machine',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
