// A small GitHub for this folder's tests: one repository with a first commit, three people, a bot and a reader.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Octokit } from 'octokit';
import type { GithubWorldOptions } from './options.ts';
import { type GithubWorld, startGithub } from './start-github.ts';
import type { Protection } from './state.ts';

export const repository = 'acme/shop';
export const place = { owner: 'acme', repo: 'shop' } as const;

/** A world, its clock and clients; closed and checked for violations when the test ends. */
export interface TestWorld {
  readonly world: GithubWorld;
  readonly root: string;
  readonly clock: { now: number };
  /** A client as the bot makes it: nothing repeated, nothing delayed. */
  client(token: string): Octokit;
  /** A branch with one commit on it, and a pull request from it. */
  openPullRequest(
    branch: string,
    files: Readonly<Record<string, string | null>>,
  ): Promise<{ readonly number: number; readonly sha: string }>;
}

export async function startTestWorld(
  test: TestContext,
  options: Partial<GithubWorldOptions> & { readonly protection?: Protection; readonly expectViolations?: 'some' } = {},
): Promise<TestWorld> {
  const root = await mkdtemp(join(tmpdir(), 'github stand-in '));
  const clock = { now: Date.parse('2026-11-02T09:00:00Z') };
  const { protection, expectViolations, ...rest } = options;
  const world = await startGithub({
    clock: () => clock.now,
    root: join(root, 'repositories'),
    tokens: { 'bot-token': 'bot', 'bea-token': 'bea', 'reader-token': 'reader', 'admin-token': 'acme' },
    users: [
      { login: 'acme', id: 1, type: 'User' },
      { login: 'ann', id: 2, type: 'User' },
      { login: 'bea', id: 3, type: 'User' },
      { login: 'bot', id: 4, type: 'User' },
      { login: 'reader', id: 5, type: 'User' },
      { login: 'stranger', id: 6, type: 'User' },
    ],
    repositories: [
      {
        ...{ owner: 'acme', name: 'shop', defaultBranch: 'main' },
        collaborators: { acme: 'admin', ann: 'write', bea: 'write', bot: 'write', reader: 'read' },
        ...(protection === undefined ? {} : { protection: { main: protection } }),
      },
    ],
    ...rest,
  });
  test.after(async () => {
    await world.idle();
    await world.close();
    await rm(root, { recursive: true, force: true });
    if (expectViolations === undefined) assert.deepEqual(world.violations, []);
  });
  await world.act.pushCommit(repository, 'main', 'ann', {
    files: { 'README.md': 'shop\n', 'src/price.js': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n' },
    message: 'first',
  });
  return {
    world,
    root,
    clock,
    client: (token) =>
      new Octokit({
        auth: token,
        baseUrl: world.url,
        throttle: { enabled: false },
        retry: { enabled: false },
        log: silent,
      }),
    openPullRequest: async (branch, files) => {
      const sha = await world.act.pushCommit(repository, branch, 'bot', { files, message: `work on ${branch}` });
      return {
        number: await world.act.openPullRequest(repository, 'bot', { head: branch, title: `Do ${branch}` }),
        sha,
      };
    },
  };
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The status a call is refused with, and GitHub's words for it. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly status: number; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    const refused = error as { status?: number; message?: string };
    return { status: refused.status ?? 0, message: refused.message ?? '' };
  }
  throw new assert.AssertionError({ message: 'the call was not refused' });
}
