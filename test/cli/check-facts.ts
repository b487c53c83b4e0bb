/** Facts with which `check` has nothing to complain of; each row of a table changes what it is about. */
import type { CheckLine } from '../../src/cli/check/check-line.ts';
import type { RepositoryFacts } from '../../src/cli/check/judge-github.ts';
import type { LinearFacts } from '../../src/cli/check/judge-linear.ts';
import type { ModelFacts } from '../../src/cli/check/judge-models.ts';
import type { RoleSettings, Settings } from '../../src/domain/settings.ts';
import type { ForgeAccess, TrackerAccess } from '../../src/heartbeat/access.ts';

export const PROJECT: Settings['projects'][number] = {
  name: 'shop',
  team: 'ENG',
  linearProject: 'Till',
  labels: ['heartline'],
  assignee: null,
  states: { todo: 'Todo', started: null, review: 'In Review', done: 'Done' },
  repository: 'acme/shop',
  baseBranch: null,
  checks: [{ name: 'test', app: 'github-actions' }],
  mergeMethod: 'squash',
  batchMax: 1,
  autoMerge: true,
  draft: false,
  rerunChecks: true,
  verify: [],
  protectedPaths: [],
  setup: [],
  lockfiles: [],
  registries: [],
  toolchains: [],
  env: {},
  reviewPullRequests: 'none',
  pipeline: 'default',
};

export const TRACKER: TrackerAccess = {
  viewer: { id: 'u1', name: 'Ada', email: 'ada@acme.test' },
  organization: 'Acme',
  teams: [
    {
      key: 'ENG',
      name: 'Engineering',
      states: [
        { id: 's0', name: 'Backlog', type: 'backlog' },
        { id: 's1', name: 'Todo', type: 'unstarted' },
        { id: 's2', name: 'In Progress', type: 'started' },
        { id: 's3', name: 'In Review', type: 'started' },
        { id: 's4', name: 'Done', type: 'completed' },
      ],
      labels: ['heartline', 'bug'],
    },
  ],
  projects: ['Till'],
  users: [{ name: 'Ada', email: 'Ada@acme.test' }],
};

export const LINEAR: LinearFacts = {
  access: { known: true, value: TRACKER },
  projects: [PROJECT],
  people: [{ name: 'Ada', linear: 'ada@acme.test', github: 'ada' }],
};

export const FORGE: ForgeAccess = {
  login: 'bot',
  reviewer: null,
  permission: 'write',
  defaultBranch: 'main',
  mergeMethods: ['merge', 'squash'],
  protection: {
    strict: true,
    checks: ['test', 'heartline/review'],
    approvals: 0,
    conversationResolution: false,
    mergeQueue: false,
  },
};

export const TIP: RepositoryFacts['tip'] = { known: true, value: 'a'.repeat(40) };

const ROLE: RoleSettings = {
  chain: ['other/critic'],
  turnsMax: 1,
  minutesMax: 1,
  runMicroUsdMax: 1,
  concurrencyMax: 1,
  outputTokensMax: 256,
};

export const MODELS: ModelFacts = {
  settings: {
    projects: [PROJECT],
    people: LINEAR.people,
    roles: { dev: { ...ROLE, chain: ['local/coder', 'other/critic'] }, review: ROLE },
    budget: { issueMicroUsdMax: 1, dayMicroUsdMax: 1 },
    limits: {
      reviewRoundsMax: 1,
      checkRoundsMax: 1,
      crashRoundsMax: 1,
      runsMax: 1,
      changedFilesMax: 1,
      changedLinesMax: 1,
      approvalHoursMax: 1,
      checkHoursMax: 6,
    },
    separateReviewer: false,
  },
  pipelines: new Map([
    [
      'default',
      {
        name: 'default',
        stages: [
          { kind: 'implement', role: 'dev' },
          { kind: 'review', role: 'review' },
        ],
      },
    ],
  ]),
  providers: {
    local: { kind: 'openai', api: 'chat', baseUrl: 'http://127.0.0.1:9/v1', apiKey: null },
    other: { kind: 'anthropic', baseUrl: 'https://api.anthropic.com', apiKey: { env: 'ANTHROPIC_API_KEY' } },
  },
  keyless: [],
  pricesAsOf: '2026-01-02',
  price: (model) => {
    const usd = model.startsWith('local/') ? 0 : 3_000_000;
    return {
      inputMicroUsdPerMillion: usd,
      cacheReadMicroUsdPerMillion: usd,
      cacheWriteMicroUsdPerMillion: usd,
      outputMicroUsdPerMillion: usd * 5,
    };
  },
  trouble: () => null,
  servesLess: new Map(),
  prompts: { known: true, value: ['dev', 'review', 'devops'] },
};

/** What is not ok, as a reader sees it. */
export function complaints(lines: readonly CheckLine[]): readonly string[] {
  return lines
    .filter(({ status }) => status !== 'ok')
    .map(({ status, subject, text, fix }) => `${status} ${subject}: ${text}${fix === null ? '' : ` -> ${fix}`}`);
}
