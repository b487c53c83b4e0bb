/** What an attempt takes back, whose word a verdict carries on, and why merging is frozen. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const revertsAndRebinding: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('issue').addColumn('revert_of', 'text').execute();
    await db.schema.alterTable('verdict').addColumn('rebound_from', 'text').execute();
    // Until now there was one cause: what landed was not what had been tested.
    await db.schema
      .alterTable('frozen')
      .addColumn('cause', 'text', (column) => column.notNull().defaultTo('bad-merge'))
      .execute();
    await db.schema.alterTable('frozen').addColumn('branch', 'text').execute();
    await db.schema.alterTable('frozen').addColumn('sha', 'text').execute();
  },
};
