/** The log of what happened: append-only, in the order of writing whatever the clock did. */
import { z } from 'zod';
import type { EventFilter, LoggedEvent } from '../heartbeat/journal.ts';
import { encodeUnknown, integer, json, readRow, text } from './columns.ts';
import type { Store } from './store.ts';

export async function event(
  store: Store,
  happened: { readonly kind: string; readonly subject: string | null; readonly text: string; readonly data?: unknown },
): Promise<void> {
  await store.db
    .insertInto('event')
    .values((row) => ({
      sequence: row
        .selectFrom('event')
        .select((last) =>
          last(last.fn.coalesce(last.fn.max('sequence'), last.val(0)), '+', last.val(1)).as('sequence'),
        ),
      at: store.now(),
      kind: happened.kind,
      subject: happened.subject,
      text: happened.text,
      data: encodeUnknown(happened.data),
    }))
    .execute();
}

/** The newest `limit` that match, oldest of them first. */
export async function events(store: Store, filter: EventFilter): Promise<readonly LoggedEvent[]> {
  let query = store.db.selectFrom('event').select(['at', 'kind', 'subject', 'text', 'data']);
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  const rows = await query.orderBy('sequence', 'desc').limit(filter.limit).execute();
  return rows.map((row) => readRow('event', eventRow, row)).reverse();
}

const eventRow = z.object({ at: integer, kind: text, subject: text.nullable(), text, data: json(z.unknown()) });
