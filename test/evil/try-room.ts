/** All rows of one kind of room: each tried in the room as shipped, and once more in a room without the layers that stop it. */
import type { Canaries } from './canaries.ts';
import { inDocker } from './docker-rows.ts';
import type { Play, PlayRoom } from './play.ts';
import { byLayers, layersOf, ROOM_ROWS, roomLine, tryRows } from './room-rows.ts';
import type { Line, RoomRow, RowOutcome } from './row.ts';

export interface RoomTrial {
  readonly canaries: Canaries;
  readonly room: PlayRoom;
  readonly chosen: (row: RoomRow, index: number) => boolean;
  /** Looks at what was left when the rows were tried in the room as shipped. */
  readonly look: (played: Play) => Promise<void>;
  readonly say: (text: string) => void;
}

export async function tryRoom(trial: RoomTrial): Promise<readonly Line[]> {
  const { canaries, room, say } = trial;
  const rows = ROOM_ROWS.flatMap((row) => (room.kind === 'docker' ? (inDocker(row) ?? []) : row)).filter(trial.chosen);
  say(`${rows.length} rows in the room as shipped (${room.kind})`);
  const held = await tryRows(rows, { canaries, gone: [], room }, trial.look);
  const without = await withoutLayers(rows, trial);
  const heldBy = new Map(held.map((outcome) => [outcome.row, outcome]));
  return rows.map((row) => roomLine(room.kind, row, heldBy.get(row.name), without.get(row.name)));
}

/** Every row again where its layers are gone; a weakened room that cannot be made proves nothing. */
async function withoutLayers(
  rows: readonly RoomRow[],
  { canaries, room, say }: RoomTrial,
): Promise<ReadonlyMap<string, RowOutcome>> {
  const without = new Map<string, RowOutcome>();
  // Without any walls there are none to take away: what such a room lets through is shown by the first try.
  const weak: PlayRoom = room.kind === 'none' ? { kind: 'bwrap' } : room;
  for (const [key, group] of byLayers(rows)) {
    say(`${group.length} rows without ${key}`);
    const attempt = (some: readonly RoomRow[]): Promise<readonly RowOutcome[]> =>
      tryRows(some, { canaries, gone: layersOf(key), room: weak }).catch((error: unknown) =>
        some.map(({ name }) => ({ row: name, succeeded: false, evidence: String(error).slice(0, 300) })),
      );
    let outcomes = await attempt(group);
    const failed = group.filter((row) => outcomes.some((one) => one.row === row.name && !one.succeeded));
    // What a busy machine cut short may try once more: this is the proof that the row can succeed, not that it cannot.
    if (failed.length > 0) outcomes = [...outcomes, ...(await attempt(failed))];
    for (const outcome of outcomes) without.set(outcome.row, outcome);
  }
  return without;
}
