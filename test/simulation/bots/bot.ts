/** A bot that lives, is killed and lives again: the real tick, act, observer and reporter on the real store, between the simulated ports. */
import type { Actor } from '../../../src/heartbeat/act.ts';
import type { Journal } from '../../../src/heartbeat/journal.ts';
import { createObserver, type Rules } from '../../../src/heartbeat/observe.ts';
import type { Clock } from '../../../src/heartbeat/ports.ts';
import { createReporter } from '../../../src/heartbeat/report.ts';
import { steadyClock } from '../../../src/heartbeat/steady-clock.ts';
import { type TickResult, tick } from '../../../src/heartbeat/tick.ts';
import { PATIENCE_MS, UnderWay } from '../../../src/heartbeat/under-way.ts';
import { rememberedReads } from '../../../src/store/remembered-reads.ts';
import { createForge, type StaleReads } from '../ports/forge.ts';
import { type Counts, createLine, type Line, type Trouble } from '../ports/line.ts';
import { createMirror, type MirrorFolder } from '../ports/mirror.ts';
import { createTracker } from '../ports/tracker.ts';
import { createWorkspaces } from '../ports/workspaces.ts';
import type { World } from '../world/world.ts';
import type { Lease } from './lease.ts';
import type { Rows } from './rows.ts';
import { type AgentWorld, createSessions } from './sessions.ts';
import { writesOnLine } from './writes-on-line.ts';

export interface BotParts {
  readonly name: string;
  readonly world: World;
  readonly rows: Rows;
  readonly lease: Lease;
  readonly folder: MirrorFolder;
  readonly rules: () => Rules;
  readonly agents: AgentWorld;
  readonly trouble: Trouble;
  readonly stale: StaleReads;
  readonly counts: Counts;
  readonly skewMs: () => number;
  /** A wake that would end the wait is lost. */
  readonly losesWake: () => boolean;
  readonly violation: (text: string) => void;
  /** Each life has a line of its own. */
  readonly onLife: (line: Line) => void;
}

const CADENCE_MS = 30_000;
const RESTART_MS = [2_000, 12_000] as const;
const LEASE_RETRY_MS = 15_000;
/** As the product's heartbeat: ticks that only follow from each other are spaced after so many. */
const SPACING_AFTER = 10;
const SPACING_MS = 1_000;

export function startBot(parts: BotParts): void {
  const { world, name } = parts;
  const own = world.memory.keep({ lives: 0 });
  const live = (): void => {
    own.lives += 1;
    const owner = `${name}-${own.lives}`;
    const release = parts.lease.take(owner);
    if (release === null) {
      world.tell({ kind: 'idled', bot: name });
      world.timeline.after(LEASE_RETRY_MS, live);
      return;
    }
    const onKill = (point: string): void => {
      release();
      parts.rows.cut();
      world.tell({ kind: 'killed', bot: name, point });
      const [least, most] = RESTART_MS;
      world.timeline.after(least + world.random.below(most - least), live);
    };
    const line = createLine({ world, trouble: parts.trouble, counts: parts.counts, bot: name, onKill });
    parts.onLife(line);
    world.tell({ kind: 'started', bot: name });
    life(parts, line, owner).catch((error: unknown) => {
      if (!line.dead) parts.violation(`the bot ended: ${error instanceof Error ? error.stack : String(error)}`);
    });
  };
  live();
}

async function life(parts: BotParts, line: Line, owner: string): Promise<void> {
  const { world, rules, agents, skewMs } = parts;
  const machine = { now: (): number => world.timeline.now() + skewMs() };
  let clock: Clock = machine;
  const now = (): number => clock.now();
  let ids = 0;
  let wakeUp = (): void => {};
  const journal: Journal = writesOnLine(rememberedReads(parts.rows.open(owner, now), now), line);
  // As main.ts does it.
  const [newest] = await journal.events({ limit: 1 });
  clock = steadyClock(machine, world.timeline.now, newest?.at ?? 0);
  const tracker = createTracker(world, line);
  const forge = createForge(world, line, parts.stale);
  const mirror = createMirror(world, line, parts.folder);
  const onEnd = (): void => {
    if (!parts.losesWake()) wakeUp();
  };
  const settings = (): Rules['settings'] => rules().settings;
  const sessions = createSessions({ world, journal, mirror, line, agents, settings, now, onEnd });
  const actor: Actor = {
    clock,
    tracker,
    forge,
    mirror,
    journal,
    sessions,
    workspaces: createWorkspaces(world, line),
    people: () => settings().people,
    newId: () => {
      ids += 1;
      return `${owner}-${ids}`;
    },
    log: { warn: () => {} },
    underWay: new UnderWay({ patience: () => world.timeline.sleep(PATIENCE_MS), onLateEnd: () => wakeUp() }),
  };
  const observer = createObserver({ clock, tracker, forge, mirror, journal });
  const chat = {
    name: 'chat',
    deliver: async ({ key, text }: { readonly key: string; readonly text: string }) =>
      line.write('chat', () => world.tell({ kind: 'reported', key, text })),
  };
  const reporter = createReporter({ clock, journal, sinks: [chat], redact: (text) => text });

  await journal.recover();
  for (let inARow = 0; !line.dead; ) {
    for (const repository of world.thaws.splice(0)) await journal.thaw(repository);
    const begun = world.timeline.now();
    const woken = new Promise<void>((resolve) => {
      wakeUp = resolve;
    });
    const result = await tick({ observer, actor, rules, accepting: () => true }).catch((error: unknown) => {
      parts.violation(`a tick failed: ${error instanceof Error ? error.stack : String(error)}`);
      return null;
    });
    if (line.dead) return;
    world.tell({
      kind: 'looked',
      bot: parts.name,
      begun,
      clear: clear(result),
      live: sessions.live().map((one) => one.issueKey ?? one.runId),
    });
    await reporter.deliver();
    if (result?.changed === true && inARow < SPACING_AFTER) {
      inARow += 1;
      continue;
    }
    await Promise.race([woken, world.timeline.sleep(result?.changed === true ? SPACING_MS : CADENCE_MS)]);
    inARow = 0;
  }
}

/** Both services were read. */
function clear(result: TickResult | null): boolean {
  return result?.outside.board.known === true && [...result.outside.repositories.values()].every((view) => view.known);
}
