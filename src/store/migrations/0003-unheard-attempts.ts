/** When the attempt at an outside write was made that nobody has heard of yet. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const unheardAttempts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('effect').addColumn('asked_at', 'integer').execute();
  },
};
