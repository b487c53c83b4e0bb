/** What Linear shows, held against the configuration: every name a project uses must exist there. */
import { nearest } from '../../config/nearest.ts';
import type { WorkflowState } from '../../domain/issue.ts';
import type { Person, ProjectSettings } from '../../domain/settings.ts';
import type { TrackerAccess } from '../../heartbeat/access.ts';
import { type CheckLine, type LineMaker, type Look, linesAbout, listed } from './check-line.ts';

export interface LinearFacts {
  readonly access: Look<TrackerAccess>;
  readonly projects: readonly ProjectSettings[];
  readonly people: readonly Person[];
}

export function judgeLinear({ access, projects, people }: LinearFacts): readonly CheckLine[] {
  const key = linesAbout('linear', 'key');
  if (!access.known) return [key.fail(access.reason, keyFix(access))];
  const { viewer, organization } = access.value;
  const who = `${viewer.name} <${viewer.email}> in ${organization}`;
  return [
    key.ok(`acts as ${who}; what the bot writes appears under that name.`),
    ...projects.flatMap((project) => projectLines(project, access.value)),
    ...people.flatMap((person) => personLines(person, access.value)),
  ];
}

function keyFix({ kind }: Extract<Look<unknown>, { known: false }>): string {
  switch (kind) {
    case 'unauthorised':
      return 'Make a new key in Linear under Settings > Security & access > Personal API keys.';
    case 'limited':
      return "The key's allowance is used up: wait, or use a key of another account.";
    default:
      return 'See that linear.apiUrl is right and can be reached from here.';
  }
}

function projectLines(project: ProjectSettings, access: TrackerAccess): readonly CheckLine[] {
  const line = linesAbout('linear', project.name);
  const team = access.teams.find(({ key }) => key === project.team);
  if (team === undefined) {
    const keys = access.teams.map(({ key, name }) => `${key} (${name})`);
    const fix = `Correct projects.${project.name}.team${guess(
      project.team,
      access.teams.map(({ key }) => key),
    )}, or give the key access to that team.`;
    return [line.fail(`the key sees no team ${project.team}; it sees ${listed(keys)}.`, fix)];
  }
  return [
    line.ok(`team ${team.key} is ${team.name}.`),
    ...stateLines(project, team.states, line),
    ...selectionLines(project, team.labels, access, line),
  ];
}

function stateLines(project: ProjectSettings, states: readonly WorkflowState[], line: LineMaker): readonly CheckLine[] {
  const { todo, started, review, done } = project.states;
  return [
    todoLine(project, todo, states, line),
    stateLine({ project, role: 'started', name: started, type: 'started', states, line }),
    ...(review === null ? [] : [stateLine({ project, role: 'review', name: review, type: 'started', states, line })]),
    stateLine({ project, role: 'done', name: done, type: 'completed', states, line }),
  ];
}

function todoLine(
  project: ProjectSettings,
  todo: string,
  states: readonly WorkflowState[],
  line: LineMaker,
): CheckLine {
  const state = states.find(({ name }) => name === todo);
  if (state === undefined) return noState(project, 'todo', todo, states, line);
  switch (state.type) {
    case 'unstarted':
      return line.ok(`work starts from ${todo}.`);
    case 'started':
      return line.warn(
        `work starts from ${todo}, which is of type started, so an issue is not moved when work on it begins.`,
        `Name a state of type unstarted in projects.${project.name}.states.todo.`,
      );
    case 'triage':
    case 'backlog':
    case 'completed':
    case 'canceled':
    case 'duplicate':
      return line.fail(
        `work is to start from ${todo}, which is of type ${state.type}: the bot does not look there.`,
        `Name a state of type unstarted in projects.${project.name}.states.todo.`,
      );
  }
}

interface StateQuestion {
  readonly project: ProjectSettings;
  readonly role: 'started' | 'review' | 'done';
  /** Null: the team's first state of `type`. */
  readonly name: string | null;
  readonly type: 'started' | 'completed';
  readonly states: readonly WorkflowState[];
  readonly line: LineMaker;
}

function stateLine({ project, role, name, type, states, line }: StateQuestion): CheckLine {
  const place = `projects.${project.name}.states.${role}`;
  const first = states.find((state) => state.type === type);
  if (name === null) {
    return first === undefined
      ? line.fail(`the team has no state of type ${type}, where ${role} issues would go.`, 'Add one on Linear.')
      : line.ok(`${MOVED[role]} ${first.name}.`);
  }
  const state = states.find((candidate) => candidate.name === name);
  if (state === undefined) return noState(project, role, name, states, line);
  if (state.type === type) return line.ok(`${MOVED[role]} ${name}.`);
  const fitting = listed(states.filter((candidate) => candidate.type === type).map((candidate) => candidate.name));
  return line.fail(
    `${place} is ${name}, which is of type ${state.type}: no issue would be moved there rightly.`,
    `Name one of type ${type} (${fitting}).`,
  );
}

const MOVED = {
  started: 'when work begins an issue moves to',
  review: 'while it is reviewed an issue stands in',
  done: 'when it is merged an issue moves to',
} as const;

function noState(
  project: ProjectSettings,
  role: string,
  name: string,
  states: readonly WorkflowState[],
  line: LineMaker,
): CheckLine {
  const names = states.map((state) => state.name);
  return line.fail(
    `team ${project.team} has no state "${name}"; it has ${listed(names)}.`,
    `Correct projects.${project.name}.states.${role}${guess(name, names)}.`,
  );
}

function selectionLines(
  project: ProjectSettings,
  labels: readonly string[],
  access: TrackerAccess,
  line: LineMaker,
): readonly CheckLine[] {
  const { name, linearProject, assignee } = project;
  const lines: CheckLine[] = [];
  for (const label of project.labels) {
    lines.push(
      labels.includes(label)
        ? line.ok(`only issues labelled ${label}.`)
        : line.fail(
            `no label "${label}" exists, so no issue can ever carry it; there is ${listed(labels)}.`,
            `Make the label on Linear, or correct projects.${name}.labels${guess(label, labels)}.`,
          ),
    );
  }
  if (linearProject !== null) {
    lines.push(
      access.projects.includes(linearProject)
        ? line.ok(`only issues of the Linear project ${linearProject}.`)
        : line.fail(
            `the key sees no Linear project "${linearProject}"; it sees ${listed(access.projects)}.`,
            `Correct projects.${name}.linearProject${guess(linearProject, access.projects)}.`,
          ),
    );
  }
  if (assignee !== null) {
    // Agents and integrations can be delegates without being in the list of users.
    lines.push(
      isUser(assignee, access)
        ? line.ok(`only issues of ${assignee}.`)
        : line.warn(
            `Linear lists no user ${assignee}, so perhaps no issue can be assigned to them.`,
            `See that projects.${name}.assignee is the address Linear shows.`,
          ),
    );
  }
  return lines;
}

function personLines({ name, linear }: Person, access: TrackerAccess): readonly CheckLine[] {
  if (linear === null) return [];
  const line = linesAbout('linear', name);
  return isUser(linear, access)
    ? [line.ok(`${linear} may start and steer work.`)]
    : [
        line.warn(
          `Linear knows nobody by ${linear}, so ${name} can start nothing.`,
          'Write the address that Linear shows in the profile of that person.',
        ),
      ];
}

function isUser(email: string, { users }: TrackerAccess): boolean {
  return users.some((user) => user.email.toLowerCase() === email.toLowerCase());
}

function guess(typed: string, names: readonly string[]): string {
  const found = nearest(typed, names);
  return found === null ? '' : ` (did you mean ${found}?)`;
}
