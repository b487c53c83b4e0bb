/**
 * Plays one plan from its beginning to its rest, with every oracle watching. What plays can be heard at every kill point,
 * taken back there and played on (see deaths.ts).
 */
import { DUTIES, type Pipeline } from '../../src/domain/pipeline.ts';
import type { Rules } from '../../src/heartbeat/observe.ts';
import { makeProject, makeSettings, PIPELINE, STATES } from '../decide/make.ts';
import { seededRandom } from '../world/random.ts';
import { GOOD } from './bots/agent.ts';
import { startBot } from './bots/bot.ts';
import { ALONE, fileLease } from './bots/lease.ts';
import { createRows, type Rows } from './bots/rows.ts';
import type { AgentWorld } from './bots/sessions.ts';
import { ORACLES } from './oracles/all.ts';
import { type Rest, restOf } from './oracles/settled.ts';
import { carryOut } from './people/acts.ts';
import type { Plan, PlannedAct } from './plan.ts';
import type { Line as BotLine, Counts, Trouble } from './ports/line.ts';
import { issueId } from './world/board.ts';
import type { Keep } from './world/memory.ts';
import { createWorld, type Line, logHash, type World } from './world/world.ts';

export interface Outcome {
  readonly violations: readonly string[];
  readonly hash: string;
  readonly steps: number;
  readonly merges: number;
  readonly faults: number;
  /** What each kill point is, in order. */
  readonly points: readonly string[];
  /** Those at which a bot did die or lose an answer, by their numbers. */
  readonly struck: ReadonlySet<number>;
  readonly rests: Readonly<Record<string, Rest>>;
  readonly log: readonly Line[];
  readonly simulatedMs: number;
}

/** Enough to understand; a run that goes wrong may go wrong at every step. */
const VIOLATIONS_MAX = 5;
/** Many times what the longest story of one ticket takes: more is a bot that goes in circles. */
const POINTS_A_TICKET_MAX = 2_000;
/** How long nothing must change for a run to be over before its time. */
const STILL_MS = 65_000;

/** Where a bot could die in a run that goes on. */
export interface KillPoint {
  readonly point: number;
  readonly world: World;
  readonly rows: Rows;
  /** It dies here. Once the run has gone on, the world has to be taken back to this moment before. */
  readonly die: () => void;
}

export interface Run {
  readonly rows: Rows;
  readonly counts: Counts;
  readonly violations: readonly string[];
  /** The points at which the bot dies, or at which an answer is lost. */
  readonly kills: Set<number>;
  /** Who is told of every kill point that the bot comes through alive from now on, before anything else happens. */
  hear(onPoint: ((point: KillPoint) => void) | null): void;
  /** Plays on until everything rests, or something is as it must not be. */
  toRest(): Promise<void>;
  outcome(): Outcome;
  /** Whoever lives is alive no more and leaves nothing behind. */
  leave(): void;
}

export async function play(plan: Plan): Promise<Outcome> {
  const run = await beginRun(plan);
  await run.toRest();
  run.leave();
  return run.outcome();
}

/** `heard` is told of every kill point that the bot comes through alive, before anything else happens. */
export async function beginRun(plan: Plan, heard: ((point: KillPoint) => void) | null = null): Promise<Run> {
  let onPoint = heard;
  const { seed, files, ci, rules } = plan;
  const issues = plan.tickets.map(({ key, value }) => ({ key, value }));
  const world = createWorld({ seed, files, ci, rules, issues });
  const { timeline, memory } = world;
  const { keep } = memory;
  const begin = timeline.now();
  const own = keep({ violations: [] as string[], lastChange: begin, skewMs: 0 });
  const { violations } = own;
  const violation = (text: string): void => {
    if (violations.length < VIOLATIONS_MAX && !violations.includes(text)) violations.push(text);
  };
  const kills = new Set(plan.kills);
  const oracles = ORACLES.map((make) => make({ world, plan, kills, violation, keep }));
  world.watch((happening, at) => {
    if (happening.kind !== 'looked' && happening.kind !== 'idled') own.lastChange = at;
    for (const oracle of oracles) oracle.see(happening, at);
  });

  // Kill points are numbered along one run, however it was come to: see deaths.ts.
  const counts: Counts = Object.assign(keep({ calls: 0, faults: 0 }), {
    points: 0,
    names: [],
    struck: new Set<number>(),
  });
  const random = seededRandom(seed ^ 0x5eed, keep);
  for (const { atMs, skewMs } of plan.skews)
    timeline.after(atMs, () => {
      own.skewMs = skewMs;
      world.tell({ kind: 'clock', skewMs });
    });
  for (const ticket of plan.tickets)
    timeline.after(ticket.atMs, () => void world.board.move(issueId(ticket.key), STATES.todo, ticket.by));
  const quietFrom = begin + plan.quietFromMs;
  for (const { when, act } of plan.acts) if ('ms' in when) timeline.after(when.ms, () => carryOut(world, act));

  const lease = plan.bots === 2 ? fileLease() : ALONE;
  const rows = await createRows();
  const folder = keep({ tips: new Map<string, string>(), known: new Set<string>() });
  const lines: BotLine[] = [];
  const parts = {
    world,
    rows,
    lease,
    folder,
    rules: () => rulesOf(plan),
    agents: agentsOf(plan, begin, keep),
    trouble: troubleOf({
      plan,
      kills,
      quietFrom,
      keep,
      onPoint: (point, die) => onPoint?.({ point, die, world, rows }),
      perform: ({ act }) => carryOut(world, act),
    }),
    stale: { lagMs: () => (timeline.now() < quietFrom ? plan.staleMs : 0) },
    counts,
    skewMs: () => own.skewMs,
    losesWake: () => random.chance(plan.wakeLoss),
    violation,
    onLife: (line: BotLine) => void lines.push(line),
  };
  for (let bot = 1; bot <= plan.bots; bot += 1) startBot({ ...parts, name: `bot-${bot}` });

  const until = begin + Math.max(plan.quietFromMs, lastActMs(plan)) + plan.settleMs;
  const atRest = (): boolean =>
    timeline.now() - Math.max(own.lastChange, quietFrom, begin + lastActMs(plan)) > STILL_MS &&
    plan.tickets.every((one) => restOf(world, one) !== 'under-way') &&
    !oracles.some((oracle) => oracle.pending?.() === true);
  return {
    rows,
    counts,
    violations,
    kills,
    hear: (next) => {
      onPoint = next;
    },
    toRest: async () => {
      await timeline.play(until, () => violations.length > 0 || atRest());
      if (violations.length === 0) for (const oracle of oracles) oracle.end?.();
      if (counts.points > POINTS_A_TICKET_MAX * (1 + plan.tickets.length))
        violation(`the bot never came to rest: ${counts.points} kill points`);
    },
    outcome: () => ({
      violations: [...violations],
      hash: logHash(world.log),
      steps: counts.calls,
      merges: world.log.filter(({ happening }) => happening.kind === 'merged' && happening.by !== 'person').length,
      faults: counts.faults,
      points: [...counts.names],
      struck: new Set(counts.struck),
      rests: Object.fromEntries(plan.tickets.map((one) => [one.key, restOf(world, one)])),
      log: [...world.log],
      simulatedMs: timeline.now() - begin,
    }),
    leave: () => {
      for (const line of lines.splice(0)) line.kill();
      rows.cut();
      lease.close();
    },
  };
}

function callOf({ when }: PlannedAct): number {
  return 'call' in when ? when.call : 0;
}

function lastActMs(plan: Plan): number {
  const times = plan.acts.map(({ when }) => ('ms' in when ? when.ms : 0));
  return Math.max(0, ...times, ...plan.tickets.map((one) => one.atMs));
}

interface TroubleParts {
  readonly plan: Plan;
  readonly kills: ReadonlySet<number>;
  readonly quietFrom: number;
  readonly keep: Keep;
  readonly onPoint: (point: number, die: () => void) => void;
  readonly perform: (act: PlannedAct) => void;
}

function troubleOf({ plan, kills, quietFrom, keep, onPoint, perform }: TroubleParts): Trouble {
  const faults = new Map(plan.faults.map(({ call, fault }) => [call, fault]));
  const acts = plan.acts.toSorted((one, other) => callOf(one) - callOf(other));
  const { waiting } = keep({ waiting: acts.filter(({ when }) => 'call' in when) });
  return {
    fault: (call, now) => (now < quietFrom ? (faults.get(call) ?? null) : null),
    denies: (what) => plan.denied.includes(what),
    kills: (point, die) => {
      if (kills.has(point)) return true;
      onPoint(point, die);
      return false;
    },
    loses: (point) => kills.has(point),
    before: (call) => {
      for (let next = waiting[0]; next !== undefined && callOf(next) <= call; next = waiting[0]) {
        waiting.shift();
        perform(next);
      }
    },
  };
}

function agentsOf(plan: Plan, begin: number, keep: Keep): AgentWorld {
  const scripts = new Map(plan.tickets.map(({ key, script }) => [key, script]));
  return {
    script: (key) => scripts.get(key) ?? GOOD,
    reachable: (now) => !plan.outages.some(({ fromMs, toMs }) => now >= begin + fromMs && now < begin + toMs),
    begun: keep({ begun: new Map<string, number>() }).begun,
  };
}

function rulesOf(plan: Plan): Rules {
  const made = makeSettings();
  const dev = made.roles.dev;
  const settings = {
    ...made,
    ...(dev === undefined ? {} : { roles: { ...made.roles, audit: dev } }),
    projects: [makeProject({ mergeMethod: plan.mergeMethod, ...plan.project })],
    limits: { ...made.limits, ...plan.limits },
    budget: { ...made.budget, ...plan.budget },
  };
  const audit = { kind: 'audit', role: 'audit' } as const;
  const stages = plan.audit
    ? PIPELINE.stages.flatMap((stage) => (stage.kind === 'merge' ? [audit, stage] : [stage]))
    : PIPELINE.stages;
  const pipeline: Pipeline = { ...PIPELINE, stages };
  return { settings, pipelines: new Map([['default', pipeline]]), duties: new Set(DUTIES) };
}
