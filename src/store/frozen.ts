/** Repositories where merging is frozen, and why: until a person looked, or until a red branch is green again. */
import { z } from 'zod';
import type { Freeze } from '../domain/snapshot.ts';
import { readRow, shape, text } from './columns.ts';
import type { Store } from './store.ts';

/** By repository. */
export async function frozen(store: Store): Promise<ReadonlyMap<string, Freeze>> {
  const rows = await store.db
    .selectFrom('frozen')
    .select(['repository', 'reason', 'cause', 'branch', 'sha'])
    .orderBy('repository')
    .execute();
  return new Map(rows.map(({ repository, ...row }) => [repository, readRow('frozen', frozenRow, row)]));
}

/** The first freeze stands until the thaw: it is what a person has to look at. Only a bad merge outranks a red base. */
export async function freeze(store: Store, repository: string, { reason, cause, branch, sha }: Freeze): Promise<void> {
  const row = { reason, cause, branch, sha, at: store.now() };
  // One statement: between two, a thaw of the red base took the bad merge's freeze with it.
  await store.db
    .insertInto('frozen')
    .values({ repository, ...row })
    .onConflict((conflict) => {
      const standing = conflict.column('repository');
      return cause === 'bad-merge'
        ? standing.doUpdateSet(row).where('frozen.cause', '=', 'red-base')
        : standing.doNothing();
    })
    .execute();
}

export async function thaw(store: Store, repository: string, cause?: Freeze['cause']): Promise<void> {
  const rows = store.db.deleteFrom('frozen').where('repository', '=', repository);
  await (cause === undefined ? rows : rows.where('cause', '=', cause)).execute();
}

const frozenRow = shape<Freeze>()(
  z.object({
    reason: text,
    cause: z.enum(['bad-merge', 'red-base']),
    branch: text.nullable(),
    sha: text.nullable(),
  }),
);
