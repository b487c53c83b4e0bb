/** Brings the tables up to date, in one transaction. The list of migrations is the version of the journal. */
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { MIGRATIONS } from './migrations.ts';
import type { Tables } from './schema.ts';

/** How the journal stands to this version: `newer` names a migration it has and we do not know. */
export type SchemaState =
  | { readonly kind: 'current' }
  | { readonly kind: 'older' }
  | { readonly kind: 'newer'; readonly migration: string };

export function schemaState(applied: readonly string[]): SchemaState {
  const known = Object.keys(MIGRATIONS);
  const unknown = applied.find((name) => !known.includes(name));
  if (unknown !== undefined) return { kind: 'newer', migration: unknown };
  return { kind: known.every((name) => applied.includes(name)) ? 'current' : 'older' };
}

export async function migrate(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  const migrator = new Migrator({
    db: db.withoutPlugins(),
    provider: { getMigrations: async () => ({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
