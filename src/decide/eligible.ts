/** May work on this issue start? The tree says for every rule why, so that `why` can answer "why is it not running?". */
import type { Actor, Issue, WorkflowState } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { RepositoryView } from '../domain/pull-request.ts';
import type { Person, ProjectSettings } from '../domain/settings.ts';
import type { Known } from '../domain/snapshot.ts';
import { all, no, type Verdict, wait, yes } from '../domain/verdict.ts';

export interface EligibleFacts {
  readonly issue: Issue;
  readonly project: ProjectSettings;
  readonly states: readonly WorkflowState[];
  readonly people: readonly Person[];
  readonly repository: Known<RepositoryView> | undefined;
  readonly record: IssueRecord | null;
  /** Who said /stop since the issue was put here; null when nobody did. */
  readonly stoppedBy: string | null;
  /** Null when there is money left; otherwise which cap is used up. */
  readonly brokeBecause: string | null;
}

export function eligible(facts: EligibleFacts): Verdict {
  return all(
    'eligible',
    [
      state(facts),
      selection(facts),
      ticket(facts),
      fresh(facts),
      mover(facts),
      stopped(facts),
      blockers(facts),
      repository(facts),
      money(facts),
    ],
    `${facts.issue.key} is ready to start.`,
  );
}

/** Is this issue one that the project would take, were it in the right state and by the right person? */
export function belongsTo(issue: Issue, project: ProjectSettings): boolean {
  return selectionMiss(issue, project) === null;
}

/** The move that put the issue where it is: the name a claim is remembered by. */
export function moveOf(issue: Issue): string {
  return issue.lastMove?.historyId ?? `created:${issue.id}`;
}

export function moverOf(issue: Issue): Actor {
  return issue.lastMove?.actor ?? issue.creator;
}

export function allowed(actor: Actor, people: readonly Person[]): boolean {
  if (actor.kind !== 'person' || actor.email === null) return false;
  const email = actor.email.toLowerCase();
  return people.some((person) => person.linear?.toLowerCase() === email);
}

function state({ issue, project, states }: EligibleFacts): Verdict {
  const todo = project.states.todo;
  if (!states.some((one) => one.name === todo)) {
    const names = states.map((one) => one.name).join(', ');
    return no(
      'state',
      `Team ${project.team} has no state "${todo}" (it has: ${names}). Correct projects.${project.name}.states.todo.`,
    );
  }
  if (issue.archived) return no('state', `${issue.key} is archived.`);
  return issue.state.name === todo
    ? yes('state', `In ${todo}.`)
    : no('state', `${issue.key} is in ${issue.state.name}; work starts from ${todo}.`);
}

function selection({ issue, project }: EligibleFacts): Verdict {
  const miss = selectionMiss(issue, project);
  return miss === null ? yes('selection', `Belongs to project ${project.name}.`) : no('selection', miss);
}

/** Null when the issue is one of the project's; otherwise what it lacks. */
export function selectionMiss(issue: Issue, project: ProjectSettings): string | null {
  if (issue.teamKey !== project.team) return `${issue.key} is in team ${issue.teamKey}, not ${project.team}.`;
  if (project.linearProject !== null && issue.projectName !== project.linearProject) {
    return `${issue.key} is not in the Linear project "${project.linearProject}".`;
  }
  const missing = project.labels.filter((label) => !issue.labels.includes(label));
  if (missing.length > 0) return `${issue.key} lacks the label ${missing.map((label) => `"${label}"`).join(' and ')}.`;
  if (project.assignee !== null && !issue.assignees.includes(project.assignee.toLowerCase())) {
    return `${issue.key} is neither assigned nor delegated to ${project.assignee}.`;
  }
  return null;
}

function ticket({ issue }: EligibleFacts): Verdict {
  if (issue.title.trim() === '') return no('ticket', `${issue.key} has no title: say what should change.`);
  if (issue.description.trim() === '')
    return no(
      'ticket',
      `${issue.key} has no description: say what should change and how one can tell that it is done.`,
    );
  return yes('ticket', 'Has a title and a description.');
}

function fresh({ issue, record }: EligibleFacts): Verdict {
  if (record === null) return yes('fresh', 'Not worked on before.');
  if (record.claimedMove === moveOf(issue)) {
    const why = record.reason === null ? '' : ` (${record.reason})`;
    return no(
      'fresh',
      `This move to ${issue.state.name} was taken up already${why}. Move it away and back to start again.`,
    );
  }
  return yes('fresh', `Moved here again after attempt ${record.attempt}.`);
}

function mover({ issue, people }: EligibleFacts): Verdict {
  const actor = moverOf(issue);
  const deed = issue.lastMove === null ? 'created' : 'moved';
  if (actor.kind === 'automation')
    return no(
      'mover',
      `${issue.key} was ${deed} here by an automation (${actor.name}), not by a person: it starts nothing.`,
    );
  return allowed(actor, people)
    ? yes('mover', `${actor.name} ${deed} it here.`)
    : no(
        'mover',
        `${actor.name}${actor.email === null ? '' : ` <${actor.email}>`} ${deed} it here but is not in \`people\`: only people listed there can start work.`,
      );
}

function stopped({ issue, stoppedBy }: EligibleFacts): Verdict {
  return stoppedBy === null
    ? yes('stop', 'Nobody stopped it.')
    : no('stop', `${stoppedBy} said /stop. Move ${issue.key} away and back to start it.`);
}

function blockers({ issue }: EligibleFacts): Verdict {
  const open = issue.blockers.filter((blocker) => !blocker.settled).map((blocker) => blocker.key);
  return open.length === 0 ? yes('blockers', 'Nothing blocks it.') : wait('blockers', `Blocked by ${open.join(', ')}.`);
}

function repository({ project, repository: view }: EligibleFacts): Verdict {
  if (view === undefined) return wait('repository', `${project.repository} has not been read yet.`);
  return view.known
    ? yes('repository', `${project.repository} is reachable.`)
    : wait('repository', `${project.repository} cannot be read: ${view.reason}`);
}

function money({ brokeBecause }: EligibleFacts): Verdict {
  return brokeBecause === null ? yes('money', 'There is money left.') : wait('money', brokeBecause);
}
