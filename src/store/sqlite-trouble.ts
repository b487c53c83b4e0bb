/** Translates SQLite's result codes at the door: the rest of the program sees StoreRefused, never a number or a message text. */
import { damaged, StoreRefused } from './store-refused.ts';

/** The error to throw instead of `error`; what is no trouble with the file itself comes back unchanged. */
export function sqliteTrouble(file: string, error: unknown): unknown {
  const code = sqliteCode(error);
  switch (code) {
    case SQLITE.corrupt:
      return damaged(file, 'its pages do not fit together', error);
    case SQLITE.notADatabase:
      return damaged(file, 'it does not look like a database', error);
    case SQLITE.full:
      return new StoreRefused('full', `No room left to write the journal ${file}. Free some disk space.`, error);
    case SQLITE.permission:
    case SQLITE.readOnly:
    case SQLITE.cannotOpen:
      return unwritable(file, error);
    case SQLITE.io:
      return new StoreRefused(
        'unwritable',
        `The disk refused to read or write the journal ${file}. Check the disk (dmesg) and start again.`,
        error,
      );
    default:
      return error;
  }
}

export function unwritable(file: string, cause: unknown): StoreRefused {
  return new StoreRefused(
    'unwritable',
    `The journal ${file} cannot be written. Make its folder and files writable for this user, or choose another data folder.`,
    cause,
  );
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE.busy;
}

const SQLITE = {
  permission: 3,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code; extended codes carry it in their low byte. */
function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;
}
