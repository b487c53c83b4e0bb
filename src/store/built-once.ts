/** Statements that are said over and over: they are built and compiled once, for that costs more than most of them do. */
import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export interface Answer<Row> {
  readonly rows: readonly Row[];
  /** Rows that were written; 0 of a statement that returns rows. */
  readonly changed: number;
}

/**
 * `build` is called once, with a stand-in for each value, so what it says must not hang on them: no list of any length, no
 * `is null` for a null, and every call gives the same names. There is one schema and one dialect, so what one connection compiled is right for every other.
 */
export function builtOnce<Values extends object, Row>(
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): (db: Kysely<Tables>, values: Values) => Promise<Answer<Row>> {
  let compiled: CompiledQuery<Row> | null = null;
  return async (db, values) => {
    compiled ??= build(db, standInsFor(values)).compile();
    const parameters = compiled.parameters.map((one) =>
      one instanceof StandIn ? values[one.name as keyof Values] : one,
    );
    const { rows, numAffectedRows = 0n } = await db.executeQuery<Row>({ ...compiled, parameters });
    return { rows, changed: Number(numAffectedRows) };
  };
}

class StandIn {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function standInsFor<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.keys(values).map((name) => [name, new StandIn(name)])) as Values;
}
