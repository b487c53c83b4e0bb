/** The room made by bubblewrap: a fresh set of namespaces per command, gone with everything in it when the command ends. */

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OutsideError } from '../domain/outside-error.ts';
import type { ExecResult, IsolatedCommand, Isolation } from '../heartbeat/ports.ts';
import { probeBwrap } from './bwrap-probe.ts';
import { fixedView, type RoomLimits, workspaceView } from './bwrap-view.ts';
import { execResult } from './exec-result.ts';
import { commandMark, endOrphans, MARK } from './orphans.ts';
import { childrenOf, kill, killAndAwait } from './process-tree.ts';
import { MERGED, runCommand } from './run-command.ts';
import type { Toolchain } from './toolchain.ts';

export interface BwrapOptions {
  /** Absolute path of bwrap; null when there is none. */
  readonly program: string | null;
  readonly toolchain: Toolchain;
  readonly limits: RoomLimits;
}

export function bwrapDriver(options: BwrapOptions): Isolation {
  const { program, toolchain, limits } = options;
  let fixed: readonly string[] | null = null;

  async function exec(command: IsolatedCommand): Promise<ExecResult> {
    const attempted = `run ${command.argv[0] ?? 'nothing'} in workspace ${command.workspace.name}`;
    if (program === null) throw new OutsideError('refused', attempted, 'bubblewrap is not installed');
    if (command.argv.length === 0) throw new OutsideError('invalid', attempted, 'there is no command');
    for (const folder of [command.workspace.tree, command.workspace.out, command.workspace.mirror]) {
      if (!existsSync(folder)) throw new OutsideError('missing', attempted, `${folder} does not exist`);
    }
    fixed ??= fixedView(toolchain, limits);
    const end = await runCommand({
      argv: [
        ...MERGED,
        program,
        ...['--json-status-fd', '3'],
        ...fixed,
        ...workspaceView(command.workspace, command.readOnly),
        '--',
        ...limited(limits),
        ...command.argv,
      ],
      cwd: '/',
      environment: { [MARK]: await commandMark() },
      input: command.input,
      reportsStatus: true,
      timeoutMs: command.timeoutMs,
      outputBytesMax: command.outputBytesMax,
      signal: command.signal,
      kill: killRoom,
      sweep: async (_leader, status) => {
        const first = firstProcess(status);
        if (first !== null) await killAndAwait(first);
      },
    });
    // bubblewrap reports an exit code only when the room stood and the command ran in it: otherwise nothing was run.
    if (end.kind === 'exited' && !end.status.includes('"exit-code"')) {
      throw new OutsideError('refused', attempted, `the room could not be made: ${end.output.trim().slice(-300)}`);
    }
    return execResult(end);
  }

  return {
    driver: 'bwrap',
    exec,
    async probe() {
      await endOrphans();
      return probeBwrap(program, exec);
    },
  };
}

/** Killing process 1 of the room kills all of it. It is bubblewrap's one child; before there is one, the group is all. */
function killRoom(leader: ChildProcess): void {
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
 * processes are not counted by the kernel at all: run the bot as an ordinary user to have this limit.
 */
function limited(limits: RoomLimits): readonly string[] {
  if (!existsSync('/usr/bin/prlimit')) return [];
  const { processesMax, fileBytesMax } = limits;
  return ['/usr/bin/prlimit', `--nproc=${processesMax}`, `--fsize=${fileBytesMax}`, '--core=0', '--'];
}
