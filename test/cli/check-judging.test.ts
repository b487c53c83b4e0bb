/** What `check` concludes from facts: tables of one change each against facts that are all right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeIdentities, judgeRepository } from '../../src/cli/check/judge-github.ts';
import { judgeLinear } from '../../src/cli/check/judge-linear.ts';
import {
  type DataFolderFacts,
  judgeDataFolder,
  judgeGit,
  judgeIsolation,
  judgeNode,
  judgeWebhook,
} from '../../src/cli/check/judge-machine.ts';
import { judgeModels } from '../../src/cli/check/judge-models.ts';
import { lookAt } from '../../src/cli/check/look-at.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import type { ForgeAccess } from '../../src/heartbeat/access.ts';
import { configFolder } from '../config/config-folder.ts';
import { complaints, FORGE, LINEAR, MODELS, PROJECT, TIP, TRACKER } from './check-facts.ts';

const states = (change: Partial<ProjectSettings['states']>) => ({ states: { ...PROJECT.states, ...change } });

const linear: readonly (readonly [string, Partial<ProjectSettings>, readonly string[]])[] = [
  ['all is there', {}, []],
  [
    'no such team',
    { team: 'ENGG' },
    [
      'fail shop: the key sees no team ENGG; it sees ENG (Engineering). -> Correct projects.shop.team (did you mean ENG?), or give the key access to that team.',
    ],
  ],
  [
    'no such state',
    states({ todo: 'To do' }),
    [
      'fail shop: team ENG has no state "To do"; it has Backlog, Todo, In Progress, In Review, Done. -> Correct projects.shop.states.todo (did you mean Todo?).',
    ],
  ],
  [
    'work would start where nobody looks',
    states({ todo: 'Backlog' }),
    [
      'fail shop: work is to start from Backlog, which is of type backlog: the bot does not look there. -> Name a state of type unstarted in projects.shop.states.todo.',
    ],
  ],
  [
    'done is a state of another type',
    states({ done: 'In Review' }),
    [
      'fail shop: projects.shop.states.done is In Review, which is of type started: no issue would be moved there rightly. -> Name one of type completed (Done).',
    ],
  ],
  [
    'no such label',
    { labels: ['heartlne'] },
    [
      'fail shop: no label "heartlne" exists, so no issue can ever carry it; there is heartline, bug. -> Make the label on Linear, or correct projects.shop.labels (did you mean heartline?).',
    ],
  ],
  [
    'no such project',
    { linearProject: 'Shelf' },
    ['fail shop: the key sees no Linear project "Shelf"; it sees Till. -> Correct projects.shop.linearProject.'],
  ],
  [
    'an assignee Linear does not list',
    { assignee: 'bob@acme.test' },
    [
      'warn shop: Linear lists no user bob@acme.test, so perhaps no issue can be assigned to them. -> See that projects.shop.assignee is the address Linear shows.',
    ],
  ],
];
for (const [name, change, expected] of linear) {
  test(`linear: ${name}`, () => {
    assert.deepEqual(complaints(judgeLinear({ ...LINEAR, projects: [{ ...PROJECT, ...change }] })), expected);
  });
}

test('linear: a bad key says where a new one is made; a person nobody knows is worth a note', () => {
  const access = { known: false, reason: 'Linear answered HTTP 401', kind: 'unauthorised' } as const;
  assert.deepEqual(complaints(judgeLinear({ ...LINEAR, access })), [
    'fail key: Linear answered HTTP 401. -> Make a new key in Linear under Settings > Security & access > Personal API keys.',
  ]);
  const people = [{ name: 'Bob', linear: 'bob@acme.test', github: null }];
  assert.deepEqual(complaints(judgeLinear({ ...LINEAR, people })), [
    'warn Bob: Linear knows nobody by bob@acme.test, so Bob can start nothing. -> Write the address that Linear shows in the profile of that person.',
  ]);
  const noDone = TRACKER.teams.map((team) => ({ ...team, states: team.states.filter(({ name }) => name !== 'Done') }));
  const projects = [{ ...PROJECT, ...states({ done: null }) }];
  const value = { ...TRACKER, teams: noDone };
  assert.deepEqual(complaints(judgeLinear({ ...LINEAR, projects, access: { known: true, value } })), [
    'fail shop: the team has no state of type completed, where done issues would go. -> Add one on Linear.',
  ]);
});

type Rules = NonNullable<ForgeAccess['protection']>;
const admin = (rules: Partial<Rules> | null, rest: Partial<ForgeAccess> = {}): Partial<ForgeAccess> => ({
  permission: 'admin',
  ...rest,
  protection: rules === null || FORGE.protection === null ? null : { ...FORGE.protection, ...rules },
});
/** What an admin's token is always told, left out of the rows below. */
const BYPASS = /^warn acme\/shop: bot is an admin/;
/** What is always said where the server does not insist on what is up to date. */
const OWN_CARE =
  "Heartline brings each pull request up to date and merges one at a time, but somebody else's push between its last look and the merge lands beside it untested: it sees that afterwards, and freezes.";

const NEVER =
  "and with one identity Heartline can NEVER meet that: GitHub refuses approving one's own pull request. -> Configure github.reviewer with a token of a second account that may write there, or lower the rule, or say autoMerge: false.";

const github: readonly (readonly [string, Partial<ForgeAccess>, Partial<ProjectSettings>, readonly string[]])[] = [
  ['all is well', {}, {}, []],
  [
    'the token may only read',
    { permission: 'read' },
    {},
    [
      'fail acme/shop: bot may only read, so it can push no branch. -> Give bot write access, and the token contents, pull requests, commit statuses and actions with write, checks (where GitHub offers them) with read.',
    ],
  ],
  [
    'the merge method is forbidden',
    {},
    { mergeMethod: 'rebase' },
    [
      "fail acme/shop: merging by rebase is not allowed, only by merge, squash. -> Set projects.shop.mergeMethod to merge, or allow rebase in the repository's settings.",
    ],
  ],
  [
    'GitHub hides the merge methods',
    { mergeMethods: [] },
    {},
    [
      'warn acme/shop: GitHub does not show this token which merge methods are allowed. -> See under Settings > General > Pull Requests that squash is allowed.',
    ],
  ],
  [
    'no checks: nothing is ever merged',
    admin({ checks: ['heartline/review'] }),
    { checks: [] },
    [
      'fail acme/shop: no required checks are named, so nothing is ever merged. -> Name them under projects.shop.checks, or say autoMerge: false.',
    ],
  ],
  [
    'no checks, and merging is left to people',
    admin({ checks: ['heartline/review'] }),
    { checks: [], autoMerge: false },
    [],
  ],
  [
    'a required check the config does not name',
    admin({ checks: ['test', 'lint', 'heartline/review'] }),
    {},
    [
      'fail acme/shop: main requires lint, which Heartline does not wait for: GitHub would refuse its merges. -> Add to projects.shop.checks: { name: lint }.',
    ],
  ],
  [
    'a check of the config that is not required, and no required review of ours',
    admin({ checks: [] }),
    {},
    [
      "warn acme/shop: main does not require test; Heartline waits for it, people's merges need not. -> Require it in the rules of main, and see that the name is spelt as CI reports it.",
      "warn acme/shop: main does not require heartline/review: Heartline waits for its review, people's merges need not. -> Require heartline/review in the rules of main if every merge is to be reviewed by it.",
    ],
  ],
  [
    'not strict, and we may know',
    admin({ strict: false }),
    {},
    [
      `warn acme/shop: main need not be up to date before merging. ${OWN_CARE} -> Tick "Require branches to be up to date before merging" for main.`,
    ],
  ],
  [
    'strictness is shown to admins only',
    {
      protection: {
        strict: false,
        checks: ['test', 'heartline/review'],
        approvals: 0,
        conversationResolution: false,
        mergeQueue: false,
      },
    },
    {},
    [
      `warn acme/shop: whether main must be up to date before merging is shown to admins only. If it need not: ${OWN_CARE} -> Ask one. Tick "Require branches to be up to date before merging" for main.`,
    ],
  ],
  [
    'no rules at all',
    admin(null),
    {},
    [
      `warn acme/shop: main has no rules. ${OWN_CARE} -> Protect main: require status checks, up to date before merging, or a merge queue.`,
    ],
  ],
  [
    'no rules that we may see',
    { protection: null },
    {},
    [
      `warn acme/shop: GitHub shows this token no rules on main; there may be some, for the details are shown to admins only. If there are none: ${OWN_CARE} -> Ask an admin to see that main requires branches to be up to date and nothing that Heartline cannot give.`,
    ],
  ],
  [
    'an approval and one identity',
    admin({ approvals: 1 }),
    {},
    [`fail acme/shop: main asks for 1 approving review, ${NEVER}`],
  ],
  [
    'an approval that a ruleset shows to everybody',
    { ...admin({ approvals: 2 }), permission: 'write' },
    {},
    [`fail acme/shop: main asks for 2 approving reviews, ${NEVER}`],
  ],
  ['an approval and a second identity', admin({ approvals: 1 }, { reviewer: 'critic' }), {}, []],
  ['an approval, one identity, people merge', admin({ approvals: 1 }), { autoMerge: false }, []],
  [
    'two approvals and one reviewer',
    admin({ approvals: 2 }, { reviewer: 'critic' }),
    {},
    [
      'fail acme/shop: main asks for 2 approving reviews, and Heartline can NEVER meet that: its one reviewer critic approves once. -> Lower the rule to one approval, or say autoMerge: false and let people merge.',
    ],
  ],
  [
    'conversations must be resolved',
    admin({ conversationResolution: true }),
    {},
    [
      "warn acme/shop: main asks for resolved conversations: Heartline resolves its own when it approves and people's when it did what they asked; any other holds the merge up, also one on a line that is gone. -> Resolve those on GitHub.",
    ],
  ],
  ['a merge queue', admin({ mergeQueue: true, strict: false, checks: ['test'] }), { mergeMethod: 'rebase' }, []],
  [
    'a merge queue that lands untested',
    admin({ mergeQueue: true, checks: [] }),
    {},
    [
      'fail acme/shop: main does not require test, so its queue would land without it. -> Require it in the rules of main, spelt as CI reports it.',
    ],
  ],
  [
    'a merge queue, and several as one',
    admin({ mergeQueue: true, checks: ['test'] }),
    { batchMax: 5 },
    [
      'warn acme/shop: batchMax is 5, and the queue of main makes groups of its own: it is not used. -> Set projects.shop.batchMax to 1.',
    ],
  ],
  [
    'a merge queue, and several as one, but people merge',
    admin({ mergeQueue: true, checks: ['test'] }),
    { batchMax: 5, autoMerge: false },
    [],
  ],
  ['several as one without a queue', admin({}), { batchMax: 5 }, []],
  ['a merge queue, and people merge', admin({ mergeQueue: true, checks: [] }), { autoMerge: false }, []],
  [
    'a merge queue that waits for what never comes',
    admin({ mergeQueue: true, checks: ['test', 'lint', 'heartline/review'] }),
    {},
    [
      'fail acme/shop: main requires lint, which Heartline does not wait for: GitHub would refuse its merges. -> Add to projects.shop.checks: { name: lint }.',
      "fail acme/shop: main requires heartline/review, which Heartline sets on pull requests and nobody on the queue's own commits: nothing would ever land. -> Take heartline/review out of the rules of main; Heartline queues nothing that it has not reviewed.",
    ],
  ],
];
for (const [name, access, project, expected] of github) {
  test(`github: ${name}`, () => {
    const facts = {
      project: { ...PROJECT, ...project },
      access: { known: true, value: { ...FORGE, ...access } },
      tip: TIP,
    } as const;
    const told = complaints(judgeRepository(facts)).filter((line) => !BYPASS.test(line));
    assert.deepEqual(told, expected);
  });
}

test('github: an admin is told of bypassing', () => {
  const told = (access: Partial<ForgeAccess>) =>
    complaints(
      judgeRepository({ project: PROJECT, access: { known: true, value: { ...FORGE, ...access } }, tip: TIP }),
    );
  assert.match(told(admin({})).join('\n'), BYPASS);
  assert.equal(told(admin({})).length, 1);
  assert.deepEqual(told({}), []);
});

test('github: what cannot be read is told with what to do, and git is judged by itself', () => {
  const access = { known: false, reason: 'read acme/shop: Not Found', kind: 'missing' } as const;
  const tip = { known: false, reason: 'could not connect', kind: 'unreachable' } as const;
  assert.deepEqual(complaints(judgeRepository({ project: PROJECT, access, tip })), [
    'fail acme/shop: read acme/shop: Not Found. -> See that acme/shop is spelt right and that the token may see it: GitHub says "not found" to both.',
    'fail acme/shop: git cannot reach it: could not connect. -> See that github.gitUrl is right and can be reached from here.',
  ]);
  const project = { ...PROJECT, baseBranch: 'mian' };
  const none = { known: true, value: null } as const;
  assert.deepEqual(complaints(judgeRepository({ project, access: { known: true, value: FORGE }, tip: none })), [
    'fail acme/shop: it has no branch mian that work could start from. -> Correct projects.shop.baseBranch (its default branch is main).',
  ]);
});

test('github: whoever makes the token and whoever mends it are told the same rights', async (t) => {
  const { wiring } = await configFolder(t).load();
  const error: unknown = await resolveSecrets(wiring, {}).catch((thrown: unknown) => thrown);
  assert(error instanceof ConfigError);
  const access = { known: true, value: { ...FORGE, permission: 'read' } } as const;
  const mended = judgeRepository({ project: PROJECT, access, tip: TIP }).flatMap(({ fix }) => fix ?? []);
  const rights = [error.message, mended.join('\n')].map((text) => /contents, pull requests.*$/m.exec(text)?.[0]);
  assert.match(rights[0] ?? '', /actions with write/);
  assert.equal(rights[0], rights[1]);
});

test('github: two tokens of one account are no two identities', () => {
  const one = (reviewer: string | null) => [{ known: true, value: { ...FORGE, reviewer } } as const];
  assert.deepEqual(complaints(judgeIdentities(one('critic'), true)), []);
  assert.deepEqual(complaints(judgeIdentities(one(null), false)), []);
  assert.deepEqual(complaints(judgeIdentities(one('Bot'), true)), [
    "fail reviewer: both tokens belong to bot, and GitHub refuses approving one's own pull request. -> Make the token of github.reviewer as another account, or leave github.reviewer out.",
  ]);
});

test('models: a chain with one model left is noted, one with none is a failure, an idle role never is', () => {
  assert.deepEqual(complaints(judgeModels(MODELS)), []);
  assert.deepEqual(complaints(judgeModels({ ...MODELS, keyless: ['other'] })), [
    'warn dev: other/critic: the key of provider other is missing. -> See secrets.',
    'fail review: other/critic: the key of provider other is missing. -> See secrets.',
  ]);
  const unpriced = { ...MODELS, trouble: (model: string) => (model === 'local/coder' ? 'no price for it' : null) };
  assert.deepEqual(complaints(judgeModels(unpriced)), [
    'warn dev: local/coder: no price for it. -> Correct providers.local or the price table.',
  ]);
  const openai = { kind: 'openai', api: 'chat', baseUrl: 'https://api.openai.com/v1', apiKey: null } as const;
  assert.deepEqual(complaints(judgeModels({ ...MODELS, providers: { ...MODELS.providers, local: openai } })), [
    'warn dev: local/coder: OpenAI wants a key. -> Add to providers.local: apiKey: { env: OPENAI_API_KEY }.',
  ]);
  const { dev, review } = MODELS.settings.roles;
  if (dev === undefined || review === undefined) throw new Error('the facts have both');
  const idle = { ...MODELS.settings, roles: { dev: { ...dev, chain: ['local/coder'] }, review: dev, planner: review } };
  assert.deepEqual(
    complaints(judgeModels({ ...MODELS, settings: idle, keyless: ['other'] })).filter((line) =>
      line.includes('planner'),
    ),
    ['warn planner: other/critic: the key of provider other is missing. -> See secrets.'],
  );
});

test('models: a role at work without a prompt, and prompts that cannot be read', () => {
  assert.deepEqual(complaints(judgeModels({ ...MODELS, prompts: { known: true, value: ['dev'] } })), [
    'fail prompts: none for review. -> Add review.md to them.',
  ]);
  const prompts = { known: false, reason: 'dev.md: it needs a section "# system"', kind: null } as const;
  assert.deepEqual(complaints(judgeModels({ ...MODELS, prompts })), [
    'fail prompts: dev.md: it needs a section "# system". -> Mend that, or leave out `prompts` in heartline.yaml.',
  ]);
});

test('machine: versions', () => {
  assert.deepEqual(complaints([judgeNode('24.0.0'), judgeNode('25.1.0')]), []);
  assert.deepEqual(complaints([judgeNode('20.20.0')]), ['fail node: 20.20.0 is too old. -> Install Node 24 or newer.']);
  const git = (value: string) => complaints([judgeGit({ known: true, value })]);
  for (const fine of ['git version 2.38.0\n', 'git version 2.39.5 (Apple Git-154)\n', 'git version 3.0\n']) {
    assert.deepEqual(git(fine), []);
  }
  const install = 'Install git 2.38 or newer: sudo apt-get install -y git';
  assert.deepEqual(git('git version 2.37.9\n'), [
    `fail git: 2.37.9 is too old: 2.38 is needed to verify merges. -> ${install}`,
  ]);
  assert.deepEqual(git('what?'), [`fail git: what? is too old: 2.38 is needed to verify merges. -> ${install}`]);
  assert.deepEqual(complaints([judgeGit({ known: false, reason: 'spawn git ENOENT', kind: null })]), [
    `fail git: it does not run (spawn git ENOENT). -> ${install}`,
  ]);
});

test('machine: isolation, data folder, webhook', () => {
  const probe = {
    known: true,
    value: { missing: 'bwrap is not installed', fix: 'sudo apt-get install bwrap' },
  } as const;
  assert.deepEqual(complaints(judgeIsolation({ driver: 'bwrap', probe, layers: [] })), [
    'fail isolation: bwrap is not installed. -> Run: sudo apt-get install bwrap',
  ]);
  const works = { known: true, value: null } as const;
  const walls = { name: 'walls', state: 'on', fix: null } as const;
  assert.deepEqual(complaints(judgeIsolation({ driver: 'bwrap', probe: works, layers: [walls] })), []);
  const groups = { name: 'limits by cgroups', state: 'off', fix: 'Run it as a service.' } as const;
  assert.deepEqual(complaints(judgeIsolation({ driver: 'bwrap', probe: works, layers: [walls, groups] })), [
    'warn isolation: it does without limits by cgroups. -> Run it as a service.',
  ]);
  assert.deepEqual(complaints(judgeIsolation({ driver: 'none', probe: works, layers: [] })), [
    'warn isolation: none: agents can read everything this user can read. -> Set isolation.driver: bwrap, unless this machine can be thrown away.',
  ]);

  const folder: DataFolderFacts = {
    path: '/d',
    kind: 'folder',
    writable: true,
    openToOthers: [],
    holder: null,
    journal: null,
  };
  const told = (change: Partial<DataFolderFacts>) => complaints(judgeDataFolder({ ...folder, ...change }));
  assert.deepEqual(told({}), []);
  assert.deepEqual(told({ kind: 'missing' }), []);
  assert.deepEqual(told({ holder: { pid: 7 } }), []);
  assert.deepEqual(told({ kind: 'other' }), ['fail data folder: /d is not a folder. -> Name another one as dataDir.']);
  assert.deepEqual(told({ writable: false }), [
    'fail data folder: /d cannot be written. -> Give it to the user that runs this, or change dataDir.',
  ]);
  assert.deepEqual(told({ openToOthers: [{ path: '/d', mode: '700' }] }), [
    "fail data folder: other users can read /d. -> Run: chmod 700 '/d'",
  ]);
  assert.deepEqual(told({ journal: 'The journal is damaged.' }), [
    'fail data folder: The journal is damaged. -> Nothing runs on it until then.',
  ]);

  const down = { known: false, reason: 'refused', kind: null } as const;
  assert.deepEqual(complaints([judgeWebhook({ host: 'x.test', reached: down })]), [
    'warn webhook: x.test cannot be reached (refused): reports wait. -> See that reports.webhook.url is right.',
  ]);
});

test('a look never throws and never outlasts its bound', async () => {
  assert.deepEqual(await lookAt('x', 1_000, async () => 1), { known: true, value: 1 });
  const refused = new OutsideError('refused', 'read x', 'no');
  assert.deepEqual(await lookAt('x', 1_000, () => Promise.reject(refused)), {
    known: false,
    reason: 'read x: no',
    kind: 'refused',
  });
  const thrown = await lookAt('x', 1_000, () => {
    throw new Error('at once');
  });
  assert.deepEqual(thrown, { known: false, reason: 'at once', kind: null });
  const never = await lookAt('x', 1, () => new Promise(() => undefined));
  assert.deepEqual(never, { known: false, reason: 'x: no whole answer within 0 s', kind: 'unreachable' });
});
