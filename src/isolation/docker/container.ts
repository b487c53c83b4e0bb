/**
 * One hardened container: no network, no capabilities, nothing writable but the workspace and folders in memory, all of
 * it limited. It waits for commands and ends by itself when the bot does, because it lives as long as our end of its
 * standard input.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { OutsideError } from '../../domain/outside-error.ts';
import type { IsolatedCommand } from '../../heartbeat/ports.ts';
import { startOf } from '../process-tree.ts';
import { HOME, type RoomLimits } from '../room-limits.ts';
import { PROXY_SOCKET_INSIDE } from '../room-network.ts';
import type { Toolchain } from '../toolchain.ts';
import { writeAccounts } from './accounts.ts';
import { type Engine, type EngineKind, property } from './engine.ts';

export interface Container {
  readonly id: string;
  /** Resolves once it runs no more, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends all of it and resolves when nothing is left. */
  remove(): Promise<void>;
}

export interface ContainerOptions {
  readonly kind: EngineKind;
  readonly image: string;
  readonly limits: RoomLimits;
  readonly toolchain: Toolchain;
  /** The proxy's socket on this machine; null when the command has no network. */
  readonly proxySocket: string | null;
}

/** Names this bot on its machine: containers of one that is no more are removed at the next start. */
const OWNER_LABEL = 'heartline.owner';

/**
 * Another user than the agent's, so that no command can end the one process that keeps the container. The shell reads
 * until our end of its input closes.
 */
const KEEPER = { user: '65534:65534', argv: ['/bin/sh', '-c', 'cat >/dev/null'] } as const;
const GIT_CONFIG = fileURLToPath(new URL('../etc/gitconfig', import.meta.url));
const NOFILE_MAX = 4_096;
/** Counted over all rooms of a user, so well above what one may have. */
const NPROC_MAX = 16_384;
/** The engine's own lists, and the files by which anybody could make the kernel watch the machine's load. */
const MASKED = [
  ...['asound', 'acpi', 'interrupts', 'kcore', 'keys', 'latency_stats', 'pressure', 'sched_debug', 'scsi'],
  ...['timer_list', 'timer_stats'],
]
  .map((name) => `/proc/${name}`)
  .concat(['/sys/firmware', '/sys/devices/virtual/powercap']);
/**
 * Podman's API passes over the two lists, and its own filter of system calls lets agents make namespaces. It reads a filter
 * from a file where Docker wants the text, and would take Docker's for the name of one.
 */
const SYSTEM_CALLS = fileURLToPath(new URL('../etc/seccomp.json', import.meta.url));
const WALLS: Readonly<Record<EngineKind, readonly string[]>> = {
  docker: [],
  'docker-before-25': [`seccomp=${readFileSync(SYSTEM_CALLS, 'utf8')}`],
  podman: [`mask=${MASKED.join(':')}`, `seccomp=${SYSTEM_CALLS}`],
};
const READ_ONLY = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);

export async function startContainer(
  engine: Engine,
  command: IsolatedCommand,
  options: ContainerOptions,
): Promise<Container> {
  const created = await engine.call('POST', '/containers/create', await specification(command, options));
  const id = property(created, 'Id');
  if (typeof id !== 'string') {
    throw new OutsideError('unreachable', 'make a container', 'the engine did not name the container it made');
  }
  const remove = () => removeContainer(engine, id);
  let keeper: Duplex;
  try {
    const attached = await engine.hijack(`/containers/${id}/attach?stream=true&stdin=true`);
    keeper = attached.stream;
    keeper.on('error', () => {});
    keeper.resume();
    await engine.call('POST', `/containers/${id}/start`);
    if (options.kind === 'podman') await openHome(engine, id);
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
  const ended = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  return {
    id,
    ended,
    remove: async () => {
      keeper.destroy();
      await remove();
    },
  };
}

/** Some give a folder in memory the mode of the image's folder below it. Root there has no rights but over what is root's. */
async function openHome(engine: Engine, id: string): Promise<void> {
  const command = { User: '0:0', Cmd: ['chmod', '1777', HOME], AttachStdout: true, AttachStderr: true };
  const exec = property(await engine.call('POST', `/containers/${id}/exec`, command), 'Id');
  const { stream } = await engine.hijack(`/exec/${exec}/start`, { Detach: false, Tty: false });
  await new Promise<void>((resolve) => {
    stream.on('error', () => {});
    stream.once('close', resolve);
    stream.once('end', resolve);
    stream.resume();
  });
}

/** Removes what a killed bot of this machine left. */
export async function sweepContainers(engine: Engine): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }));
  const listed = await engine.call('GET', `/containers/json?all=true&filters=${filters}`);
  let swept = 0;
  for (const one of Array.isArray(listed) ? listed : []) {
    const [id, owner] = [property(one, 'Id'), property(property(one, 'Labels'), OWNER_LABEL)];
    if (typeof id !== 'string' || typeof owner !== 'string') continue;
    const [machine, pid, started] = owner.split('|');
    if (machine !== machineName() || startOf(Number(pid)) === started) continue;
    await removeContainer(engine, id);
    swept++;
  }
  return swept;
}

async function removeContainer(engine: Engine, id: string): Promise<void> {
  for (let triesLeft = REMOVALS_MAX - 1; ; triesLeft -= 1) {
    try {
      await engine.call('DELETE', `/containers/${id}?force=true&v=true`);
      break;
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      // Gone, or already going because it ended by itself: wait for that instead.
      if (error.kind === 'missing' || error.kind === 'conflict') break;
      // Podman fails to stop what stops by itself at that moment.
      if (triesLeft === 0) throw error;
      await pause(REMOVAL_PAUSE_MS);
    }
  }
  await gone(engine, id);
}

const REMOVALS_MAX = 5;
const REMOVAL_PAUSE_MS = 200;

async function gone(engine: Engine, id: string): Promise<void> {
  await engine.call('POST', `/containers/${id}/wait?condition=removed`).catch((error: unknown) => {
    if (!(error instanceof OutsideError) || error.kind !== 'missing') throw error;
  });
}

async function specification(command: IsolatedCommand, options: ContainerOptions): Promise<object> {
  const { workspace, readOnly } = command;
  const { image, kind, limits } = options;
  const memoryFolder = `rw,nosuid,nodev,size=${limits.memoryFolderBytesMax}`;
  const user = userOf(command);
  const accounts = await writeAccounts(dirname(workspace.tree), user);
  return {
    Image: image,
    Labels: { [OWNER_LABEL]: `${machineName()}|${process.pid}|${startOf(process.pid) ?? 'unknown'}` },
    Hostname: 'heartline',
    User: KEEPER.user,
    Entrypoint: KEEPER.argv,
    Cmd: [],
    WorkingDir: '/',
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      AutoRemove: true,
      Init: true,
      NetworkMode: 'none',
      IpcMode: 'private',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', ...WALLS[kind]],
      ReadonlyRootfs: true,
      Tmpfs: {
        '/tmp': `${memoryFolder},exec,mode=1777`,
        [HOME]: `${memoryFolder},exec,${homeOf(kind, user)}`,
      },
      ShmSize: limits.memoryFolderBytesMax,
      Memory: limits.memoryBytesMax,
      // The same figure: no swap on top.
      MemorySwap: limits.memoryBytesMax,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.processesMax,
      Ulimits: [
        { Name: 'nofile', Soft: NOFILE_MAX, Hard: NOFILE_MAX },
        { Name: 'fsize', Soft: limits.fileBytesMax, Hard: limits.fileBytesMax },
        { Name: 'core', Soft: 0, Hard: 0 },
        // Unasked, podman raises it beyond what a confined machine may. What holds the room is PidsLimit.
        { Name: 'nproc', Soft: NPROC_MAX, Hard: NPROC_MAX },
      ],
      MaskedPaths: MASKED,
      ReadonlyPaths: READ_ONLY,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [
        mount(GIT_CONFIG, '/etc/gitconfig', true),
        ...accounts.map(({ source, target }) => mount(source, target, true)),
        mount(workspace.mirror, workspace.mirror, true),
        mount(workspace.tree, workspace.tree, readOnly),
        mount(workspace.out, workspace.out, false),
        ...(command.shown ?? []).map(({ source, target }) => mount(source, target, true)),
        ...options.toolchain.extra.map((folder) => mount(folder, folder, true)),
        ...(options.proxySocket === null ? [] : [mount(options.proxySocket, PROXY_SOCKET_INSIDE, true)]),
      ],
    },
  };
}

/** Podman's API takes no owner, and would copy the image's own folder into it. Only the keeper runs in there beside the agent. */
function homeOf(kind: EngineKind, { uid, gid }: { readonly uid: number; readonly gid: number }): string {
  return kind === 'podman' ? 'mode=1777,notmpcopyup' : `mode=0700,uid=${uid},gid=${gid}`;
}

/** Nothing but what we name is made: an engine would make a missing folder of a bind, as root. */
function mount(source: string, target: string, readOnly: boolean): object {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly, BindOptions: { Propagation: 'rprivate' } };
}

/** Whoever the workspace belongs to; never a user with more rights than that. */
export function userOf({ workspace }: IsolatedCommand): { readonly uid: number; readonly gid: number } {
  const { owner } = workspace;
  if (owner !== undefined) return { uid: owner.uid, gid: owner.uid };
  return { uid: process.getuid?.() ?? 1000, gid: process.getgid?.() ?? 1000 };
}

/** Process numbers mean something only among those who share them. */
function machineName(): string {
  let processes = '';
  try {
    processes = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No /proc: the host's name has to do.
  }
  return `${hostname()} ${processes}`;
}
