/**
 * Takes each installed agent through a ticket from Todo to merge: the real bot, the real program in its room, a scripted
 * model. A line for each; one that is not installed is left out, or missed where everything is required or where it was
 * asked for by name. With --kill the bot is killed outright in the middle.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { outcomeOf } from '../demo/outcomes.ts';
import { startBotProcess } from '../world/bot-process.ts';
import { CHECK, SECRETS, startWorld, type World } from '../world/start-world.ts';
import { type AgentModels, startAgentModels } from './agent-models.ts';
import { AGENTS_FOLDER, agentProgram } from './install-agents.ts';
import { startKiller } from './kill.ts';
import { FILES, ISSUE, KEY, script, VERIFY } from './ticket.ts';

interface Candidate {
  readonly name: string;
  /** Its program among the installed ones. */
  readonly program: string;
  readonly chain: string;
  /** As in the settings; absent: the driver of that name is known without. */
  readonly driver?: object;
}

const CANDIDATES: readonly Candidate[] = [
  { name: 'claude', program: 'claude', chain: 'anthropic/claude-sonnet-5-5' },
  { name: 'codex', program: 'codex', chain: 'openai/gpt-5.4' },
  {
    name: 'claude-acp',
    program: 'claude-agent-acp',
    chain: 'anthropic/claude-sonnet-5-5',
    driver: { kind: 'acp', command: 'claude-agent-acp' },
  },
  {
    name: 'codex-acp',
    program: 'codex-acp',
    chain: 'openai/gpt-5.4',
    driver: { kind: 'acp', command: 'codex-acp' },
  },
  {
    name: 'opencode-acp',
    program: 'opencode',
    chain: 'compatible/gpt-5.4-mini',
    driver: { kind: 'acp', command: 'opencode', args: ['acp'] },
  },
];

const TICKET_MS_MAX = 4 * 60_000;
const LOOK_MS = 250;

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: process.env.HEARTLINE_AGENTS ?? AGENTS_FOLDER },
    only: { type: 'string' },
    log: { type: 'boolean', default: false },
    kill: { type: 'boolean', default: false },
  },
});
const agents = resolve(values.agents);
const whole = values.kill ? 'Todo to merge, killed in between' : 'Todo to merge';
const requireAll = process.env.HEARTLINE_REQUIRE_ALL === '1';
const wanted = CANDIDATES.filter(({ name }) => values.only === undefined || values.only === name);
if (wanted.length === 0)
  throw new Error(`there is no agent ${values.only}; there are ${CANDIDATES.map(({ name }) => name).join(', ')}`);
let tried = 0;
let failures = 0;
for (const candidate of wanted) {
  if (agentProgram(agents, candidate.program) === null) {
    const missed = requireAll || values.only !== undefined;
    if (missed) failures += 1;
    say(`${missed ? '✗' : '-'} ${candidate.name}: not installed (npm run agents:install)`);
    continue;
  }
  tried += 1;
  const started = performance.now();
  const trouble = await takeThrough(candidate).catch((error: unknown) => [String(error)]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (trouble.length > 0) failures += 1;
  say(
    `${trouble.length === 0 ? '✓' : '✗'} ${candidate.name}: ${trouble.length === 0 ? whole : trouble.join('; ')}, ${seconds} s`,
  );
}
if (tried === 0) say(`Nothing was tried: none of these is installed in ${agents}.`);
process.exitCode = failures > 0 ? 1 : 0;

/** What went wrong, a sentence each. */
async function takeThrough(candidate: Candidate): Promise<readonly string[]> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'heartline-drivers-')));
  const killer = values.kill ? startKiller(root, () => bot) : null;
  const models = await startAgentModels(script, killer?.before);
  const world = await startWorld({
    root,
    issues: [ISSUE],
    files: FILES,
    script: () => {
      throw new Error('an external agent asked the wrong model service');
    },
    jobs: [{ name: CHECK, command: ['node', 'check.js'], timeoutMs: 60_000 }],
    verify: [VERIFY],
    settings: settingsFor(candidate, models),
  });
  let died: string | null = null;
  const bot = startBotProcess({
    world,
    onDeath: (why) => {
      died = why;
    },
    onLog: (line) => {
      if (values.log) process.stderr.write(`${line}\n`);
    },
  });
  try {
    await bot.ready();
    const until = performance.now() + TICKET_MS_MAX;
    while (performance.now() < until && died === null && !isOver(world)) await pause(LOOK_MS);
    const faults = judge(candidate, world, models, died);
    if (killer === null) return faults;
    await bot.stop();
    return [...faults, ...killer.judge(models, world.dataDir)];
  } finally {
    if (bot.pid() !== null) await bot.stop();
    await world.close();
    await models.close();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function settingsFor({ name, chain, driver }: Candidate, models: AgentModels): Readonly<Record<string, unknown>> {
  const role = { chain: [chain], driver: name, runUsd: 5 };
  return {
    roles: { dev: role, review: role, audit: role, devops: { ...role, driver: 'api' } },
    ...(driver === undefined ? {} : { drivers: { [name]: driver } }),
    providers: {
      anthropic: { kind: 'anthropic', baseUrl: models.url, apiKey: { env: 'ANTHROPIC_API_KEY' } },
      openai: { kind: 'openai', api: 'responses', baseUrl: `${models.url}/v1`, apiKey: { env: 'OPENAI_API_KEY' } },
      compatible: { kind: 'openai', api: 'chat', baseUrl: `${models.url}/v1`, apiKey: { env: 'OPENAI_API_KEY' } },
    },
    isolation: { driver: 'bwrap', toolchains: [agents] },
  };
}

function isOver(world: World): boolean {
  const { outcome } = outcomeOf(world, KEY);
  return outcome === 'merged' || outcome === 'parked' || outcome === 'cancelled';
}

function judge({ chain }: Candidate, world: World, models: AgentModels, died: string | null): readonly string[] {
  const { outcome, state, headline } = outcomeOf(world, KEY);
  const model = chain.slice(chain.indexOf('/') + 1);
  const key = chain.startsWith('anthropic/') ? SECRETS.ANTHROPIC_API_KEY : SECRETS.OPENAI_API_KEY;
  const roles = ['dev', 'review', 'audit'].filter((role) =>
    models.calls.every(({ body }) => !JSON.stringify(body).includes(`Heartline's ${role} agent`)),
  );
  return [
    ...(died === null ? [] : [died]),
    ...(outcome === 'merged' ? [] : [`the issue is ${outcome} (${state}): ${headline ?? 'the bot said nothing'}`]),
    ...models.scriptFaults,
    ...roles.map((role) => `${role} asked no model`),
    ...(models.calls.every((call) => call.key === key) ? [] : ['a call came without the real key']),
    ...(models.calls.every((call) => call.request.model === model) ? [] : ['a call asked for another model']),
  ];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
