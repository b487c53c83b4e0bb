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
  const { exitCode, output } = await room.exec(['bash', '-c', SCRIPT, 'write', path], { input: content });
  return exitCode === 0 ? done(`wrote ${path}`) : failed(`${path} was not written: ${output.trim()}`);
}

const SCRIPT = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"';
