/** The ledger of outside writes: intended before, confirmed after. A confirmed effect stays confirmed, a refused one stays refused. */
import { z } from 'zod';
import { EFFECT_KINDS, type Effect, type EffectKind } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import { isBaseSubject, parseSubject } from '../domain/run.ts';
import type { EffectFailure, Intent } from '../heartbeat/journal.ts';
import { builtOnce } from './built-once.ts';
import { encodeUnknown, flag, integer, readRow, shape, text } from './columns.ts';
import type { EffectTable } from './schema.ts';
import type { Store } from './store.ts';
import { liveSubjects, type Since, sinceOf } from './subjects.ts';

/** By key: effects of issues at work, parked or ended lately, and on pull requests and base branches of the last 30 days. */
export async function effects(store: Store): Promise<ReadonlyMap<string, Effect>> {
  const { rows } = await counting(store.db, sinceOf(store));
  return new Map(rows.map((row) => [row.key, readEffect(row)]));
}

export async function effectsOf(store: Store, subject: string): Promise<ReadonlyMap<string, Effect>> {
  const { rows } = await bySubject(store.db, { subject });
  return new Map(rows.map((row) => [row.key, readEffect(row)]));
}

export async function effect(store: Store, key: string): Promise<Effect | null> {
  const [row] = (await byKey(store.db, { key })).rows;
  return row === undefined ? null : readEffect(row);
}

/** A confirmed or refused effect comes back as it is: there is nothing left to attempt under its key. */
export async function intend(
  store: Store,
  intended: { readonly key: string; readonly kind: EffectKind; readonly subject: string; readonly detail: unknown },
): Promise<Intent> {
  const { key, kind, subject, detail } = intended;
  return store.db.transaction().execute(async (db) => {
    const now = store.now();
    const values = { key, kind: effectKind.parse(kind), subject, subjectKind: kindOf(subject), now };
    const [inserted] = (await insert(db, { ...values, detail: encodeUnknown(detail) })).rows;
    if (inserted !== undefined) return { effect: readEffect(inserted), before: false, unheardSince: null };

    const earlier = await effect({ ...store, db }, key);
    await attemptAgain(db, { key, now });
    const current = await required({ ...store, db }, key);
    if (current.kind !== kind || current.subject !== subject) {
      throw new TypeError(`The effect ${key} is a ${current.kind} of ${current.subject}, not a ${kind} of ${subject}.`);
    }
    return { effect: current, before: true, unheardSince: earlier?.unheardSince ?? null };
  });
}

/**
 * Idempotent. A later call may add an outside id that was not known at first, but never changes one. What happened
 * outside beats an earlier refusal: the two never stand together.
 */
export async function confirm(store: Store, key: string, outsideId: string | null): Promise<void> {
  const { changed } = await happened(store.db, { key, now: store.now(), outsideId });
  if (changed !== 1) throw unknownEffect(key);
}

/** The attempt leaves only now: it waited for its turn. */
export async function asked(store: Store, key: string): Promise<void> {
  await leaves(store.db, { key, now: store.now() });
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

const counting = builtOnce((db, since: Since) =>
  db
    .selectFrom('effect')
    .select(COLUMNS)
    .where((where) =>
      where.or([
        where('subject', 'in', liveSubjects(db, since)),
        where.and([
          where('subjectKind', 'in', ['pull-request', 'base']),
          where('intendedAt', '>=', since.pullRequests),
        ]),
      ]),
    )
    .orderBy('intendedAt')
    .orderBy('key'),
);

const bySubject = builtOnce((db, { subject }: { readonly subject: string }) =>
  db.selectFrom('effect').select(COLUMNS).where('subject', '=', subject).orderBy('intendedAt').orderBy('key'),
);

const byKey = builtOnce((db, { key }: { readonly key: string }) =>
  db.selectFrom('effect').select(COLUMNS).where('key', '=', key),
);

const insert = builtOnce(
  (db, { now, ...row }: Pick<EffectTable, 'key' | 'kind' | 'subject' | 'subjectKind' | 'detail'> & { now: EpochMs }) =>
    db
      .insertInto('effect')
      .values({ ...row, intendedAt: now, askedAt: now, attempts: 1, refusals: 0, refused: 0 })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning(COLUMNS),
);

/** The due time goes: if this attempt is cut off, the next one may look at once whether it happened. */
const attemptAgain = builtOnce((db, { key, now }: { readonly key: string; readonly now: EpochMs }) =>
  db
    .updateTable('effect')
    .set((column) => ({ attempts: column('attempts', '+', 1), askedAt: column.val(now), retryAt: null }))
    .where('key', '=', key)
    .where('confirmedAt', 'is', null)
    .where('refused', '=', 0),
);

const happened = builtOnce(
  (db, of: { readonly key: string; readonly now: EpochMs; readonly outsideId: string | null }) =>
    db
      .updateTable('effect')
      .set((column) => ({
        confirmedAt: column.fn.coalesce('confirmedAt', column.val(of.now)),
        outsideId: column.fn.coalesce('outsideId', column.val(of.outsideId)),
        askedAt: null,
        retryAt: null,
        lastError: null,
        refused: 0,
      }))
      .where('key', '=', of.key),
);

const leaves = builtOnce((db, { key, now }: { readonly key: string; readonly now: EpochMs }) =>
  db.updateTable('effect').set({ askedAt: now }).where('key', '=', key).where('confirmedAt', 'is', null),
);

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
