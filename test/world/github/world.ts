// The one value every part of the stand-in works on: accounts, repositories, clock, numbers, log, and the turn-taking of writers.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createBareRepository } from './git/bare-repository.ts';
import type { Effect, EffectDetail, RequestRecord, Via } from './log.ts';
import type { GithubWorldOptions, RepositoryOptions } from './options.ts';
import { notFound } from './refusal.ts';
import type { Repository, Role, User } from './state.ts';

/** Something the contract checks found wrong: the client's request, our own answer, or a thing nobody has built. */
export interface Violation {
  readonly at: number;
  readonly kind: 'request' | 'response' | 'not-implemented' | 'failure';
  readonly operation: string;
  readonly detail: string;
}

/** Who acts, and by which door. */
export interface Actor {
  readonly login: string;
  readonly via: Via;
}

/** Ways in which a merge can land other than as it was tested; each is reported as done. */
export const mergeCorruptions = [
  /** On top of an older base than the one that was tested. */
  'wrong-parent',
  /** Without a file of the pull request. */
  'dropped-change',
  /** Without what the merge before it brought. */
  'dropped-earlier',
  /** A commit that changes nothing. */
  'empty',
  /** With something that nobody reviewed. */
  'extra-content',
  /** On another branch than the base. */
  'wrong-branch',
  /** Nowhere: the commit is on no branch. */
  'nothing-landed',
  /** As it should be, and the answer names another commit. */
  'other-sha',
] as const;
export type MergeCorruption = (typeof mergeCorruptions)[number];

/** Told of every effect, after it is done. */
export type ChangeListener = (effect: Effect) => void;

/** The whole state, and the few things all acts need. */
export interface World {
  readonly options: GithubWorldOptions;
  /** Base of every address the stand-in tells; known once the server listens. */
  url: string;
  readonly users: ReadonlyMap<string, User>;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly requests: RequestRecord[];
  readonly effects: Effect[];
  readonly violations: Violation[];
  readonly listeners: Set<ChangeListener>;
  readonly background: Set<Promise<void>>;
  turn: Promise<unknown>;
  lastId: number;
  nextCorruption: MergeCorruption | null;
}

/** Makes the repositories' folders and the empty state. */
export async function createWorld(options: GithubWorldOptions): Promise<World> {
  const startedAt = isoTime(options.clock());
  const repositories = new Map<string, Repository>();
  await mkdir(options.root, { recursive: true });
  for (const [index, wanted] of options.repositories.entries()) {
    const repository = createRepository(options.root, wanted, 1000 + index, startedAt);
    await createBareRepository(repository.directory, wanted.defaultBranch);
    repositories.set(repository.fullName, repository);
  }
  return {
    options,
    url: '',
    users: new Map(options.users.map((user) => [user.login, user])),
    repositories,
    requests: [],
    effects: [],
    violations: [],
    listeners: new Set(),
    background: new Set(),
    turn: Promise.resolve(),
    lastId: 5000,
    nextCorruption: null,
  };
}

function createRepository(root: string, wanted: RepositoryOptions, id: number, at: string): Repository {
  return {
    id,
    owner: wanted.owner,
    name: wanted.name,
    fullName: `${wanted.owner}/${wanted.name}`,
    directory: join(root, wanted.owner, `${wanted.name}.git`),
    defaultBranch: wanted.defaultBranch,
    createdAt: at,
    collaborators: new Map(Object.entries(wanted.collaborators)),
    protection: new Map(Object.entries(wanted.protection ?? {})),
    rulesets: new Map(Object.entries(wanted.rulesets ?? {})),
    queues: new Map(),
    mergeMethods: new Set(wanted.mergeMethods ?? ['merge', 'squash', 'rebase']),
    deleteBranchOnMerge: wanted.deleteBranchOnMerge ?? false,
    pushedAt: at,
    refs: new Map(),
    lastNumber: 0,
    pullRequests: new Map(),
    reviews: [],
    threads: [],
    comments: new Map(),
    labels: new Map(),
    statuses: [],
    checkRuns: new Map(),
    checkSuites: new Map(),
    remembered: new Map(),
  };
}

/** Time as GitHub writes it. */
function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function timeOf(world: World): string {
  return isoTime(world.options.clock());
}

export function nextId(world: World): number {
  world.lastId += 1;
  return world.lastId;
}

/** A repository by its full name; for those who may not see it, it does not exist. */
export function repositoryFor(world: World, fullName: string, login: string | null): Repository {
  const repository = world.repositories.get(fullName);
  if (repository === undefined || (login !== null && !repository.collaborators.has(login))) throw notFound();
  return repository;
}

/** An account that must exist: the caller named it in the options. */
export function userNamed(world: World, login: string): User {
  const user = world.users.get(login);
  if (user === undefined) throw new Error(`the stand-in has no user ${login}: name it in the options`);
  return user;
}

const ranks: Readonly<Record<Role, number>> = { read: 1, write: 2, admin: 3 };

/** Whether somebody has at least this role. */
export function hasRole(repository: Repository, login: string, role: Role): boolean {
  const own = repository.collaborators.get(login);
  return own !== undefined && ranks[own] >= ranks[role];
}

/** Writes an effect down and tells whoever listens. */
export function recordEffect(world: World, repository: Repository, actor: Actor, detail: EffectDetail): void {
  const shared = { at: world.options.clock(), sequence: world.effects.length + 1, actor: actor.login, via: actor.via };
  const effect: Effect = { ...detail, ...shared, repository: repository.fullName };
  world.effects.push(effect);
  for (const listener of world.listeners) listener(effect);
}

/** Readers and writers take turns, so that nothing moves between a check and the act it allows, nor within one answer. */
export function inTurn<T>(world: World, act: () => T | Promise<T>): Promise<T> {
  const mine = world.turn.then(act);
  world.turn = mine.catch(() => undefined);
  return mine;
}

/** Work that goes on after an answer was sent; its failure is a failure of the stand-in and is kept as one. */
export function inBackground(world: World, operation: string, work: () => Promise<void>): void {
  const running = work()
    .catch((cause: unknown) => {
      world.violations.push({ at: world.options.clock(), kind: 'failure', operation, detail: String(cause) });
    })
    .finally(() => world.background.delete(running));
  world.background.add(running);
}
