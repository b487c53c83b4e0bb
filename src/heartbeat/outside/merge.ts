/**
 * Merges a pull request at exactly the reviewed and checked head. GitHub compares the head only, so the base, the freeze,
 * the issue and the pull request are read once more right before the call.
 */
import { batchesOn } from '../../decide/batch.ts';
import { takenAway } from '../../decide/reconcile.ts';
import type { Enqueue, Merge } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { PullRequest } from '../../domain/pull-request.ts';
import { baseSubject, subjectKey } from '../../domain/run.ts';
import { passesFreeze } from '../../domain/snapshot.ts';
import type { Hands, OutsideWrite } from './outside-write.ts';

export const merge: OutsideWrite<Merge> = {
  async look(action, { forge }) {
    const live = await forge.pullRequest(action.repository, action.number);
    return live?.state === 'merged' && live.head === action.head ? (live.mergeCommit ?? null) : null;
  },
  async perform(action, hands) {
    const { repository, number, head, method, title } = action;
    return hands.forge.merge({ repository, number, head, method, title });
  },
  recheck: (action, hands) => (action.members.length === 0 ? recheck(action, hands) : recheckTogether(action, hands)),
  othersDoToo: true,
};

/** Nothing of it is GitHub's word on the batch: whatever was closed, stopped or dropped meanwhile, the next look decides. */
async function recheckTogether(action: Merge, hands: Hands): Promise<void> {
  const { repository, number, baseBranch } = action;
  const attempted = `merge pull request #${number} of ${repository}`;
  try {
    await recheck(action, hands);
  } catch (error) {
    if (!(error instanceof OutsideError) || (error.kind !== 'refused' && error.kind !== 'missing')) throw error;
    throw new OutsideError('conflict', attempted, error.message);
  }
  // Last: what moved while it waited for its turn has dropped it.
  const own = await hands.journal.effectsOf(baseSubject(repository, baseBranch));
  const dropped = batchesOn(own, repository, baseBranch).some(
    (one) => one.pullRequest?.number === number && one.dropped !== null,
  );
  if (dropped) throw new OutsideError('conflict', attempted, 'it was dropped');
}

async function recheck(action: Merge, hands: Hands): Promise<void> {
  const attempted = `merge pull request #${action.number} of ${action.repository}`;
  const moved = (detail: string): OutsideError => new OutsideError('conflict', attempted, detail);
  const live = await stillOurs(action, attempted, hands);
  if (live.head !== action.head) throw moved(`its head moved to ${live.head}`);
  if (live.base !== action.base) throw moved(`${action.baseBranch} moved to ${live.base}`);
  if (live.mergeable !== 'yes') throw moved('GitHub does not say that it can be merged');
  await Promise.all(
    action.members.map(async ({ issueId, number, head }) => {
      const member = await stillOurs({ ...action, issueId, number }, attempted, hands);
      if (member.head !== head) throw moved(`the head of #${number}, which it brings along, moved to ${member.head}`);
    }),
  );
}

/** The pull request as it is now, when nobody froze, stopped, closed, drafted or redirected it meanwhile; throws otherwise. */
export async function stillOurs(
  action: Pick<Merge | Enqueue, 'issueId' | 'repository' | 'number' | 'baseBranch'>,
  attempted: string,
  { forge, tracker, journal }: Hands,
): Promise<PullRequest> {
  const { issueId } = action;
  const moved = (detail: string): OutsideError => new OutsideError('conflict', attempted, detail);
  const [live, issue] = await Promise.all([
    forge.pullRequest(action.repository, action.number),
    issueId === null ? null : tracker.issue(issueId),
  ]);
  // Last, because people may have said stop while the services took their time.
  const [record, effects, frozen] = await Promise.all([
    issueId === null ? null : journal.record(issueId),
    issueId === null ? new Map() : journal.effectsOf(subjectKey({ kind: 'issue', issueId })),
    journal.frozen(),
  ]);
  const freeze = frozen.get(action.repository);
  if (freeze !== undefined && !passesFreeze(freeze, record)) throw moved(`merging is frozen: ${freeze.reason}`);
  if (live === null) throw new OutsideError('missing', attempted, 'it does not exist any more');
  if (live.state !== 'open') throw new OutsideError('refused', attempted, `it was ${live.state} by somebody else`);
  if (live.draft) throw moved('it was made a draft');
  if (live.baseBranch !== action.baseBranch) throw moved(`it aims at ${live.baseBranch} now`);
  if (issueId !== null) {
    const taken =
      record === null || record.phase !== 'active' ? 'work on it was stopped' : takenAway({ record, issue, effects });
    if (taken !== null) throw moved(taken);
  }
  return live;
}
