/** A room that answers every command on the spot, for measuring the loop without a single child process. */
import type { Isolation } from '../../src/heartbeat/ports.ts';
import { outputOf } from './ticket.ts';

export const answeringRoom: Isolation = {
  driver: 'none',
  probe: async () => null,
  exec: async ({ argv }) => {
    const output = argv[0] === 'bash' ? outputOf(argv[2] ?? '') : '';
    return { exitCode: 0, output, truncated: false, timedOut: false };
  },
  dispose: async () => {},
  layers: () => [],
};
