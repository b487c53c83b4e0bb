// The whole outside at once: Linear, GitHub with real repositories, a CI that runs, models that follow a script, and the
// settings file and environment by which a bot finds them. Nothing in it is special to one test.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Ci, type JobOptions, startCi } from './ci/start-ci.ts';
import type { EffectHook, FaultSwitch } from './faults.ts';
import type { LimitSettings } from './github/limits.ts';
import type { RepositoryOptions } from './github/options.ts';
import { type GithubWorld, startGithub } from './github/start-github.ts';
import type { LinearSeed } from './linear/board/seed.ts';
import type { RateLimits } from './linear/http/rate-buckets.ts';
import { type LinearWorld, startLinear } from './linear/start-linear.ts';
import type { Script } from './models/conversation.ts';
import { type ModelsWorld, startModels } from './models/start-models.ts';

/** Names and secrets that every world of ours shares. */
export const REPOSITORY = 'acme/cart';
export const BASE_BRANCH = 'main';
export const CI_APP = { slug: 'github-actions', id: 15368 } as const;
export const CHECK = 'test';
export const BOT_LOGIN = 'heartline-bot';
export const REVIEWER_LOGIN = 'heartline-reviewer';
export const SECRETS = {
  LINEAR_API_KEY: 'lin_api_0f3bCanaryLinear7d21',
  GITHUB_TOKEN: 'github_pat_0f3bCanaryGithub7d21',
  GITHUB_REVIEWER_TOKEN: 'github_pat_0f3bCanaryReviewer7d21',
  ANTHROPIC_API_KEY: 'sk-ant-0f3bCanaryAnthropic7d21',
  OPENAI_API_KEY: 'sk-0f3bCanaryOpenai7d21',
} as const;

export interface WorldOptions {
  /** An empty folder of the caller's: repositories, settings and the bot's data go in there. */
  readonly root: string;
  readonly clock?: () => number;
  readonly issues: LinearSeed['issues'];
  readonly files: Readonly<Record<string, string>>;
  readonly script: Script;
  readonly jobs: readonly JobOptions[];
  readonly verify: readonly string[];
  readonly twoIdentities?: boolean;
  readonly fault?: FaultSwitch;
  readonly onEffect?: EffectHook;
  readonly modelLatencyMs?: number;
  /** Other quotas than the services' documented ones. */
  readonly limits?: { readonly linear?: Partial<RateLimits>; readonly github?: Partial<LimitSettings> };
  readonly isolation?: 'bwrap' | 'none';
  /** More of the bot's environment: what added settings refer to. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Laid over the settings that are written. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly project?: Readonly<Record<string, unknown>>;
  readonly repository?: Partial<RepositoryOptions>;
  /** Front matter of the heartbeat page: how often the bot looks. */
  readonly cadence?: string;
}

export interface World {
  readonly linear: LinearWorld;
  readonly github: GithubWorld;
  readonly models: ModelsWorld;
  readonly ci: Ci;
  readonly root: string;
  /** What a bot is started with. */
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  close(): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const clock = options.clock ?? Date.now;
  const shared = {
    clock,
    ...(options.fault === undefined ? {} : { fault: options.fault }),
    ...(options.onEffect === undefined ? {} : { onEffect: options.onEffect }),
  };
  await mkdir(options.root, { recursive: true });
  const linear = await startLinear({
    ...shared,
    // The key belongs to a person, as personal keys do: the bot must know its own acts by other means than the name.
    apiKeys: { [SECRETS.LINEAR_API_KEY]: 'ada' },
    limits: options.limits?.linear ?? {},
    seed: {
      users: [
        { name: 'Ada Byron', email: 'ada@example.com' },
        { name: 'Grace Hill', email: 'grace@example.com' },
        { name: 'Mallory Finch', email: 'mallory@elsewhere.example' },
      ],
      labels: [{ name: 'heartline' }, { name: 'feature' }, { name: 'bug' }],
      ...(options.issues === undefined ? {} : { issues: options.issues }),
    },
  });
  const github = await startGithub({
    ...shared,
    root: join(options.root, 'github'),
    limits: options.limits?.github ?? {},
    tokens: { [SECRETS.GITHUB_TOKEN]: BOT_LOGIN, [SECRETS.GITHUB_REVIEWER_TOKEN]: REVIEWER_LOGIN },
    users: [
      { login: BOT_LOGIN, id: 1, type: 'User' },
      { login: REVIEWER_LOGIN, id: 2, type: 'User' },
      { login: 'ada', id: 3, type: 'User' },
      { login: 'grace', id: 4, type: 'User' },
      { login: 'mallory', id: 5, type: 'User' },
    ],
    repositories: [
      {
        owner: 'acme',
        name: 'cart',
        defaultBranch: BASE_BRANCH,
        collaborators: { ada: 'admin', grace: 'write', [BOT_LOGIN]: 'write', [REVIEWER_LOGIN]: 'write' },
        ...options.repository,
      },
    ],
  });
  await github.act.pushCommit(REPOSITORY, BASE_BRANCH, 'ada', { files: options.files, message: 'The cart as it is' });
  await github.act.setProtection(REPOSITORY, BASE_BRANCH, 'ada', {
    requiredStatusChecks: { strict: true, checks: [{ context: CHECK, appSlug: CI_APP.slug }] },
    requiredApprovingReviewCount: options.twoIdentities === true ? 1 : 0,
    requireConversationResolution: false,
    enforceAdmins: true,
  });
  const models = await startModels({
    ...shared,
    script: options.script,
    keys: [SECRETS.ANTHROPIC_API_KEY, SECRETS.OPENAI_API_KEY],
    ...(options.modelLatencyMs === undefined ? {} : { latencyMs: options.modelLatencyMs }),
  });
  const ci = startCi({ github, app: CI_APP, jobs: options.jobs, concurrency: 2 });

  const dataDir = join(options.root, 'data');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);
  const heartbeat = await writeHeartbeatPage(options);
  const config = join(options.root, 'heartline.yaml');
  await writeFile(config, stringify(settingsOf(options, { linear, github, models, dataDir, heartbeat })));
  const { GITHUB_REVIEWER_TOKEN, ...oneIdentity } = SECRETS;
  return {
    linear,
    github,
    models,
    ci,
    root: options.root,
    config,
    dataDir,
    env: { ...oneIdentity, ...(options.twoIdentities === true ? { GITHUB_REVIEWER_TOKEN } : {}), ...options.secrets },
    close: async () => {
      await ci.close();
      await Promise.all([linear.close(), github.close(), models.close()]);
    },
  };
}

/** Nobody waits a second between two writes to a stand-in. */
const UNCAPPED = { writeSpacingMs: 0, writesPerMinuteMax: null, writesPerHourMax: null };

interface Places {
  readonly linear: LinearWorld;
  readonly github: GithubWorld;
  readonly models: ModelsWorld;
  readonly dataDir: string;
  readonly heartbeat: string;
}

function settingsOf(options: WorldOptions, { linear, github, models, dataDir, heartbeat }: Places): object {
  const given = options.settings?.limits;
  return {
    projects: [
      {
        name: 'cart',
        team: 'ENG',
        repository: REPOSITORY,
        states: { review: 'In Review' },
        checks: [{ name: CHECK, app: CI_APP.slug }],
        verify: options.verify,
        reviewPullRequests: 'all',
        ...options.project,
      },
    ],
    people: [
      { name: 'Ada', linear: 'ada@example.com', github: 'ada' },
      { name: 'Grace', linear: 'grace@example.com', github: 'grace' },
    ],
    roles: {
      dev: { chain: ['anthropic/claude-sonnet-5-5'], runUsd: 5, concurrencyMax: 3 },
      review: { chain: ['openai/gpt-5.4'], runUsd: 2, concurrencyMax: 3 },
      audit: { chain: ['anthropic/claude-opus-5-5'], runUsd: 2, concurrencyMax: 3 },
      devops: { chain: ['compatible/gpt-5.4-mini'], runUsd: 3 },
    },
    providers: {
      anthropic: { kind: 'anthropic', baseUrl: models.url, apiKey: { env: 'ANTHROPIC_API_KEY' } },
      openai: { kind: 'openai', api: 'responses', baseUrl: `${models.url}/v1`, apiKey: { env: 'OPENAI_API_KEY' } },
      compatible: { kind: 'openai', api: 'chat', baseUrl: `${models.url}/v1`, apiKey: { env: 'OPENAI_API_KEY' } },
    },
    linear: { apiUrl: linear.url, apiKey: { env: 'LINEAR_API_KEY' } },
    github: {
      baseUrl: github.url,
      gitUrl: `${github.url}/git`,
      token: { env: 'GITHUB_TOKEN' },
      ...(options.twoIdentities === true ? { reviewer: { token: { env: 'GITHUB_REVIEWER_TOKEN' } } } : {}),
    },
    isolation: options.isolation === 'none' ? { driver: 'none', unsafeWithoutIsolation: true } : { driver: 'bwrap' },
    reports: { digest: null },
    limits: { github: UNCAPPED },
    prices: 'prices.yaml',
    heartbeat,
    dataDir,
    ...options.settings,
    ...(given === undefined ? {} : { limits: { github: UNCAPPED, ...given } }),
  };
}

/** The shipped page with another cadence, and prices for the stand-in's models, beside the settings. */
async function writeHeartbeatPage(options: WorldOptions): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const page = await readFile(new URL('../../HEARTBEAT.md', import.meta.url), 'utf8');
  const path = join(options.root, 'HEARTBEAT.md');
  await writeFile(path, page.replace(/^cadence:.*$/m, `cadence: "${options.cadence ?? '*/1 * * * * *'}"`));
  const prices = await readFile(new URL('../../config/prices.yaml', import.meta.url), 'utf8');
  const compatible = '  compatible/*: { input: 0.75, cacheRead: 0.075, cacheWrite: 0.75, output: 4.5 }\n';
  await writeFile(join(options.root, 'prices.yaml'), `${prices.trimEnd()}\n${compatible}`);
  return path;
}
