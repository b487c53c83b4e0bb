/**
 * The real store on a database in memory that outlives every life of the bot. Only its dialect is another: the product's
 * waits for the disk in real time, this one does everything at once, so that a run is the same every time. And it writes
 * names as columns have them while it compiles, where the product's plugin copies every query and row for that.
 *
 * A run that is taken back to an earlier moment needs the rows of that moment: they are written anew from what was written
 * (`advance`), and what happens from there on is undone at its end (`aside`).
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
  /** Whoever wrote is gone: what it left half done is undone, and nothing it still asks for is answered. */
  cut(): void;
  /** All that was committed since they were empty. */
  readonly written: readonly Write[];
  /** They become what they were when only the first so many of these writes were committed, if that is later than now. */
  advance(writes: readonly Write[], to: number): void;
  /** Empty again. */
  clear(): void;
  /** What happens meanwhile is undone at its end. */
  aside<T>(happen: () => Promise<T>): Promise<T>;
}

export interface Write {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Empty rows. One database serves one run after the other in a process, so that nothing is made or compiled anew. */
export async function createRows(): Promise<Rows> {
  kept ??= await migrated();
  const { database, statements, tables } = kept;
  // One that was given up in the middle.
  while (database.isTransaction) database.exec('rollback');
  const writer: Writer = { life: 0, open: false, pending: [], written: [] };
  let advanced = 0;

  const cut = (): void => {
    writer.life += 1;
    if (writer.open) undo(database, 'work');
    writer.open = false;
    writer.pending = [];
  };
  const clear = (): void => {
    cut();
    for (const table of tables) database.exec(`delete from "${table}"`);
    writer.written = [];
    advanced = 0;
  };
  clear();
  return {
    open: (owner, now) => {
      cut();
      const db = new Kysely<Tables>({ dialect: dialectOf(database, statements, writer) });
      return journal({ db, now, owner, sinks: ['chat'], recordsRead: new Map() }, async () => {});
    },
    cut,
    clear,
    get written() {
      return writer.written;
    },
    advance: (writes, to) => {
      for (; advanced < to; advanced += 1) {
        const write = writes[advanced];
        if (write === undefined) throw new Error(`write ${advanced} of ${to} was never made`);
        prepared(database, statements, write.sql).statement.run(...write.values);
      }
    },
    aside: async (happen) => {
      const before = writer.written;
      writer.written = [];
      database.exec('savepoint aside');
      try {
        return await happen();
      } finally {
        cut();
        undo(database, 'aside');
        writer.written = before;
      }
    },
  };
}

interface Kept {
  readonly database: DatabaseSync;
  readonly statements: Map<string, Prepared>;
  /** Those that hold rows of ours, children before what they refer to. */
  readonly tables: readonly string[];
}

/** Who may write now, and what came of it. */
interface Writer {
  /** Each life of a bot has its number; nobody hears those of a dead one. */
  life: number;
  /** In the middle of something that is committed or undone as a whole. */
  open: boolean;
  pending: Write[];
  written: Write[];
}

function undo(database: DatabaseSync, savepoint: string): void {
  database.exec(`rollback to ${savepoint}`);
  database.exec(`release ${savepoint}`);
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
  const writer: Writer = { life: 0, open: false, pending: [], written: [] };
  await migrate(new Kysely<Tables>({ dialect: dialectOf(database, new Map(), writer) }));
  const tables = database
    .prepare(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely%'",
    )
    .all()
    .map(({ name }) => String(name));
  return { database, statements, tables };
}

function dialectOf(database: DatabaseSync, statements: Map<string, Prepared>, writer: Writer): Dialect {
  return {
    createDriver: () => driverOf(database, statements, writer),
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

function prepared(database: DatabaseSync, statements: Map<string, Prepared>, sql: string): Prepared {
  const found = statements.get(sql);
  if (found !== undefined) return found;
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  const made = { statement, names: statement.columns().map(({ name }) => spelling.camel(name)) };
  statements.set(sql, made);
  return made;
}

const NEVER = new Promise<never>(() => {});
const READS = /^(select|with|pragma)\b/i;

function driverOf(database: DatabaseSync, statements: Map<string, Prepared>, writer: Writer): Driver {
  const { life } = writer;
  let last: Promise<void> = Promise.resolve();
  const passOn = new WeakMap<DatabaseConnection, () => void>();
  const alive = async (perform: () => void): Promise<void> => {
    if (writer.life !== life) return NEVER;
    perform();
  };
  const note = (write: Write): void => {
    (writer.open ? writer.pending : writer.written).push(write);
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
          if (writer.life !== life) return NEVER;
          const { statement, names } = prepared(database, statements, sql);
          const values = parameters as readonly SQLInputValue[];
          const reads = READS.test(sql);
          if (names.length > 0) {
            const rows = statement.all(...values) as unknown as readonly (readonly unknown[])[];
            if (!reads) note({ sql, values });
            return { rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])) as Row) };
          }
          const { changes, lastInsertRowid } = statement.run(...values);
          if (!reads) note({ sql, values });
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
    beginTransaction: () =>
      alive(() => {
        database.exec('savepoint work');
        writer.open = true;
      }),
    commitTransaction: () =>
      alive(() => {
        database.exec('release work');
        writer.open = false;
        writer.written.push(...writer.pending.splice(0));
      }),
    rollbackTransaction: () =>
      alive(() => {
        undo(database, 'work');
        writer.open = false;
        writer.pending = [];
      }),
  };
}
