/** Reports as lines of text on standard output: what an operator sees without setting anything up. */
import type { Sink } from '../heartbeat/ports.ts';

export function createStdoutSink(write: (text: string) => void): Sink {
  return {
    name: 'stdout',
    deliver: async (report) => write(`${report.text.trimEnd()}\n`),
  };
}
