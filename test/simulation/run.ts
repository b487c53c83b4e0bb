/**
 * `npm run simulate`: the real bot in a simulated world, under thousands of seeds, every single death, and with bugs
 * planted on purpose; or, with --pairs, every pair of deaths. Prints what was covered; with --assert, and of pairs always,
 * it fails when anything is not as it must be.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { workTogether } from './crew.ts';
import { firstsOf } from './deaths.ts';
import { type Failure, type Job, type JobResult, NOTHING } from './job.ts';
import { clearGrounds } from './mutants/hunt.ts';
import { hunted, processorMs } from './mutants/hunted.ts';
import { MUTANTS, MUTANTS_MIN, mutantNamed } from './mutants/mutants.ts';
import { readOptions } from './options.ts';
import type { Plan } from './plan.ts';
import { play } from './play.ts';
import { readableLog, readableOutcome, readablePlan } from './readable.ts';
import { DRAWN, planOf, SCENARIOS, SCENARIOS_MIN, scenarioNamed, sweptPlan } from './scenarios/plan-of.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { replayLine, shrink, without } from './shrink.ts';

/** A seed that once found something, kept for ever. */
interface Kept {
  readonly seed: number | null;
  readonly scenario: string | null;
  readonly kills?: readonly number[];
  readonly why: string;
}

const SEEDS_A_JOB = 10;
/** A run of so many seeds is held against the clock, in minutes of two cores. */
const SEEDS_TIMED = 1_000;
const CORES = 2;
/** Shrunk and shown whole; of the rest only how to replay them. */
const FAILURES_SHOWN_MAX = 1;

const options = readOptions(process.argv.slice(2));
process.exitCode = await main();

async function main(): Promise<number> {
  if (options.hunt !== null) {
    process.stdout.write(JSON.stringify(await hunted(options.hunt.seeds, options.hunt.aim, options.hunt.seen)));
    return 0;
  }
  if (options.seed !== null || options.kills.length > 0) return replay();
  return options.pairs ? pairs() : everything();
}

/** Deaths that are named stand alone, as the sweep tries them; a seed brings its own. */
function planFor(seed: number | null, scenario: string | null, kills: readonly number[]): Plan {
  if (seed !== null) return planOf(seed, scenario);
  return { ...sweptPlan(scenarioNamed(scenario ?? '')), kills };
}

async function replay(): Promise<number> {
  const plan = without(planFor(options.seed, options.scenario, options.kills), options.without);
  const outcome = await play(plan);
  console.log([readablePlan(plan), '', readableLog(outcome.log), '', readableOutcome(outcome)].join('\n'));
  return outcome.violations.length === 0 ? 0 : 1;
}

async function everything(): Promise<number> {
  const started = performance.now();
  const { index, of } = options.shard;
  const seeds = blocks(options.seeds, SEEDS_A_JOB)
    .filter((_, at) => at % of === index % of)
    .map(([from, to]): Job => {
      const twice = options.twice || from % (5 * SEEDS_A_JOB) === 0;
      return { kind: 'seeds', from, to, scenario: options.scenario, twice };
    });
  const deaths = (options.sweep ? sweptOnes() : [])
    .filter((_, at) => at % of === index % of)
    .map(({ name }): Job => ({ kind: 'deaths', scenario: name }));
  const prey = options.only.length === 0 ? MUTANTS : options.only.map(mutantNamed);
  const hunts = options.mutants ? prey.map((one): Job => ({ kind: 'hunt', mutant: one.name, seeds: 1_000 })) : [];
  const kept = [...(await corpus()), ...(await undrawn())];

  const totals = { seeds: NOTHING, deaths: NOTHING };
  const hashes = new Map<number, readonly string[]>();
  const caught: NonNullable<JobResult['caught']>[] = [];
  let apartMs = 0;
  clearGrounds();
  await workTogether([...hunts, ...deaths, ...seeds], (job, result) => {
    apartMs += result.apartMs;
    if (job.kind === 'hunt') {
      if (result.caught === null) return;
      caught.push(result.caught);
      process.stderr.write(`${huntTable([result.caught])}\n`);
    } else if (job.kind !== 'pairs') totals[job.kind] = sum(totals[job.kind], result);
    if (job.kind === 'seeds') hashes.set(job.from, result.hashes);
  });
  clearGrounds();

  const found = caught.filter((one) => one.after !== null);
  const failures = [...kept, ...totals.seeds.failures, ...totals.deaths.failures];
  const hash = createHash('sha256');
  for (const [, some] of [...hashes].sort(([one], [other]) => one - other)) for (const one of some) hash.update(one);
  const minutes = (performance.now() - started) / 60_000;
  const worked = (processorMs() + apartMs) / CORES / 60_000;
  const twice = totals.seeds.failures.filter((one) => one.violations.includes('the same seed gave another log')).length;
  console.log(
    [
      `${totals.seeds.runs} seeds over ${totals.seeds.scenarios.length} scenarios: ${totals.seeds.steps} steps, ${totals.seeds.merges} merges, ${totals.seeds.faults} faults, ${totals.seeds.killed} deaths, ${(totals.seeds.simulatedMs / 86_400_000).toFixed(1)} simulated days`,
      `kill points: ${deathsLine(totals.deaths, 'single ones')} over ${deaths.length} scenarios`,
      `planted bugs caught: ${found.length} of ${hunts.length}`,
      `logs of the same seed that differ: ${twice}; all logs ${hash.digest('hex').slice(0, 16)}`,
      `violations: ${failures.length}`,
      `${minutes.toFixed(1)} minutes, of ${CORES} cores that do nothing else ${worked.toFixed(1)}`,
    ].join('\n'),
  );
  if (options.mutants) console.log(huntTable(caught));
  await explain(failures);
  const complete = MUTANTS.length >= MUTANTS_MIN && SCENARIOS.length >= SCENARIOS_MIN;
  const fine = failures.length === 0 && found.length === hunts.length && covered(totals.deaths);
  return options.assert && !(complete && fine && allPlayed(totals.seeds) && inTime(worked)) ? 1 : 0;
}

/** Held against the processor time: how long others made it wait says nothing of the simulation. */
function inTime(minutes: number): boolean {
  const timed = options.seeds <= SEEDS_TIMED && options.scenario === null && !options.twice;
  if (!timed || minutes <= options.minutesMax) return true;
  process.stderr.write(`short: it takes ${minutes.toFixed(1)} minutes, wanted at most ${options.minutesMax}\n`);
  return false;
}

/** A share of the seeds need not come to each. */
function allPlayed({ scenarios }: JobResult): boolean {
  if (options.shard.of > 1) return true;
  return scenarios.length === Math.min(options.seeds, options.scenario === null ? DRAWN.length : 1);
}

/** All pairs of deaths and lost answers: the second among all points that come after the first. Sharded by the first. */
async function pairs(): Promise<number> {
  const { index, of } = options.shard;
  const all: Extract<Job, { kind: 'pairs' }>[] = [];
  for (const scenario of sweptOnes())
    for (const { point, same } of await firstsOf(sweptPlan(scenario)))
      all.push({ kind: 'pairs', scenario: scenario.name, first: point, times: 1 + same.length });
  // Counted through all scenarios, so that a small share has first deaths of every kind.
  const jobs = all.filter((_, at) => at % of === index % of);
  const totals = new Map<string, JobResult>();
  const left = new Map<string, number>();
  for (const { scenario } of jobs) left.set(scenario, (left.get(scenario) ?? 0) + 1);
  await workTogether(jobs, (job, result) => {
    if (job.kind !== 'pairs') return;
    const total = sum(totals.get(job.scenario) ?? NOTHING, result);
    totals.set(job.scenario, total);
    left.set(job.scenario, (left.get(job.scenario) ?? 0) - 1);
    if (left.get(job.scenario) === 0)
      console.log(`${job.scenario}: ${deathsLine(total, 'pairs of deaths')}, ${total.failures.length} violations`);
  });
  const total = [...totals.values()].reduce(sum, NOTHING);
  console.log(
    `${totals.size} scenarios (shard ${index} of ${of}): ${deathsLine(total, 'pairs of deaths')}, ${total.failures.length} violations`,
  );
  await explain(total.failures);
  return total.failures.length === 0 && covered(total) ? 0 : 1;
}

function deathsLine({ points, runs, same }: JobResult, what: string): string {
  return `${runs + same} of ${points} ${what} (${runs} played, the others are the same death as one of these)`;
}

/** A death that was played and did not happen counts as none. */
function covered({ points, runs, same }: JobResult): boolean {
  return runs + same === points;
}

/** Whoever names one means it, however long it takes. */
function sweptOnes(): readonly Scenario[] {
  return options.scenario === null ? SCENARIOS.filter((one) => one.swept) : [scenarioNamed(options.scenario)];
}

async function corpus(): Promise<readonly Failure[]> {
  const kept = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8')) as readonly Kept[];
  const failures: Failure[] = [];
  for (const { seed, scenario, kills = [] } of kept) {
    const plan = planFor(seed, scenario, kills);
    const { violations } = await play(plan);
    if (violations.length > 0) failures.push({ plan, swept: seed === null, violations });
  }
  return failures;
}

/** What no seed comes to. */
async function undrawn(): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const scenario of SCENARIOS.filter((one) => !DRAWN.includes(one))) {
    const plan = sweptPlan(scenario);
    const { violations } = await play(plan);
    if (violations.length > 0) failures.push({ plan, swept: false, violations });
  }
  return failures;
}

async function explain(failures: readonly Failure[]): Promise<void> {
  for (const { plan, swept, violations } of failures.slice(0, FAILURES_SHOWN_MAX)) {
    console.log(`\n${violations.join('\n')}\n${readablePlan(plan)}`);
    const shrunk = await shrink(plan);
    console.log(`shrunk to\n${readablePlan(shrunk.plan)}\nreplay: ${replayLine(plan, swept, shrunk.without)}`);
  }
  for (const { plan, swept, violations } of failures.slice(FAILURES_SHOWN_MAX))
    console.log(`${replayLine(plan, swept, [])}   ${violations[0]?.split('\n')[0] ?? ''}`);
}

function huntTable(caught: readonly NonNullable<JobResult['caught']>[]): string {
  return caught
    .toSorted((one, other) => one.mutant.localeCompare(other.mutant))
    .map(({ mutant, after, by, trouble }) => {
      const count = trouble !== null ? 'NOT PLANTED' : after === null ? 'NOT CAUGHT' : `after ${after}`;
      return `  ${mutant.padEnd(44)} ${count.padEnd(12)} ${(trouble ?? by).slice(0, 110)}`;
    })
    .join('\n');
}

function blocks(count: number, size: number): readonly (readonly [number, number])[] {
  return Array.from(
    { length: Math.ceil(count / size) },
    (_, index) => [index * size, Math.min(count, (index + 1) * size)] as const,
  );
}

function sum(one: JobResult, other: JobResult): JobResult {
  return {
    runs: one.runs + other.runs,
    scenarios: [...new Set([...one.scenarios, ...other.scenarios])],
    points: one.points + other.points,
    same: one.same + other.same,
    steps: one.steps + other.steps,
    merges: one.merges + other.merges,
    faults: one.faults + other.faults,
    killed: one.killed + other.killed,
    simulatedMs: one.simulatedMs + other.simulatedMs,
    apartMs: one.apartMs + other.apartMs,
    hashes: [],
    failures: [...one.failures, ...other.failures],
    caught: null,
  };
}
