/** The room made by bubblewrap: a fresh set of namespaces per command, gone with everything in it when the command ends. */

import { existsSync } from 'node:fs';
import { OutsideError } from '../domain/outside-error.ts';
import {
  type ExecResult,
  type IsolatedCommand,
  type Isolation,
  type Layer,
  OWNER_UID_MIN,
} from '../heartbeat/ports.ts';
import type { Launched } from '../processes/launched.ts';
import { probeBwrap } from './bwrap-probe.ts';
import { commandView, fixedView, toolchainView } from './bwrap-view.ts';
import type { ControlGroups } from './control-groups.ts';
import { execResult } from './exec-result.ts';
import { commandMark, endOrphans, MARK } from './orphans.ts';
import { asOwner, noOwnUser, type OwnUser, ownUser } from './own-user.ts';
import { childrenOf, kill, killAndAwait } from './process-tree.ts';
import type { Proxies } from './proxy/proxies.ts';
import type { RoomLimits } from './room-limits.ts';
import { withForwarder } from './room-network.ts';
import { MERGED, runCommand } from './run-command.ts';
import { systemCallFilter } from './system-call-filter.ts';
import { type Toolchain, withExtra } from './toolchain.ts';

export interface BwrapOptions {
  /** Absolute path of bwrap; null when there is none. */
  readonly program: string | null;
  readonly toolchain: Toolchain;
  readonly limits: RoomLimits;
  readonly proxies: Proxies;
  /** Looks for cgroups to write to; null when there are none. */
  readonly controlGroups: () => ControlGroups | null;
}

export function bwrapDriver(options: BwrapOptions): Isolation {
  const { program, limits } = options;
  const filter = systemCallFilter();
  let fixed: readonly string[] | null = null;
  let groups: ControlGroups | null | undefined;
  let user: OwnUser | null = null;
  const controlGroups = () => {
    if (groups === undefined) groups = options.controlGroups();
    return groups;
  };

  async function exec(command: IsolatedCommand): Promise<ExecResult> {
    const attempted = `run ${command.argv[0] ?? 'nothing'} in workspace ${command.workspace.name}`;
    if (program === null) throw new OutsideError('refused', attempted, 'bubblewrap is not installed');
    if (command.argv.length === 0) throw new OutsideError('invalid', attempted, 'there is no command');
    for (const folder of [command.workspace.tree, command.workspace.out, command.workspace.mirror]) {
      if (!existsSync(folder)) throw new OutsideError('missing', attempted, `${folder} does not exist`);
    }
    const network = command.network ?? { kind: 'none' };
    const online = network.kind === 'registries';
    const proxySocket = online ? await options.proxies.socketFor(network.registries) : null;
    const toolchain = withExtra(options.toolchain, command.toolchains ?? []);
    fixed ??= fixedView(limits);
    const line = [
      ...['--json-status-fd', '3'],
      ...(filter === null ? [] : ['--seccomp', '4']),
      ...fixed,
      ...toolchainView(toolchain),
      ...commandView(command, { toolchain, proxySocket }),
      '--',
      ...limited(limits),
      ...(online ? withForwarder(command.argv) : command.argv),
    ];
    const { owner } = command.workspace;
    const room = owner === undefined ? [program, ...line] : within(attempted, () => asOwner(owner, program, line));
    const group = controlGroups()?.open(limits) ?? null;
    const end = await runCommand({
      argv: [...(group === null ? MERGED : joining(group.joins)), ...room],
      cwd: '/',
      environment: { [MARK]: commandMark() },
      input: command.input,
      reportsStatus: true,
      ...(filter === null ? {} : { filter }),
      timeoutMs: command.timeoutMs,
      outputBytesMax: command.outputBytesMax,
      signal: command.signal,
      kill: killRoom,
      sweep: async (_leader, status) => {
        const first = firstProcess(status);
        if (first !== null) await killAndAwait(first);
      },
    }).finally(() => group?.remove());
    // bubblewrap reports an exit code only when the room stood and the command ran in it: otherwise nothing was run.
    if (end.kind === 'exited' && !end.status.includes('"exit-code"')) {
      throw new OutsideError('refused', attempted, `the room could not be made: ${end.output.trim().slice(-300)}`);
    }
    return execResult(end);
  }

  return {
    driver: 'bwrap',
    exec,
    // A room lives as long as its command.
    dispose: async () => {},
    layers: () => {
      const limited = controlGroups()?.limited ?? [];
      return [
        {
          name: 'namespaces, no capabilities, no network, filtered system calls, whole-tree kill',
          state: 'on',
          fix: null,
        },
        ...(user === null ? [] : [userLayer(user)]),
        limited.length === CONTROLLERS
          ? { name: `limits of ${limited.join(', ')} by cgroups`, state: 'on', fix: null }
          : {
              name: `limits of ${limited.length === 0 ? 'memory, processes, processor time' : 'all of them'} by cgroups`,
              state: 'off',
              fix: 'Run the bot where it may write to its own cgroup: a systemd service with Delegate=yes, or root.',
            },
      ];
    },
    async probe() {
      if (filter === null) {
        const fix = 'run the bot on x64 or arm64, or with the docker driver';
        return { missing: `a filter of system calls for ${process.arch}`, fix };
      }
      const tried = (own: boolean) => probeBwrap(program, exec, own ? { uid: OWNER_UID_MIN } : null);
      const hoped = noOwnUser(program) === null;
      // Side by side, for the bot waits for them at its start.
      const first = tried(hoped);
      const [found] = await Promise.all([ownUser(program), endOrphans(), Promise.allSettled([first])]);
      user = found;
      return hoped === (found.kind === 'on') ? first : tried(!hoped);
    },
  };
}

const CONTROLLERS = 3;

/** Something that was to be shown is not there. */
function within(attempted: string, lay: () => readonly string[]): readonly string[] {
  try {
    return lay();
  } catch (cause) {
    throw new OutsideError('missing', attempted, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function userLayer(user: OwnUser): Layer {
  switch (user.kind) {
    case 'on':
      return { name: 'a user of its own for each workspace', state: 'on', fix: null };
    case 'not-root':
      return {
        name: 'a user of its own for each workspace, because only root has other users to give: agents run as the bot does',
        state: 'off',
        fix: null,
      };
    case 'off':
      return {
        name: `a user of its own for each workspace (${user.reason}): agents run as root, held by the room alone`,
        state: 'off',
        fix: 'Run the bot as an ordinary user, or let ordinary users make user namespaces.',
      };
  }
  return user satisfies never;
}

/** MERGED for a process that goes into its cgroups first; all that it becomes and starts is then in them. */
function joining(files: readonly string[]): readonly string[] {
  const script =
    'umask 022; n=$1; shift; while [ $n -gt 0 ]; do echo $$ >"$1" || exit 125; shift; n=$((n-1)); done; exec "$@" 2>&1';
  return ['/bin/sh', '-c', script, 'sh', String(files.length), ...files];
}

/** Killing process 1 of the room kills all of it. It is bubblewrap's one child; before there is one, the group is all. */
function killRoom(leader: Launched): void {
  if (leader.pid === undefined) return;
  const children = childrenOf(leader.pid);
  if (children.length > 0) for (const child of children) kill(child);
  else kill(-leader.pid);
}

function firstProcess(status: string): number | null {
  const found = /"child-pid": (\d+)/.exec(status)?.[1];
  return found === undefined ? null : Number(found);
}

/**
 * Set inside, where the count of processes starts at none; outside it would count everything the same user runs. Root's
 * processes are not counted by the kernel at all: there this limit takes a user of its own for the workspace.
 */
function limited(limits: RoomLimits): readonly string[] {
  if (!existsSync('/usr/bin/prlimit')) return [];
  const { processesMax, fileBytesMax } = limits;
  return ['/usr/bin/prlimit', `--nproc=${processesMax}`, `--fsize=${fileBytesMax}`, '--core=0', '--'];
}
