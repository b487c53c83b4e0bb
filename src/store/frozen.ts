/** Repositories where merging is frozen until a person looked. */
import { z } from 'zod';
import { readRow, text } from './columns.ts';
import type { Store } from './store.ts';

/** Reasons by repository. */
export async function frozen(store: Store): Promise<ReadonlyMap<string, string>> {
  const rows = await store.db.selectFrom('frozen').select(['repository', 'reason']).orderBy('repository').execute();
  return new Map(
    rows.map((row) => {
      const { repository, reason } = readRow('frozen', frozenRow, row);
      return [repository, reason];
    }),
  );
}

/** The first reason stands until the thaw: it is what a person has to look at. */
export async function freeze(store: Store, repository: string, reason: string): Promise<void> {
  await store.db
    .insertInto('frozen')
    .values({ repository, reason, at: store.now() })
    .onConflict((conflict) => conflict.column('repository').doNothing())
    .execute();
}

export async function thaw(store: Store, repository: string): Promise<void> {
  await store.db.deleteFrom('frozen').where('repository', '=', repository).execute();
}

const frozenRow = z.object({ repository: text, reason: text });
