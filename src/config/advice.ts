/** What is allowed but unwise: sentences shown at start and by `check`, none of which keeps the bot from running. */

import { isPrivate } from './cross-checks.ts';
import type { SettingsFile } from './schema.ts';

export function advice(file: SettingsFile): readonly string[] {
  return [
    ...exampleAdvice(file),
    ...file.projects.flatMap(projectAdvice),
    ...overlapAdvice(file),
    ...peopleAdvice(file),
    ...familyAdvice(file),
    ...providerAdvice(file),
    ...(file.isolation.driver === 'none'
      ? ['isolation.driver: none lets agents read everything this user can read.']
      : []),
    ...(file.budget.issueUsd > file.budget.dayUsd
      ? ['budget.issueUsd is above budget.dayUsd, so the day is the real limit.']
      : []),
  ];
}

function exampleAdvice(file: SettingsFile): readonly string[] {
  const people = file.people.filter(({ linear }) => linear?.endsWith('@example.com')).map(({ name }) => name);
  const repositories = file.projects.map(({ repository }) => repository).filter((name) => name.startsWith('your-org/'));
  return [
    ...people.map((name) => `people: ${name} still has the example's address.`),
    ...repositories.map((name) => `projects: ${name} is the example's repository.`),
  ];
}

function projectAdvice(project: SettingsFile['projects'][number]): readonly string[] {
  const weak = project.checks.filter(({ app }) => app === null).map(({ name }) => name);
  return [
    ...(project.autoMerge && project.checks.length === 0
      ? [`Project ${project.name} lists no checks, so nothing will ever be merged: name them, or say autoMerge: false.`]
      : []),
    ...(weak.length > 0
      ? [`Project ${project.name} takes ${weak.join(', ')} from anybody who may write statuses: name the app as well.`]
      : []),
  ];
}

function overlapAdvice({ projects }: SettingsFile): readonly string[] {
  return projects.flatMap((project, index) =>
    projects.slice(0, index).flatMap((other) => {
      const apart =
        other.team !== project.team ||
        differ(other.linearProject, project.linearProject) ||
        differ(other.assignee, project.assignee) ||
        other.states.todo !== project.states.todo;
      return apart ? [] : [`One issue can match both project ${other.name} and project ${project.name}.`];
    }),
  );
}

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function peopleAdvice({ people }: SettingsFile): readonly string[] {
  return people.some(({ linear }) => linear !== null)
    ? []
    : ['people: nobody has a linear address, so no issue can be started from Linear.'];
}

/** A reviewer of the same family shares the author's blind spots. */
function familyAdvice({ roles }: SettingsFile): readonly string[] {
  const [dev, review] = [roles.dev?.chain[0], roles.review?.chain[0]];
  if (dev === undefined || review === undefined || family(dev) !== family(review)) return [];
  return [
    `roles.review starts with ${review} and roles.dev with ${dev}: another family of models would review better.`,
  ];
}

/** `openrouter/qwen/qwen3-coder` is of the family qwen: the first word of the model's own name. */
function family(model: string): string {
  return /[a-z]+/i.exec(model.split('/').at(-1) ?? '')?.[0].toLowerCase() ?? model;
}

function providerAdvice({ providers }: SettingsFile): readonly string[] {
  return Object.entries(providers).flatMap(([name, { baseUrl }]) =>
    isPrivate(baseUrl)
      ? []
      : [`providers.${name} is reached over plain http: your code and its key travel in the clear.`],
  );
}
