/** Writes a whole file, making its folders. */
import { z } from 'zod';
import type { Room } from '../room.ts';
import { defineTool, done, failed, type ToolOutcome } from './tool.ts';

export const write = defineTool({
  name: 'write',
  description: 'Write a file, replacing what is there.',
  input: z.strictObject({ path: z.string().min(1), content: z.string() }),
  sideBySide: () => false,
  subject: ({ path }) => path,
  run: async ({ path, content }, room) => await writeFile(path, content, room),
});

export async function writeFile(path: string, content: string, room: Room): Promise<ToolOutcome> {
  const argv = ['bash', '-c', SCRIPT, 'write', path, String(Buffer.byteLength(content))];
  const { exitCode, output } = await room.exec(argv, { input: content });
  return exitCode === 0 ? done(`wrote ${path}`) : failed(`${path} was not written: ${output.trim()}`);
}

/**
 * Whole or not at all: whoever is killed in the middle leaves what was there, and an input that ends early is no file. It is
 * made inside `.git`, where a leftover is committed by nobody, and moved from there, which takes one mount. Where that
 * cannot be, it is written in place. A link is written through, and modes stay.
 */
const SCRIPT = `
to="$1"; if [ -L "$to" ]; then to="$(readlink -f -- "$to")" || exit 1; fi
mkdir -p -- "$(dirname -- "$to")" || exit 1
if [ -d "$to" ]; then echo 'it is a folder'; exit 1; fi
if [ -L .git ] || ! [ -d .git ] || ! [ -w .git ]; then exec cat > "$to"; fi
new=.git/heartline-write
rm -rf -- "$new" || exit 1
if [ -f "$to" ]; then cp -p -- "$to" "$new" || exit 1; fi
cat > "$new" || exit 1
if [ "$(wc -c < "$new")" -ne "$2" ]; then rm -f -- "$new"; echo 'the content was cut off'; exit 1; fi
mv -f -- "$new" "$to"`;
