/**
 * What a task costs in tokens: the same scripted work done by our own loop, with the prompt and tools it ships with, and
 * by other people's agents, all against one recording model service and counted by one tokenizer.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tiktoken } from 'js-tiktoken/lite';
import ranks from 'js-tiktoken/ranks/o200k_base';
import { type AgentModels, type RecordedCall, startAgentModels } from '../test/drivers/agent-models.ts';
import { AGENTS_FOLDER } from '../test/drivers/install-agents.ts';
import { isObject, type Json } from '../test/world/json.ts';
import { atMost, exactly, type Figure, type Report, runBench, shown } from './figures.ts';
import { type Contender, contenders } from './tokens/contenders.ts';
import { type Finished, ourLoop } from './tokens/our-loop.ts';
import { scriptedTask, TASK } from './tokens/scripted-task.ts';

const TURNS = [3, 10] as const;
const FIRST_REQUEST_TOKENS_MAX = 1_250;
const COST_AT_TEN_TURNS_MAX = 8_700;
/** What a provider asks for a token it has read before, and for one that it has not and keeps. */
const REPEATED_COST = 0.1;
const NEW_COST = 1.25;
/** Three tools and no typed result: the one that is hardest to beat. */
const BARE = 'Claude Code --bare';

const OURS = 'Heartline';

const tokenizer = new Tiktoken(ranks);
const counted = new Map<string, number>();

await runBench(measure);

async function measure(): Promise<Report> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'heartline-bench-tokens-')));
  const rows: Row[] = [];
  try {
    for (const protocol of ['anthropic', 'responses', 'chat'] as const) {
      const name = protocol === 'anthropic' ? OURS : `${OURS} (${protocol})`;
      rows.push(await rowOf(name, (turns) => withModels(turns, (models) => ourLoop(models, protocol, TASK))));
    }
    for (const contender of contenders(process.env.HEARTLINE_AGENTS ?? AGENTS_FOLDER)) {
      rows.push(
        await rowOf(contender.name, (turns) => withModels(turns, (models) => run(contender, models, root, turns))),
      );
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return {
    bench: 'What a task costs in tokens',
    notes: [
      'Turn 1 writes a file with the agent’s own tool, turns 2 to N-1 run a command with about 700 bytes of output, turn N ends.',
      'Tokens: o200k over tools, system and messages as JSON, without cache markers. Comparable, not a bill.',
      `Cost = ${REPEATED_COST} x what repeats an earlier request’s beginning + ${NEW_COST} x the rest.`,
      ...table(rows),
    ],
    figures: figuresOf(rows),
    detail: rows,
  };
}

/** One agent's requests, counted; null where it could not be run or did not do the task. */
interface Row {
  readonly name: string;
  readonly trouble: string | null;
  readonly first: { readonly bytes: number; readonly tokens: number } | null;
  readonly tools: { readonly count: number; readonly tokens: number } | null;
  readonly byTurns: Readonly<Record<number, Cost>>;
}

interface Cost {
  readonly requests: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly repeated: number;
  readonly cost: number;
  /** Requests whose beginning is not the whole request before, byte for byte. */
  readonly broken: number;
}

async function rowOf(name: string, run: (turns: number) => Promise<Run>): Promise<Row> {
  const byTurns: Record<number, Cost> = {};
  let first: Row['first'] = null;
  let tools: Row['tools'] = null;
  for (const turns of TURNS) {
    const { calls, trouble } = await run(turns);
    const [opening] = calls;
    if (trouble !== null || opening === undefined) {
      return { name, trouble: trouble ?? 'it asked the model nothing', first: null, tools: null, byTurns: {} };
    }
    byTurns[turns] = costOf(calls);
    const fixed = pieces(opening);
    const offered = listOf(opening.body.tools);
    first = { bytes: Buffer.byteLength(fixed.join('\n')), tokens: count(fixed.join('\n')) };
    tools = { count: offered.length, tokens: count(JSON.stringify(offered.map(withoutMarkers))) };
  }
  return { name, trouble: null, first, tools, byTurns };
}

interface Run extends Finished {
  readonly calls: readonly RecordedCall[];
}

async function withModels(turns: number, act: (models: AgentModels) => Promise<Finished>): Promise<Run> {
  const models = await startAgentModels(scriptedTask(turns));
  try {
    const { trouble } = await act(models);
    const fault = models.scriptFaults[0] ?? null;
    // Titles and the like are asked for on the side: they count as new tokens, and are requests all the same.
    return { calls: [...models.calls], trouble: trouble ?? fault };
  } catch (error) {
    return { calls: [], trouble: error instanceof Error ? error.message : String(error) };
  } finally {
    await models.close();
  }
}

async function run(contender: Contender, models: AgentModels, root: string, turns: number): Promise<Finished> {
  const folder = join(root, `${contender.name.replaceAll(/\W+/g, '-')}-${turns}`);
  const [repository, home] = [join(folder, 'repository'), join(folder, 'home')];
  await mkdir(repository, { recursive: true });
  await mkdir(home);
  await git(repository, 'init', '-q', '-b', 'main');
  await git(repository, 'commit', '-q', '--allow-empty', '-m', 'Begin');
  const trouble = await contender.run({ url: models.url, repository, home, task: TASK });
  if (trouble !== null) return { trouble };
  return { trouble: (await git(repository, 'status', '--porcelain')) === '' ? null : 'the file was not committed' };
}

async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const { promisify } = await import('node:util');
  const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com'];
  const { stdout } = await promisify(execFile)('git', ['-C', folder, ...identity, ...args]);
  return stdout.trim();
}

/** A request in the order a provider reads it, a line for each tool, system block and message. */
function pieces({ body, protocol }: RecordedCall): readonly string[] {
  const system =
    protocol === 'anthropic' ? listOf(body.system, 'text') : protocol === 'responses' ? [body.instructions] : [];
  const messages = listOf(protocol === 'responses' ? body.input : body.messages);
  return [...listOf(body.tools), ...system, ...messages].map((piece) => JSON.stringify(withoutMarkers(piece)));
}

function costOf(calls: readonly RecordedCall[]): Cost {
  const sent: string[] = [];
  let [bytes, tokens, repeated, broken] = [0, 0, 0, 0];
  for (const call of calls) {
    const text = pieces(call).join('\n');
    const shared = Math.max(0, ...sent.map((earlier) => sharedLength(earlier, text)));
    const before = sent.at(-1);
    if (before !== undefined && !text.startsWith(before)) broken += 1;
    bytes += Buffer.byteLength(text);
    tokens += count(text);
    repeated += count(text.slice(0, shared));
    sent.push(text);
  }
  const cost = Math.round(REPEATED_COST * repeated + NEW_COST * (tokens - repeated));
  return { requests: calls.length, bytes, tokens, repeated, cost, broken };
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one.charCodeAt(length) === other.charCodeAt(length))
    length += 1;
  return length;
}

/** Line by line, because a line comes again in every request after its first. */
function count(text: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const known = counted.get(line) ?? tokenizer.encode(line, [], []).length;
    counted.set(line, known);
    sum += known;
  }
  return sum;
}

/** A cache marker moves from message to message and is no part of what the model reads. */
function withoutMarkers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarkers);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'cache_control' ? [] : [[key, withoutMarkers(inner)]])),
  );
}

function listOf(value: unknown, textKey?: string): readonly Json[] {
  if (typeof value === 'string' && textKey !== undefined) return [{ [textKey]: value }];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function figuresOf(rows: readonly Row[]): readonly Figure[] {
  const ours = rows.filter((row) => row.name.startsWith(OURS));
  const [main] = ours;
  const others = rows.filter((row) => !row.name.startsWith(OURS));
  const tenTurns = (row: Row | undefined) => row?.byTurns[10]?.cost ?? null;
  const judged = others.filter((row) => row.name !== BARE).map(tenTurns);
  const lowest = judged.includes(null) ? null : Math.min(...judged.map(Number));
  const bare = tenTurns(others.find((row) => row.name === BARE));
  const ourCost = tenTurns(main);
  return [
    {
      name: 'first request',
      value: main?.first?.tokens ?? null,
      unit: 'tokens',
      bound: atMost(FIRST_REQUEST_TOKENS_MAX),
    },
    ...ours.map(
      (row): Figure => ({
        name: `${row.name}: requests that do not begin with the one before`,
        value: row.trouble === null ? sum(TURNS.map((turns) => row.byTurns[turns]?.broken ?? 0)) : null,
        unit: '',
        bound: exactly(0),
      }),
    ),
    { name: 'cost at 3 turns', value: main?.byTurns[3]?.cost ?? null, unit: '', bound: shown },
    {
      name: 'cost at 10 turns',
      value: ourCost,
      unit: '',
      bound: atMost(COST_AT_TEN_TURNS_MAX),
    },
    {
      name: 'cost at 10 turns, over the lowest of the others but --bare',
      value: ourCost === null || lowest === null ? null : ourCost - lowest,
      unit: '',
      bound: atMost(-1),
      beside: { what: 'that one', value: lowest },
    },
    {
      name: 'cost at 10 turns, over Claude Code --bare',
      value: ourCost === null || bare === null ? null : ourCost - bare,
      unit: '',
      bound: atMost(-1),
      beside: { what: 'that one', value: bare },
    },
    ...others.map(
      (row): Figure => ({ name: `${row.name}: cost at 10 turns`, value: tenTurns(row), unit: '', bound: shown }),
    ),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function table(rows: readonly Row[]): readonly string[] {
  const head = ['', 'first request', 'tools', '3 turns', '10 turns', 'repeated', 'cost 3', 'cost 10'];
  const cells = rows.map((row) => {
    const [three, ten] = [row.byTurns[3], row.byTurns[10]];
    if (row.first === null || three === undefined || ten === undefined)
      return [row.name, `missing: ${row.trouble}`.slice(0, 300)];
    return [
      row.name,
      `${row.first.bytes} B / ${row.first.tokens}`,
      `${row.tools?.count} / ${row.tools?.tokens}`,
      `${three.tokens}${three.requests === 3 ? '' : ` (${three.requests} requests)`}`,
      `${ten.tokens}${ten.requests === 10 ? '' : ` (${ten.requests} requests)`}`,
      `${Math.round((100 * ten.repeated) / ten.tokens)} %`,
      String(three.cost),
      String(ten.cost),
    ];
  });
  const widths = head.map((_, column) =>
    Math.max(...[head, ...cells].map((row) => (row.length > 2 || column === 0 ? (row[column] ?? '').length : 0))),
  );
  return [head, ...cells].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
