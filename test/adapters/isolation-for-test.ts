/** A workspace to run commands in, and the question whether this machine has bubblewrap. */

import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecResult, IsolatedCommand, Isolation, Owner, Workspace } from '../../src/heartbeat/ports.ts';
import type { IsolationOptions } from '../../src/isolation/create-isolation.ts';
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

/** A driver as its contracts are held against it. */
export interface Setup {
  readonly name: string;
  readonly needs: { readonly skip?: string | false };
  readonly make: (change?: Partial<IsolationOptions>) => Isolation;
  /** How isolation-bot-for-test.ts makes the same. */
  readonly bot: string;
  /** Variables that the driver cannot help but add. */
  readonly variables: readonly string[];
  readonly limits: 'held' | 'none-here';
  /** Whom workspaces belong to; absent: this user. */
  readonly owner?: Owner;
}

/** A number nobody has, when we may give files away. */
export const TEST_OWNER: Owner = { uid: process.getuid?.() === 0 ? 1_900_000_999 : (process.getuid?.() ?? 1000) };

export interface Room {
  readonly folder: string;
  readonly workspace: Workspace;
  run(argv: readonly string[], change?: Partial<IsolatedCommand>): Promise<ExecResult>;
  /** Runs a shell script and gives its output, which must be all it needs to be judged by. */
  shell(script: string, change?: Partial<IsolatedCommand>): Promise<string>;
  remove(): Promise<void>;
}

export function room(isolation: Isolation, owner?: Owner): Room {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline room ')));
  const workspace = {
    name: 'ENG-1',
    tree: join(folder, 'w s', 'tree'),
    out: join(folder, 'w s', 'out'),
    mirror: join(folder, 'mirror.git'),
    ...(owner === undefined ? {} : { owner }),
  };
  for (const path of [workspace.tree, workspace.out, workspace.mirror]) mkdirSync(path, { recursive: true });
  if (owner !== undefined && process.getuid?.() === 0) {
    for (const path of [workspace.tree, workspace.out]) chownSync(path, owner.uid, owner.uid);
  }
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
    remove: async () => {
      await isolation.dispose(workspace.name);
      rmSync(folder, { recursive: true, force: true });
    },
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

/** How many processes are themselves such a sleep: wrappers that name it in their line are not counted. */
export function sleeping(seconds: string): number {
  return processesWith(seconds).filter((pid) => {
    try {
      return /^(\/bin\/)?sleep\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  }).length;
}

/** Resolves once `condition` holds; gives up with an error after a bound, which no passing test ever reaches. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
