/** Moves an issue along its team's states. Linear has no precondition, so the state is read right before: humans win. */
import type { MoveIssue } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { OutsideWrite } from './outside-write.ts';

export const moveIssue: OutsideWrite<MoveIssue> = {
  async look(action, { tracker }) {
    const issue = await tracker.issue(action.issueId);
    return issue?.state.id === action.toStateId ? (issue.lastMove?.historyId ?? action.toStateId) : null;
  },
  async perform(action, { tracker }) {
    const attempted = `move ${action.issueKey} to ${action.toStateName}`;
    const issue = await tracker.issue(action.issueId);
    if (issue === null || issue.archived) throw new OutsideError('refused', attempted, 'the issue is gone or archived');
    if (issue.state.id === action.toStateId) return issue.lastMove?.historyId ?? action.toStateId;
    if (!action.fromTypes.includes(issue.state.type)) {
      throw new OutsideError(
        'refused',
        attempted,
        `${issue.lastMove?.actor.name ?? 'somebody'} moved it to ${issue.state.name} meanwhile`,
      );
    }
    return (await tracker.moveIssue(action.issueId, action.toStateId)) ?? action.toStateId;
  },
};
