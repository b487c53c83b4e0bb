/** The journal with every write on the line, so that the bot can be killed around each. */
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
  for (const name of WRITES) {
    const write = journal[name] as Call;
    wrapped[name] = (...values: readonly unknown[]) => line.row(name, () => write(...values));
  }
  return wrapped as unknown as Journal;
}
