/**
 * One tick's decisions: a pure function from what is known to what to do, and to what people see. The duties stand in
 * HEARTBEAT.md's order, a file each in duties/.
 */
import type { Action } from '../domain/action.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { careForIssues } from './duties/care.ts';
import { dispatchNew } from './duties/dispatch.ts';
import { mergeInTurn } from './duties/merge.ts';
import { reconcileRecords } from './duties/reconcile.ts';
import { reportToPeople } from './duties/report.ts';
import { reviewPullRequests } from './duties/review.ts';
import { steerByCommands } from './duties/steer.ts';
import { type IssueView, type PullRequestView, viewAtRest } from './issue-view.ts';
import { byKey } from './order.ts';
import { frozenNow, watchedBases } from './red-base.ts';
import { createSight } from './sight.ts';
import { createTurn } from './turn.ts';

export interface Decision {
  readonly actions: readonly Action[];
  /** By key. */
  readonly issues: readonly IssueView[];
  readonly pullRequests: readonly PullRequestView[];
}

export function decide(snapshot: Snapshot): Decision {
  const { duties } = snapshot;
  const bases = watchedBases(snapshot);
  const sight = createSight({ ...snapshot, frozen: frozenNow(snapshot, bases) });
  const turn = createTurn(snapshot);
  if (duties.has('reconcile')) reconcileRecords(sight, turn);
  if (duties.has('steer')) steerByCommands(sight, turn);
  const queue = duties.has('care') ? careForIssues(sight, turn) : { candidates: [], holders: [] };
  mergeInTurn({ sight, queue, bases, before: snapshot, on: duties.has('merge') }, turn);
  if (duties.has('review')) reviewPullRequests(sight, turn);
  if (duties.has('dispatch')) dispatchNew(sight, turn);
  // Whoever asks sees every issue we know, also those this turn had no care for.
  for (const record of snapshot.records) turn.views.has(record.issueId) || turn.view(viewAtRest(sight, turn, record));
  if (duties.has('report')) reportToPeople(sight, turn);
  return {
    actions: turn.actions,
    issues: [...turn.views.values()].sort(byKey),
    pullRequests: turn.pullRequests,
  };
}
