/** Thrown when the journal's file must not be used as it is: what is wrong, and what a person can do about it. */

/**
 * `missing` there is none yet; `open-to-others` other users could read it; `damaged` not whole any more; `unreadable-row`
 * whole, but a row makes no sense to this version; `newer` and `older` written by another version; `foreign` not ours;
 * `unwritable` the disk or the permissions forbid writing; `full` no room left.
 */
export type RefusalKind =
  | 'missing'
  | 'open-to-others'
  | 'damaged'
  | 'unreadable-row'
  | 'newer'
  | 'older'
  | 'foreign'
  | 'unwritable'
  | 'full';

export class StoreRefused extends Error {
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'StoreRefused';
    this.kind = kind;
  }
}

/** The one answer to damage: Linear and GitHub are the truth, so a lost journal costs transcripts and the spend ledger, not work. */
export function damaged(file: string, detail: string, cause?: unknown): StoreRefused {
  return new StoreRefused(
    'damaged',
    `The journal ${file} is damaged (${detail}). Move ${file}, ${file}-wal and ${file}-shm aside and start again: ` +
      'a new journal is rebuilt from what Linear and GitHub say. Session transcripts and the record of money spent stay in the old file.',
    cause,
  );
}

export function newer(file: string, migration: string): StoreRefused {
  return new StoreRefused(
    'newer',
    `The journal ${file} was written by a newer heartline (it has "${migration}"). Run that version or a later one, or choose another data folder.`,
  );
}

export function older(file: string): StoreRefused {
  return new StoreRefused(
    'older',
    `The journal ${file} was written by an older heartline. Start this version once to bring it up to date: heartline up`,
  );
}
