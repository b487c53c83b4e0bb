/** Verdicts of reviews and audits: written once each, never changed. */
import { z } from 'zod';
import type { AuditVerdict, ReviewVerdict } from '../domain/verdict.ts';
import { builtOnce } from './built-once.ts';
import { integer, readRow, shape, text } from './columns.ts';
import type { Store } from './store.ts';
import { liveSubjects, type Since, sinceOf } from './subjects.ts';

/** Verdicts of the runs that runs() returns, oldest first. */
export async function verdicts(store: Store): Promise<readonly (ReviewVerdict | AuditVerdict)[]> {
  const { rows } = await counting(store.db, sinceOf(store));
  return rows.map(readVerdict);
}

const counting = builtOnce((db, since: Since) => {
  const liveRuns = db
    .selectFrom('run')
    .select('id')
    .where((where) =>
      where.or([
        where('subject', 'in', liveSubjects(db, since)),
        where.and([where('subjectKind', '=', 'pull-request'), where('createdAt', '>=', since.pullRequests)]),
      ]),
    );
  return db.selectFrom('verdict').selectAll().where('runId', 'in', liveRuns).orderBy('at').orderBy('id');
});

/** Writing the same verdict again changes nothing; another verdict under the same id is a mistake and throws. */
export async function recordVerdict(store: Store, verdict: ReviewVerdict | AuditVerdict): Promise<void> {
  const { id, runId, repository, number, decision, head, base, digest, at, reboundFrom } = verdict;
  const row = { id, runId, repository, number, decision, head, base, digest, at, reboundFrom };
  await store.db.transaction().execute(async (db) => {
    await db
      .insertInto('verdict')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    const kept = await db.selectFrom('verdict').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const same =
      kept.runId === runId &&
      kept.repository === repository &&
      kept.number === number &&
      kept.decision === decision &&
      kept.head === head &&
      kept.base === base &&
      kept.digest === digest &&
      kept.reboundFrom === reboundFrom;
    if (!same)
      throw new TypeError(`Verdict ${id} is recorded already and says something else: a verdict never changes.`);
  });
}

const judgement = {
  id: text,
  runId: text,
  repository: text,
  number: integer,
  head: text,
  base: text,
  digest: text,
  at: integer,
  reboundFrom: text.nullable(),
};

/** The decision says whose word it is. */
const verdictRow = shape<ReviewVerdict | AuditVerdict>()(
  z.union([
    z.object({ ...judgement, decision: z.enum(['approve', 'request-changes']) }),
    z.object({ ...judgement, decision: z.enum(['pass', 'fail']) }),
  ]),
);

function readVerdict(row: unknown): ReviewVerdict | AuditVerdict {
  return readRow('verdict', verdictRow, row);
}
