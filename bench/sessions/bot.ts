/**
 * The process that is measured: the bot's own sessions on its own store, wired as main.ts wires them, and nothing else.
 * It does what the bench tells it over the channel it was started with.
 */
import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSessions } from '../../src/agents/create-sessions.ts';
import { loadPrompts } from '../../src/agents/load-prompts.ts';
import { handBackMemory } from '../../src/cli/hand-back-memory.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { connect } from '../../src/connect.ts';
import { isLive } from '../../src/domain/run.ts';
import type { Journal } from '../../src/heartbeat/journal.ts';
import { answeringRoom } from './answering-room.ts';
import { countCommits } from './count-commits.ts';
import { ticketRecord, ticketRun } from './ticket.ts';

export interface BotOptions {
  readonly config: string;
  /** `none`: commands are answered on the spot, so that what is measured is the loop alone. */
  readonly room: 'bwrap' | 'none';
  readonly dayMicroUsdMax?: number;
  /** A file that each acknowledged message is noted in, at once. */
  readonly acknowledged?: string;
  /** Ends itself with SIGKILL at the very acknowledgement of that number. */
  readonly diesAt?: number;
}

export type Order =
  | { readonly kind: 'begin'; readonly first: number; readonly count: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'weigh'; readonly settled: boolean }
  | { readonly kind: 'end' };

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done' }
  | { readonly kind: 'weight'; readonly weight: Weight }
  | { readonly kind: 'ended'; readonly state: string; readonly reason: string };

export interface Weight {
  readonly residentBytes: number;
  /** User and system time of this process, all its threads; none of its children's. */
  readonly cpuMs: number;
  readonly commits: number;
  readonly synchronous: number | null;
}

/** After memory was handed back, until what follows from that is done. */
const SETTLE_MS = 300;

const options: BotOptions = JSON.parse(process.argv[2] ?? '');
const commits = countCommits();
// The store is loaded after the counting has begun.
const { openStore } = await import('../../src/store/open-store.ts');
const config = await loadConfig({ file: options.config, env: process.env, cwd: process.cwd() });
const parts = connect(config, await resolveSecrets(config.wiring, process.env));
const { now } = parts.clock;
const journal = await openStore({ file: join(config.wiring.dataDir, 'heartline.db'), now, owner: randomUUID() });
const { budget } = config.settings;
const settings = {
  ...config.settings,
  budget: { ...budget, dayMicroUsdMax: options.dayMicroUsdMax ?? budget.dayMicroUsdMax },
};
const sessions = createSessions({
  journal: options.acknowledged === undefined ? journal : noting(journal, openSync(options.acknowledged, 'a')),
  models: parts.models,
  endpoint: parts.endpoint,
  mirror: parts.mirror,
  workspaces: parts.workspaces,
  isolation: options.room === 'bwrap' ? parts.isolation : answeringRoom,
  settings: () => settings,
  prompts: await loadPrompts(config.wiring.promptsDir),
  now,
  onEnd: (runId) => void tellEnd(runId),
  log: parts.log,
  failureLog: async () => '',
  pullRequest: async () => null,
});

process.on('message', (order: Order) => void obey(order));
tell({ kind: 'ready' });

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'begin':
      for (let number = order.first; number < order.first + order.count; number += 1) {
        await journal.claim(ticketRecord(number, now()), null);
        const run = await journal.createRun(ticketRun(number, now()));
        if (run !== null) sessions.start(run);
      }
      return tell({ kind: 'done' });
    case 'resume':
      await journal.recover();
      for (const run of (await journal.runs()).filter(({ state }) => isLive(state))) sessions.start(run);
      return tell({ kind: 'done' });
    case 'weigh':
      if (order.settled) {
        handBackMemory();
        await pause(SETTLE_MS);
      }
      return tell({ kind: 'weight', weight: weigh() });
    case 'end':
      await sessions.drain();
      await journal.close();
      process.disconnect();
      return;
  }
}

function weigh(): Weight {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1_000, ...commits() };
}

async function tellEnd(runId: string): Promise<void> {
  const run = await journal.run(runId);
  tell({ kind: 'ended', state: run?.state ?? 'lost', reason: run?.endReason ?? '' });
}

function tell(report: Report): void {
  process.send?.(report);
}

/** Straight into the file: a line in a buffer would die with the process. */
function noting(journal: Journal, file: number): Journal {
  let count = 0;
  return {
    ...journal,
    appendMessage: async (sessionId, runId, index, message) => {
      await journal.appendMessage(sessionId, runId, index, message);
      writeSync(file, `${sessionId} ${index}\n`);
      count += 1;
      if (count === options.diesAt) process.kill(process.pid, 'SIGKILL');
    },
  };
}
