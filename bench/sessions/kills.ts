/**
 * The process is killed again and again while its sessions work, at any moment and at the very moment of an acknowledgement.
 * What it had told the world is then held against the file, and what it asks afterwards against what it had been answered.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load-config.ts';
import { priceOf } from '../../src/config/prices.ts';
import { costOf } from '../../src/decide/budget.ts';
import type { Turn } from '../../test/world/models/conversation.ts';
import type { LoggedCall } from '../../test/world/models/model-call.ts';
import { issueKeyOf } from '../../test/world/models/scripted-agent.ts';
import { seededRandom } from '../../test/world/random.ts';
import type { World } from '../../test/world/start-world.ts';
import type { BotOptions } from './bot.ts';
import { startBotProcess } from './bot-process.ts';
import { turnOf, withCrowd } from './crowd.ts';
import { endedRuns, type Ledger, ledger, type StoredMessage, storedMessages } from './rows.ts';
import { sessionOf } from './ticket.ts';

const LIFE_MS_MIN = 400;
const LIFE_MS_MORE = 900;
/** Of acknowledgements, by sessions together: some lives end with one of them. */
const ACKNOWLEDGED_MORE = 150;
/** In reservations: far less than all sessions together want, so that most of them are refused. */
const ALLOWED_RESERVATIONS = 12.5;
const LOOK_EVERY_MS = 20;

export interface KillProof {
  readonly kills: number;
  readonly acknowledged: number;
  /** Told to somebody, and not in the file. */
  readonly lost: number;
  readonly calls: number;
  /** Asked once more because nobody had heard the answer. */
  readonly askedAgain: number;
  /** Asked although the answer was on disk, or twice in one life. */
  readonly repeated: number;
  /** Answered by the model, and never reserved. */
  readonly unreserved: number;
  /** What was booked or billed beyond the cap, in reservations of one call; null when the cap was never met. */
  readonly overshoot: number | null;
  readonly refusedByCap: number;
}

export async function killProof(sessions: number, kills: number, seed: number): Promise<KillProof> {
  const pending = { calls: 0 };
  const onEffect = async ({ service }: { readonly service: string }, phase: 'before' | 'after') => {
    if (service === 'model') pending.calls += phase === 'before' ? 1 : -1;
  };
  return await withCrowd({ onEffect }, async ({ world }) => {
    const random = seededRandom(seed);
    const watch = new Watch(world);
    const calm = async () => {
      while (pending.calls > 0) await pause(LOOK_EVERY_MS);
    };
    let cap: number | null = null;
    let overCap = 0;
    for (let life = 0; life < kills; life += 1) {
      const last = life === kills - 1;
      // The last of the killed lives has the cap already, and the life after it the same one.
      if (last) cap = watch.ledger().bookedMicroUsd + ALLOWED_RESERVATIONS * watch.ledger().dearestReservation;
      const diesAt = !last && life % 2 === 1 ? sessions + random.below(ACKNOWLEDGED_MORE) : null;
      const bot = await startBotProcess(world, {
        ...watch.options(cap),
        ...(diesAt === null ? {} : { diesAt }),
      });
      // It may die before it could say that it has begun.
      const begun = (life === 0 ? bot.begin(0, sessions) : bot.resume()).catch(() => {});
      if (diesAt === null) {
        await begun;
        await pause(LIFE_MS_MIN + random.below(LIFE_MS_MORE));
        bot.kill();
      }
      await bot.gone;
      await calm();
      watch.look();
      if (cap !== null) overCap = Math.max(overCap, watch.ledger().bookedMicroUsd - cap);
    }
    const left = sessions - endedRuns(watch.file).length;
    const bot = await startBotProcess(world, watch.options(cap));
    await bot.resume();
    await bot.untilEnded(left);
    await bot.end();
    await calm();
    watch.look();
    const { bookedMicroUsd, dearestReservation } = watch.ledger();
    const billed = await billedMicroUsd(world);
    const states = endedRuns(watch.file);
    const refused = states.filter((state) => state === 'awaiting-human').length;
    if (refused < states.length) throw new Error(`sessions of the bench ended as ${[...new Set(states)].join(', ')}`);
    const over = Math.max(overCap, bookedMicroUsd - (cap ?? 0), billed - (cap ?? 0), 0);
    return {
      kills,
      ...watch.counts,
      overshoot: refused === 0 ? null : over / dearestReservation,
      refusedByCap: refused,
    };
  });
}

/** Keeps, from life to life, what has been told and what is on disk. */
class Watch {
  readonly #world: World;
  readonly file: string;
  readonly #acknowledged: string;
  #callsSeen = 0;
  /** Replies on disk when the life before ended, by session. */
  #repliesBefore = new Map<string, number>();
  readonly #asked = new Set<string>();
  readonly counts = { acknowledged: 0, lost: 0, calls: 0, askedAgain: 0, repeated: 0, unreserved: 0 };

  constructor(world: World) {
    this.#world = world;
    this.file = join(world.dataDir, 'heartline.db');
    this.#acknowledged = join(world.root, 'acknowledged');
  }

  options(cap: number | null): Omit<BotOptions, 'config'> {
    const acknowledged = this.#acknowledged;
    return { room: 'none', acknowledged, ...(cap === null ? {} : { dayMicroUsdMax: Math.floor(cap) }) };
  }

  ledger(): Ledger {
    return ledger(this.file);
  }

  /** Called when a process is gone and every model has answered what it was asked. */
  look(): void {
    const stored = bySession(storedMessages(this.file));
    this.#lookAtAcknowledged(stored);
    const calls = this.#world.models.log.slice(this.#callsSeen);
    this.#callsSeen += calls.length;
    const inThisLife = new Set<string>();
    for (const call of calls) this.#lookAtCall(call, stored, inThisLife);
    for (const place of inThisLife) this.#asked.add(place);
    this.counts.calls += calls.length;
    this.counts.unreserved = Math.max(0, this.counts.calls - this.ledger().calls);
    this.#repliesBefore = new Map([...stored].map(([session, said]) => [session, repliesIn(said)]));
  }

  #lookAtAcknowledged(stored: Stored): void {
    if (!existsSync(this.#acknowledged)) return;
    const lines = readFileSync(this.#acknowledged, 'utf8').split('\n').filter(Boolean);
    rmSync(this.#acknowledged);
    this.counts.acknowledged += lines.length;
    this.counts.lost += lines.filter((line) => {
      const [session = '', position] = line.split(' ');
      return stored.get(session)?.[Number(position)] === undefined;
    }).length;
  }

  /** A model that was told something is told only what is on disk. */
  #lookAtCall({ request }: LoggedCall, stored: Stored, inThisLife: Set<string>): void {
    if (request === null) throw new Error('the bench was asked something it does not understand');
    const session = sessionOf(issueKeyOf(request) ?? '');
    const onDisk = (stored.get(session) ?? []).flat();
    this.counts.lost += request.messages.filter((turn, index) => onDisk[index] !== saidIn(turn)).length;
    const turn = turnOf(request);
    const place = `${session} ${turn}`;
    if (turn < (this.#repliesBefore.get(session) ?? 0) || inThisLife.has(place)) this.counts.repeated += 1;
    else if (this.#asked.has(place)) this.counts.askedAgain += 1;
    inThisLife.add(place);
  }
}

/** By session, for each message what a model is told of it. */
type Stored = ReadonlyMap<string, readonly (readonly string[])[]>;

function bySession(rows: readonly StoredMessage[]): Stored {
  const sessions = new Map<string, (readonly string[])[]>();
  for (const { sessionId, position, message } of rows) {
    const said = sessions.get(sessionId) ?? [];
    said[position] = toldOf(message);
    sessions.set(sessionId, said);
  }
  return sessions;
}

function toldOf(message: StoredMessage['message']): readonly string[] {
  switch (message.kind) {
    case 'user':
      return [saidIn(message)];
    case 'assistant':
      return [saidIn(message)];
    case 'tool-results':
      return message.results.map((result) => saidIn({ kind: 'tool-result', ...result }));
    case 'compaction':
      throw new Error('nothing is compacted in this bench');
  }
}

function saidIn(turn: Turn): string {
  switch (turn.kind) {
    case 'user':
      return `user ${turn.text}`;
    case 'assistant':
      return `assistant ${turn.text} ${turn.calls.map((call) => call.id).join(' ')}`;
    case 'tool-result':
      return `result ${turn.callId} ${turn.text}`;
  }
}

function repliesIn(said: readonly (readonly string[])[]): number {
  return said.flat().filter((text) => text.startsWith('assistant ')).length;
}

/** What the provider would charge for all that it answered, whether anybody heard it or not. */
async function billedMicroUsd(world: World): Promise<number> {
  const { prices } = await loadConfig({ file: world.config, env: world.env, cwd: world.root });
  return world.models.log.reduce((sum, { model, usage }) => {
    const price = priceOf(prices, `anthropic/${model}`);
    if (usage === null || price === null) return sum;
    const {
      inputTokens: input,
      cacheReadTokens: cacheRead,
      cacheWriteTokens: cacheWrite,
      outputTokens: output,
    } = usage;
    return sum + costOf(price, { input, cacheRead, cacheWrite, output });
  }, 0);
}
