/**
 * The room made by a container engine: one container per run and view, kept between commands. A container runs one
 * command at a time, so that ending a command can mean ending everything in it; commands in parallel get further ones.
 */

import { existsSync } from 'node:fs';
import { OutsideError } from '../../domain/outside-error.ts';
import type { ExecResult, IsolatedCommand, Isolation, Layer } from '../../heartbeat/ports.ts';
import { execResult } from '../exec-result.ts';
import type { Proxies } from '../proxy/proxies.ts';
import { roomEnvironment } from '../room-environment.ts';
import { HOME, type RoomLimits } from '../room-limits.ts';
import { networkEnvironment, withForwarder } from '../room-network.ts';
import { extraPath, type Toolchain, withExtra } from '../toolchain.ts';
import { type Container, startContainer } from './container.ts';
import { probeDocker } from './docker-probe.ts';
import { dockerEngine, type EngineKind, imagePath, kindOfEngine, property } from './engine.ts';
import { runInContainer } from './run-in-container.ts';

export interface DockerOptions {
  /** Path of the engine's unix socket. */
  readonly socket: string;
  readonly image: string;
  readonly limits: RoomLimits;
  /** Only its extra folders: node and git are the image's own. */
  readonly toolchain: Toolchain;
  readonly proxies: Proxies;
}

const IMAGE_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Of one run at a time; a command beyond waits for one of them. */
const CONTAINERS_PER_VIEW_MAX = 4;

interface Pool {
  readonly workspace: string;
  readonly idle: Container[];
  readonly all: Set<Container>;
  /** Containers that are there or being made. */
  count: number;
  readonly waiting: (() => void)[];
}

export function dockerDriver(options: DockerOptions): Isolation {
  const engine = dockerEngine(options.socket);
  const pools = new Map<string, Pool>();
  let kind: EngineKind | null = null;

  async function exec(command: IsolatedCommand): Promise<ExecResult> {
    const { workspace } = command;
    const attempted = `run ${command.argv[0] ?? 'nothing'} in workspace ${workspace.name}`;
    if (command.argv.length === 0) throw new OutsideError('invalid', attempted, 'there is no command');
    for (const folder of [workspace.tree, workspace.out, workspace.mirror]) {
      if (!existsSync(folder)) throw new OutsideError('missing', attempted, `${folder} does not exist`);
    }
    if (command.signal.aborted) return { exitCode: null, output: '', truncated: false, timedOut: false };
    const network = command.network ?? { kind: 'none' };
    const online = network.kind === 'registries';
    const proxySocket = online ? await options.proxies.socketFor(network.registries) : null;
    const toolchain = withExtra(options.toolchain, command.toolchains ?? []);
    kind ??= await kindOfEngine(engine);
    const started = { ...options, kind, toolchain, proxySocket };
    const pool = poolOf(command);
    const make = () => startContainer(engine, command, started);
    const container = await take(pool, make);
    const drop = async () => {
      pool.all.delete(container);
      await container.remove();
    };
    let kept = false;
    try {
      const end = await runInContainer(engine, container.id, {
        argv: online ? withForwarder(command.argv) : command.argv,
        environment: {
          ...roomEnvironment({
            path: [...extraPath(toolchain), ...IMAGE_PATH],
            home: HOME,
            temporary: '/tmp',
          }),
          // Ours, which lets git read the mirror although that belongs to the bot.
          GIT_CONFIG_NOSYSTEM: '0',
          ...(online ? networkEnvironment() : {}),
          ...command.environment,
        },
        command,
        kill: drop,
      });
      kept = end.kind === 'exited';
      return execResult(end);
    } catch (error) {
      throw error instanceof OutsideError ? error : broken(attempted, error);
    } finally {
      if (kept && pool.all.has(container)) pool.idle.push(container);
      else {
        pool.count--;
        // Killed already, or in a state that nobody knows: no command may come upon it again.
        if (pool.all.has(container)) await drop().catch(() => {});
      }
      pool.waiting.shift()?.();
    }
  }

  function poolOf(command: IsolatedCommand): Pool {
    const { workspace, readOnly, network, shown, toolchains } = command;
    const key = JSON.stringify([workspace, readOnly, network ?? null, shown ?? [], toolchains ?? []]);
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = { workspace: workspace.name, idle: [], all: new Set(), count: 0, waiting: [] };
      pools.set(key, pool);
    }
    return pool;
  }

  async function dispose(name: string): Promise<void> {
    const ending: Promise<void>[] = [];
    for (const [key, pool] of pools) {
      if (pool.workspace !== name) continue;
      pools.delete(key);
      ending.push(...[...pool.all].map((container) => container.remove()));
      pool.all.clear();
      pool.idle.length = 0;
    }
    await Promise.all(ending);
  }

  const layers = (): readonly Layer[] => [
    {
      name: 'container without network and capabilities, with limits of memory, processes, processor time',
      state: 'on',
      fix: null,
    },
  ];
  return {
    driver: 'docker',
    // A tag may name another image tomorrow.
    basis: async () => String(property(await engine.call('GET', imagePath(options.image)), 'Id')),
    exec,
    dispose,
    layers,
    probe: () => probeDocker(engine, options, exec, dispose),
  };
}

async function take(pool: Pool, make: () => Promise<Container>): Promise<Container> {
  for (;;) {
    const idle = pool.idle.pop();
    if (idle !== undefined) return idle;
    if (pool.count < CONTAINERS_PER_VIEW_MAX) break;
    await new Promise<void>((resolve) => pool.waiting.push(resolve));
  }
  pool.count++;
  try {
    const container = await make();
    pool.all.add(container);
    // Ended from outside (the engine stopped, memory ran out): it must not be found idle.
    container.ended.then(() => {
      if (!pool.all.delete(container)) return;
      const at = pool.idle.indexOf(container);
      if (at === -1) return;
      pool.idle.splice(at, 1);
      pool.count--;
    });
    return container;
  } catch (error) {
    pool.count--;
    pool.waiting.shift()?.();
    throw error;
  }
}

function broken(attempted: string, cause: unknown): OutsideError {
  return new OutsideError('unreachable', attempted, cause instanceof Error ? cause.message : String(cause), { cause });
}
