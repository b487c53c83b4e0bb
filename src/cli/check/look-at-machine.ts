/** Reads what judge-machine.ts judges. Leaves nothing behind and disturbs no bot that runs on the same data folder. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readStore } from '../../store/read-store.ts';
import { takeStoreLock } from '../../store/store-lock.ts';
import { StoreLocked } from '../../store/store-locked.ts';
import { StoreRefused } from '../../store/store-refused.ts';
import { askControl, controlSocket } from '../../web/control-server.ts';
import type { DataFolderFacts } from './judge-machine.ts';

const GIT_MS_MAX = 5_000;
const DAEMON_MS_MAX = 3_000;
const JOURNAL_FILES = ['', '-wal', '-shm', '.lock', '.holder'];

export async function gitVersion(): Promise<string> {
  const env = { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
  return (await promisify(execFile)('git', ['--version'], { env, timeout: GIT_MS_MAX })).stdout;
}

export async function dataFolder(path: string): Promise<DataFolderFacts> {
  const stats = statSync(path, { throwIfNoEntry: false });
  const none = { path, openToOthers: [], holder: null, journal: null };
  if (stats === undefined) return { ...none, kind: 'missing', writable: isWritable(nearestThere(path)) };
  if (!stats.isDirectory()) return { ...none, kind: 'other', writable: false };
  const file = join(path, 'heartline.db');
  const openToOthers = [
    { path, mode: '700' },
    ...JOURNAL_FILES.map((suffix) => ({ path: `${file}${suffix}`, mode: '600' })),
  ].filter((one) => isOpenToOthers(one.path));
  const writable = isWritable(path);
  const untouchable = !writable || openToOthers.length > 0;
  return {
    path,
    kind: 'folder',
    writable,
    openToOthers,
    holder: untouchable ? null : await holderOf(path, file),
    journal: untouchable ? null : await journalTrouble(file),
  };
}

/** Connects and hangs up: enough to know that somebody listens. */
export function reach(url: string, boundMs: number): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) });
    socket.setTimeout(boundMs, () => socket.destroy(new Error(`no answer within ${Math.round(boundMs / 1000)} s`)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** The running bot answers for itself; one that is just starting or stopping is known by its lock. */
async function holderOf(path: string, file: string): Promise<DataFolderFacts['holder']> {
  const answer = await askControl(controlSocket(path), 'GET', '/status', DAEMON_MS_MAX).catch(() => undefined);
  if (answer?.status === 200) return { pid: (answer.body as { readonly pid?: number }).pid ?? null };
  if (!existsSync(`${file}.lock`)) return null;
  try {
    takeStoreLock(file).release();
    return null;
  } catch (error) {
    if (error instanceof StoreLocked) return { pid: error.holderPid };
    if (error instanceof StoreRefused) return null;
    throw error;
  }
}

async function journalTrouble(file: string): Promise<string | null> {
  try {
    await (await readStore({ file, now: Date.now })).close();
    return null;
  } catch (error) {
    // None yet is how everybody begins, and an older one is brought up to date at the next start.
    if (error instanceof StoreRefused) return ['missing', 'older'].includes(error.kind) ? null : error.message;
    throw error;
  }
}

function nearestThere(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) || parent === path ? parent : nearestThere(parent);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isOpenToOthers(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return process.platform !== 'win32' && stats !== undefined && (stats.mode & 0o077) !== 0;
}
