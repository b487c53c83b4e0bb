/**
 * The bot is killed outright while a program's dev asks its model for the second time, and what must be so afterwards:
 * the program goes on in its own conversation, nothing of the killed one lives, and what was in flight is paid at its worst.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { processesUnder } from '../world/processes-under.ts';
import type { AgentModels, RecordedCall } from './agent-models.ts';

export interface Killer {
  /** Awaited before each call is answered. */
  readonly before: (call: RecordedCall) => Promise<void>;
  /** What was wrong, a sentence each; asked when the bot is gone. */
  judge(models: AgentModels, dataDir: string): readonly string[];
}

/** Real models think about as long at least; some programs write down what was said a moment after they sent it on. */
const THOUGHT_MS = 1_000;

export function startKiller(root: string, bot: () => { kill(): Promise<void>; pid(): number | null }): Killer {
  let doomed: readonly string[] = [];
  let killed = false;
  let survivors: readonly string[] = [];
  return {
    before: async (call) => {
      if (stepOf(call) !== 1) return;
      if (!killed) {
        killed = true;
        await pause(THOUGHT_MS);
        const own = `${bot().pid()} `;
        doomed = (await processesUnder(root)).filter((line) => !line.startsWith(own));
        await bot().kill();
        return;
      }
      const now = new Set(await processesUnder(root));
      survivors = [...survivors, ...doomed.filter((line) => now.has(line))];
    },
    judge: (models, dataDir) => {
      const steps = models.calls.map(stepOf).filter((step) => step !== null);
      const count = (step: number) => steps.filter((one) => one === step).length;
      return [
        ...(killed ? [] : ['it was never killed']),
        ...(doomed.length > 0 ? [] : ['nothing ran when it was killed']),
        ...survivors.map((line) => `survived: ${line}`),
        ...(count(0) === 1 ? [] : [`the first call was made ${count(0)} times`]),
        ...(count(1) === 2 ? [] : [`the call in flight was made ${count(1)} times`]),
        ...ledgerFaults(join(dataDir, 'heartline.db')),
      ];
    },
  };
}

/** How many calls of tools came before, for a dev; null for others, and for titles and the like. */
function stepOf({ request }: RecordedCall): number | null {
  const text = [request.system, ...request.messages.map((message) => ('text' in message ? message.text : ''))].join();
  if (request.tools.length === 0 || !text.includes("Heartline's dev agent")) return null;
  return request.messages.filter((message) => message.kind === 'assistant' && message.calls.length > 0).length;
}

function ledgerFaults(file: string): readonly string[] {
  const rows = new DatabaseSync(file, { readOnly: true });
  try {
    const runs = rows.prepare("SELECT id FROM run WHERE role = 'dev'").all();
    const unknown = rows
      .prepare('SELECT reserved_micro_usd AS reserved, settled_micro_usd AS settled FROM spend WHERE usage IS NULL')
      .all();
    return [
      ...(runs.length === 1 ? [] : [`${runs.length} dev runs were begun`]),
      ...(unknown.length === 1 ? [] : [`${unknown.length} calls were in flight`]),
      ...unknown.flatMap(({ reserved, settled }) => (settled === reserved ? [] : ['not settled at its worst'])),
    ];
  } finally {
    rows.close();
  }
}
