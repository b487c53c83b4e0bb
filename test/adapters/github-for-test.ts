/** A GitHub with one repository over real git, a clock set by hand, and the forge under test in front of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createForge } from '../../src/github/create-forge.ts';
import type { Forge } from '../../src/heartbeat/ports.ts';
import { type ScriptedFault, scriptedFaults } from '../world/faults.ts';
import type { GithubWorldOptions } from '../world/github/options.ts';
import { type GithubWorld, startGithub } from '../world/github/start-github.ts';
import type { Protection } from '../world/github/state.ts';

export const SHOP = 'acme/shop';
export const ACTIONS = { slug: 'github-actions', id: 15368 };
const noon = Date.parse('2026-11-02T12:00:00.000Z');

export interface ForgeForTest {
  readonly forge: Forge;
  readonly world: GithubWorld;
  readonly now: () => number;
  passTime(milliseconds: number): void;
  /** Requests since the last call of this. */
  asked(): GithubWorld['log']['requests'];
  /** A branch with one changed file and a pull request from it by ada; its head. */
  change(
    branch: string,
    files?: Readonly<Record<string, string>>,
  ): Promise<{ readonly number: number; readonly head: string }>;
}

export interface ForgeForTestOptions {
  readonly faults?: readonly ScriptedFault[];
  readonly token?: string;
  readonly reviewerToken?: string | null;
  readonly protection?: Protection;
  readonly world?: Partial<GithubWorldOptions>;
}

const shopFiles = { 'shop.js': Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('') };

export async function forgeForTest(context: TestContext, options: ForgeForTestOptions = {}): Promise<ForgeForTest> {
  const root = await mkdtemp(join(tmpdir(), 'github-for-test-'));
  let now = noon;
  let looked = 0;
  const world = await startGithub({
    clock: () => now,
    root,
    tokens: { 'token-of-bot': 'heartline', 'token-of-reviewer': 'second-eye', 'token-of-reader': 'reader' },
    users: [
      { login: 'heartline', id: 1, type: 'User' },
      { login: 'second-eye', id: 2, type: 'User' },
      { login: 'ada', id: 3, type: 'User' },
      { login: 'reader', id: 4, type: 'User' },
      { login: 'helper[bot]', id: 5, type: 'Bot' },
    ],
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        defaultBranch: 'main',
        collaborators: {
          heartline: 'admin',
          'second-eye': 'write',
          ada: 'write',
          reader: 'read',
          'helper[bot]': 'write',
        },
        ...(options.protection === undefined ? {} : { protection: { main: options.protection } }),
      },
    ],
    unknownMergeabilityReads: 0,
    ...(options.faults === undefined ? {} : { fault: scriptedFaults(options.faults) }),
    ...options.world,
  });
  context.after(async () => {
    await world.close();
    await rm(root, { recursive: true, force: true });
  });
  await world.act.pushCommit(SHOP, 'main', 'ada', { files: shopFiles, message: 'Open the shop' });
  const forge = createForge({
    token: options.token ?? 'token-of-bot',
    reviewerToken: options.reviewerToken ?? null,
    baseUrl: world.url,
    now: () => now,
    timeoutMs: 10_000,
  });
  return {
    forge,
    world,
    now: () => now,
    passTime(milliseconds) {
      now += milliseconds;
    },
    asked() {
      const since = world.log.requests.slice(looked).filter((request) => request.kind !== 'git');
      looked = world.log.requests.length;
      return since;
    },
    async change(branch, files = { [`${branch}.js`]: 'new\n' }) {
      const head = await world.act.pushCommit(SHOP, branch, 'ada', { files, message: `Change ${branch}` });
      const number = await world.act.openPullRequest(SHOP, 'ada', {
        head: branch,
        title: `Change ${branch}`,
        body: 'Please.',
      });
      return { number, head };
    },
  };
}
