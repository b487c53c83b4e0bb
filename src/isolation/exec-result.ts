/** How a command's end is told to the session. */

import type { ExecResult } from '../heartbeat/ports.ts';
import type { CommandEnd } from './run-command.ts';

export function execResult(end: CommandEnd): ExecResult {
  const output = end.kind === 'flooded' ? `[killed: it wrote without end]\n${end.output}` : end.output;
  return { exitCode: end.exitCode, output, truncated: end.truncated, timedOut: end.kind === 'timed-out' };
}
