/** Kysely over node:sqlite: Kysely's own SQLite in all but how the file is talked to. */
import type { DatabaseSync } from 'node:sqlite';
import {
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { GroupCommitDriver } from './group-commit-driver.ts';

export class NodeSqliteDialect implements Dialect {
  readonly #file: string;
  readonly #database: DatabaseSync;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
  }

  createDriver(): Driver {
    return new GroupCommitDriver(this.#file, this.#database);
  }

  createAdapter(): DialectAdapter {
    return new NodeSqliteAdapter();
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db);
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  /** The driver itself lets one in at a time; Kysely would keep the others out until the commit. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /**
   * Kysely leaves transactions around schema changes off, because SQLite cannot turn foreign keys off inside one. No
   * migration of ours does that, and a kill in the middle of a migration must leave nothing half done.
   */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
