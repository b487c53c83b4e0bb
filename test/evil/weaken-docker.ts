/**
 * The container room with layers taken away: a socket that stands before the engine's, lets everything pass, and changes
 * what the shipped code asks of the engine by the layers. What it does not know it refuses, so that a layer that is new
 * in the shipped code cannot be forgotten here.
 */
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { RoomLayer } from './row.ts';

export interface WeakEngine {
  readonly socket: string;
  close(): Promise<void>;
}

type Json = Record<string, unknown>;

/** What the shipped code may ask for. */
const KNOWN = [
  ...[
    'Image',
    'Labels',
    'Hostname',
    'User',
    'Entrypoint',
    'Cmd',
    'WorkingDir',
    'AttachStdin',
    'OpenStdin',
    'StdinOnce',
  ],
  ...['Env', 'HostConfig'],
];
const KNOWN_OF_HOST = [
  ...['AutoRemove', 'Init', 'NetworkMode', 'IpcMode', 'CapDrop', 'SecurityOpt', 'ReadonlyRootfs', 'Tmpfs', 'ShmSize'],
  ...[
    'Memory',
    'MemorySwap',
    'NanoCpus',
    'PidsLimit',
    'Ulimits',
    'MaskedPaths',
    'ReadonlyPaths',
    'LogConfig',
    'Mounts',
  ],
];
/** Of the machine, where the view is gone. */
const SHOWN = ['/dev', '/run', '/var', '/etc/shadow', '/etc/ssl'];
/** How the shipped code ends what a command left; the bot's own probe is left alone. */
const SWEEP = 'kill -9 -1';
const PROBE = 'heartline-probe-';

/** What a room without its layers has of the machine. */
interface Machine {
  readonly environment: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
}

/** Listens on `socket` for the engine on the other one. */
export async function weakenDocker(
  socket: string,
  engine: string,
  gone: readonly RoomLayer[],
  machine: Machine,
): Promise<WeakEngine> {
  const variables = Object.entries(machine.environment).map(([name, value]) => `${name}=${value}`);
  const shown = [...SHOWN, ...machine.paths].filter((path) => existsSync(path));
  const change = (path: string, text: string): string => {
    if (text === '' || text.includes(PROBE)) return text;
    if (/^\/containers\/create\b/.test(path))
      return JSON.stringify(container(JSON.parse(text), gone, { variables, shown }));
    if (/^\/containers\/[^/]+\/exec$/.test(path)) return JSON.stringify(command(JSON.parse(text), gone, variables));
    return text;
  };
  const open = new Set<Socket>();
  const server = createServer((incoming, response) => {
    pass(engine, incoming, response, change).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: String(error) }));
    });
  });
  server.on('connection', (one) => {
    open.add(one);
    one.once('close', () => open.delete(one));
  });
  // A connection that is handed over is no conversation of ours: its bytes go through as they are.
  server.on('upgrade', (incoming: IncomingMessage, near: Socket, head: Buffer) => {
    const far = connect(engine);
    const headers = incoming.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
    far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    far.write(head);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
    far.once('close', () => near.destroy());
    near.once('close', () => far.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  return {
    socket,
    close: async () => {
      for (const one of open) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(
  engine: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  change: (path: string, text: string) => string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const { method = 'GET', url = '/' } = incoming;
  const body = change(url, Buffer.concat(chunks).toString('utf8'));
  const headers = { ...incoming.headers, 'content-length': String(Buffer.byteLength(body)) };
  const sent = request({ socketPath: engine, method, path: url, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  sent.once('error', () => response.destroy());
  response.once('close', () => sent.destroy());
  sent.end(body);
}

interface Given {
  readonly variables: readonly string[];
  readonly shown: readonly string[];
}

function container(asked: Json, gone: readonly RoomLayer[], { variables, shown }: Given): Json {
  const host = asked.HostConfig as Json;
  for (const [object, known] of [
    [asked, KNOWN],
    [host, KNOWN_OF_HOST],
  ] as const) {
    const unknown = Object.keys(object).filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`weaken-docker does not know ${unknown}: tell it which layer that is`);
  }
  const is = (layer: RoomLayer): boolean => gone.includes(layer);
  const options = (host.SecurityOpt as readonly string[]).filter(
    (one) => !(is('user') && one.startsWith('no-new-privileges')) && !(is('system-calls') && one.startsWith('seccomp')),
  );
  return {
    ...asked,
    ...(is('environment') ? { Env: [...((asked.Env as readonly string[]) ?? []), ...variables] } : {}),
    HostConfig: {
      ...host,
      ...(is('network') ? { NetworkMode: 'host' } : {}),
      ...(is('ipc-namespace') ? { IpcMode: 'host' } : {}),
      ...(is('pid-namespace') ? { PidMode: 'host' } : {}),
      ...(is('capabilities') ? { CapDrop: [], CapAdd: ['ALL'] } : {}),
      SecurityOpt: [...options, ...(is('system-calls') ? ['seccomp=unconfined'] : [])],
      ...(is('view') ? withView(host, shown) : {}),
    },
  };
}

interface Mount {
  readonly Source: string;
  readonly Target: string;
}

function withView(host: Json, shown: readonly string[]): Json {
  const isShown = (path: string): boolean => shown.some((folder) => path.startsWith(`${folder}/`));
  const mounts = shown.map((path) => ({
    Type: 'bind',
    Source: path,
    Target: path,
    ReadOnly: false,
    BindOptions: { Propagation: 'rprivate', NonRecursive: true },
  }));
  return {
    ReadonlyRootfs: false,
    MaskedPaths: [],
    ReadonlyPaths: [],
    // The workspace is there already, at its own place and with all that lies around it.
    Mounts: [
      ...mounts,
      ...(host.Mounts as readonly Mount[]).filter(({ Source: one, Target }) => one !== Target || !isShown(one)),
    ],
  };
}

function command(asked: Json, gone: readonly RoomLayer[], variables: readonly string[]): Json {
  const isSweep = (asked.Cmd as readonly string[]).some((word) => word.startsWith(SWEEP));
  // As the machine's first user this would end the machine: it stays with its own.
  if (isSweep) return gone.includes('whole-tree-kill') ? { ...asked, Cmd: ['/bin/true'] } : asked;
  return {
    ...asked,
    ...(gone.includes('environment') ? { Env: [...((asked.Env as readonly string[]) ?? []), ...variables] } : {}),
    ...(gone.includes('user') ? { User: '0:0' } : {}),
  };
}
