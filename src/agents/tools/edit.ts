/** Replaces one exact piece of text in a file. It must be there exactly once: a guess would edit the wrong place. */
import { z } from 'zod';
import { defineTool, failed } from './tool.ts';
import { writeFile } from './write.ts';

export const edit = defineTool({
  name: 'edit',
  description: 'Replace old, which must occur exactly once in the file, by new.',
  input: z.strictObject({ path: z.string().min(1), old: z.string().min(1), new: z.string() }),
  sideBySide: () => false,
  subject: ({ path }) => path,
  run: async ({ path, old, new: replacement }, room) => {
    const argv = ['bash', '-c', '[ -f "$1" ] || { echo "no such file: $1"; exit 1; }; cat -- "$1"', 'edit', path];
    const { exitCode, output, truncated } = await room.exec(argv, { outputBytesMax: BYTES_MAX });
    if (exitCode !== 0) return failed(output.trim());
    if (truncated) return failed(`${path} is larger than ${BYTES_MAX} bytes: edit it with bash`);
    if (output.includes('\ufffd')) return failed(`${path} is not UTF-8 text: edit it with bash`);
    const count = output.split(old).length - 1;
    if (count !== 1) return failed(`old occurs ${count} times in ${path}, not once: give more of the text around it`);
    const at = output.indexOf(old);
    return await writeFile(path, output.slice(0, at) + replacement + output.slice(at + old.length), room);
  },
});

const BYTES_MAX = 1_000_000;
