/** Which interrupted runs may go on? Those that the first look after a start says nothing against. */
import type { Action } from '../domain/action.ts';
import type { Run } from '../domain/run.ts';

/**
 * What a person said while nobody was there is known only after that look, and a session that went on before it would spend
 * money on work that was taken away. Runs of an issue that is about to be ended are left for the next decision.
 */
export function goingOn(interrupted: readonly Run[], actions: readonly Action[]): readonly Run[] {
  const ended = new Set(actions.flatMap((action) => (action.kind === 'cancel-run' ? [action.runId] : [])));
  const left = new Set(
    actions.flatMap((action) =>
      action.kind === 'update-record' && action.change.phase !== undefined && action.change.phase !== 'active'
        ? [action.issueId]
        : [],
    ),
  );
  return interrupted.filter(
    ({ id, subject }) => !ended.has(id) && !(subject.kind === 'issue' && left.has(subject.issueId)),
  );
}
