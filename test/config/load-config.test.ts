/** What a wrong heartline.yaml says: file, line, key, expected and found, each fault, all in one go. */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { faultLine } from '../../src/config/fault-line.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { changed, configFolder, SETTINGS } from './config-folder.ts';

interface FaultCase {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The one line a person sees. */
  readonly says: string | RegExp;
}

const cases: readonly FaultCase[] = [
  {
    name: 'a required key is missing',
    from: '    team: ENG\n',
    to: '',
    says: 'heartline.yaml:2 projects[0].team: expected text; found nothing.',
  },
  {
    name: 'a value of the wrong type',
    from: 'chain: [local/coder] }\n  review',
    to: 'chain: [local/coder], turnsMax: many }\n  review',
    says: 'heartline.yaml:9 roles.dev.turnsMax: expected a number; found "many".',
  },
  {
    name: 'a number out of bounds',
    from: 'chain: [local/coder] }\n  review',
    to: 'chain: [local/coder], turnsMax: 0 }\n  review',
    says: 'heartline.yaml:9 roles.dev.turnsMax: expected a number of at least 1; found 0.',
  },
  {
    name: 'money finer than a millionth',
    from: 'prices: prices.yaml',
    to: 'prices: prices.yaml\nbudget: { dayUsd: 0.00000012 }',
    says: 'heartline.yaml:17 budget.dayUsd: expected US dollars with at most six decimals; found 1.2e-7.',
  },
  {
    name: 'an exception among protected paths',
    from: '    checks:',
    to: "    protectedPaths: ['infra/**', '!infra/readme.md']\n    checks:",
    says: 'heartline.yaml:5 projects[0].protectedPaths[1]: expected paths to protect: there are no exceptions with "!"; found "!infra/readme.md".',
  },
  {
    name: 'several pull requests as one, squashed',
    from: '    checks:',
    to: '    mergeMethod: squash\n    batchMax: 5\n    checks:',
    says: 'heartline.yaml:6 projects[0].batchMax: expected 1, or mergeMethod: merge; found 5 with mergeMethod squash. What is tested together lands as it is, by one merge commit. Set mergeMethod to merge, or batchMax to 1.',
  },
  {
    name: 'more pull requests as one than anybody could follow',
    from: '    checks:',
    to: '    mergeMethod: merge\n    batchMax: 11\n    checks:',
    says: 'heartline.yaml:6 projects[0].batchMax: expected a number of at most 10; found 11.',
  },
  {
    name: 'a protected path with an open brace',
    from: '    checks:',
    to: "    protectedPaths: ['{infra,db/**']\n    checks:",
    says: 'heartline.yaml:5 projects[0].protectedPaths[0]: expected each "{" closed by a "}"; found "{infra,db/**".',
  },
  {
    name: 'a misspelt key',
    from: 'repository: acme/shop',
    to: 'repository: acme/shop\n    merge_method: squash',
    says: /^heartline\.yaml:5 projects\[0\]\.merge_method: expected one of the keys name, .*; found an unknown key\. Did you mean mergeMethod\?$/,
  },
  {
    name: 'an unknown key at the top',
    from: 'people:',
    to: 'dashboard: true\npeople:',
    says: /^heartline\.yaml:6 dashboard: expected one of the keys projects, people, .*; found an unknown key\.$/,
  },
  {
    name: 'an unknown role',
    from: '  devops:',
    to: '  reviewer: { chain: [local/coder] }\n  devops:',
    says: /^heartline\.yaml:12 roles\.reviewer: expected one of the keys .*Did you mean review\?$/,
  },
  {
    name: 'an unknown key inside one of several shapes',
    from: 'app: github-actions }',
    to: 'application: github-actions }',
    says: /^heartline\.yaml:5 projects\[0\]\.checks\[0\]\.application: expected one of the keys name, app; found an unknown key\.$/,
  },
  {
    name: 'a value that is not one of the choices',
    from: '    checks:',
    to: '    mergeMethod: sqash\n    checks:',
    says: 'heartline.yaml:5 projects[0].mergeMethod: expected one of merge, squash, rebase; found "sqash". Did you mean squash?',
  },
  {
    name: 'an unknown kind of provider',
    from: 'kind: anthropic',
    to: 'kind: antropic',
    says: /^heartline\.yaml:15 providers\.other\.kind: expected one of anthropic, openai; found "antropic"\./,
  },
  {
    name: 'a repository without its owner',
    from: 'acme/shop',
    to: 'shop',
    says: 'heartline.yaml:4 projects[0].repository: expected owner/name of a GitHub repository; found "shop".',
  },
  {
    name: 'nobody on the allowlist',
    from: 'people:\n  - { name: Ada, linear: ada@acme.test, github: ada }',
    to: 'people: []',
    says: 'heartline.yaml:6 people: expected at least one person: an empty allowlist means nobody may start work; found nobody.',
  },
  {
    name: 'no allowlist at all',
    from: 'people:\n  - { name: Ada, linear: ada@acme.test, github: ada }\n',
    to: '',
    says: /people: expected at least one person: .*; found nobody\./,
  },
  {
    name: 'no projects',
    from: SETTINGS.slice(0, SETTINGS.indexOf('people:')),
    to: 'projects: []\n',
    says: 'heartline.yaml:1 projects: expected at least one project to watch; found none.',
  },
  {
    name: 'a person without any account',
    from: ', linear: ada@acme.test, github: ada',
    to: '',
    says: 'heartline.yaml:7 people[0]: expected linear (an e-mail), github (a login), or both; found a block of keys.',
  },
  {
    name: 'a literal secret where a reference belongs',
    from: 'kind: anthropic }',
    to: 'kind: anthropic, apiKey: canary-0123456789 }',
    says: 'heartline.yaml:15 providers.other.apiKey: expected a reference to a secret: { env: NAME } or { file: path }; found a literal value (not shown). Secrets do not belong in this file: put it into the environment and write { env: OTHER_API_KEY }.',
  },
  {
    name: 'a literal secret as the name of a variable',
    from: 'kind: anthropic }',
    to: 'kind: anthropic, apiKey: { env: sk-ant-canary-0123456789 } }',
    says: /^heartline\.yaml:15 providers\.other\.apiKey\.env: expected the name of an environment variable; found something that looks like a secret \(not shown\)\./,
  },
  {
    name: 'a secret pasted where it is not looked for',
    from: 'name: Ada',
    to: 'name: lin_api_canary0123456789',
    says: /^heartline\.yaml:7 people\[0\]\.name: expected no secret in this file; found something that looks like one \(not shown\)\. Revoke it/,
  },
  {
    name: 'a password inside a URL',
    from: 'http://127.0.0.1:9/v1',
    to: 'http://me:canary@127.0.0.1:9/v1',
    says: /providers\.local\.baseUrl: expected a URL that .* holds no user or password; found /,
  },
  {
    name: 'a key twice',
    from: '    team: ENG\n',
    to: '    team: ENG\n    team: OPS\n',
    says: 'heartline.yaml:4 team: expected each key once; found the same key a second time. Remove one of them.',
  },
  {
    name: 'a tab',
    from: '    team: ENG\n',
    to: '\tteam: ENG\n',
    says: /^heartline\.yaml:3: expected spaces for indentation; found a tab\./,
  },
  {
    name: 'text that is not YAML',
    from: 'people:\n',
    to: 'people: [\n',
    says: /^heartline\.yaml:\d+: expected valid YAML; found /,
  },
  {
    name: 'a chain that names an unknown provider',
    from: 'other/critic',
    to: 'othr/critic',
    says: 'heartline.yaml:10 roles.review.chain[0]: expected a model of a provider that is configured: local, other; found "othr/critic". Did you mean other/critic?',
  },
  {
    name: 'a model without a price',
    from: 'other/critic',
    to: 'other/unpriced',
    says: /^heartline\.yaml:10 roles\.review\.chain\[0\]: expected a model with a known price, .*; found "other\/unpriced"\. Add "other\/unpriced"/,
  },
  {
    name: 'a role the pipeline needs is not configured',
    from: '  devops: { chain: [local/coder] }\n',
    to: '',
    says: 'heartline.yaml:8 roles.devops: expected the role devops, which works in pipeline default; found nothing. Add roles.devops with a chain of models.',
  },
  {
    name: 'a pipeline that does not exist',
    from: '    checks:',
    to: '    pipeline: defalt\n    checks:',
    says: 'heartline.yaml:5 projects[0].pipeline: expected a pipeline that exists: default; found "defalt". Did you mean default?',
  },
  {
    name: 'two projects of one name',
    from: 'people:',
    to: '  - { name: shop, team: OPS, repository: acme/ops }\npeople:',
    says: 'heartline.yaml:6 projects[1].name: expected a name of its own; found "shop" again.',
  },
  {
    name: 'two projects that claim the same issues',
    from: 'people:',
    to: '  - { name: twin, team: ENG, repository: acme/twin }\npeople:',
    says: 'heartline.yaml:6 projects[1].team: expected issues no other project claims; found the same claim as project shop. Tell them apart by linearProject, labels or assignee.',
  },
  {
    name: 'one person twice',
    from: 'roles:',
    to: '  - { name: Ada again, github: ADA }\nroles:',
    says: 'heartline.yaml:8 people[1].github: expected each person once; found the same as Ada.',
  },
  {
    name: 'an address in the clear',
    from: 'people:',
    to: 'linear: { apiUrl: http://linear.acme.test/graphql }\npeople:',
    says: 'heartline.yaml:6 linear.apiUrl: expected https, or http on this machine only; found "http://linear.acme.test/graphql".',
  },
  {
    name: 'containers of no image',
    from: 'people:',
    to: 'isolation: { driver: docker }\npeople:',
    says: /^heartline\.yaml:6 isolation\.docker\.image: expected the image that commands run in; found nothing/,
  },
  {
    name: 'no isolation without the unsafe switch',
    from: 'people:',
    to: 'isolation: { driver: none }\npeople:',
    says: /^heartline\.yaml:6 isolation\.driver: expected bwrap; found none: agents could then read everything/,
  },
  {
    name: 'a digest that never comes',
    from: 'people:',
    to: 'reports: { digest: { cron: 61 9 * * *, timezone: Mars/Base } }\npeople:',
    says: /^heartline\.yaml:6 reports\.digest\.cron: expected a cron expression, .*; found "61 9 \* \* \*" \(.*minute\)\.\nheartline\.yaml:6 reports\.digest\.timezone: expected a time zone, .*; found "Mars\/Base"\.$/,
  },
];

for (const { name, from, to, says } of cases) {
  test(`refused: ${name}`, async (t) => {
    const folder = configFolder(t, changed(SETTINGS, from, to));
    const said = (await folder.faults()).map(faultLine).join('\n');
    if (typeof says === 'string') assert.equal(said, says);
    else assert.match(said, says);
    assert.doesNotMatch(said, /canary/, 'a fault never shows a secret');
  });
}

test('all faults are told in one go: wrong values, unknown keys, names across keys, and the other files', async (t) => {
  const folder = configFolder(
    t,
    `projects:
  - name: broken
    repository: acme/broken
  - { name: shop, team: ENG, repository: acme/shop, pipeline: fast, colour: red }
people: []
roles:
  dev: { chain: [nowhere/coder], turnsMax: many }
  review: {}
  devops: { chain: [local/coder] }
providers:
  local: { kind: openai }
heartbeat: HEARTBEAT.md
prices: gone.yaml
`,
  );
  folder.write('HEARTBEAT.md', '---\ncadence: often\n---\n\n## Reconcile\n\n## Care\n');
  const faults = await folder.faults();
  assert.deepEqual(
    faults.map(({ file, line, key }) => `${file}:${line} ${key}`),
    [
      'heartline.yaml:2 projects[0].team',
      'heartline.yaml:4 projects[1].colour',
      'heartline.yaml:4 projects[1].pipeline',
      'heartline.yaml:5 people',
      'heartline.yaml:7 roles.dev.turnsMax',
      'heartline.yaml:7 roles.dev.chain[0]',
      'heartline.yaml:8 roles.review.chain',
      'HEARTBEAT.md:7 ',
      'HEARTBEAT.md:2 cadence',
      'gone.yaml:null ',
    ],
  );
});

const absent: readonly (readonly [string, string | null, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'that nobody named',
    null,
    {},
    /^heartline\.yaml: .*found no such file\. Copy \S.*heartline\.yaml to \.\/heartline\.yaml.*--config\.$/,
  ],
  [
    'that the flag names',
    'nowhere.yaml',
    {},
    /^nowhere\.yaml: .*found no such file\. Copy .* there.*another file with --config\.$/,
  ],
  [
    'that the variable names',
    null,
    { HEARTLINE_CONFIG: 'gone.yaml' },
    /^gone\.yaml: .*no such file\. HEARTLINE_CONFIG names it: /,
  ],
  ['that is a folder', 'sub', {}, /^sub: expected the settings file; found a folder of that name\. Copy /],
];
for (const [name, file, env, says] of absent) {
  test(`a settings file ${name} is one clear fault that tells where to begin`, async (t) => {
    const { path, write } = configFolder(t);
    write('sub/other.yaml', SETTINGS);
    rmSync(join(path, 'heartline.yaml'));
    await assert.rejects(loadConfig({ file, env, cwd: path }), (error) => {
      assert(error instanceof ConfigError);
      const [line = '', ...more] = error.faults.map(faultLine);
      assert.match(line, says);
      const [, shipped = ''] = /opy (\S.*?\.yaml) (?:to|there)/.exec(line) ?? [];
      assert.ok(existsSync(shipped), shipped);
      return more.length === 0;
    });
  });
}

test('a small file gets the defaults, in the units of the domain, frozen all the way down', async (t) => {
  const folder = configFolder(t);
  const config = await folder.load();
  assert.deepEqual(config.warnings, []);
  assert.equal(config.settings.roles.dev?.runMicroUsdMax, 5_000_000);
  assert.deepEqual(config.settings.budget, { issueMicroUsdMax: 15_000_000, dayMicroUsdMax: 100_000_000 });
  assert.equal(config.settings.limits.reviewRoundsMax, 3);
  assert.equal(config.settings.separateReviewer, false);
  assert.equal(config.wiring.sweepMs, 600_000);
  assert.equal(config.wiring.dataDir, join(folder.path, '.heartline'));
  assert.deepEqual(config.wiring.providersUsed, ['local', 'other']);
  assert.equal(config.heartbeat.duties.has('review'), false);
  assert.equal(config.heartbeat.standingOrders, 'Be kind.');
  assert.equal(config.prices.prices['other/critic']?.cacheWriteMicroUsdPerMillion, 3_750_000);
  assert(Object.isFrozen(config.settings.projects[0]?.checks));
  const pipelines = config.pipelines as Map<string, unknown>;
  assert.throws(() => pipelines.set('mine', null), TypeError);
  const duties = config.heartbeat.duties as Set<string>;
  assert.throws(() => duties.add('review'), TypeError);
});

test('the settings file is found by flag, variable, then in the folder', async (t) => {
  const folder = configFolder(t);
  folder.write('other.yaml', SETTINGS);
  folder.write(
    'sub/config/heartline.yaml',
    changed(changed(SETTINGS, 'prices.yaml', '../../prices.yaml'), 'HEARTBEAT.md', '../../HEARTBEAT.md'),
  );
  const found = async (file: string | null, env: Record<string, string>, cwd = folder.path) =>
    (await loadConfig({ file, env, cwd })).file.slice(folder.path.length);
  assert.equal(await found('other.yaml', { HEARTLINE_CONFIG: 'heartline.yaml' }), '/other.yaml');
  assert.equal(await found(null, { HEARTLINE_CONFIG: 'other.yaml' }), '/other.yaml');
  assert.equal(await found(null, {}), '/heartline.yaml');
  assert.equal(await found(null, {}, join(folder.path, 'sub')), '/sub/config/heartline.yaml');
});

test('unwise settings load, with a sentence each', async (t) => {
  const unwise = changed(
    changed(changed(SETTINGS, 'other/critic', 'local/coder'), '{ name: test, app: github-actions }', 'test'),
    'ada@acme.test',
    'ada@example.com',
  );
  const folder = configFolder(
    t,
    `${changed(unwise, 'http://127.0.0.1:9/v1', 'http://models.acme.test/v1')}isolation: { driver: none, unsafeWithoutIsolation: true }\n`,
  );
  const { warnings } = await folder.load();
  for (const expected of [
    /Ada still has the example/,
    /takes test from anybody/,
    /another family/,
    /plain http/,
    /driver: none/,
  ]) {
    assert(
      warnings.some((warning) => expected.test(warning)),
      `${expected} in ${warnings.join(' ')}`,
    );
  }
  assert.equal(warnings.length, 5);
});
