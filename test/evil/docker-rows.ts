/** The rows of the room, as they stand in the room that a container engine makes: other walls, and so other layers. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RoomLayer, RoomRow } from './row.ts';

/** There an agent is another user than the bot instead of having a user namespace, and to that user the bot's files are closed. */
const INSTEAD: Readonly<Partial<Record<RoomLayer, readonly RoomLayer[]>>> = {
  'user-namespace': ['user'],
  view: ['view', 'user', 'capabilities'],
};

type Exception = Pick<RoomRow, 'notProvable'> & { readonly without?: readonly RoomLayer[] };

/** Process 1 is the engine's own, as another user than the agent. */
const OF_PROCESS_ONE: Exception = { without: ['environment', 'user', 'capabilities'] };

/** Our filter of system calls asks for no capability; the engine's own, where it is used, lets those through who have it. */
const OF_ROOT: Exception = { without: ['capabilities', 'user', 'system-calls'] };

const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'environment of process 1': OF_PROCESS_ONE,
  'environment of process 1, as base64': OF_PROCESS_ONE,
  'environment of process 1, as hex': OF_PROCESS_ONE,
  'environment of process 1, backwards': OF_PROCESS_ONE,
  'memory of process 1': OF_PROCESS_ONE,
  'daemons of every kind': { without: ['whole-tree-kill'] },
  mount: OF_ROOT,
  'system made writable': OF_ROOT,
  'new mount namespace': OF_ROOT,
  'kernel log': OF_ROOT,
  'new user namespace': { without: ['system-calls'] },
  'shared memory segments': { without: ['ipc-namespace', 'user', 'capabilities'] },
  'shared memory files of the machine': { without: ['view', 'user', 'capabilities', 'ipc-namespace'] },
  "key ring of the bot's session": { notProvable: 'the engine gives each container a session and key ring of its own' },
};

/** What every container has by its nature: there is nothing to win. */
const NO_ATTEMPT: Readonly<Record<string, string>> = {
  "the machine's name": 'a container has a name of its own',
  '/sys and its devices': 'every container shows /sys, read-only and without firmware',
  'control groups of the machine': 'every container shows its own, read-only',
};

/** Null for what is no attempt there. */
export function inDocker(row: RoomRow): RoomRow | null {
  if (NO_ATTEMPT[row.name] !== undefined) return null;
  const usual = new Set(row.without.flatMap((layer) => INSTEAD[layer] ?? [layer]));
  return { ...row, without: [...usual], ...EXCEPTIONS[row.name] };
}

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];
const TOOLS = ['/usr/bin', ...LIBRARIES, '/usr/lib/git-core', '/usr/lib/node_modules', '/etc/alternatives'];

/** Toolchains that give a bare image the tools of the other room: those of the machine. */
export function dockerTools(): readonly string[] {
  return [dirname(process.execPath), ...TOOLS.filter((path) => existsSync(path))];
}
