/** Issue records: one row per issue, replaced by compare-and-set on its generation. */
import type { Updateable } from 'kysely';
import { z } from 'zod';
import type { Actor } from '../domain/issue.ts';
import type { Approval, FrozenTicket, IssueRecord, Phase, RevertOf } from '../domain/issue-record.ts';
import { subjectKey } from '../domain/run.ts';
import { StaleWrite } from '../domain/stale-write.ts';
import { builtOnce } from './built-once.ts';
import { encode, flag, integer, json, readRow, shape, text } from './columns.ts';
import type { IssueTable } from './schema.ts';
import type { Store } from './store.ts';

/**
 * Every record there ever was, for a finished issue may come back. A row of the same generation never changes, so only
 * what moved since the last call is read in full.
 */
export async function records(store: Store): Promise<readonly IssueRecord[]> {
  const { db, recordsRead } = store;
  const standing = await db.selectFrom('issue').select(['issueId', 'generation']).execute();
  const moved = standing.filter(({ issueId, generation }) => recordsRead.get(issueId)?.generation !== generation);
  for (let start = 0; start < moved.length; start += ROWS_PER_READ_MAX) {
    const ids = moved.slice(start, start + ROWS_PER_READ_MAX).map(({ issueId }) => issueId);
    const rows = await db.selectFrom('issue').selectAll().where('issueId', 'in', ids).execute();
    for (const row of rows) recordsRead.set(row.issueId, readRecord(row));
  }
  return [...recordsRead.values()].sort((a, b) => a.claimedAt - b.claimedAt || (a.issueId < b.issueId ? -1 : 1));
}

/** Databases bound the parameters of one statement. */
const ROWS_PER_READ_MAX = 500;

export async function record(store: Store, issueId: string): Promise<IssueRecord | null> {
  const [row] = (await byId(store.db, { issueId })).rows;
  return row === undefined ? null : readRecord(row);
}

const byId = builtOnce((db, { issueId }: { readonly issueId: string }) =>
  db.selectFrom('issue').selectAll().where('issueId', '=', issueId),
);

/** `previousGeneration` null means that no record may exist; otherwise exactly the one of that generation is replaced. */
export async function claim(
  store: Store,
  claimed: Omit<IssueRecord, 'generation' | 'updatedAt'>,
  previousGeneration: number | null,
): Promise<IssueRecord> {
  const generation = (previousGeneration ?? 0) + 1;
  const row = { ...columns(claimed), issueId: claimed.issueId, generation, updatedAt: store.now() };
  const written =
    previousGeneration === null
      ? await store.db
          .insertInto('issue')
          .values(row)
          .onConflict((conflict) => conflict.column('issueId').doNothing())
          .returningAll()
          .executeTakeFirst()
      : await store.db
          .updateTable('issue')
          .set(row)
          .where('issueId', '=', claimed.issueId)
          .where('generation', '=', previousGeneration)
          .returningAll()
          .executeTakeFirst();
  if (written === undefined) throw new StaleWrite(`Claim ${claimed.key}`);
  return readRecord(written);
}

/** Generation, time of change and the issue itself are not the caller's to set: they are left out of `change`. */
export async function updateRecord(
  store: Store,
  issueId: string,
  generation: number,
  change: Partial<IssueRecord>,
): Promise<IssueRecord> {
  return store.db.transaction().execute(async (db) => {
    const current = await record({ ...store, db }, issueId);
    if (current === null || current.generation !== generation) throw new StaleWrite(`Update the record of ${issueId}`);
    const row = { ...columns({ ...current, ...change, issueId }), generation: generation + 1, updatedAt: store.now() };
    const written = await db
      .updateTable('issue')
      .set(row)
      .where('issueId', '=', issueId)
      .where('generation', '=', generation)
      .returningAll()
      .executeTakeFirst();
    if (written === undefined) throw new StaleWrite(`Update the record of ${current.key}`);
    return readRecord(written);
  });
}

const actor = shape<Actor>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('person'), id: text, name: text, email: text.nullable() }),
    z.strictObject({ kind: z.literal('automation'), name: text }),
  ]),
);

const frozenTicket = shape<FrozenTicket>()(
  z.strictObject({
    title: text,
    description: text,
    url: text,
    comments: z.array(z.strictObject({ author: text, body: text, at: integer })).readonly(),
  }),
);

const approvals = shape<readonly Approval[]>()(
  z.array(z.strictObject({ sha: text, by: text, at: integer })).readonly(),
);

const revertOf = shape<RevertOf>()(
  z.strictObject({ mergeCommit: text, pullRequest: integer, title: text, check: text, sha: text }),
);

const phase = shape<Phase>()(z.enum(['active', 'parked', 'done', 'cancelled']));

const recordRow = shape<IssueRecord>()(
  z.object({
    issueId: text,
    key: text,
    project: text,
    repository: text,
    baseBranch: text,
    generation: integer,
    attempt: integer,
    phase,
    reason: text.nullable(),
    ticket: json(frozenTicket),
    claimedAt: integer,
    claimedBy: json(actor),
    claimedMove: text,
    movedAt: integer,
    branch: text,
    head: text.nullable(),
    pullRequest: integer.nullable(),
    mergeCommit: text.nullable(),
    mergeVerified: flag,
    approvals: json(approvals),
    revertOf: json(revertOf).nullable(),
    roundsFrom: integer,
    resumedAt: integer,
    stoppedAt: integer,
    updatedAt: integer,
  }),
);

function readRecord(row: unknown): IssueRecord {
  return readRow('issue', recordRow, row);
}

/** Every column but identity, generation and time. */
function columns(record: Omit<IssueRecord, 'generation' | 'updatedAt'>) {
  const { issueId, pullRequest, repository } = record;
  return {
    key: record.key,
    project: record.project,
    repository,
    baseBranch: record.baseBranch,
    attempt: record.attempt,
    phase: phase.parse(record.phase),
    reason: record.reason,
    ticket: encode(frozenTicket, record.ticket),
    claimedAt: record.claimedAt,
    claimedBy: encode(actor, record.claimedBy),
    claimedMove: record.claimedMove,
    movedAt: record.movedAt,
    branch: record.branch,
    head: record.head,
    pullRequest,
    mergeCommit: record.mergeCommit,
    mergeVerified: record.mergeVerified ? 1 : 0,
    approvals: encode(approvals, record.approvals),
    revertOf: record.revertOf === null ? null : encode(revertOf, record.revertOf),
    roundsFrom: record.roundsFrom,
    resumedAt: record.resumedAt,
    stoppedAt: record.stoppedAt,
    subject: subjectKey({ kind: 'issue', issueId }),
    pullSubject: pullRequest === null ? null : subjectKey({ kind: 'pull-request', repository, number: pullRequest }),
  } satisfies Updateable<IssueTable>;
}
