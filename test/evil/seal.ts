/**
 * A machine inside the machine: own processes, own network with the addresses an agent would try, own shared memory. The
 * worst that a row does without its layers stays in there, and what is left running at the end can be counted.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

export const SEED = 'HEARTLINE_EVIL_SEED';

/** Addresses that lead to our own listeners in there: a cloud's metadata service, a resolver, a host far away. */
export const ADDRESSES = { metadata: '169.254.169.254', resolver: '8.8.8.8', host: '93.184.215.14' } as const;

/** What the sealed run knows as planted in its own environment and in its session keyring. */
export function sealedCanary(seed: string, name: 'parent' | 'keyring'): string {
  return `canary-${createHash('sha256').update(`${name}:${seed}`).digest('hex').slice(0, 18)}`;
}

export const KEY_NAME = 'heartline-evil';

/** Numbers of add_key and keyctl. */
export const KEY_CALLS: Readonly<Record<string, { readonly add: number; readonly control: number }>> = {
  x64: { add: 248, control: 250 },
  arm64: { add: 217, control: 219 },
};

/** sh stays as process 1 and reaps, whatever node leaves to it. A container engine wants mounts that it may share. */
const SETUP = `mount --make-rshared / 2>/dev/null; ip link set lo up && for a in ${Object.values(ADDRESSES).join(' ')}; do ip addr add $a/32 dev lo; done; "$@"; exit $?`;

export function isSealed(): boolean {
  return process.env[SEED] !== undefined;
}

/** Null when this machine can make one; otherwise what it lacks. */
export function sealTrouble(): string | null {
  if (process.platform !== 'linux') return 'Linux';
  if (!['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].some((path) => existsSync(path))) return 'iproute2';
  const probe = spawnSync('unshare', [...NAMESPACES, 'true'], { stdio: 'ignore' });
  return probe.status === 0 ? null : 'root, or user namespaces';
}

const NAMESPACES = [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  ...['--pid', '--net', '--ipc', '--uts', '--mount', '--fork', '--mount-proc', '--kill-child=KILL'],
];

/** Runs a program of ours in there with this terminal; gives its exit code. */
export function runSealed(argv: readonly string[], seed: string): Promise<number> {
  const numbers = KEY_CALLS[process.arch];
  const plant = `my($t,$d,$p)=('user','${KEY_NAME}','${sealedCanary(seed, 'keyring')}');
    syscall(${numbers?.control},1,0); syscall(${numbers?.add},$t,$d,$p,length($p),-3); exec @ARGV or die`;
  const planted = numbers !== undefined && existsSync('/usr/bin/perl') ? ['/usr/bin/perl', '-e', plant] : [];
  const child = spawn('unshare', [...NAMESPACES, 'sh', '-c', SETUP, 'sh', ...planted, ...argv], {
    stdio: 'inherit',
    env: {
      // First, for a row may show only the head of what it got.
      EVIL_PARENT_TOKEN: sealedCanary(seed, 'parent'),
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(https?|all|no)_proxy$|^GIT_/i.test(name)),
      ),
      PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
      [SEED]: seed,
    },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
