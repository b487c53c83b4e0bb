/** What `check` asks Linear: who the key is, and everything it can see that a configuration names. */
import type { WorkflowState } from '../domain/issue.ts';
import type { TrackerAccess } from '../heartbeat/access.ts';
import { allPages, type Page } from './all-pages.ts';
import { LABELS, PROJECTS, STATES, TEAMS, USERS, WHO } from './documents.ts';
import type { LinearRequest } from './linear-request.ts';
import { labelsAnswer, projectsAnswer, statesAnswer, teamsAnswer, usersAnswer, whoAnswer } from './wire.ts';

const ATTEMPTED = 'read what the Linear key can see';
const PER_PAGE = 60;

export async function readAccess(request: LinearRequest): Promise<TrackerAccess> {
  const all = <T>(read: (variables: { first: number; after: string | null }) => Promise<Page<T>>) =>
    allPages(ATTEMPTED, (after) => read({ first: PER_PAGE, after }));

  const { viewer, organization } = await request.send(ATTEMPTED, WHO, {}, whoAnswer);
  const teams = await all(async (page) => (await request.send(ATTEMPTED, TEAMS, page, teamsAnswer)).teams);
  const states = await all(async (page) => {
    return (await request.send(ATTEMPTED, STATES, { ...page, filter: {} }, statesAnswer)).workflowStates;
  });
  const labels = await all(async (page) => (await request.send(ATTEMPTED, LABELS, page, labelsAnswer)).issueLabels);
  const projects = await all(async (page) => (await request.send(ATTEMPTED, PROJECTS, page, projectsAnswer)).projects);
  const users = await all(async (page) => (await request.send(ATTEMPTED, USERS, page, usersAnswer)).users);

  const inOrder = states.toSorted((one, other) => one.position - other.position);
  return {
    viewer,
    organization: organization.name,
    teams: teams.map(({ key, name }) => ({
      key,
      name,
      states: inOrder
        .filter((state) => state.team.key === key)
        .map(({ id, name: stateName, type }): WorkflowState => ({ id, name: stateName, type })),
      labels: labels.filter(({ team }) => !team || team.key === key).map((label) => label.name),
    })),
    projects: projects.map((project) => project.name),
    users,
  };
}
