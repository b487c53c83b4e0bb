/** Kysely over node:sqlite: the few lines by which Node's own driver looks like the one Kysely's SQLite dialect expects. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type DialectAdapter, SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { sqliteTrouble } from './sqlite-trouble.ts';

export class NodeSqliteDialect extends SqliteDialect {
  constructor(file: string, database: DatabaseSync) {
    super({ database: asKyselyDatabase(file, database) });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalSchemaAdapter();
  }
}

/**
 * Kysely leaves transactions around schema changes off, because SQLite cannot turn foreign keys off inside one. No
 * migration of ours does that, and a kill in the middle of a migration must leave nothing half done.
 */
class TransactionalSchemaAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function asKyselyDatabase(file: string, database: DatabaseSync): SqliteDatabase {
  return {
    close() {
      database.close();
    },
    prepare(sql) {
      // A full disk makes SQLite roll back by itself. Kysely then rolls back too, which must not hide the first error.
      if (sql === 'rollback' && !database.isTransaction) return NOTHING;
      return translated(file, () => {
        const statement = database.prepare(sql);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => translated(file, () => statement.all(...bindable(parameters))),
          run: (parameters) => translated(file, () => statement.run(...bindable(parameters))),
          iterate: (parameters) => translated(file, () => statement.iterate(...bindable(parameters))),
        };
      });
    },
  };
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteTrouble(file, error);
  }
}

/** Rows hold text, whole numbers and null, which exist alike on every database; anything else is a mistake of ours. */
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'string' || Number.isSafeInteger(value)) return value as SQLInputValue;
    throw new TypeError(`A row holds text, whole numbers and null, not ${String(value)} (${typeof value}).`);
  });
}
