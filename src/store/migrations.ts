/** All migrations by name, which is also their order. One that was released is never edited: another follows it. */
import type { Migration } from 'kysely/migration';
import { firstTables } from './migrations/0001-first-tables.ts';
import { revertsAndRebinding } from './migrations/0002-reverts-and-rebinding.ts';
import { unheardAttempts } from './migrations/0003-unheard-attempts.ts';
import { refusalsAndStops } from './migrations/0004-refusals-and-stops.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first-tables': firstTables,
  '0002-reverts-and-rebinding': revertsAndRebinding,
  '0003-unheard-attempts': unheardAttempts,
  '0004-refusals-and-stops': refusalsAndStops,
};
