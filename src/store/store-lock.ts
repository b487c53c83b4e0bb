/** One process per journal: an exclusive SQLite transaction on a file beside it, held for life. The kernel frees it after kill -9. */
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFile } from './private-files.ts';
import { isBusy, sqliteTrouble, unwritable } from './sqlite-trouble.ts';
import { StoreLocked } from './store-locked.ts';

export interface StoreLock {
  release(): void;
}

/** Throws StoreLocked at once when another holder is there; never waits for it. */
export function takeStoreLock(file: string): StoreLock {
  const lockFile = `${file}.lock`;
  const holderFile = `${file}.holder`;
  makePrivateFile(lockFile);
  const lock = openLock(lockFile);
  try {
    lock.exec('begin exclusive');
    leaveNote(file, holderFile);
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new StoreLocked(file, holderPid(holderFile)) : sqliteTrouble(lockFile, error);
  }
  return {
    release() {
      if (!lock.isOpen) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

function openLock(lockFile: string): DatabaseSync {
  try {
    // SQLite would quietly open a file it may not write for reading, and such a handle locks nobody out.
    accessSync(lockFile, constants.W_OK);
  } catch (error) {
    throw unwritable(lockFile, error);
  }
  try {
    return new DatabaseSync(lockFile, { timeout: 0 });
  } catch (error) {
    throw sqliteTrouble(lockFile, error);
  }
}

/** Only for the refusal of the next one. It lies in a file of its own, because nobody may open the locked one. */
function leaveNote(file: string, holderFile: string): void {
  try {
    writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Null when the note is missing, unreadable, or left behind by a process that was killed. */
function holderPid(holderFile: string): number | null {
  try {
    const pid = Number(readFileSync(holderFile, 'utf8').trim());
    if (!Number.isSafeInteger(pid) || pid <= 0) return null;
    process.kill(pid, 0);
    return pid;
  } catch {
    return null;
  }
}
