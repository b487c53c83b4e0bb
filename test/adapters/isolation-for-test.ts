/** A workspace to run commands in, and the question whether this machine has bubblewrap. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecResult, IsolatedCommand, Isolation, Workspace } from '../../src/heartbeat/ports.ts';
import { need } from '../needs.ts';

export const BWRAP = need('bwrap', hasBwrap(), 'sudo apt-get install -y bubblewrap');

function hasBwrap(): boolean {
  try {
    execFileSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Room {
  readonly folder: string;
  readonly workspace: Workspace;
  run(argv: readonly string[], change?: Partial<IsolatedCommand>): Promise<ExecResult>;
  /** Runs a shell script and gives its output, which must be all it needs to be judged by. */
  shell(script: string, change?: Partial<IsolatedCommand>): Promise<string>;
  remove(): void;
}

export function room(isolation: Isolation): Room {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline room ')));
  const workspace = {
    name: 'ENG-1',
    tree: join(folder, 'w s', 'tree'),
    out: join(folder, 'w s', 'out'),
    mirror: join(folder, 'mirror.git'),
  };
  for (const path of [workspace.tree, workspace.out, workspace.mirror]) mkdirSync(path, { recursive: true });
  const run: Room['run'] = (argv, change = {}) =>
    isolation.exec({
      argv,
      workspace,
      readOnly: false,
      timeoutMs: 20_000,
      outputBytesMax: 20_000,
      signal: new AbortController().signal,
      ...change,
    });
  return {
    folder,
    workspace,
    run,
    shell: async (script, change) => (await run(['/bin/sh', '-c', script], change)).output.trim(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Numbers of the processes whose command line holds `needle`. */
export function processesWith(needle: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(needle);
    } catch {
      return false;
    }
  });
}

/** Resolves once `condition` holds; gives up with an error after a bound, which no passing test ever reaches. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
