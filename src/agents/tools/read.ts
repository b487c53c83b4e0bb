/**
 * Reads a text file. All file tools are tiny programs inside the room: the one boundary is then the kernel's. A second
 * one in our own process (resolving links, refusing dots) would be weaker, and would run with our rights.
 */
import { z } from 'zod';
import { defineTool, done, failed } from './tool.ts';

export const read = defineTool({
  name: 'read',
  description: 'Read a text file: lines from..to, counted from 1; null is the start or the end.',
  input: z.strictObject({
    path: z.string().min(1),
    from: z.int().min(1).nullable(),
    to: z.int().min(1).nullable(),
  }),
  sideBySide: () => true,
  subject: ({ path }) => path,
  run: async ({ path, from, to }, room) => {
    const first = from ?? 1;
    const last = Math.min(to ?? Number.POSITIVE_INFINITY, first + LINES_MAX - 1);
    const argv = ['bash', '-c', SCRIPT, 'read', path, String(first), String(last), String(BYTES_MAX + 1)];
    const { exitCode, output } = await room.exec(argv, { outputBytesMax: 2 * BYTES_MAX });
    if (exitCode !== 0) return failed(output.trim());
    const bytes = Buffer.from(output);
    if (bytes.length > BYTES_MAX) {
      const shown = bytes.subarray(0, BYTES_MAX).toString();
      const lines = shown.split('\n').length - 1;
      if (lines === 0) return done(`[cut: line ${first} is longer than ${BYTES_MAX} bytes: use bash]\n${shown}`);
      const whole = shown.slice(0, shown.lastIndexOf('\n') + 1);
      return done(`[lines ${first} to ${first + lines - 1}: read on with from ${first + lines}]\n${whole}`);
    }
    const more = output.split('\n').length > LINES_MAX && (to === null || to > last);
    return done(`${more ? `[lines ${first} to ${last}: read on with from ${last + 1}]\n` : ''}${output}` || '(empty)');
  },
});

const LINES_MAX = 2_000;
/** As much as any tool shows. */
const BYTES_MAX = 10_000;

/** A pipe or device is refused: reading it could wait for ever. */
const SCRIPT = '[ -f "$1" ] || { echo "no such file: $1"; exit 1; }; sed -n "$2,$3p" -- "$1" | head -c "$4"';
