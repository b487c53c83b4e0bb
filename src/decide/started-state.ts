/** The state that an issue is put in when work on it starts. */
import type { WorkflowState } from '../domain/issue.ts';
import type { IssueCase } from './issue-case.ts';

/** Undefined where the team has no such state: then the issue stays where it is. */
export function startedState({ project, states }: Pick<IssueCase, 'project' | 'states'>): WorkflowState | undefined {
  const started = states.filter((state) => state.type === 'started');
  const wanted = project.states.started;
  return wanted === null ? started[0] : started.find((state) => state.name === wanted);
}
