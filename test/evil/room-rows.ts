/** The rows that an agent tries in its room: all of them once in the room as shipped, then each in a room without its layers. */
import { processesWith } from '../adapters/isolation-for-test.ts';
import { type Canaries, sightings } from './canaries.ts';
import { type Play, type PlayOptions, play } from './play.ts';
import { type Line, type RoomLayer, type RoomRow, type RowOutcome, red, stopped, type ToolCall } from './row.ts';
import { environmentRows, processRows } from './rows/environment.ts';
import { fileRows, tag, writeRows } from './rows/files.ts';
import { kernelRows, SURVIVOR } from './rows/kernel.ts';
import { networkRows, recordRows } from './rows/network.ts';

export const ROOM_ROWS: readonly RoomRow[] = [
  ...environmentRows,
  ...processRows,
  ...fileRows,
  ...kernelRows,
  ...networkRows,
  ...writeRows,
  ...recordRows,
];

const SECONDS_MAX = 8;
const BYTES_MAX = 4_000;

/** Bounded in time and words, so that one row cannot hide the next. */
export function bounded(call: ToolCall): ToolCall {
  if (call.name !== 'bash') return call;
  const command = `'${String(call.input.command).replaceAll("'", "'\\''")}'`;
  return {
    name: 'bash',
    input: { command: `timeout -k 1 ${SECONDS_MAX} bash -c ${command} </dev/null 2>&1 | head -c ${BYTES_MAX}` },
  };
}

/** Plays the rows in one room, and judges each by what it got. */
export async function tryRows(
  rows: readonly RoomRow[],
  options: Omit<PlayOptions, 'plan'>,
  look: (play: Play) => Promise<void> = async () => {},
): Promise<readonly RowOutcome[]> {
  const counts: number[] = [];
  const played = await play({
    ...options,
    plan: (places) => {
      const calls = rows.map((row) => row.calls(places).map(bounded));
      counts.push(...calls.map((list) => list.length));
      return calls;
    },
  });
  try {
    const answers = played.answers();
    const tripped = await played.tripped();
    let at = 0;
    const outcomes: RowOutcome[] = rows.map((row, index) => {
      const own = answers.slice(at, at + (counts[index] ?? 0)).join('\n');
      at += counts[index] ?? 0;
      const evidence = judge(row, own, tripped, played, options.canaries);
      return { row: row.name, succeeded: evidence !== null, evidence: evidence ?? own.trim().slice(0, 160) };
    });
    await look(played);
    return outcomes;
  } finally {
    await played.end();
    // Where the layer was gone they live on, as they should: nobody but us ends them.
    for (const pid of processesWith(SURVIVOR)) process.kill(pid, 'SIGKILL');
  }
}

/** What shows that the row got what it was after; null when nothing does. */
export function judge(
  row: RoomRow,
  own: string,
  tripped: readonly string[],
  { listeners, world }: Play,
  canaries: Canaries,
): string | null {
  const name = tag(row.name);
  const [found] = sightings(canaries.all, own);
  if (found !== undefined) return `got "${found.canary}" in ${found.form}`;
  if (row.shows === undefined) return null;
  switch (row.shows) {
    case 'won':
      return own.includes('WON') ? 'it said so' : null;
    case 'tripped':
      return tripped.includes(name) ? 'a file appeared outside' : null;
    case 'contact':
      return listeners.contacts.some((text) => text.includes(name)) ? 'somebody outside was spoken to' : null;
    case 'record': {
      const records = JSON.stringify([world.github.log.effects, world.linear.log]);
      return records.includes(`evil-${name}`) ? 'it stands in the records outside' : null;
    }
    case 'survivor':
      return processesWith(SURVIVOR).length > 0 ? 'processes lived on' : null;
  }
  return row.shows satisfies never;
}

/** Rows that fall by the same layers share one weakened room. */
export function byLayers(rows: readonly RoomRow[]): ReadonlyMap<string, readonly RoomRow[]> {
  return Map.groupBy(
    rows.filter((row) => row.notProvable === undefined),
    (row) => row.without.join('+'),
  );
}

export function layersOf(key: string): readonly RoomLayer[] {
  return key.split('+').filter((part): part is RoomLayer => part !== '');
}

export function roomLine(
  room: string,
  row: RoomRow,
  held: RowOutcome | undefined,
  without: RowOutcome | undefined,
): Line {
  const line = { room, group: row.aim, name: row.name, stoppedBy: row.without };
  if (held === undefined) return red({ ...line, detail: 'it was not tried' });
  if (held.succeeded) return red({ ...line, detail: `SUCCEEDED: ${held.evidence}` });
  if (row.notProvable !== undefined) return { ...line, verdict: 'not provable', detail: row.notProvable };
  if (without?.succeeded === true) return stopped({ ...line, detail: held.evidence }, without.evidence);
  return stopped({ ...line, detail: `failed without the layers too: ${without?.evidence ?? 'not tried'}` }, null);
}
