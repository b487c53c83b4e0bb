/** Many sessions in one process: what each of them holds of its memory, and what a turn costs it. */
import { join } from 'node:path';
import type { BotOptions, Weight } from './bot.ts';
import { startBotProcess } from './bot-process.ts';
import { type Gate, withCrowd } from './crowd.ts';
import { countRows } from './rows.ts';

/** Turns until everybody is under way. */
const WARM_TURNS = 2;

export interface LoopCost {
  readonly residentBytesEach: number;
  readonly residentBytesBefore: number;
  readonly cpuMsPerTurn: number;
  readonly turnsPerSecond: number;
  readonly commits: number;
  readonly messages: number;
  readonly synchronous: number | null;
}

/** All wait at one turn, go on together, and wait at a later one: what lies between is the loop and nothing else. */
export async function loopCost(room: BotOptions['room'], sessions: number, turns: number): Promise<LoopCost> {
  return await withCrowd({}, async ({ world, gate }) => {
    const bot = await startBotProcess(world, { room });
    const file = join(world.dataDir, 'heartline.db');
    const tooSoon = bot.untilEnded(1).then((): never => {
      throw new Error(`a session of the bench ended as ${bot.ended[0]?.state}: ${bot.ended[0]?.reason}`);
    });
    const allAt = (place: Gate) => Promise.race([place.full, tooSoon]);
    // One alone first: what is loaded once for all belongs to nobody.
    const alone = gate(1, 1);
    await bot.begin(0, 1);
    await allAt(alone);
    const before = await bot.weigh(true);
    const first = gate(WARM_TURNS, sessions);
    const last = gate(WARM_TURNS + turns, sessions);
    alone.open();
    await bot.begin(1, sessions - 1);
    await allAt(first);
    const [from, rowsBefore, began] = [await bot.weigh(false), countRows(file), performance.now()];
    first.open();
    await allAt(last);
    const [to, rows, ended] = [await bot.weigh(false), countRows(file), performance.now()];
    const held = await bot.weigh(true);
    last.open();
    bot.kill();
    await bot.gone;
    return {
      residentBytesEach: (held.residentBytes - before.residentBytes) / (sessions - 1),
      residentBytesBefore: before.residentBytes,
      cpuMsPerTurn: (to.cpuMs - from.cpuMs) / (sessions * turns),
      turnsPerSecond: (sessions * turns * 1_000) / (ended - began),
      commits: to.commits - from.commits,
      messages: rows.messages - rowsBefore.messages,
      synchronous: to.synchronous,
    };
  });
}

export interface LifeCost {
  readonly turns: number;
  readonly cpuMsPerTurn: number;
  readonly weight: Weight;
}

/** Whole lives, in the room: a clone of its own, commands behind walls, commits, `finish`, the bundle taken in. */
export async function lifeCost(sessions: number, turns: number): Promise<LifeCost> {
  return await withCrowd({ finishAt: turns - 1 }, async ({ world }) => {
    const bot = await startBotProcess(world, { room: 'bwrap' });
    await bot.begin(0, 1);
    await bot.untilEnded(1);
    const asked = world.models.log.length;
    const from = await bot.weigh(false);
    await bot.begin(1, sessions);
    await bot.untilEnded(sessions + 1);
    const to = await bot.weigh(false);
    await bot.end();
    const bad = bot.ended.find(({ state }) => state !== 'succeeded');
    if (bad !== undefined) throw new Error(`a session of the bench ended as ${bad.state}: ${bad.reason}`);
    const made = world.models.log.length - asked;
    return { turns: made, cpuMsPerTurn: (to.cpuMs - from.cpuMs) / made, weight: to };
  });
}
