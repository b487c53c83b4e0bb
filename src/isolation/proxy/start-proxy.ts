/**
 * An HTTP proxy on a unix socket that lets a room reach the listed hosts and nothing else. Names are checked against the
 * list and then resolved here, once: the address that was checked is the one connected to.
 */

import { lookup } from 'node:dns/promises';
import { chmod } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { type Duplex, Transform } from 'node:stream';
import type { Registry } from '../../domain/settings.ts';
import { mayConnect } from './addresses.ts';
import { allowing, parseTarget, type Target } from './allowed-hosts.ts';

// Not imported, for that would load all of fetch with it; see web/control-server.ts.
const { createServer, request } = process.getBuiltinModule('node:http');

export interface ProxyOptions {
  /** Path of the socket; its folder must be the bot's alone. */
  readonly socket: string;
  readonly registries: readonly Registry[];
  readonly log: (message: string) => void;
  /** Addresses of a name; the machine's own resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly limits?: Partial<ProxyLimits>;
}

export interface ProxyLimits {
  /** Of one connection, towards the outside: fetching packages takes next to nothing, carrying data away does not. */
  readonly sentBytesMax: number;
  readonly receivedBytesMax: number;
  readonly connectionMsMax: number;
  readonly idleMsMax: number;
  readonly connectionsMax: number;
}

export interface Proxy {
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const LIMITS: ProxyLimits = {
  sentBytesMax: 4 * MIB,
  receivedBytesMax: 2_048 * MIB,
  connectionMsMax: 20 * 60_000,
  idleMsMax: 60_000,
  connectionsMax: 64,
};
/** Ours to say, or the connection's own: they mean nothing to the other side. */
const NOT_PASSED_ON = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|expect)$/;

type Verdict =
  | { readonly kind: 'allowed'; readonly address: string }
  | { readonly kind: 'refused'; readonly reason: string };

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const limits = { ...LIMITS, ...options.limits };
  const resolve = options.resolve ?? addressesOf;
  const open = new Set<Duplex>();

  async function judge(target: Target): Promise<Verdict> {
    const entry = allowing(options.registries, target);
    if (entry === null) return { kind: 'refused', reason: 'it is not on the list' };
    const addresses = isIP(target.host) === 0 ? await resolve(target.host).catch(() => []) : [target.host];
    if (addresses.length === 0) return { kind: 'refused', reason: 'its name does not resolve' };
    // One bad address among good ones is how a rebinding name looks: all must be fine.
    const bad = addresses.find((address) => !mayConnect(address, entry.private));
    if (bad !== undefined) return { kind: 'refused', reason: `its address ${bad} is not a public one` };
    return { kind: 'allowed', address: addresses[0] ?? '' };
  }

  async function judgeAndLog(target: Target | null, what: string): Promise<Verdict> {
    const verdict: Verdict = target === null ? { kind: 'refused', reason: 'it is no address' } : await judge(target);
    const where = target === null ? what.slice(0, 200) : `${target.host}:${target.port}`;
    options.log(verdict.kind === 'allowed' ? `proxy: ${where} allowed` : `proxy: ${where} refused: ${verdict.reason}`);
    return verdict;
  }

  /** Ends both sides when either does, and when time, silence or size pass their bounds. */
  function bounded(outside: Socket, inside: Duplex): void {
    const both = () => {
      outside.destroy();
      inside.destroy();
    };
    for (const one of [outside, inside]) {
      open.add(one);
      one.once('close', () => open.delete(one));
      one.on('error', both);
    }
    // Not the other way round: what the outside sent last may still be on its way in.
    inside.once('close', () => outside.destroy());
    const timer = setTimeout(both, limits.connectionMsMax);
    outside.once('close', () => clearTimeout(timer));
    outside.setTimeout(limits.idleMsMax, both);
  }

  async function tunnel(message: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const target = parseTarget(message.url ?? '');
    const verdict = await judgeAndLog(target, message.url ?? '');
    if (verdict.kind === 'refused' || target === null) {
      const reason = verdict.kind === 'refused' ? verdict.reason : '';
      client.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nHeartline's proxy: ${reason}\n`);
      return;
    }
    const outside = connect({ host: verdict.address, port: target.port });
    bounded(outside, client);
    outside.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outside.write(head);
      outside
        .pipe(atMost(limits.receivedBytesMax))
        .on('error', () => client.destroy())
        .pipe(client);
      client
        .pipe(atMost(limits.sentBytesMax))
        .on('error', () => client.destroy())
        .pipe(outside);
    });
  }

  async function pass(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, reason: string) => {
      response.writeHead(status, { Connection: 'close', 'Content-Type': 'text/plain' });
      response.end(`Heartline's proxy: ${reason}\n`);
    };
    const url = URL.parse(message.url ?? '');
    const method = message.method ?? '';
    const isPlain = url?.protocol === 'http:' && url.username === '' && url.password === '';
    const target = isPlain ? parseTarget(`${url.hostname}:${url.port === '' ? 80 : url.port}`) : null;
    const verdict = await judgeAndLog(target, message.url ?? '');
    if (verdict.kind === 'refused' || target === null || url === null) {
      return refuse(403, verdict.kind === 'refused' ? verdict.reason : '');
    }
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'packages are only fetched: GET and HEAD');
    const headers = Object.entries(message.headers).filter(([name]) => !NOT_PASSED_ON.test(name));
    const sent = request({
      host: verdict.address,
      port: target.port,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { ...Object.fromEntries(headers), host: url.host, connection: 'close' },
      agent: false,
    });
    sent.once('socket', (socket) => bounded(socket, message.socket));
    sent.once('error', (error) => (response.headersSent ? response.destroy() : refuse(502, error.message)));
    sent.once('response', (answer) => {
      const passed = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_ON.test(name));
      response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(passed), connection: 'close' });
      answer
        .pipe(atMost(limits.receivedBytesMax))
        .on('error', () => response.destroy())
        .pipe(response);
    });
    sent.end();
  }

  const server = createServer((message, response) => {
    pass(message, response).catch(() => response.destroy());
  });
  server.on('connect', (message, client, head) => {
    tunnel(message, client, head).catch(() => client.destroy());
  });
  server.maxConnections = limits.connectionsMax;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socket, resolve);
  });
  // Rooms run as other users; whom the socket is shown to is decided by who gets it mounted, not by its mode.
  await chmod(options.socket, 0o666);
  // Nobody waits for a proxy: it must not keep the bot alive.
  server.unref();
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const one of open) one.destroy();
      }),
  };
}

/** Lets so much through and no more: what comes after breaks the connection. */
function atMost(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new Error('too much for one connection'));
      else done(null, chunk);
    },
  });
}

async function addressesOf(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
