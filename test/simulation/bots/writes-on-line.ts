/**
 * The journal with every write on the line, so that the bot can be killed around each. What was read stays read until a
 * write may have changed it: nobody else writes these rows, and most looks change nothing.
 */
import type { Journal } from '../../../src/heartbeat/journal.ts';
import type { Line } from '../ports/line.ts';

const READS = [
  'records',
  'runs',
  'effects',
  'verdicts',
  'spend',
  'frozen',
  'openCommands',
  'reportKeys',
  'pendingReports',
] as const;
type Read = (typeof READS)[number];

/** Every write, and what has to be read anew after it. Which rows of a table are shown hangs on the issues' phases. */
const WRITES = {
  claim: READS,
  updateRecord: READS,
  createRun: ['runs'],
  takeRun: ['runs'],
  endRun: ['runs'],
  appendMessage: [],
  intend: ['effects'],
  confirm: ['effects'],
  failEffect: ['effects'],
  recordVerdict: ['verdicts'],
  reserve: ['spend'],
  settle: ['spend'],
  freeze: ['frozen'],
  thaw: ['frozen'],
  noteCommand: ['openCommands'],
  settleCommand: ['openCommands'],
  enqueueReport: ['reportKeys', 'pendingReports'],
  reportDelivered: ['pendingReports'],
  reportFailed: ['pendingReports'],
  event: [],
  recover: READS,
} as const satisfies Partial<Record<keyof Journal, readonly Read[]>>;

type Call = (...values: readonly unknown[]) => Promise<unknown>;

export function writesOnLine(journal: Journal, line: Line, now: () => number): Journal {
  const wrapped: Record<string, unknown> = { ...journal };
  const remembered = new Map<Read, { readonly day: number; readonly value: Promise<unknown> }>();
  for (const name of READS) {
    wrapped[name] = () => {
      const day = Math.floor(now() / 86_400_000);
      const found = remembered.get(name);
      if (found !== undefined && found.day === day) return found.value;
      const value: Promise<unknown> = journal[name]();
      remembered.set(name, { day, value });
      return value;
    };
  }
  for (const [name, changes] of Object.entries(WRITES)) {
    const write = journal[name as keyof typeof WRITES] as Call;
    wrapped[name] = (...values: readonly unknown[]) =>
      line.row(name, async () => {
        const done = await write(...values);
        for (const read of changes) remembered.delete(read);
        return done;
      });
  }
  return wrapped as unknown as Journal;
}
