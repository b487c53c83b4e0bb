/** Makes host git die with us: after a SIGKILL of the bot nothing of ours may go on fetching, pushing or holding locks. */

import { spawnSync } from 'node:child_process';

let prefix: readonly string[] | null = null;

/** Puts util-linux's setpriv in front where it knows the parent-death signal (busybox's does not); else leaves argv alone. */
export function withParentDeath(argv: readonly string[]): readonly string[] {
  if (prefix === null) {
    const wrapper = ['/usr/bin/setpriv', '--pdeathsig', 'KILL'];
    const [program = '', ...args] = wrapper;
    const tried = spawnSync(program, [...args, '/bin/true'], { stdio: 'ignore', env: {}, timeout: 5_000 });
    prefix = tried.status === 0 ? wrapper : [];
  }
  return [...prefix, ...argv];
}
