/**
 * What many sessions at once cost in one process: memory, processor time, waits for the disk; what a kill loses; and what
 * the room's walls add to a command. The real sessions on the real store, in a child process of their own.
 */
import { atMost, exactly, type Figure, type Report, runBench, shown } from './figures.ts';
import { MODEL_MS } from './sessions/crowd.ts';
import { type KillProof, killProof } from './sessions/kills.ts';
import { type LifeCost, type LoopCost, lifeCost, loopCost } from './sessions/many-at-once.ts';
import { type RoomCost, roomCost } from './sessions/rooms.ts';

const SESSIONS = 100;
const TURNS = 10;
const SESSIONS_IN_ROOMS = 30;
const TURNS_IN_ROOMS = 4;
const SESSIONS_IN_LIVES = 15;
const SESSIONS_IN_KILLS = 40;
const KILLS = 8;
const SEED = 7;
const COMMANDS = 40;
const MEGABYTE = 1_000_000;

await runBench(measure);

/** One after the other: nothing that is measured runs beside anything else of ours but the models. */
async function measure(): Promise<Report> {
  const series = [await roomCost(COMMANDS)];
  const walls = series[0]?.missing === null;
  const loop = await loopCost('none', SESSIONS, TURNS);
  series.push(await roomCost(COMMANDS));
  const inRooms = walls ? await loopCost('bwrap', SESSIONS_IN_ROOMS, TURNS_IN_ROOMS) : null;
  const life = walls ? await lifeCost(SESSIONS_IN_LIVES, TURNS_IN_ROOMS) : null;
  const kills = await killProof(SESSIONS_IN_KILLS, KILLS, SEED);
  series.push(await roomCost(COMMANDS));
  const rooms = quietest(series);
  return {
    bench: 'What many sessions at once cost',
    notes: [
      `${SESSIONS} sessions in one child process: loop, prompts, tools, model clients, ledger, log and the store on a real file, wired as the bot wires them. Git, commands and the models (the stand-in, ${MODEL_MS} ms to think) are other processes and do not count.`,
      `Memory: resident set with all ${SESSIONS} waiting for a model after ${TURNS + 2} turns of about 4 KB of output, less that after the first session's first turn, both after memory was handed back as an idle bot does; 1 MB = 1,000,000 bytes.`,
      `Processor time, user and system, all threads, of that process over ${TURNS} turns of each session, from everybody waiting to everybody waiting. A turn: one model call, streamed, reserved and settled; one tool call; both into the transcript. It is processor time because the machine is shared; at ${loop.turnsPerSecond.toFixed(0)} turns/s.`,
      'The loop alone has its commands answered on the spot. In the room they are real: what starting one costs our process then counts as well, not what it costs the launcher.',
      `Kills: ${kills.kills} by SIGKILL, half of them from outside at any moment, half at the very moment of an acknowledgement; ${SESSIONS_IN_KILLS} sessions, then one more life with a cap that few of them fit under. Told: an acknowledged append, and every message that a model was sent.`,
      rooms.missing === null
        ? `Room: \`sh -c "echo done"\` in it and plainly, ${COMMANDS} times each in turn, three times in the run. Over the plain one: the median of neighbours' differences, ${series.map((one) => one.moreMs?.toFixed(0)).join(', ')} ms; whatever else the machine does only adds to wall time, so the least of the three is judged.`
        : `Room: missing. ${rooms.missing}`,
    ],
    figures: [...costFigures(loop, inRooms, life), ...killFigures(kills), ...roomFigures(rooms)],
    detail: { loop, inRooms, life, kills, rooms, series },
  };
}

/** Any that is missing makes all of it missing. */
function quietest(series: readonly RoomCost[]): RoomCost {
  const [least] = series.toSorted((one, other) => (one.moreMs ?? -1) - (other.moreMs ?? -1));
  if (least === undefined) throw new Error('nothing was measured');
  return least;
}

function costFigures(loop: LoopCost, inRooms: LoopCost | null, life: LifeCost | null): readonly Figure[] {
  const { commits, messages } = loop;
  return [
    {
      name: 'resident memory of a session',
      value: loop.residentBytesEach / MEGABYTE,
      unit: 'MB',
      bound: atMost(2),
      beside: { what: 'the process before', value: loop.residentBytesBefore / MEGABYTE },
    },
    { name: 'our processor time of a turn', value: loop.cpuMsPerTurn, unit: 'ms', bound: atMost(8) },
    {
      name: 'the same with commands in the room',
      value: inRooms?.cpuMsPerTurn ?? null,
      unit: 'ms',
      bound: shown,
    },
    {
      name: 'the same over whole lives: clone, setup, commit, finish, bundle',
      value: life?.cpuMsPerTurn ?? null,
      unit: 'ms',
      bound: shown,
    },
    {
      name: 'commits for each message of a transcript (alone: 2, with the ledger)',
      value: commits / messages,
      unit: '',
      bound: atMost(1),
      beside: { what: `${messages} messages, commits`, value: commits },
    },
    {
      name: 'a commit waits for the disk (synchronous, 2 is full)',
      value: loop.synchronous,
      unit: '',
      bound: exactly(2),
    },
  ];
}

function killFigures(kills: KillProof): readonly Figure[] {
  return [
    {
      name: 'messages told and then lost',
      value: kills.lost,
      unit: '',
      bound: exactly(0),
      beside: { what: 'acknowledged', value: kills.acknowledged },
    },
    {
      name: 'model calls repeated, but those in flight',
      value: kills.repeated,
      unit: '',
      bound: exactly(0),
      beside: { what: 'calls', value: kills.calls },
    },
    { name: 'model calls in flight, asked again', value: kills.askedAgain, unit: '', bound: shown },
    { name: 'model calls that nothing was reserved for', value: kills.unreserved, unit: '', bound: exactly(0) },
    {
      name: 'budget overshoot, booked or billed, in reserved calls',
      value: kills.overshoot,
      unit: '',
      bound: atMost(1),
      beside: { what: 'sessions the cap stopped', value: kills.refusedByCap },
    },
  ];
}

function roomFigures(rooms: RoomCost): readonly Figure[] {
  return [
    {
      name: 'a command in the room, over the plain one',
      value: rooms.moreMs,
      unit: 'ms',
      bound: atMost(45),
      beside: { what: 'plain', value: rooms.plainMs },
    },
    {
      name: 'processor time of a command in the room',
      value: rooms.roomCpuMs,
      unit: 'ms',
      bound: shown,
      beside: { what: 'plain', value: rooms.plainCpuMs },
    },
  ];
}
