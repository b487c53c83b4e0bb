/** How often the outside said no to a write, and when a person last stopped an issue. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const refusalsAndStops: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('effect')
      .addColumn('refusals', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('issue')
      .addColumn('stopped_at', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
