/** The first tables. Never edited once released: a change is a new file. Only what SQLite and PostgreSQL both understand. */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const firstTables: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await issues(db);
    await runs(db);
    await messages(db);
    await effects(db);
    await verdicts(db);
    await spend(db);
    await steering(db);
    await reports(db);
  },
};

async function issues(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema
    .createTable('issue')
    .addColumn('issue_id', 'text', (column) => column.primaryKey().notNull());
  table = texts(table, 'key', 'project', 'repository', 'base_branch', 'phase', 'ticket', 'claimed_by', 'branch');
  table = texts(table, 'approvals', 'claimed_move', 'subject');
  table = optionalTexts(table, 'reason', 'head', 'merge_commit', 'pull_subject');
  table = integers(table, 'generation', 'attempt', 'merge_verified');
  table = bigIntegers(table, 'claimed_at', 'moved_at', 'rounds_from', 'resumed_at', 'updated_at');
  await table.addColumn('pull_request', 'integer').execute();
  await db.schema.createIndex('issue_by_phase').on('issue').column('phase').execute();
  await db.schema.createIndex('issue_generation').on('issue').columns(['issue_id', 'generation']).execute();
  await db.schema.createIndex('issue_by_time').on('issue').column('updated_at').execute();
}

async function runs(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema.createTable('run').addColumn('id', 'text', (column) => column.primaryKey().notNull());
  table = texts(table, 'subject', 'subject_kind', 'repository', 'role', 'cause', 'cause_key', 'session_id', 'state');
  table = optionalTexts(table, 'issue_key', 'end_reason', 'result', 'model', 'owner');
  table = integers(table, 'attempt');
  table = bigIntegers(table, 'created_at');
  table = table.addColumn('ended_at', 'bigint');
  await table.addUniqueConstraint('run_once_per_cause', ['subject', 'attempt', 'cause_key']).execute();
  await db.schema.createIndex('run_by_state').on('run').column('state').execute();
  await db.schema.createIndex('run_by_kind_and_time').on('run').columns(['subject_kind', 'created_at']).execute();
}

async function messages(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema.createTable('message').addColumn('session_id', 'text', (column) => column.notNull());
  table = ofRun(table);
  table = texts(table, 'message');
  table = integers(table, 'position');
  table = bigIntegers(table, 'at');
  await table.addPrimaryKeyConstraint('message_once_per_position', ['session_id', 'position']).execute();
}

async function effects(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema
    .createTable('effect')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull());
  table = texts(table, 'kind', 'subject', 'subject_kind', 'detail');
  table = optionalTexts(table, 'outside_id', 'last_error');
  table = integers(table, 'attempts', 'refused');
  table = bigIntegers(table, 'intended_at');
  await table.addColumn('confirmed_at', 'bigint').addColumn('retry_at', 'bigint').execute();
  await db.schema.createIndex('effect_by_subject').on('effect').column('subject').execute();
  await db.schema
    .createIndex('effect_by_kind_and_time')
    .on('effect')
    .columns(['subject_kind', 'intended_at'])
    .execute();
}

async function verdicts(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema
    .createTable('verdict')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull());
  table = ofRun(table);
  table = texts(table, 'repository', 'decision', 'head', 'base', 'digest');
  table = integers(table, 'number');
  await bigIntegers(table, 'at').execute();
  await db.schema.createIndex('verdict_by_run').on('verdict').column('run_id').execute();
}

async function spend(db: Kysely<unknown>): Promise<void> {
  let table: Table = db.schema.createTable('spend').addColumn('id', 'text', (column) => column.primaryKey().notNull());
  table = ofRun(table);
  table = texts(table, 'day', 'owner');
  table = optionalTexts(table, 'issue_id', 'usage', 'model');
  table = bigIntegers(table, 'reserved_micro_usd', 'reserved_at');
  await table.addColumn('settled_micro_usd', 'bigint').addColumn('settled_at', 'bigint').execute();
  // Few reservations are open at a time, many rows are not: recover() should read only the few.
  await db.schema
    .createIndex('spend_open')
    .on('spend')
    .column('owner')
    .where(sql.ref('settled_at'), 'is', null)
    .execute();

  let tally: Table = db.schema.createTable('tally').addColumn('scope', 'text', (column) => column.notNull());
  tally = texts(tally, 'name');
  await bigIntegers(tally, 'micro_usd', 'updated_at')
    .addPrimaryKeyConstraint('tally_once_per_name', ['scope', 'name'])
    .execute();
  await db.schema.createIndex('tally_by_time').on('tally').columns(['scope', 'updated_at']).execute();
}

async function steering(db: Kysely<unknown>): Promise<void> {
  let command: Table = db.schema
    .createTable('command')
    .addColumn('comment_id', 'text', (column) => column.primaryKey().notNull());
  command = texts(command, 'on', 'by', 'verb');
  command = optionalTexts(command, 'outcome');
  await bigIntegers(command, 'at').addColumn('settled_at', 'bigint').execute();
  await db.schema
    .createIndex('command_open')
    .on('command')
    .column('at')
    .where(sql.ref('settled_at'), 'is', null)
    .execute();

  const frozen: Table = db.schema
    .createTable('frozen')
    .addColumn('repository', 'text', (column) => column.primaryKey().notNull());
  await bigIntegers(texts(frozen, 'reason'), 'at').execute();
}

async function reports(db: Kysely<unknown>): Promise<void> {
  const outbox: Table = db.schema
    .createTable('outbox')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull());
  await bigIntegers(texts(outbox, 'event', 'text', 'data'), 'at')
    .addColumn('left_at', 'bigint')
    .execute();
  await db.schema.createIndex('outbox_by_time').on('outbox').column('at').execute();
  await db.schema
    .createIndex('outbox_untaken')
    .on('outbox')
    .column('at')
    .where(sql.ref('left_at'), 'is', null)
    .execute();

  const delivery: Table = db.schema
    .createTable('delivery')
    .addColumn('key', 'text', (column) => column.notNull().references('outbox.key'));
  await optionalTexts(texts(delivery, 'sink'), 'last_error')
    .addColumn('delivered_at', 'bigint')
    .addColumn('retry_at', 'bigint')
    .addPrimaryKeyConstraint('delivery_once_per_sink', ['key', 'sink'])
    .execute();
  await db.schema
    .createIndex('delivery_owed')
    .on('delivery')
    .column('key')
    .where(sql.ref('delivered_at'), 'is', null)
    .execute();

  let event: Table = db.schema
    .createTable('event')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey().notNull());
  event = texts(event, 'kind', 'text', 'data');
  await bigIntegers(optionalTexts(event, 'subject'), 'at').execute();
  await db.schema.createIndex('event_by_subject').on('event').columns(['subject', 'sequence']).execute();
  await db.schema.createIndex('event_by_time').on('event').column('at').execute();
}

type Table = CreateTableBuilder<string, string>;

function ofRun(table: Table): Table {
  return table.addColumn('run_id', 'text', (column) => column.notNull().references('run.id'));
}

function texts(table: Table, ...names: readonly string[]): Table {
  return names.reduce((grown, name) => grown.addColumn(name, 'text', (column) => column.notNull()), table);
}

function optionalTexts(table: Table, ...names: readonly string[]): Table {
  return names.reduce((grown, name) => grown.addColumn(name, 'text'), table);
}

function integers(table: Table, ...names: readonly string[]): Table {
  return names.reduce((grown, name) => grown.addColumn(name, 'integer', (column) => column.notNull()), table);
}

/** Times and money: more than 32 bits, which on PostgreSQL is a type of its own. */
function bigIntegers(table: Table, ...names: readonly string[]): Table {
  return names.reduce((grown, name) => grown.addColumn(name, 'bigint', (column) => column.notNull()), table);
}
