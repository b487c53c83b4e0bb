/** Thrown when another process of ours holds the data folder. Two writers would do everything twice, so the second one leaves. */
import { dirname } from 'node:path';

export class StoreLocked extends Error {
  readonly file: string;
  /** Null when the holder's own note could not be read, or speaks of a process that is gone. */
  readonly holderPid: number | null;

  constructor(file: string, holderPid: number | null) {
    const holder = holderPid === null ? 'Another heartline' : `Another heartline (process ${holderPid})`;
    super(
      `${holder} is already running on the data folder ${dirname(file)}. Stop that one first, or give this one a data folder of its own.`,
    );
    this.name = 'StoreLocked';
    this.file = file;
    this.holderPid = holderPid;
  }
}
