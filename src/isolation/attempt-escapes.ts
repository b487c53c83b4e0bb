/** Proves a room by trying to break out of it: real commands look for a planted secret, for capabilities, for a way out. */

import { randomInt } from 'node:crypto';
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Isolation, Owner } from '../heartbeat/ports.ts';
import { kill } from './process-tree.ts';

export interface Fault {
  readonly missing: string;
  readonly fix: string;
}

const TIMEOUT_MS = 15_000;
const OUTPUT_BYTES_MAX = 20_000;
/** How long what a command left behind may take to end, and how often it is looked for meanwhile. */
const END_MS_MAX = 5000;
const END_LOOK_MS = 5;

/** Namespaces that every room has for itself. */
const SPACES = ['ipc', 'pid', 'net', 'mnt', 'uts'];

/**
 * Each line is one attempt; it prints the layer that is missing and what can be done without it when the attempt succeeded.
 * Redirections run in subshells: they may fail. Arguments: a secret file, the programs that have to be there, a sleep that
 * outlives the command, and the bot's own namespaces as kind=id. Nothing is attempted where a program is missing, for what
 * an attempt then shows is not how the room holds.
 */
const ATTEMPTS = `
secret="$1"; programs="$2"; seconds="$3"; shift 3
lacking=
for program in $programs; do
  # Node may be there and miss its libraries.
  if [ "$program" = node ]; then node --version; else command -v "$program"; fi >/dev/null 2>&1 || lacking="$lacking $program"
done
if [ -n "$lacking" ]; then echo "lacking:$lacking"; exit; fi
won() { echo "$1|$2"; }
cat "$secret" >/dev/null 2>&1 && won "view" "read a file of the bot"
[ -e "$secret" ] && won "view" "see a file of the bot"
(tr '\\0' '\\n' </proc/1/environ) 2>/dev/null | grep -Evq '^(HEARTLINE_COMMAND|PWD|OLDPWD|SHLVL|_)=' && won "environment" "read the bot's environment"
grep -Eq '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' /proc/self/status && won "capabilities" "hold capabilities"
grep -q '^NoNewPrivs:.*1' /proc/self/status || won "no new privileges" "gain privileges"
grep -q '^Seccomp:.*2' /proc/self/status || won "system calls" "make every system call"
grep -Eq '^Uid:.*[^0-9]0([^0-9]|$)' /proc/self/status && won "user" "be root"
for space in "$@"; do
  own=$(readlink "/proc/self/ns/\${space%%=*}") || won "namespaces" "NOT tell its namespaces apart"
  [ "$own" = "\${space#*=}" ] && won "\${space%%=*} namespace" "share the machine's \${space%%=*} namespace"
done
[ "$(grep -c : /proc/net/dev)" = 1 ] || won "network" "see a network"
unshare -U true 2>/dev/null && won "user namespace" "make a new namespace"
(: >/usr/heartline-probe) 2>/dev/null && won "view" "write to /usr"
(: >/heartline-probe) 2>/dev/null && won "view" "write to /"
(: >>/proc/sys/kernel/core_pattern) 2>/dev/null && won "view" "write to /proc/sys"
(: >written) 2>/dev/null || won "workspace" "NOT write to its own workspace"
(setsid sleep "$seconds" || sleep "$seconds") >/dev/null 2>&1 &
echo attempts-done
`;

export interface EscapeOptions {
  readonly fix: string;
  readonly programs: { readonly names: readonly string[]; readonly fix: string };
  /** Whom workspaces belong to; null: the bot. */
  readonly owner: Owner | null;
}

/**
 * Null when every attempt failed. Throws OutsideError when the room cannot be made at all. The command is started before
 * this returns: whoever starts the bot loads it meanwhile, and steps that wait for their turn would wait for all of that.
 */
export async function attemptEscapes(exec: Isolation['exec'], options: EscapeOptions): Promise<Fault | null> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline-probe-')));
  try {
    const [tree, out, mirror] = [join(folder, 'tree'), join(folder, 'out'), join(folder, 'mirror')];
    for (const path of [tree, out, mirror]) mkdirSync(path);
    const { owner } = options;
    if (owner !== null) for (const path of [tree, out]) chownSync(path, owner.uid, owner.uid);
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'secret', { mode: 0o600 });
    // A number that no other process sleeps for: it names ours in the process list.
    const seconds = `3600.${randomInt(100_000_000, 900_000_000)}`;
    const probed = await exec({
      argv: ['/bin/sh', '-c', ATTEMPTS, 'sh', secret, options.programs.names.join(' '), seconds, ...ownSpaces()],
      workspace: { name: 'probe', tree, out, mirror, ...(owner === null ? {} : { owner }) },
      readOnly: false,
      timeoutMs: TIMEOUT_MS,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: new AbortController().signal,
    });
    const [, lacking] = /^lacking:(.*)$/m.exec(probed.output) ?? [];
    if (lacking !== undefined) {
      return { missing: `the room has no ${lacking.trim().replaceAll(' ', ', ')}`, fix: options.programs.fix };
    }
    const lines = probed.output.trim().split('\n');
    if (lines.pop() !== 'attempts-done') {
      return { missing: `a command in the room did not finish: ${probed.output.trim().slice(-200)}`, fix: options.fix };
    }
    const won = lines.map((line) => line.split('|')).map(([layer = '', what = '']) => ({ layer, what }));
    if (await endWith(seconds)) won.push({ layer: 'whole-tree kill', what: 'leave a process behind' });
    const written = await stat(join(tree, 'written')).catch(() => null);
    if (owner !== null && written !== null && written.uid !== owner.uid) {
      won.push({ layer: 'user', what: `act as user ${written.uid} instead of its own` });
    }
    if (won.length === 0) return null;
    const layers = [...new Set(won.map(({ layer }) => layer))].join(', ');
    return {
      missing: `the room leaks: a command inside can ${won.map(({ what }) => what).join(', ')} (missing layer: ${layers})`,
      fix: 'do not run agents on this machine',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What this process lives in; a kernel without one of them has it in common with everything. */
function ownSpaces(): readonly string[] {
  return SPACES.map((kind) => {
    try {
      return `${kind}=${readlinkSync(`/proc/self/ns/${kind}`)}`;
    } catch {
      return `${kind}=`;
    }
  });
}

/** Ends the processes with this word in their command line; whether there were any. */
async function endWith(word: string): Promise<boolean> {
  const deadline = Date.now() + END_MS_MAX;
  let any = false;
  // Looked for again until a look finds none: between the look and the signal one of them may have started another.
  for (let found = withWord(word); found.length > 0 && Date.now() < deadline; found = withWord(word)) {
    any = true;
    for (const pid of found) kill(pid);
    await setTimeout(END_LOOK_MS);
  }
  return any;
}

function withWord(word: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        // Gone meanwhile.
        return false;
      }
    })
    .map(Number);
}
