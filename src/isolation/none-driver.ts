/**
 * No walls: commands run as the bot's own user and can read what it can read. For the demo only, on machines without
 * bubblewrap. What it still does: a clean environment, limits, and an end for everything a command started.
 */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { OutsideError } from '../domain/outside-error.ts';
import type { ExecResult, IsolatedCommand, Isolation, ShownFolder } from '../heartbeat/ports.ts';
import type { Launched } from '../processes/launched.ts';
import { execResult } from './exec-result.ts';
import { commandMark, endOrphans, MARK } from './orphans.ts';
import { childrenOf, kill, killMarked } from './process-tree.ts';
import { roomEnvironment } from './room-environment.ts';
import { MERGED, runCommand } from './run-command.ts';
import { extraPath, type Toolchain, withExtra } from './toolchain.ts';

const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL'];
const OWN_PROCESSES = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--'];

/**
 * Best first. A process namespace ends all that is in it, daemons too, also when the bot is killed; sh stays as its
 * process 1, because a program that is process 1 itself ignores most signals.
 */
const CHAINS: readonly { readonly argv: readonly string[]; readonly namespace: boolean }[] = [
  { argv: [...DIES_WITH_US, 'unshare', ...OWN_PROCESSES], namespace: true },
  { argv: [...DIES_WITH_US, 'unshare', '--user', '--map-current-user', ...OWN_PROCESSES], namespace: true },
  { argv: DIES_WITH_US, namespace: false },
  { argv: [], namespace: false },
];
const KEEP_SHELL = ['/bin/sh', '-c', '"$@" 2>&1; exit $?', 'sh'];

export interface NoneOptions {
  readonly toolchain: Toolchain;
  /** `never`: do without even where the machine has them, which is how those without behave. */
  readonly namespaces: 'if-possible' | 'never';
}

export function noneDriver(options: NoneOptions): Isolation {
  let chain: Promise<(typeof CHAINS)[number]> | null = null;

  async function exec(command: IsolatedCommand): Promise<ExecResult> {
    const { workspace } = command;
    const attempted = `run ${command.argv[0] ?? 'nothing'} in workspace ${workspace.name}`;
    if (command.argv.length === 0) throw new OutsideError('invalid', attempted, 'there is no command');
    if (!existsSync(workspace.tree)) throw new OutsideError('missing', attempted, `${workspace.tree} does not exist`);
    chain ??= bestChain(CHAINS.filter((one) => options.namespaces === 'if-possible' || !one.namespace));
    const { argv, namespace } = await chain;
    const mark = commandMark();
    const [home, temporary] = [join(dirname(workspace.out), 'home'), join(dirname(workspace.out), 'tmp')];
    await Promise.all([home, temporary].map((folder) => mkdir(folder, { recursive: true })));
    const toolchain = withExtra(options.toolchain, command.toolchains ?? []);
    const npm = toolchain.npm === null ? [] : [join(dirname(dirname(dirname(toolchain.npm))), 'bin')];
    await Promise.all((command.shown ?? []).map(linkShown));
    const path = [dirname(toolchain.node), ...extraPath(toolchain), ...npm, '/usr/local/bin', '/usr/bin', '/bin'];
    const end = await runCommand({
      argv: [...argv, ...(namespace ? KEEP_SHELL : MERGED), ...command.argv],
      cwd: workspace.tree,
      environment: { ...roomEnvironment({ path, home, temporary }), ...command.environment, [MARK]: mark },
      input: command.input,
      reportsStatus: false,
      timeoutMs: command.timeoutMs,
      outputBytesMax: command.outputBytesMax,
      signal: command.signal,
      kill: (leader) => killAll(leader, namespace),
      sweep: async (leader) => {
        if (leader.pid !== undefined) kill(-leader.pid);
        if (!namespace) await killMarked((environment) => environment.split('\0').includes(`${MARK}=${mark}`));
      },
    }).catch((cause: unknown) => {
      throw new OutsideError('unreachable', attempted, 'the command could not be started', { cause });
    });
    return execResult(end);
  }

  return {
    driver: 'none',
    exec,
    dispose: async () => {},
    layers: () => [],
    async probe() {
      if (!existsSync('/bin/sh')) return { missing: 'a shell (/bin/sh)', fix: 'sudo apt-get install -y dash' };
      await endOrphans();
      return null;
    },
  };
}

/** Without walls there is nothing to mount: a link does for what must be seen, and nothing keeps it from being written. */
async function linkShown({ source, target }: ShownFolder): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** In a namespace its process 1 is the one child of the leader; without one the group is all we can name at once. */
function killAll(leader: Launched, namespace: boolean): void {
  if (leader.pid === undefined) return;
  const children = namespace ? childrenOf(leader.pid) : [];
  if (children.length > 0) for (const child of children) kill(child);
  else kill(-leader.pid);
}

async function bestChain(candidates: typeof CHAINS): Promise<(typeof CHAINS)[number]> {
  for (const candidate of candidates) {
    const [program, ...args] = candidate.argv;
    if (program === undefined) return candidate;
    try {
      await promisify(execFile)(program, [...args, '/bin/true'], { timeout: 5_000 });
      return candidate;
    } catch {
      // This machine lacks the tool or forbids it: the next one asks for less.
    }
  }
  return { argv: [], namespace: false };
}
