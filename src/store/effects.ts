/** The ledger of outside writes: intended before, confirmed after. A confirmed effect stays confirmed, a refused one stays refused. */
import { z } from 'zod';
import { EFFECT_KINDS, type Effect, type EffectKind } from '../domain/effect.ts';
import { isBaseSubject, parseSubject } from '../domain/run.ts';
import type { EffectFailure, Intent } from '../heartbeat/journal.ts';
import { encodeUnknown, flag, integer, readRow, shape, text } from './columns.ts';
import type { Store } from './store.ts';
import { liveSubjects, pullRequestsSince } from './subjects.ts';

/** By key: effects of issues at work, parked or ended lately, and on pull requests and base branches of the last 30 days. */
export async function effects(store: Store): Promise<ReadonlyMap<string, Effect>> {
  const rows = await store.db
    .selectFrom('effect')
    .select(COLUMNS)
    .where((where) =>
      where.or([
        where('subject', 'in', liveSubjects(store)),
        where.and([
          where('subjectKind', 'in', ['pull-request', 'base']),
          where('intendedAt', '>=', pullRequestsSince(store)),
        ]),
      ]),
    )
    .orderBy('intendedAt')
    .orderBy('key')
    .execute();
  return new Map(rows.map((row) => [row.key, readEffect(row)]));
}

export async function effectsOf(store: Store, subject: string): Promise<ReadonlyMap<string, Effect>> {
  const rows = await store.db
    .selectFrom('effect')
    .select(COLUMNS)
    .where('subject', '=', subject)
    .orderBy('intendedAt')
    .orderBy('key')
    .execute();
  return new Map(rows.map((row) => [row.key, readEffect(row)]));
}

export async function effect(store: Store, key: string): Promise<Effect | null> {
  const row = await store.db.selectFrom('effect').select(COLUMNS).where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : readEffect(row);
}

/** A confirmed or refused effect comes back as it is: there is nothing left to attempt under its key. */
export async function intend(
  store: Store,
  intended: { readonly key: string; readonly kind: EffectKind; readonly subject: string; readonly detail: unknown },
): Promise<Intent> {
  const { key, kind, subject, detail } = intended;
  return store.db.transaction().execute(async (db) => {
    const inserted = await db
      .insertInto('effect')
      .values({
        key,
        kind: effectKind.parse(kind),
        subject,
        subjectKind: kindOf(subject),
        detail: encodeUnknown(detail),
        intendedAt: store.now(),
        askedAt: store.now(),
        attempts: 1,
        refusals: 0,
        refused: 0,
      })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning(COLUMNS)
      .executeTakeFirst();
    if (inserted !== undefined) return { effect: readEffect(inserted), before: false, unheardSince: null };

    const earlier = await db.selectFrom('effect').select('askedAt').where('key', '=', key).executeTakeFirst();
    // The due time goes: if this attempt is cut off, the next one may look at once whether it happened.
    await db
      .updateTable('effect')
      .set((column) => ({ attempts: column('attempts', '+', 1), askedAt: column.val(store.now()), retryAt: null }))
      .where('key', '=', key)
      .where('confirmedAt', 'is', null)
      .where('refused', '=', 0)
      .execute();
    const current = await required({ ...store, db }, key);
    if (current.kind !== kind || current.subject !== subject) {
      throw new TypeError(`The effect ${key} is a ${current.kind} of ${current.subject}, not a ${kind} of ${subject}.`);
    }
    return { effect: current, before: true, unheardSince: earlier?.askedAt ?? null };
  });
}

/**
 * Idempotent. A later call may add an outside id that was not known at first, but never changes one. What happened
 * outside beats an earlier refusal: the two never stand together.
 */
export async function confirm(store: Store, key: string, outsideId: string | null): Promise<void> {
  const written = await store.db
    .updateTable('effect')
    .set((column) => ({
      confirmedAt: column.fn.coalesce('confirmedAt', column.val(store.now())),
      outsideId: column.fn.coalesce('outsideId', column.val(outsideId)),
      askedAt: null,
      retryAt: null,
      lastError: null,
      refused: 0,
    }))
    .where('key', '=', key)
    .executeTakeFirst();
  if (written.numUpdatedRows !== 1n) throw unknownEffect(key);
}

/** The attempt leaves only now: it waited for its turn. */
export async function asked(store: Store, key: string): Promise<void> {
  await store.db
    .updateTable('effect')
    .set({ askedAt: store.now() })
    .where('key', '=', key)
    .where('confirmedAt', 'is', null)
    .execute();
}

/** Changes nothing on a confirmed effect: an error that arrives late does not undo what is known to have happened. */
export async function failEffect(
  store: Store,
  key: string,
  error: string,
  { retryAt, unheardSince, saidNo, ...outcome }: EffectFailure,
): Promise<void> {
  await store.db.transaction().execute(async (db) => {
    const current = await required({ ...store, db }, key);
    if (current.confirmedAt !== null) return;
    const refused = current.refused || outcome.refused;
    await db
      .updateTable('effect')
      .set({
        askedAt: unheardSince,
        lastError: error,
        retryAt: refused ? null : retryAt,
        refused: refused ? 1 : 0,
        refusals: current.refusals + (saidNo ? 1 : 0),
      })
      .where('key', '=', key)
      .execute();
  });
}

async function required(store: Store, key: string): Promise<Effect> {
  const found = await effect(store, key);
  if (found === null) throw unknownEffect(key);
  return found;
}

function unknownEffect(key: string): Error {
  return new TypeError(`No effect ${key} was intended: record the intent before the call.`);
}

const COLUMNS = [
  'key',
  'kind',
  'subject',
  'intendedAt',
  'confirmedAt',
  'outsideId',
  'attempts',
  'refusals',
  'retryAt',
  'lastError',
  'refused',
  'askedAt as unheardSince',
] as const;

const effectKind = shape<EffectKind>()(z.enum(EFFECT_KINDS));

const effectRow = shape<Effect>()(
  z.object({
    key: text,
    kind: effectKind,
    subject: text,
    intendedAt: integer,
    confirmedAt: integer.nullable(),
    outsideId: text.nullable(),
    attempts: integer,
    refusals: integer,
    retryAt: integer.nullable(),
    lastError: text.nullable(),
    refused: flag,
    unheardSince: integer.nullable(),
  }),
);

function readEffect(row: unknown): Effect {
  return readRow('effect', effectRow, row);
}

/** A row under an unknown subject would never be found again. */
function kindOf(subject: string): string {
  if (isBaseSubject(subject)) return 'base';
  const found = parseSubject(subject);
  if (found !== null) return found.kind;
  throw new TypeError(
    `"${subject}" is no subject: write it with subjectKey(), as issue:<id> or pull:<owner/name>#<number>, or with baseSubject().`,
  );
}
