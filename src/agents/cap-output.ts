/** Shortens long output to its head and tail. The notice comes first, because one in the middle is overlooked. */
import type { Room } from './room.ts';

export const SHOWN_CHARACTERS_MAX = 10_000;

/** Long output is kept whole in a file of the room, so that the agent can look at the rest with its own tools. */
export async function capOutput(text: string, name: string, room: Room): Promise<string> {
  if (text.length <= SHOWN_CHARACTERS_MAX) return text;
  const file = `${room.workspace.out}/${name.replaceAll(/[^\w-]/g, '_')}.txt`;
  // Written from inside: a link that an agent planted there leads nowhere outside the room.
  const saved = await room.exec(['bash', '-c', 'cat > "$1"', 'save', file], { input: text });
  return headAndTail(text, saved.exitCode === 0 ? `All of it is in ${file}` : 'The rest could not be kept');
}

export function headAndTail(text: string, rest: string): string {
  const half = SHOWN_CHARACTERS_MAX / 2;
  const head = text.slice(0, half);
  const tail = text.slice(-half);
  return `[cut: ${text.length} characters, first and last ${half} shown. ${rest}.]\n${head}\n[...]\n${tail}`;
}
