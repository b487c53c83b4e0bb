/** The money ledger: every model call is reserved at its worst case before it leaves and settled once, so a crash can only overcount. */
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { EpochMs } from '../domain/issue.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { Spend } from '../domain/snapshot.ts';
import { StaleWrite } from '../domain/stale-write.ts';
import type { Usage } from '../domain/transcript.ts';
import { builtOnce } from './built-once.ts';
import { encode, integer, readRow, text } from './columns.ts';
import type { Json, SpendTable, Tables, TallyTable } from './schema.ts';
import type { Store } from './store.ts';
import { DAY_MS, LIVE_PHASES } from './subjects.ts';
import { usage } from './transcript.ts';

/** Issues without a live record whose spend is still reported; their caps hold for ever all the same. */
const QUIET_ISSUE_DAYS_MAX = 30;

export async function reserve(
  store: Store,
  request: {
    readonly runId: string;
    readonly issueId: string | null;
    readonly microUsd: MicroUsd;
    readonly caps: { readonly run: MicroUsd; readonly issue: MicroUsd; readonly day: MicroUsd };
  },
): Promise<{ readonly ok: true; readonly reservationId: string } | { readonly ok: false; readonly reason: string }> {
  const { runId, issueId, microUsd, caps } = request;
  requireMoney(microUsd);
  const now = store.now();
  const day = utcDay(now);
  const limits = [
    { scope: 'run', name: runId, cap: caps.run, sentence: 'the cap of this run' },
    ...(issueId === null
      ? []
      : [{ scope: 'issue', name: issueId, cap: caps.issue, sentence: 'the cap of this issue' } as const]),
    { scope: 'day', name: day, cap: caps.day, sentence: `the cap of the day ${day} (UTC)` },
  ] as const;
  return store.db.transaction().execute(async (db) => {
    for (const { scope, name, cap, sentence } of limits) {
      const sum = await total(db, scope, name);
      // Asked this way round, a cap that is no number refuses too.
      if (!(sum + microUsd <= cap)) {
        const reason =
          `The next model call may cost up to ${dollars(microUsd)}, which would pass ${sentence}: ` +
          `${dollars(sum)} of ${dollars(cap)} is spent or reserved.`;
        return { ok: false, reason };
      }
    }
    const id = randomUUID();
    await insert(db, { id, runId, issueId, day, owner: store.owner, reservedMicroUsd: microUsd, reservedAt: now });
    await count(db, { runId, issueId, day }, microUsd, now);
    return { ok: true, reservationId: id };
  });
}

/** Once only: a second settlement, or one after recover() took the worst case, throws StaleWrite. */
export async function settle(
  store: Store,
  reservationId: string,
  cost: { readonly microUsd: MicroUsd; readonly usage: Usage; readonly model: string },
): Promise<void> {
  requireMoney(cost.microUsd);
  const now = store.now();
  await store.db.transaction().execute(async (db) => {
    const { microUsd, model } = cost;
    const [settled] = (await close(db, { reservationId, microUsd, usage: encode(usage, cost.usage), model, now })).rows;
    if (settled === undefined) throw new StaleWrite(`Settle the reservation ${reservationId}`);
    await count(db, settled, microUsd - settled.reservedMicroUsd, now);
  });
}

const insert = builtOnce((db, row: Omit<SpendTable, 'settledMicroUsd' | 'settledAt' | 'usage' | 'model'>) =>
  db.insertInto('spend').values(row),
);

interface Settlement {
  readonly reservationId: string;
  readonly microUsd: MicroUsd;
  readonly usage: Json;
  readonly model: string;
  readonly now: EpochMs;
}

const close = builtOnce((db, of: Settlement) =>
  db
    .updateTable('spend')
    .set({ settledMicroUsd: of.microUsd, settledAt: of.now, usage: of.usage, model: of.model })
    .where('id', '=', of.reservationId)
    .where('settledAt', 'is', null)
    .returning(['runId', 'issueId', 'day', 'reservedMicroUsd']),
);

/** Money since midnight UTC, and by issue: all live ones and those that spent anything in the last 30 days. */
export async function spend(store: Store): Promise<Spend> {
  const now = store.now();
  const { rows } = await ofIssues(store.db, { since: now - QUIET_ISSUE_DAYS_MAX * DAY_MS });
  const tallies = rows.map((row) => readRow('tally', tallyRow, row));
  return {
    dayMicroUsd: await total(store.db, 'day', utcDay(now)),
    byIssue: new Map(tallies.map(({ name, microUsd }) => [name, microUsd])),
  };
}

const ofIssues = builtOnce((db, { since }: { readonly since: EpochMs }) => {
  const liveIssues = db.selectFrom('issue').select('issueId').where('phase', 'in', LIVE_PHASES);
  return db
    .selectFrom('tally')
    .select(['name', 'microUsd'])
    .where('scope', '=', 'issue')
    .where((where) => where.or([where('name', 'in', liveIssues), where('updatedAt', '>=', since)]));
});

/** Settled plus reserved of one run. */
export async function runSpend(store: Store, runId: string): Promise<MicroUsd> {
  return total(store.db, 'run', runId);
}

/**
 * Called under the lock, so every other owner is gone and nobody knows what its calls cost. They count as their worst
 * case, which is what the tallies hold already. Returns how many there were.
 */
export async function recoverSpend(store: Store): Promise<number> {
  const settled = await store.db
    .updateTable('spend')
    .set((column) => ({ settledMicroUsd: column.ref('reservedMicroUsd'), settledAt: store.now() }))
    .where('settledAt', 'is', null)
    .where('owner', '<>', store.owner)
    .executeTakeFirst();
  return Number(settled.numUpdatedRows);
}

type Scope = TallyTable['scope'];

async function total(db: Kysely<Tables>, scope: Scope, name: string): Promise<MicroUsd> {
  const [row] = (await tally(db, { scope, name })).rows;
  return row === undefined ? 0 : readRow('tally', tallyRow, row).microUsd;
}

const tally = builtOnce((db, of: Pick<TallyTable, 'scope' | 'name'>) =>
  db.selectFrom('tally').select(['name', 'microUsd']).where('scope', '=', of.scope).where('name', '=', of.name),
);

async function count(
  db: Kysely<Tables>,
  of: { readonly runId: string; readonly issueId: string | null; readonly day: string },
  microUsd: MicroUsd,
  now: EpochMs,
): Promise<void> {
  const names: [Scope, string | null][] = [
    ['run', of.runId],
    ['issue', of.issueId],
    ['day', of.day],
  ];
  for (const [scope, name] of names) if (name !== null) await addUp(db, { scope, name, microUsd, updatedAt: now });
}

const addUp = builtOnce((db, row: TallyTable) =>
  db
    .insertInto('tally')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['scope', 'name']).doUpdateSet((column) => ({
        microUsd: column('tally.microUsd', '+', column.ref('excluded.microUsd')),
        updatedAt: column.ref('excluded.updatedAt'),
      })),
    ),
);

function utcDay(now: EpochMs): string {
  return new Date(now).toISOString().slice(0, '2026-01-31'.length);
}

function requireMoney(microUsd: MicroUsd): void {
  if (!Number.isSafeInteger(microUsd) || microUsd < 0) {
    throw new RangeError(`Money is a whole, non-negative number of micro-dollars, not ${microUsd}.`);
  }
}

function dollars(microUsd: MicroUsd): string {
  return `$${(microUsd / 1_000_000).toFixed(microUsd > 0 && microUsd < 10_000 ? 4 : 2)}`;
}

const tallyRow = z.object({ name: text, microUsd: integer });
