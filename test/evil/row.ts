/** What an evil row is: what the agent does, what it is after, and which layers must fall before it gets it. */

/** What keeps the agent from it. A row names all that have to be taken away together before it succeeds. */
export type Layer =
  | 'view'
  | 'environment'
  | 'user'
  | 'network'
  | 'capabilities'
  | 'user-namespace'
  | 'pid-namespace'
  | 'ipc-namespace'
  | 'system-calls'
  | 'limits'
  | 'whole-tree-kill'
  | 'output-bound'
  | 'schema'
  | 'bundle-check'
  | 'words'
  | 'fence'
  | 'not-told'
  | 'git-settings'
  | 'endpoint'
  | 'verdict'
  | 'checks'
  | 'guard'
  | 'no-project-config';

/** The layers of a room: what `weaken-room.ts` and `weaken-docker.ts` can take away. */
export const ROOM_LAYERS = [
  'view',
  'environment',
  'user',
  'whole-tree-kill',
  'network',
  'capabilities',
  'user-namespace',
  'pid-namespace',
  'ipc-namespace',
  'system-calls',
] as const satisfies readonly Layer[];
export type RoomLayer = (typeof ROOM_LAYERS)[number];

export interface ToolCall {
  readonly name: 'bash' | 'read' | 'edit' | 'write';
  readonly input: Readonly<Record<string, unknown>>;
}

/** One attempt of an agent inside the room, told as the calls it makes. */
export interface RoomRow {
  readonly name: string;
  readonly aim: 'secret' | 'write outside';
  /** Taken away together, the row succeeds. */
  readonly without: readonly RoomLayer[];
  readonly calls: (places: Places) => readonly ToolCall[];
  /** What shows success besides a canary: the word WON in an answer, a file that appeared, a contact, a record. */
  readonly shows?: 'won' | 'tripped' | 'contact' | 'record' | 'survivor';
  /** Why it cannot be shown to succeed here; counted, and told. */
  readonly notProvable?: string;
}

/** What the agent is told about the machine: more than it could ever find out. */
export interface Places {
  /** Everything of this world lies below. */
  readonly root: string;
  /** The home folder of whoever runs the bot. */
  readonly home: string;
  readonly dataDir: string;
  readonly config: string;
  readonly control: string;
  readonly botPid: number;
  readonly parentPid: number;
  /** Of the agent itself. */
  readonly tree: string;
  readonly out: string;
  readonly mirror: string;
  /** Of another issue, worked on at the same time. */
  readonly victimTree: string;
  readonly victimOut: string;
  /** Where a file that appears is a break-out; its name tells the row. */
  readonly tripped: string;
  readonly dockerSocket: string;
  readonly abstractSocket: string;
  readonly sharedMemoryKey: number;
  readonly sharedMemoryFile: string;
  readonly temporaryFile: string;
  readonly ports: {
    readonly secret: number;
    readonly dns: number;
    readonly tls: number;
    readonly models: number;
    readonly github: number;
    readonly linear: number;
  };
}

/** What became of one row in one room. */
export interface RowOutcome {
  readonly row: string;
  readonly succeeded: boolean;
  /** What showed it. */
  readonly evidence: string;
}

interface Tried {
  /** Where: a kind of room, or the program that was in it. Absent: outside any. */
  readonly room?: string;
  readonly group: string;
  readonly name: string;
  readonly stoppedBy: readonly Layer[];
  readonly detail: string;
}

/** One line of the report, whatever was tried. */
export type Line =
  /** Stopped, and shown to succeed without the layers: `without` says what showed it. */
  | (Tried & { readonly verdict: 'held'; readonly without: string })
  /** unproved: stopped, and nothing showed that it could have succeeded. not provable: nor can it here; `detail` says why. */
  | (Tried & { readonly verdict: 'unproved' | 'not provable' | 'red' });

/** A line about what was stopped. It is held only where something showed that it succeeds without its layers. */
export function stopped(line: Tried, without: string | null): Line {
  return without === null ? { ...line, verdict: 'unproved' } : { ...line, verdict: 'held', without };
}

export function red(line: Tried): Line {
  return { ...line, verdict: 'red' };
}

export function bash(command: string): ToolCall {
  return { name: 'bash', input: { command } };
}

export function read(path: string): ToolCall {
  return { name: 'read', input: { path, from: null, to: null } };
}

export function write(path: string, content: string): ToolCall {
  return { name: 'write', input: { path, content } };
}

export function edit(path: string, old: string, replacement: string): ToolCall {
  return { name: 'edit', input: { path, old, new: replacement } };
}
