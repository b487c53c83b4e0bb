/** Counts what this process commits, below everything of ours: at Node's own driver. Load it before the store. */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

export interface Commits {
  readonly commits: number;
  /** What SQLite itself says of the connection that committed last; 2 is FULL: a commit waits for the disk. */
  readonly synchronous: number | null;
}

export function countCommits(): () => Commits {
  const { exec, prepare } = DatabaseSync.prototype;
  let commits = 0;
  let last: DatabaseSync | null = null;
  const look = (database: DatabaseSync, sql: string): void => {
    if (!/^commit\b/i.test(sql)) return;
    commits += 1;
    last = database;
  };
  DatabaseSync.prototype.exec = function (sql) {
    look(this, sql);
    exec.call(this, sql);
  };
  DatabaseSync.prototype.prepare = function (sql, ...more) {
    look(this, sql);
    return prepare.call(this, sql, ...more);
  };
  return () => ({ commits, synchronous: last === null ? null : synchronousOf(last) });
}

function synchronousOf(database: DatabaseSync): number {
  return z.object({ synchronous: z.int() }).parse(database.prepare('pragma synchronous').get()).synchronous;
}
