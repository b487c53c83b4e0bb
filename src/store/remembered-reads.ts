/**
 * What was read for a look stays read until a write of ours may have changed it: the lock makes sure that nobody else writes
 * these rows, and between most rounds of a tick most of them stay as they are.
 */
import type { Journal } from '../heartbeat/journal.ts';

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
} as const satisfies Record<Exclude<keyof Journal, Unremembered | Read>, readonly Read[]>;

/** Reads of single things, and the end. */
type Unremembered = 'record' | 'run' | 'messages' | 'effect' | 'effectsOf' | 'runSpend' | 'events' | 'close';

/** Which rows count also hangs on the time: days, and how long ago something ended. */
const REMEMBERED_MS_MAX = 30_000;

type Call = (...values: readonly unknown[]) => Promise<unknown>;

export function rememberedReads(journal: Journal, now: () => number): Journal {
  const wrapped: Record<string, unknown> = { ...journal };
  const remembered = new Map<Read, { readonly at: number; readonly value: Promise<unknown> }>();
  for (const name of READS) {
    wrapped[name] = () => {
      const at = now();
      const found = remembered.get(name);
      // A clock that was put back makes nothing fresh for longer.
      if (found !== undefined && Math.abs(at - found.at) < REMEMBERED_MS_MAX) return found.value;
      const value: Promise<unknown> = journal[name]();
      const entry = { at, value };
      remembered.set(name, entry);
      value.catch(() => {
        if (remembered.get(name) === entry) remembered.delete(name);
      });
      return value;
    };
  }
  for (const [name, changes] of Object.entries(WRITES)) {
    const write = journal[name as keyof typeof WRITES] as Call;
    wrapped[name] = async (...values: readonly unknown[]) => {
      try {
        return await write(...values);
      } finally {
        // Also after a failure: what was written may be there all the same.
        for (const read of changes) remembered.delete(read);
      }
    };
  }
  return wrapped as unknown as Journal;
}
