/** Keeps the data folder and its files to this user alone: they hold transcripts of private code. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { unwritable } from './sqlite-trouble.ts';
import { StoreRefused } from './store-refused.ts';

/**
 * Makes the folder when it is missing; refuses it, or a file of the journal in it, when others can read it. What exists
 * is never changed silently: whoever opened it up may have had a reason, and should hear of it.
 */
export function requirePrivate(file: string): void {
  const folder = dirname(file);
  makePrivateFolder(folder);
  refuseOpen(folder, '700');
  for (const suffix of ['', '-wal', '-shm', '.lock', '.holder']) refuseOpen(`${file}${suffix}`, '600');
}

/**
 * Makes an empty file for this user alone. An existing one is left untouched and, above all, unopened: closing any
 * handle on a file drops all POSIX locks that this process holds on it.
 */
export function makePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', PRIVATE_FILE));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unwritable(file, error);
  }
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

function makePrivateFolder(folder: string): void {
  try {
    // Only what this call made is tightened: an odd umask may have taken more than it should, or less.
    if (mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER }) !== undefined) chmodSync(folder, PRIVATE_FOLDER);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function refuseOpen(path: string, mode: string): void {
  // Windows has no such bits; there the user's own profile folder is what protects them.
  if (process.platform === 'win32') return;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o077) === 0) return;
  throw new StoreRefused('open-to-others', `Other users can read ${path}. Close it with: chmod ${mode} '${path}'`);
}
