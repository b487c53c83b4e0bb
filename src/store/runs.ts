/** Runs: one row per cause. Queued, then running under one process, then ended once; each step is compare-and-set. */
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { EpochMs } from '../domain/issue.ts';
import {
  type Cause,
  type Criterion,
  causeKey,
  type Finding,
  parseSubject,
  type Remark,
  ROLES,
  type Run,
  type RunResult,
  type RunState,
  type Subject,
  subjectKey,
} from '../domain/run.ts';
import type { RunEnding } from '../heartbeat/journal.ts';
import { builtOnce } from './built-once.ts';
import { encode, integer, json, readRow, shape, text } from './columns.ts';
import type { RunTable, Tables } from './schema.ts';
import type { Store } from './store.ts';
import { liveSubjects, type Since, sinceOf } from './subjects.ts';

/** See Journal.runs: what live work needs, oldest first. */
export async function runs(store: Store): Promise<readonly Run[]> {
  const { rows } = await counting(store.db, sinceOf(store));
  return rows.map(readRun);
}

export async function run(store: Store, id: string): Promise<Run | null> {
  const [row] = (await byId(store.db, { id })).rows;
  return row === undefined ? null : readRun(row);
}

export async function createRun(
  store: Store,
  created: Omit<Run, 'endedAt' | 'endReason' | 'result' | 'state' | 'model'>,
): Promise<Run | null> {
  const row: RunTable = {
    id: created.id,
    subject: subjectKey(created.subject),
    subjectKind: created.subject.kind,
    issueKey: created.issueKey,
    repository: created.repository,
    role: created.role,
    cause: encode(cause, created.cause),
    causeKey: causeKey(created.cause),
    attempt: created.attempt,
    sessionId: created.sessionId,
    state: 'queued',
    endReason: null,
    result: null,
    model: null,
    owner: null,
    createdAt: created.createdAt,
    endedAt: null,
  };
  const [written] = (await insert(store.db, row)).rows;
  return written === undefined ? null : readRun(written);
}

/**
 * A running run without an owner is one whose process recover() found gone. One of our own may have lost its session, for
 * its end could not be written; that it has none is for the caller to know.
 */
export async function takeRun(store: Store, id: string): Promise<boolean> {
  const { changed } = await take(store.db, { id, owner: store.owner });
  return changed === 1;
}

/** Ends a run that is queued, or running under us or under nobody. False when it ended before, or runs under another process. */
export async function endRun(store: Store, id: string, end: RunEnding): Promise<boolean> {
  const { changed } = await finish(store.db, {
    id,
    owner: store.owner,
    state: runState.parse(end.state),
    endReason: end.reason,
    result: end.result === null ? null : encode(runResult, end.result),
    model: end.model,
    endedAt: store.now(),
  });
  return changed === 1;
}

/** Called under the lock, so every other owner is gone: their runs may be taken again. */
export async function recoverRuns(store: Store): Promise<void> {
  await store.db
    .updateTable('run')
    .set({ owner: null })
    .where('state', '=', 'running')
    .where('owner', '<>', store.owner)
    .execute();
}

const byId = builtOnce((db, { id }: { readonly id: string }) => db.selectFrom('run').selectAll().where('id', '=', id));

const insert = builtOnce((db, row: RunTable) =>
  db
    .insertInto('run')
    .values(row)
    .onConflict((conflict) => conflict.columns(['subject', 'attempt', 'causeKey']).doNothing())
    .returningAll(),
);

type Ours = { readonly id: string; readonly owner: string };

const take = builtOnce((db, of: Ours) => ofOurs(db, of).set({ state: 'running', owner: of.owner }));

const finish = builtOnce(
  (
    db,
    { id, owner, ...end }: Ours & Pick<RunTable, 'state' | 'endReason' | 'result' | 'model'> & { endedAt: EpochMs },
  ) => ofOurs(db, { id, owner }).set({ ...end, owner: null }),
);

/** Queued, or running under us or under nobody. */
function ofOurs(db: Kysely<Tables>, { id, owner }: Ours) {
  return db
    .updateTable('run')
    .where('id', '=', id)
    .where((where) =>
      where.or([
        where('state', '=', 'queued'),
        where.and([where('state', '=', 'running'), where.or([where('owner', '=', owner), where('owner', 'is', null)])]),
      ]),
    );
}

/** Rows are never deleted, so SQLite numbers them as they come. A clock may be put back; the order of what happened may not. */
const AS_WRITTEN = sql<number>`rowid`;

const LIVE_STATES: readonly RunState[] = ['queued', 'running'];

const counting = builtOnce((db, since: Since) =>
  db
    .selectFrom('run')
    .selectAll()
    .where((where) =>
      where.or([
        where('state', 'in', LIVE_STATES),
        where('subject', 'in', liveSubjects(db, since)),
        where.and([where('subjectKind', '=', 'pull-request'), where('createdAt', '>=', since.pullRequests)]),
      ]),
    )
    .orderBy(AS_WRITTEN),
);

const remark = shape<Remark>()(
  z.strictObject({
    id: text,
    threadId: text.nullable(),
    by: text,
    path: text.nullable(),
    line: integer.nullable(),
    text,
  }),
);

const cause = shape<Cause>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('implement') }),
    z.strictObject({ kind: z.literal('findings'), verdictId: text }),
    z.strictObject({ kind: z.literal('checks-failed'), head: text, checks: z.array(text).readonly() }),
    z.strictObject({ kind: z.literal('conflict'), base: text, head: text }),
    z.strictObject({ kind: z.literal('review'), head: text, base: text, digest: text }),
    z.strictObject({ kind: z.literal('audit'), head: text, base: text, digest: text }),
    z.strictObject({ kind: z.literal('remarks'), remarks: z.array(remark).readonly() }),
    z.strictObject({ kind: z.literal('revert'), mergeCommit: text }),
    z.strictObject({ kind: z.literal('crashed'), runId: text }),
    z.strictObject({ kind: z.literal('answer'), commentId: text, by: text, text }),
  ]),
);

const finding = shape<Finding>()(
  z.strictObject({
    path: text,
    line: integer.nullable(),
    severity: z.enum(['blocker', 'major', 'minor']),
    comment: text,
  }),
);

const criterion = shape<Criterion>()(z.strictObject({ criterion: text, met: z.boolean(), evidence: text }));

const runResult = shape<RunResult>()(
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('work'),
      head: text,
      base: text,
      summary: text,
      commitTitle: text,
      answers: z
        .array(z.strictObject({ id: text, changed: z.boolean(), text }))
        .readonly()
        .exactOptional(),
    }),
    z.strictObject({
      kind: z.literal('review'),
      decision: z.enum(['approve', 'request-changes']),
      summary: text,
      findings: z.array(finding).readonly(),
      head: text,
      base: text,
      digest: text,
    }),
    z.strictObject({
      kind: z.literal('audit'),
      decision: z.enum(['pass', 'fail']),
      summary: text,
      criteria: z.array(criterion).readonly(),
      head: text,
      base: text,
      digest: text,
    }),
  ]),
);

const runState = shape<RunState>()(
  z.enum([
    'queued',
    'running',
    'awaiting-human',
    'postponed',
    'succeeded',
    'failed',
    'timed-out',
    'stalled',
    'cancelled',
  ]),
);

const subject = shape<Subject>()(
  text.transform((key, context): Subject => {
    const found = parseSubject(key);
    if (found !== null) return found;
    context.addIssue({ code: 'custom', message: `"${key}" is no subject` });
    return z.NEVER;
  }),
);

const runRow = shape<Run>()(
  z.object({
    id: text,
    subject,
    issueKey: text.nullable(),
    repository: text,
    role: z.enum(ROLES),
    cause: json(cause),
    attempt: integer,
    sessionId: text,
    state: runState,
    endReason: text.nullable(),
    result: json(runResult).nullable(),
    model: text.nullable(),
    createdAt: integer,
    endedAt: integer.nullable(),
  }),
);

function readRun(row: unknown): Run {
  return readRow('run', runRow, row);
}
