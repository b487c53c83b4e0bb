/**
 * One connection to SQLite for everybody in the process. What is written at about the same time becomes one
 * commit, for waiting for the disk is what writing costs; and nobody hears of what was written before it is there.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  RawNode,
  SelectQueryNode,
} from 'kysely';
import { sqliteTrouble } from './sqlite-trouble.ts';

/**
 * Kysely takes a connection for each transaction or single statement, and gives it back before it tells the result. So
 * two things happen here: a connection is one's turn on the file, first come, first served; and giving it back lasts
 * until what was written in that turn, or before it and perhaps read in it, is on disk.
 */
export class GroupCommitDriver implements Driver {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #known = new Map<string, Prepared>();
  #lastInLine: Promise<void> = Promise.resolve();
  /** Written and not committed yet. */
  #group: Group | null = null;
  /** The last group was shared, so it is worth waiting for others; whoever writes alone never waits. */
  #crowded = false;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Turn> {
    const passOn = await this.#takeTurn();
    const turn: Turn = {
      passOn,
      group: null,
      executeQuery: async <Row>(query: CompiledQuery) => this.#execute<Row>(turn, query),
      // biome-ignore lint/correctness/useYield: nobody streams rows here, but Kysely's type wants a generator.
      streamQuery: async function* () {
        throw new Error('Rows are read whole from this database.');
      },
    };
    return turn;
  }

  async releaseConnection(turn: Turn): Promise<void> {
    const group = turn.group ?? this.#group;
    turn.passOn();
    await group?.onDisk;
  }

  /** Within the group, a transaction of its own: it can be undone without the others. */
  async beginTransaction(turn: Turn): Promise<void> {
    this.#join(turn);
    this.#translated(() => this.#database.exec('savepoint one'));
  }

  async commitTransaction(turn: Turn): Promise<void> {
    this.#join(turn);
    this.#translated(() => this.#database.exec('release one'));
  }

  async rollbackTransaction(turn: Turn): Promise<void> {
    // SQLite has rolled back all of it by itself, as it does on a full disk.
    if (turn.group !== this.#group) return;
    this.#translated(() => this.#database.exec('rollback to one; release one'));
  }

  async destroy(): Promise<void> {
    const passOn = await this.#takeTurn();
    if (this.#group !== null) this.#commit(this.#group);
    this.#database.close();
    passOn();
  }

  async #takeTurn(): Promise<() => void> {
    const before = this.#lastInLine;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastInLine = promise;
    await before;
    return resolve;
  }

  #execute<Row>(turn: Turn, { sql, parameters, query }: CompiledQuery): QueryResult<Row> {
    if (turn.group !== null || joins(query)) this.#join(turn);
    return this.#translated(() => {
      const { statement, yieldsRows } = this.#prepared(sql);
      const values = bindable(parameters);
      if (yieldsRows) return { rows: statement.all(...values) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    });
  }

  /** Sessions say the same few things over and over, and reading SQL costs more than most of them. */
  #prepared(sql: string): Prepared {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, yieldsRows: statement.columns().length > 0 };
    if (this.#known.size >= STATEMENTS_KEPT_MAX) this.#known.clear();
    this.#known.set(sql, prepared);
    return prepared;
  }

  /** Puts what the turn is about to write into the group; begins one where there is none. */
  #join(turn: Turn): void {
    if (this.#group === null) {
      // A turn whose group is gone has lost what it wrote: it must not go on as if that were there.
      if (turn.group !== null) throw turn.group.lostBy;
      this.#translated(() => this.#database.exec('begin immediate'));
      const group = newGroup();
      this.#group = group;
      const commit = () => void this.#commitInTurn(group);
      if (this.#crowded) setTimeout(commit, CROWD_WAIT_MS);
      else setImmediate(commit);
    }
    if (turn.group === null) this.#group.turns += 1;
    turn.group = this.#group;
  }

  async #commitInTurn(group: Group): Promise<void> {
    const passOn = await this.#takeTurn();
    if (this.#group === group) this.#commit(group);
    passOn();
  }

  #commit(group: Group): void {
    this.#crowded = group.turns > 1;
    try {
      this.#database.exec('commit');
      this.#group = null;
      group.resolve();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      this.#lose(group, sqliteTrouble(this.#file, error));
    }
  }

  #lose(group: Group, error: unknown): void {
    this.#group = null;
    group.lostBy = error;
    group.reject(error);
  }

  #translated<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const trouble = sqliteTrouble(this.#file, error);
      if (this.#group !== null && !this.#database.isTransaction) this.#lose(this.#group, trouble);
      throw trouble;
    }
  }
}

const STATEMENTS_KEPT_MAX = 300;

interface Prepared {
  readonly statement: StatementSync;
  readonly yieldsRows: boolean;
}

/** How long a crowd's group is left open. Little beside a model's answer, and several commits long. */
const CROWD_WAIT_MS = 5;

/** What is committed together. */
interface Group {
  turns: number;
  readonly onDisk: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  lostBy: unknown;
}

interface Turn extends DatabaseConnection {
  readonly passOn: () => void;
  /** The one that this turn wrote into. */
  group: Group | null;
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever wrote into it hears of the loss as soon as they give their turn back; until then nobody listens.
  promise.catch(() => {});
  return { turns: 0, onDisk: promise, resolve, reject, lostBy: null };
}

/** Looking needs no commit. What comes as plain SQL, such as a pragma, may have to stand outside a transaction. */
function joins(query: CompiledQuery['query']): boolean {
  return !SelectQueryNode.is(query) && !RawNode.is(query);
}

/** Rows hold text, whole numbers and null, which exist alike on every database; anything else is a mistake of ours. */
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'string' || Number.isSafeInteger(value)) return value as SQLInputValue;
    throw new TypeError(`A row holds text, whole numbers and null, not ${String(value)} (${typeof value}).`);
  });
}
