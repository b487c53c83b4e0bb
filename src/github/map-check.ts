/** A check run or a commit status in the words of the domain: one kind of thing, each bound to the commit it speaks of. */
import type { Check, CheckState } from '../domain/pull-request.ts';
import type { WireCheck, WireCheckRun, WireStatus } from './wire.ts';

export function mapCheck(wire: WireCheck, sha: string): Check {
  if (wire.__typename === 'CheckRun') {
    const { name, databaseId, completedAt, detailsUrl, checkSuite } = wire;
    const state = checkRunState(wire);
    const app = checkSuite?.app?.slug ?? null;
    return {
      kind: 'check-run',
      name,
      id: databaseId ?? null,
      state,
      sha,
      app,
      url: detailsUrl ?? null,
      at: completedAt ?? null,
    };
  }
  const state = statusState(wire.state);
  const at = state === 'success' || state === 'failure' ? wire.createdAt : null;
  const app = wire.creator?.login ?? null;
  return { kind: 'status', name: wire.context, id: null, state, sha, app, url: wire.targetUrl ?? null, at };
}

function checkRunState({ status, conclusion }: WireCheckRun): CheckState {
  if (status === 'IN_PROGRESS') return 'running';
  if (status !== 'COMPLETED') return 'queued';
  switch (conclusion) {
    case 'SUCCESS':
      return 'success';
    case 'FAILURE':
    case 'STARTUP_FAILURE':
      return 'failure';
    case 'CANCELLED':
      return 'cancelled';
    case 'SKIPPED':
      return 'skipped';
    case 'NEUTRAL':
      return 'neutral';
    case 'TIMED_OUT':
      return 'timed-out';
    case 'ACTION_REQUIRED':
      return 'action-required';
    case 'STALE':
      return 'stale';
    case null:
    case undefined:
      // Completed and no conclusion yet: the result is on its way.
      return 'running';
  }
}

function statusState(state: WireStatus['state']): CheckState {
  switch (state) {
    case 'SUCCESS':
      return 'success';
    case 'FAILURE':
    case 'ERROR':
      return 'failure';
    case 'PENDING':
      return 'running';
    case 'EXPECTED':
      return 'queued';
  }
}
