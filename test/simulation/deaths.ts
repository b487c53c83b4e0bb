/**
 * Every death of a bot, and every second one after each. A run is played once; then its world is taken back to a moment at
 * which the bot could have died, and goes on from there. That spares all that came before: most of what a pair would cost.
 */
import type { Write } from './bots/rows.ts';
import type { Failure } from './job.ts';
import type { Plan } from './plan.ts';
import { beginRun, type KillPoint, type Outcome, play, type Run } from './play.ts';
import type { Moment } from './world/memory.ts';

/** A death at `point`, and at the points in `same`: nothing happened between them, so that it is the same death. */
export interface First {
  readonly point: number;
  readonly same: readonly number[];
}

export interface Deaths {
  /** Kill points there are. */
  readonly points: number;
  /** Those that were played, and at which the bot did die or lose its answer. */
  readonly played: number;
  /** Those that were not, because they are the same death as one that was. */
  readonly same: number;
  readonly failures: readonly Failure[];
}

interface Death extends KillPoint {
  readonly moment: Moment;
  readonly written: number;
  readonly changes: number;
}

/** What a run came through, from its beginning to its rest. */
interface Passed {
  readonly run: Run;
  readonly deaths: readonly Death[];
  readonly points: number;
  readonly writes: readonly Write[];
}

/** One pair in so many is played whole as well. */
const PLAYED_WHOLE = 150;

/** All first deaths of a plan, and the answers that may be lost in it. */
export async function firstsOf(plan: Plan): Promise<readonly First[]> {
  const quiet = { ...plan, kills: [] };
  const { deaths, points } = await passed(quiet);
  const lost = others(points, deaths, 0).map((point): First => ({ point, same: [] }));
  return [...distinct(quiet, deaths).map(({ death, same }): First => ({ point: death.point, same })), ...lost];
}

/**
 * Everything that may go wrong by one death or one lost answer, or by one more after the first. What `alsoWhole` names is
 * played from its beginning as well, and has to come to the same log. Deaths of the plan's own are left out.
 */
export async function playDeaths(
  plan: Plan,
  first: number | null,
  alsoWhole = (point: number): boolean => ((first ?? 0) * 31 + point) % PLAYED_WHOLE === 0,
): Promise<Deaths> {
  const quiet = { ...plan, kills: [] };
  const before = first === null ? [] : [first];
  const failures: Failure[] = [];
  const fail = (point: number, violations: readonly string[]): void => {
    if (violations.length === 0) return;
    failures.push({ plan: { ...quiet, kills: [...before, point] }, swept: true, violations: [...violations] });
  };
  const { run, deaths, points, writes, lost } = await withLostAnswers(quiet, first, fail);
  const ones = distinct(quiet, deaths);
  const hashes = new Map<number, string>();
  let played = lost;
  for (const { death } of ones) {
    const { point } = death;
    run.rows.advance(writes, death.written);
    const { struck } = await dieAt(run, death);
    if (struck.has(point)) played += 1;
    fail(point, run.violations);
    if (alsoWhole(point)) hashes.set(point, run.outcome().hash);
  }
  for (const [point, hash] of hashes)
    if ((await play({ ...quiet, kills: [...before, point] })).hash !== hash)
      fail(point, ['played from its beginning it gives another log']);
  const same = ones.reduce((sum, one) => sum + one.same.length, 0);
  return { points: points - (first ?? 0), played, same, failures };
}

/**
 * The run itself, and those in which an answer is lost in it: who hears nothing lives on with all it knows, so there is
 * nothing to go back to but the first death.
 */
async function withLostAnswers(
  quiet: Plan,
  first: number | null,
  fail: (point: number, violations: readonly string[]) => void,
): Promise<Passed & { readonly lost: number }> {
  let lost = 0;
  const count = (point: number, { struck, violations }: Pick<Outcome, 'struck' | 'violations'>): void => {
    if (struck.has(point)) lost += 1;
    fail(point, violations);
  };
  const before = await passed(quiet);
  const death = before.deaths.find(({ point }) => point === first);
  if (death === undefined) {
    const kills = first === null ? [] : [first];
    const after = first === null ? before : await passed({ ...quiet, kills }, first);
    for (const point of others(after.points, after.deaths, first ?? 0))
      count(point, await play({ ...quiet, kills: [...kills, point] }));
    after.run.rows.clear();
    return { ...after, lost };
  }
  const { run } = before;
  run.rows.advance(before.writes, death.written);
  const deaths: Death[] = [];
  run.hear(recorder(quiet, deaths, before.writes.slice(0, death.written)));
  const { points, written } = await dieAt(run, death);
  run.hear(null);
  for (const point of others(points, deaths, death.point)) {
    run.kills.add(point);
    const { struck } = await dieAt(run, death);
    run.kills.delete(point);
    count(point, { struck, violations: run.violations });
  }
  // The first death is part of every run from here on.
  run.kills.add(death.point);
  return { run, deaths, points, writes: [...before.writes.slice(0, death.written), ...written], lost };
}

/** From the beginning. Its rows are empty again when it is over. */
async function passed(plan: Plan, after = 0): Promise<Passed> {
  const deaths: Death[] = [];
  const run = await beginRun(plan, recorder(plan, deaths, [], after));
  await run.toRest();
  run.leave();
  run.hear(null);
  const { written } = run.rows;
  run.rows.clear();
  return { run, deaths, points: run.counts.points, writes: written };
}

/** From this death on to its rest. The rows are as they were at the death, and are so again afterwards. */
function dieAt(
  run: Run,
  { moment, point, die }: Death,
): Promise<{ readonly points: number; readonly written: readonly Write[]; readonly struck: ReadonlySet<number> }> {
  return run.rows.aside(async () => {
    moment.again();
    run.counts.points = point;
    run.counts.names.length = point;
    run.counts.struck.clear();
    run.kills.add(point);
    die();
    await run.toRest();
    run.leave();
    run.kills.delete(point);
    return { points: run.counts.points, written: run.rows.written, struck: new Set(run.counts.struck) };
  });
}

/** Writes down each death that could be, with all there is to take back. `before` was written when the rows were put aside. */
function recorder(plan: Plan, deaths: Death[], before: readonly Write[], after = 0): (at: KillPoint) => void {
  const matter = ({ sql }: Write): boolean => !ONLY_TOLD.test(sql);
  const mattered = before.filter(matter).length;
  return (at) => {
    // Of two bots the other one lives on, and what it knows cannot be taken back.
    if (at.point <= after || plan.bots > 1) return;
    const { written } = at.rows;
    deaths.push({
      ...at,
      moment: at.world.memory.moment(),
      written: before.length + written.length,
      changes: mattered + written.filter(matter).length,
    });
  };
}

/** Events are for people. All the bot asks of them is the time of the newest, for a clock that was put back. */
const ONLY_TOLD = /^insert into "event"/i;

/** Of deaths between which nothing happened that anybody could tell afterwards, the first. */
function distinct(plan: Plan, deaths: readonly Death[]): readonly { readonly death: Death; readonly same: number[] }[] {
  const rightClock = plan.skews.length === 0;
  const groups: { readonly death: Death; readonly same: number[] }[] = [];
  for (const death of deaths) {
    const last = groups.at(-1);
    const sameRows = rightClock ? last?.death.changes === death.changes : last?.death.written === death.written;
    if (last !== undefined && sameRows && last.death.moment.same(death.moment)) last.same.push(death.point);
    else groups.push({ death, same: [] });
  }
  return groups;
}

/** The points that are no deaths: lost answers, and with two bots all of them. */
function others(points: number, deaths: readonly Death[], after: number): readonly number[] {
  const known = new Set(deaths.map(({ point }) => point));
  return Array.from({ length: points - after }, (_, at) => after + at + 1).filter((point) => !known.has(point));
}
