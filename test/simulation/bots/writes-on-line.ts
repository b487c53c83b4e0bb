/** The journal on the line: the bot can be killed around each write, and hears nothing of a read once it is dead. */
import type { Journal } from '../../../src/heartbeat/journal.ts';
import type { Line } from '../ports/line.ts';

const WRITES = [
  'claim',
  'updateRecord',
  'createRun',
  'takeRun',
  'endRun',
  'appendMessage',
  'intend',
  'asked',
  'confirm',
  'failEffect',
  'recordVerdict',
  'reserve',
  'settle',
  'freeze',
  'thaw',
  'noteCommand',
  'settleCommand',
  'enqueueReport',
  'reportDelivered',
  'reportFailed',
  'event',
  'recover',
] as const satisfies readonly (keyof Journal)[];

type Call = (...values: readonly unknown[]) => Promise<unknown>;

export function writesOnLine(journal: Journal, line: Line): Journal {
  const wrapped: Record<string, unknown> = { ...journal };
  const writes: ReadonlySet<string> = new Set(WRITES);
  for (const [name, method] of Object.entries(journal)) {
    const call = method as Call;
    wrapped[name] = writes.has(name)
      ? (...values: readonly unknown[]) => line.row(name, () => call(...values))
      : (...values: readonly unknown[]) => line.own(() => call(...values));
  }
  return wrapped as unknown as Journal;
}
