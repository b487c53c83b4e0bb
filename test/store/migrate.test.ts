/** Migrations: applied once however often asked, whole or not at all, and on rows that are already there. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { migrate, schemaState } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { sampleRecord } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const addColumn: Migration = {
  async up(db) {
    await db.schema.alterTable('issue').addColumn('colour', 'text').execute();
    await db.updateTable('issue').set({ colour: 'red' }).execute();
  },
};

test('applying all migrations again changes nothing', async (t) => {
  const { journal, database } = await temporaryStore(t);
  const claimed = await journal.claim(sampleRecord(), null);
  const tables = async () => sql`select sql from sqlite_master order by name`.execute(database.db);
  const before = await tables();
  await migrate(database.db);
  await migrate(database.db);
  assert.deepEqual(await tables(), before);
  assert.deepEqual(await journal.record('issue-1'), claimed);
});

test('a later migration is applied to a journal with rows in it, and they are still read', async (t) => {
  const { journal, database } = await temporaryStore(t);
  const claimed = await journal.claim(sampleRecord(), null);
  await migrate(database.db, { ...MIGRATIONS, '9000-colour': addColumn });
  const rows = await sql<{ colour: string }>`select colour from issue`.execute(database.db);
  assert.deepEqual(
    rows.rows.map((row) => row.colour),
    ['red'],
  );
  assert.deepEqual(await journal.record('issue-1'), claimed);
});

test('a migration that fails half way leaves the journal as it was', async (t) => {
  const { journal, database } = await temporaryStore(t);
  const claimed = await journal.claim(sampleRecord(), null);
  const failing: Migration = {
    async up(db) {
      await addColumn.up(db);
      throw new Error('out of paint');
    },
  };
  await assert.rejects(migrate(database.db, { ...MIGRATIONS, '9000-colour': failing }), /out of paint/);
  await assert.rejects(sql`select colour from issue`.execute(database.db), /no such column/);
  await migrate(database.db, { ...MIGRATIONS, '9000-colour': addColumn });
  assert.deepEqual(await journal.record('issue-1'), claimed);
});

test('the list of migrations is the files of the folder, in order', () => {
  const files = readdirSync(new URL('../../src/store/migrations/', import.meta.url)).sort();
  assert.deepEqual(
    Object.keys(MIGRATIONS),
    files.map((file) => file.replace(/\.ts$/, '')),
  );
});

test('a journal is current, older or newer by the migrations it has', () => {
  const all = Object.keys(MIGRATIONS);
  assert.deepEqual(schemaState(all), { kind: 'current' });
  assert.deepEqual(schemaState([]), { kind: 'older' });
  assert.deepEqual(schemaState([...all, '9999-later']), { kind: 'newer', migration: '9999-later' });
});
