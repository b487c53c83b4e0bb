/**
 * Moves an issue along its team's states. Linear has no precondition, so it is read right before: where a person dragged it
 * since the look, nothing is moved, and the next look decides what that means.
 */
import type { MoveIssue } from '../../domain/action.ts';
import type { Effect } from '../../domain/effect.ts';
import type { Issue } from '../../domain/issue.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import { type OutsideWrite, requireWanted } from './outside-write.ts';

export const moveIssue: OutsideWrite<MoveIssue> = {
  async look(action, { tracker }) {
    const issue = await tracker.issue(action.issueId);
    return issue?.state.id === action.toStateId ? (issue.lastMove?.historyId ?? action.toStateId) : null;
  },
  async perform(action, { tracker, journal }) {
    const attempted = `move ${action.issueKey} to ${action.toStateName}`;
    const issue = await tracker.issue(action.issueId);
    if (issue === null || issue.archived) throw new OutsideError('refused', attempted, 'the issue is gone or archived');
    if (issue.state.id === action.toStateId) return issue.lastMove?.historyId ?? action.toStateId;
    const there = isAsSeen(action, issue) || isOurs(action, issue, await journal.effectsOf(action.subject));
    if (!there || !action.fromTypes.includes(issue.state.type)) {
      throw new OutsideError(
        // Out of a state that is none of ours to leave, no later look moves it either.
        there ? 'refused' : 'conflict',
        attempted,
        `${issue.lastMove?.actor.name ?? 'somebody'} moved it to ${issue.state.name} meanwhile`,
      );
    }
    await requireWanted(action, journal);
    return (await tracker.moveIssue(action.issueId, action.toStateId)) ?? action.toStateId;
  },
};

function isAsSeen(action: MoveIssue, issue: Issue): boolean {
  return issue.state.id === action.fromStateId;
}

/** Our own earlier move, which the look did not show yet: known by its history entry, or by its state where Linear named none. */
function isOurs({ subject }: MoveIssue, issue: Issue, effects: ReadonlyMap<string, Effect>): boolean {
  const known = [issue.lastMove?.historyId, issue.state.id];
  return [...effects.values()].some(
    ({ kind, subject: of, outsideId }) =>
      kind === 'move-issue' && of === subject && outsideId !== null && known.includes(outsideId),
  );
}
