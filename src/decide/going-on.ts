/** Which live runs without a session may go on? Those that the look says nothing against. */
import type { Action } from '../domain/action.ts';
import { isLive, type Run } from '../domain/run.ts';

/**
 * A run loses its session when the bot dies, and when its rows could not be written, as on a full disk. What a person said
 * meanwhile is known only after a look, and a session that went on before it would spend money on work that was taken away:
 * runs of an issue that is about to be ended are left for the next one. Plain code's own runs have no session, the tick does
 * the same act again.
 */
export function goingOn(
  runs: readonly Run[],
  sessions: readonly { readonly runId: string }[],
  actions: readonly Action[],
): readonly Run[] {
  const busy = new Set(sessions.map((session) => session.runId));
  const ended = new Set(actions.flatMap((action) => (action.kind === 'cancel-run' ? [action.runId] : [])));
  const left = new Set(
    actions.flatMap((action) =>
      action.kind === 'update-record' && action.change.phase !== undefined && action.change.phase !== 'active'
        ? [action.issueId]
        : [],
    ),
  );
  return runs.filter(
    ({ id, state, role, subject }) =>
      isLive(state) &&
      role !== 'orchestrator' &&
      !busy.has(id) &&
      !ended.has(id) &&
      !(subject.kind === 'issue' && left.has(subject.issueId)),
  );
}
