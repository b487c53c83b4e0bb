/** Reports on their way out: stored once by key, delivered at least once to each sink. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ReportEvent } from '../domain/action.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { OutboxReport } from '../heartbeat/journal.ts';
import { builtOnce } from './built-once.ts';
import { encodeUnknown, integer, json, readRow, shape, text } from './columns.ts';
import type { DeliveryTable, Tables } from './schema.ts';
import type { Store } from './store.ts';
import { DAY_MS } from './subjects.ts';

/** A report that one sink has but another still owes is given up after this: that sink was probably taken out of the config. */
const OWED_DAYS_MAX = 14;

const KEYS_DAYS_MAX = 90;

export async function enqueueReport(
  store: Store,
  report: {
    readonly key: string;
    readonly event: ReportEvent | 'digest';
    readonly text: string;
    readonly data: unknown;
  },
): Promise<boolean> {
  const { key, event, text: words, data } = report;
  return store.db.transaction().execute(async (db) => {
    const written = await db
      .insertInto('outbox')
      .values({ key, event: reportEvent.parse(event), text: words, data: encodeUnknown(data), at: store.now() })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .executeTakeFirst();
    if (written.numInsertedOrUpdatedRows !== 1n) return false;
    if (store.sinks.length > 0) {
      await db
        .insertInto('delivery')
        .values(store.sinks.map((sink) => ({ key, sink })))
        .execute();
    }
    return true;
  });
}

/** Keys of all reports of the last 90 days, so that nothing is said twice. */
export async function reportKeys(store: Store): Promise<ReadonlySet<string>> {
  const rows = await store.db
    .selectFrom('outbox')
    .select('key')
    .where('at', '>=', store.now() - KEYS_DAYS_MAX * DAY_MS)
    .execute();
  return new Set(rows.map((row) => row.key));
}

/** Taken by no sink yet, or owed to one: every sink the store was opened with, and every one that failed. Oldest first. */
export async function pendingReports(store: Store): Promise<readonly OutboxReport[]> {
  const { rows } = await pending(store.db, { since: store.now() - OWED_DAYS_MAX * DAY_MS });
  if (rows.length === 0) return [];
  const keys = rows.map((row) => row.key);
  const sent = await store.db
    .selectFrom('delivery')
    .select(['key', 'sink', 'deliveredAt', 'retryAt'])
    .where('key', 'in', keys)
    .orderBy('sink')
    .execute();
  const deliveries = Map.groupBy(
    sent.map((row) => readRow('delivery', deliveryRow, row)),
    (delivery) => delivery.key,
  );
  return rows.map((row) => {
    const ofReport = deliveries.get(row.key) ?? [];
    const retries = ofReport.flatMap(({ sink, deliveredAt, retryAt }) =>
      deliveredAt !== null || retryAt === null ? [] : [[sink, retryAt] as const],
    );
    return {
      ...readRow('outbox', reportRow, row),
      delivered: ofReport.filter(({ deliveredAt }) => deliveredAt !== null).map(({ sink }) => sink),
      retryAt: Object.fromEntries(retries),
    };
  });
}

const pending = builtOnce((db, { since }: { readonly since: EpochMs }) => {
  const owed = db
    .selectFrom('outbox')
    .select('key')
    .where('leftAt', 'is', null)
    .unionAll(db.selectFrom('delivery').select('key').where('deliveredAt', 'is', null));
  return db
    .selectFrom('outbox')
    .select(['key', 'event', 'text', 'data', 'at'])
    .where('key', 'in', owed)
    .where((where) => where.or([where('leftAt', 'is', null), where('at', '>=', since)]))
    .orderBy('at')
    .orderBy('key');
});

/** Idempotent; what a sink took stays taken. */
export async function reportDelivered(store: Store, key: string, sink: string): Promise<void> {
  const now = store.now();
  await store.db.transaction().execute(async (db) => {
    const left = await db
      .updateTable('outbox')
      .set((column) => ({ leftAt: column.fn.coalesce('leftAt', column.val(now)) }))
      .where('key', '=', key)
      .executeTakeFirst();
    if (left.numUpdatedRows !== 1n) throw unknownReport(key);
    await mark(db, key, sink, { deliveredAt: now, retryAt: null, lastError: null });
  });
}

export async function reportFailed(
  store: Store,
  key: string,
  sink: string,
  error: string,
  retryAt: EpochMs,
): Promise<void> {
  await store.db.transaction().execute(async (db) => {
    const report = await db.selectFrom('outbox').select('key').where('key', '=', key).executeTakeFirst();
    if (report === undefined) throw unknownReport(key);
    await mark(db, key, sink, { deliveredAt: null, retryAt, lastError: error });
  });
}

async function mark(
  db: Kysely<Tables>,
  key: string,
  sink: string,
  outcome: Pick<DeliveryTable, 'deliveredAt' | 'retryAt' | 'lastError'>,
): Promise<void> {
  await db
    .insertInto('delivery')
    .values({ key, sink, ...outcome })
    .onConflict((conflict) =>
      conflict.columns(['key', 'sink']).doUpdateSet(outcome).where('delivery.deliveredAt', 'is', null),
    )
    .execute();
}

function unknownReport(key: string): Error {
  return new TypeError(`No report ${key} is in the outbox: enqueue it first.`);
}

const reportEvent = shape<ReportEvent | 'digest'>()(
  z.enum([
    'merged',
    'parked',
    'cancelled',
    'refused',
    'reviewed',
    'ready',
    'frozen',
    'thawed',
    'reverted',
    'started',
    'trouble',
    'digest',
  ]),
);

const reportRow = z.object({ key: text, event: reportEvent, text, data: json(z.unknown()), at: integer });

const deliveryRow = z.object({ key: text, sink: text, deliveredAt: integer.nullable(), retryAt: integer.nullable() });
