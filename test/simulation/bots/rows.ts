/**
 * The real store on a database in memory that outlives every life of the bot. Only its dialect is another: the product's
 * waits for the disk in real time, this one does everything at once, so that a run is the same every time. And it writes
 * names as columns have them while it compiles, where the product's plugin copies every query and row for that.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CamelCasePlugin,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Journal } from '../../../src/heartbeat/journal.ts';
import { journal } from '../../../src/store/journal.ts';
import { migrate } from '../../../src/store/migrate.ts';
import type { Tables } from '../../../src/store/schema.ts';

export interface Rows {
  /** The journal for one life of a bot. What an earlier one left half done is undone. */
  open(owner: string, now: () => number): Journal;
}

/** Empty rows. One database serves one run after the other in a process, so that nothing is made or compiled anew. */
export async function createRows(): Promise<Rows> {
  kept ??= await migrated();
  const { database, statements, tables } = kept;
  if (database.isTransaction) database.exec('rollback');
  for (const table of tables) database.exec(`delete from "${table}"`);
  return {
    open: (owner, now) => {
      if (database.isTransaction) database.exec('rollback');
      const db = new Kysely<Tables>({ dialect: dialectOf(database, statements) });
      return journal({ db, now, owner, sinks: ['chat'], recordsRead: new Map() }, async () => {});
    },
  };
}

interface Kept {
  readonly database: DatabaseSync;
  readonly statements: Map<string, Prepared>;
  /** Those that hold rows of ours, children before what they refer to. */
  readonly tables: readonly string[];
}

interface Prepared {
  readonly statement: StatementSync;
  /** Of the rows it gives, as the store names them; none for one that gives no rows. */
  readonly names: readonly string[];
}

let kept: Kept | null = null;

async function migrated(): Promise<Kept> {
  const database = new DatabaseSync(':memory:');
  database.exec('pragma synchronous = off; pragma journal_mode = memory; pragma foreign_keys = off');
  const statements = new Map<string, Prepared>();
  await migrate(new Kysely<Tables>({ dialect: dialectOf(database, new Map()) }));
  const tables = database
    .prepare(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely%'",
    )
    .all()
    .map(({ name }) => String(name));
  return { database, statements, tables };
}

function dialectOf(database: DatabaseSync, statements: Map<string, Prepared>): Dialect {
  return {
    createDriver: () => driverOf(database, statements),
    createAdapter: () => new TransactionalAdapter(),
    createQueryCompiler: () => new SnakeCaseCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** The product's plugin, for its spelling alone. */
class Spelling extends CamelCasePlugin {
  snake(name: string): string {
    return this.snakeCase(name);
  }

  camel(name: string): string {
    return this.camelCase(name);
  }
}

const spelling = new Spelling();
const columns = new Map<string, string>();

class SnakeCaseCompiler extends SqliteQueryCompiler {
  protected override sanitizeIdentifier(identifier: string): string {
    const found = columns.get(identifier);
    if (found !== undefined) return found;
    const column = super.sanitizeIdentifier(spelling.snake(identifier));
    columns.set(identifier, column);
    return column;
  }
}

function driverOf(database: DatabaseSync, statements: Map<string, Prepared>): Driver {
  let last: Promise<void> = Promise.resolve();
  const passOn = new WeakMap<DatabaseConnection, () => void>();

  const prepared = (sql: string): Prepared => {
    const found = statements.get(sql);
    if (found !== undefined) return found;
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    const made = { statement, names: statement.columns().map(({ name }) => spelling.camel(name)) };
    statements.set(sql, made);
    return made;
  };

  return {
    init: async () => {},
    destroy: async () => {},
    acquireConnection: async () => {
      const before = last;
      const turn = Promise.withResolvers<void>();
      last = turn.promise;
      await before;
      const connection: DatabaseConnection = {
        executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
          const { statement, names } = prepared(sql);
          const values = parameters as readonly SQLInputValue[];
          if (names.length > 0) {
            const rows = statement.all(...values) as unknown as readonly (readonly unknown[])[];
            return { rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])) as Row) };
          }
          const { changes, lastInsertRowid } = statement.run(...values);
          return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
        },
        // biome-ignore lint/correctness/useYield: nobody streams rows here, but Kysely's type wants a generator.
        streamQuery: async function* () {
          throw new Error('Rows are read whole from this database.');
        },
      };
      passOn.set(connection, turn.resolve);
      return connection;
    },
    releaseConnection: async (connection) => passOn.get(connection)?.(),
    beginTransaction: async () => database.exec('begin'),
    commitTransaction: async () => database.exec('commit'),
    rollbackTransaction: async () => database.exec('rollback'),
  };
}
