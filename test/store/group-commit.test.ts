/** Many writers, one wait for the disk: what is written at once is one commit, heard of only when it is there, and undone one by one. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { Kysely } from 'kysely';
import { NodeSqliteDialect } from '../../src/store/sqlite-dialect.ts';
import { StoreRefused } from '../../src/store/store-refused.ts';
import { temporaryFolder } from './temporary-store.ts';

interface Rows {
  line: { place: number; text: string };
}

const WRITERS = 20;

test('what is written at once is one commit, and nobody hears of it before it is there', async (t) => {
  const { db, commits, others } = openRows(t);
  const write = async (place: number) => {
    await db.insertInto('line').values({ place, text: 'a' }).execute();
    assert.ok(others().includes(place), `line ${place} is acknowledged, so it is there for everybody`);
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, place) => write(place)));
  assert.deepEqual(others(), []);
  await writing;
  assert.equal(commits(), 1);
  await write(WRITERS);
  assert.equal(commits(), 2);
});

test('transactions share a commit too, each whole by itself', async (t) => {
  const { db, commits, others } = openRows(t);
  const pair = (place: number, text: string) =>
    db.transaction().execute(async (inside) => {
      await inside.insertInto('line').values({ place, text }).execute();
      await inside
        .insertInto('line')
        .values({ place: place + 1, text })
        .execute();
      if (text === 'not this') throw new Error('changed my mind');
    });
  const ended = await Promise.allSettled([
    pair(0, 'a'),
    pair(10, 'not this'),
    pair(20, 'b'),
    pair(1, 'taken'),
    pair(30, 'c'),
  ]);
  assert.deepEqual(
    ended.map((one) => (one.status === 'fulfilled' ? 'written' : String(one.reason.message))),
    ['written', 'changed my mind', 'written', 'UNIQUE constraint failed: line.place', 'written'],
  );
  assert.deepEqual(others(), [0, 1, 20, 21, 30, 31]);
  assert.equal(commits(), 1);
});

test('what was read beside an open group is told only when the group is there', async (t) => {
  const { db, others } = openRows(t);
  const written = db.insertInto('line').values({ place: 1, text: 'a' }).execute();
  const seen = await db.selectFrom('line').select('place').execute();
  assert.deepEqual(
    seen.map((row) => row.place),
    [1],
  );
  assert.deepEqual(others(), [1]);
  await written;
});

test('a commit that fails is heard of by everybody in it, and the next group goes on', async (t) => {
  const { db, disk, others } = openRows(t);
  disk.full = true;
  const ended = await Promise.allSettled(
    [1, 2].map((place) => db.insertInto('line').values({ place, text: 'a' }).execute()),
  );
  for (const one of ended) assert.ok(one.status === 'rejected' && one.reason instanceof StoreRefused);
  disk.full = false;
  await db.insertInto('line').values({ place: 3, text: 'a' }).execute();
  assert.deepEqual(others(), [3]);
});

test('a group that SQLite threw away by itself is lost for everybody in it, also for who goes on writing', async (t) => {
  const { db, others } = openRows(t);
  const first = db.insertInto('line').values({ place: 1, text: 'a' }).execute();
  const second = db.transaction().execute(async (inside) => {
    await inside.insertInto('line').values({ place: 2, text: 'a' }).execute();
    // Ends the whole transaction, as a full disk does.
    await assert.rejects(
      inside.insertInto('line').orRollback().values({ place: 2, text: 'again' }).execute(),
      /UNIQUE/,
    );
    await inside.insertInto('line').values({ place: 4, text: 'a' }).execute();
  });
  const ended = await Promise.allSettled([first, second]);
  assert.deepEqual(
    ended.map((one) => one.status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(others(), []);
});

test('closing leaves nothing behind', async (t) => {
  const { db, database, others } = openRows(t);
  const written = db.insertInto('line').values({ place: 1, text: 'a' }).execute();
  while (!database.isTransaction) await Promise.resolve();
  await Promise.all([written, db.destroy()]);
  assert.deepEqual(others(), [1]);
});

function openRows(t: TestContext) {
  const file = join(temporaryFolder(t), 'rows.db');
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = wal; create table line (place integer primary key, text text not null) strict');
  const disk = { full: false };
  let commits = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql === 'commit') commits += 1;
    if (sql === 'commit' && disk.full) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    exec(sql);
  };
  const db = new Kysely<Rows>({ dialect: new NodeSqliteDialect(file, database) });
  const beside = new DatabaseSync(file, { readOnly: true });
  t.after(async () => {
    beside.close();
    await db.destroy();
    if (database.isOpen) database.close();
  });
  return {
    db,
    database,
    disk,
    commits: () => commits,
    /** What somebody else's connection sees. */
    others: () =>
      beside
        .prepare('select place from line order by place')
        .all()
        .map((row) => Number(row.place)),
  };
}
