/** What became of a batch's merge, by the ledger and by what GitHub shows. */
import type { PullRequest } from '../domain/pull-request.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { type Batch, isLookedAt, landedBatch, mayLand, mergeAskedAt } from './batch.ts';
import { LAG_MS } from './issue-case.ts';
import type { Sight } from './sight.ts';

/** The commit it landed as; also where the answer to our call never came, and GitHub shows it as merged. */
export function landedAs({ snapshot }: Sight, batch: Batch): string | null {
  const { effects } = snapshot;
  const known = landedBatch(effects, batch);
  if (known !== null || !mayLand(effects, batch)) return known;
  const shown = shownAs(snapshot, batch);
  return shown?.state === 'merged' && shown.head === batch.pullRequest?.head ? shown.mergeCommit : null;
}

function shownAs({ repositories }: Snapshot, { repository, pullRequest }: Batch): PullRequest | undefined {
  const view = repositories.get(repository);
  return view?.known === true ? view.value.pullRequests.find((one) => one.number === pullRequest?.number) : undefined;
}

/**
 * Its merge was asked for, and nobody answered. Of one that was dropped no call is made any more: once GitHub had time to show
 * what the last one did and shows no merge of this head, nothing of it is on its way.
 */
export function mayStillLand({ snapshot }: Sight, batch: Batch): boolean {
  const { effects, now } = snapshot;
  if (!mayLand(effects, batch)) return false;
  const shown = shownAs(snapshot, batch);
  if (shown?.state === 'merged') return shown.head === batch.pullRequest?.head;
  return batch.dropped === null || now - mergeAskedAt(effects, batch) < LAG_MS;
}

/** Nothing else lands until it is known what became of its merge, and that this is what was tested. */
export function isOpenEnded(sight: Sight, batch: Batch): boolean {
  const commit = landedAs(sight, batch);
  return commit === null ? mayStillLand(sight, batch) : !isLookedAt(sight.snapshot.reported, batch, commit);
}
