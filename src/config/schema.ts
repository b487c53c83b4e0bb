/**
 * What heartline.yaml may say: the one schema, strict everywhere. A message given here completes the sentence
 * "expected …"; config/parse-strict.ts words the rest. Amounts are US dollars and times name their unit.
 */
import { z } from 'zod';
import type { Role } from '../domain/run.ts';

/** The whole of heartline.yaml after defaults were filled in. */
export type SettingsFile = z.infer<typeof settingsFile>;
export type SecretReference = z.infer<typeof secretReference>;

/** Also how a fault knows that a literal secret stands where a reference belongs: such a value is never shown. */
export const SECRET_EXPECTED = 'a reference to a secret: { env: NAME } or { file: path }';

const text = z.string().trim().min(1);
const path = text;
const name = z.string().regex(/^[\w-]+$/, 'a name of letters, digits, dashes and underscores');
const cron = text;
const count = (max: number) => z.int().min(1).max(max);
const dollars = z
  .number()
  .positive()
  .max(1_000_000)
  .refine((usd) => Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-3, 'US dollars with at most six decimals');
const seconds = (fallback: number) => z.number().min(1).max(3600).default(fallback);
const url = z.string().refine(isPlainUrl, 'a URL that starts with https:// or http:// and holds no user or password');

const secretReference = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable') }),
    z.strictObject({ file: path }),
  ],
  SECRET_EXPECTED,
);

const check = z.union(
  [text.transform((name) => ({ name, app: null })), z.strictObject({ name: text, app: text.nullable().default(null) })],
  'the name of a check, or { name, app }',
);

/** At the root of a repository; others are named in the settings. */
const LOCKFILES = [
  ...['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'],
  ...['requirements.txt', 'requirements-dev.txt', 'pyproject.toml', 'poetry.lock', 'uv.lock', 'Pipfile.lock'],
  ...['go.mod', 'go.sum', 'Cargo.lock', 'Gemfile.lock', 'composer.lock'],
];

const toolchain = z.string().startsWith('/', 'an absolute path');

const registryHost = z
  .string()
  .regex(
    /^(\*\.)?[\w-]+(\.[\w-]+)+(:\d{1,5})?$|^localhost:\d{1,5}$/,
    'a host such as packages.example.com, or *.example.com:8443',
  );

const registry = z.union(
  [
    registryHost.transform((host) => ({ host, private: false })),
    z.strictObject({ host: registryHost, private: z.boolean().default(false) }),
  ],
  'a host, or { host, private }',
);

const project = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'a short name of letters, digits, dots, dashes and underscores'),
  team: z.string().regex(/^[A-Z0-9]+$/, "a Linear team's key in capitals, such as ENG"),
  linearProject: text.nullable().default(null),
  labels: z.array(text).default([]),
  assignee: text.nullable().default(null),
  states: z
    .strictObject({
      todo: text.default('Todo'),
      started: text.nullable().default(null),
      review: text.nullable().default(null),
      done: text.nullable().default(null),
    })
    .prefault({}),
  repository: z.string().regex(/^[A-Za-z0-9-]+\/[\w.-]+$/, 'owner/name of a GitHub repository'),
  baseBranch: text.nullable().default(null),
  checks: z.array(check).default([]),
  mergeMethod: z.enum(['merge', 'squash', 'rebase']).default('squash'),
  batchMax: count(10).default(1),
  autoMerge: z.boolean().default(true),
  draft: z.boolean().default(false),
  rerunChecks: z.boolean().default(true),
  verify: z.array(text).default([]),
  setup: z.array(text).default([]),
  lockfiles: z.array(text).default(LOCKFILES),
  registries: z.array(registry).default([]),
  toolchains: z.array(toolchain).default([]),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'), z.string()).default({}),
  protectedPaths: z.array(text).default([]),
  reviewPullRequests: z
    .union(
      [
        z.enum(['none', 'all']),
        z.strictObject({ authors: z.array(text).default([]), labels: z.array(text).default([]) }),
      ],
      'none, all, or { authors: [login], labels: [name] }',
    )
    .default('none'),
  pipeline: text.default('default'),
});

const person = z
  .strictObject({
    name: text,
    linear: z
      .string()
      .regex(/^\S+@\S+$/, 'the e-mail address Linear shows')
      .nullable()
      .default(null),
    github: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'a GitHub login, without @')
      .nullable()
      .default(null),
  })
  .refine(({ linear, github }) => linear !== null || github !== null, 'linear (an e-mail), github (a login), or both');

const role = z.strictObject({
  driver: name.default('api'),
  chain: z.array(z.string().regex(/^[\w-]+\/\S+$/, 'provider/model')).min(1),
  turnsMax: count(1000).default(90),
  minutesMax: count(1440).default(60),
  runUsd: dollars.default(5),
  concurrencyMax: count(50).default(3),
  outputTokensMax: z.int().min(256).max(200_000).default(16_000),
});

const driver = z.strictObject({
  kind: z.enum(['claude', 'codex', 'acp']),
  command: text,
  args: z.array(z.string()).default([]),
  environment: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'), z.string())
    .default({}),
});

const provider = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('anthropic'),
    baseUrl: url.default('https://api.anthropic.com'),
    apiKey: secretReference.default({ env: 'ANTHROPIC_API_KEY' }),
  }),
  z.strictObject({
    kind: z.literal('openai'),
    api: z.enum(['responses', 'chat']).default('responses'),
    baseUrl: url.default('https://api.openai.com/v1'),
    /** Local servers often need none. */
    apiKey: secretReference.nullable().default(null),
  }),
]);

const roles = z.strictObject({
  orchestrator: role.optional(),
  planner: role.optional(),
  dev: role.optional(),
  review: role.optional(),
  audit: role.optional(),
  devops: role.optional(),
  research: role.optional(),
} satisfies Record<Role, unknown>);

export const settingsFile = z.strictObject({
  // What none of these may lack is checked across keys, so that one empty list does not hide the other faults.
  projects: z.array(project).default([]),
  people: z.array(person).default([]),
  roles: roles.prefault({}),
  providers: z.record(name, provider).default({}),
  drivers: z.record(name, driver).default({}),
  linear: z
    .strictObject({
      apiUrl: url.default('https://api.linear.app/graphql'),
      apiKey: secretReference.default({ env: 'LINEAR_API_KEY' }),
    })
    .prefault({}),
  github: z
    .strictObject({
      baseUrl: url.default('https://api.github.com'),
      gitUrl: url.default('https://github.com'),
      token: secretReference.default({ env: 'GITHUB_TOKEN' }),
      reviewer: z.strictObject({ token: secretReference }).nullable().default(null),
    })
    .prefault({}),
  budget: z.strictObject({ issueUsd: dollars.default(15), dayUsd: dollars.default(100) }).prefault({}),
  limits: z
    .strictObject({
      reviewRoundsMax: count(20).default(3),
      checkRoundsMax: count(20).default(3),
      crashRoundsMax: count(20).default(3),
      runsMax: count(200).default(20),
      changedFilesMax: count(5000).default(20),
      changedLinesMax: count(100_000).default(400),
      approvalHoursMax: count(168).default(24),
      checkHoursMax: count(168).default(6),
      /** Of every quota of Linear and GitHub, in percent: what is kept for merges and stops. */
      reservePercent: z.number().min(0).max(50).default(10),
      github: z
        .strictObject({
          writeSpacingMs: z.int().min(0).max(60_000).default(1_000),
          /** Of writes that put words before people; null: no cap of ours. */
          writesPerMinuteMax: count(80).nullable().default(60),
          writesPerHourMax: count(500).nullable().default(400),
        })
        .prefault({}),
    })
    .prefault({}),
  isolation: z
    .strictObject({
      driver: z.enum(['bwrap', 'docker', 'none']).default('bwrap'),
      unsafeWithoutIsolation: z.boolean().default(false),
      toolchains: z.array(toolchain).default([]),
      /** Of one run, whoever makes the walls. */
      memoryMb: z.int().min(64).max(1_000_000).default(4_096),
      cpus: z.number().min(0.1).max(512).default(2),
      pidsMax: z.int().min(32).max(100_000).default(1_024),
      diskMb: z.int().min(64).max(10_000_000).default(20_480),
      docker: z
        .strictObject({
          socket: path.default('/var/run/docker.sock'),
          /** Null is refused where the driver is docker: an image decides what agents can run. */
          image: text.nullable().default(null),
        })
        .prefault({}),
    })
    .prefault({}),
  reports: z
    .strictObject({
      webhook: z.strictObject({ url, secret: secretReference }).nullable().default(null),
      digest: z
        .strictObject({ cron, timezone: text.default('UTC') })
        .nullable()
        .default(null),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      linearSeconds: seconds(15),
      githubSeconds: seconds(15),
      gitSeconds: seconds(120),
      modelIdleSeconds: seconds(120),
      modelTotalSeconds: seconds(900),
      webhookSeconds: seconds(10),
    })
    .prefault({}),
  sweepMinutes: count(1440).default(10),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  dataDir: path.default('.heartline'),
  /** Null: the ones that ship with Heartline. */
  heartbeat: path.nullable().default(null),
  pipelines: path.nullable().default(null),
  prices: path.nullable().default(null),
  prompts: path.nullable().default(null),
});

function isPlainUrl(value: string): boolean {
  const parsed = URL.parse(value);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '';
}
