/** Which subjects still matter: rows of all others stay in the file for `why`, but no tick reads them. */
import type { Kysely } from 'kysely';
import type { EpochMs } from '../domain/issue.ts';
import type { Phase } from '../domain/issue-record.ts';
import type { Tables } from './schema.ts';
import type { Store } from './store.ts';

/** How long reviews of other people's pull requests are remembered in each tick. */
const PULL_REQUEST_DAYS_MAX = 30;

/** A record that ended is looked at this much longer: its last words still have to leave, over a weekend if need be. */
const ENDED_DAYS_MAX = 3;

export const DAY_MS = 24 * 60 * 60 * 1000;

export const LIVE_PHASES: readonly Phase[] = ['active', 'parked'];

/** Since when what is no longer live still counts. */
export interface Since {
  readonly ended: EpochMs;
  readonly pullRequests: EpochMs;
}

export function sinceOf({ now }: Pick<Store, 'now'>): Since {
  return { ended: now() - ENDED_DAYS_MAX * DAY_MS, pullRequests: now() - PULL_REQUEST_DAYS_MAX * DAY_MS };
}

/** Subjects of the records that are at work, parked or ended lately, and of their pull requests. */
export function liveSubjects(db: Kysely<Tables>, { ended }: Since) {
  const live = db
    .selectFrom('issue')
    .where((where) => where.or([where('phase', 'in', LIVE_PHASES), where('updatedAt', '>=', ended)]));
  return live
    .select('subject')
    .unionAll(
      live.where('pullSubject', 'is not', null).select((row) => row.ref('pullSubject').$notNull().as('subject')),
    );
}
