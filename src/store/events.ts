/**
 * The log of what happened: append-only, in the order of writing whatever the clock did, and forgotten by age. Nothing
 * decides by it.
 */
import { z } from 'zod';
import { CALL_EVENTS, isCallSubject } from '../domain/call-event.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { EventFilter, LoggedEvent } from '../heartbeat/journal.ts';
import { builtOnce } from './built-once.ts';
import { encodeUnknown, integer, json, readRow, text } from './columns.ts';
import type { EventTable } from './schema.ts';
import type { Store } from './store.ts';
import { DAY_MS } from './subjects.ts';

export async function event(
  store: Store,
  happened: { readonly kind: string; readonly subject: string | null; readonly text: string; readonly data?: unknown },
): Promise<void> {
  await forgetOld(store);
  const { kind, subject, text, data } = happened;
  await append(store.db, { at: store.now(), kind, subject, text, data: encodeUnknown(data) });
}

const append = builtOnce((db, row: Omit<EventTable, 'sequence'>) =>
  db.insertInto('event').values((values) => ({
    sequence: values
      .selectFrom('event')
      .select((last) => last(last.fn.coalesce(last.fn.max('sequence'), last.val(0)), '+', last.val(1)).as('sequence')),
    ...row,
  })),
);

/** The newest `limit` that match, oldest of them first. Calls of a session only where its run is asked for by name. */
export async function events(store: Store, filter: EventFilter): Promise<readonly LoggedEvent[]> {
  let query = store.db.selectFrom('event').select(['at', 'kind', 'subject', 'text', 'data']);
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
  if (filter.subject === undefined || !isCallSubject(filter.subject))
    query = query.where('kind', 'not in', CALL_EVENTS);
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  const rows = await query.orderBy('sequence', 'desc').limit(filter.limit).execute();
  return rows.map((row) => readRow('event', eventRow, row)).reverse();
}

/** Days that a session's calls are kept, of which there are hundreds to an issue, and all the rest. */
const CALL_DAYS_MAX = 30;
const DAYS_MAX = 400;
/** How often it is looked for what is too old. */
const FORGET_EVERY_MS = 3_600_000;
/** By store: when it was last looked, and up to which time calls were forgotten then. */
const forgotten = new WeakMap<Store, { readonly at: EpochMs; readonly callsUntil: EpochMs }>();

async function forgetOld(store: Store): Promise<void> {
  const now = store.now();
  const last = forgotten.get(store);
  if (last !== undefined && now - last.at < FORGET_EVERY_MS) return;
  const callsUntil = now - CALL_DAYS_MAX * DAY_MS;
  forgotten.set(store, { at: now, callsUntil });
  await store.db
    .deleteFrom('event')
    // Whatever is older than that was looked at the last time.
    .where('at', '>=', last?.callsUntil ?? 0)
    .where('at', '<', callsUntil)
    .where('kind', 'in', CALL_EVENTS)
    .execute();
  await store.db
    .deleteFrom('event')
    .where('at', '<', now - DAYS_MAX * DAY_MS)
    .execute();
}

const eventRow = z.object({ at: integer, kind: text, subject: text.nullable(), text, data: json(z.unknown()) });
