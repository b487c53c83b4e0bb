/** What an agent with a network would reach: services that hold a secret, and ears that note who spoke to them. */
import { createSocket } from 'node:dgram';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
import type { Canaries } from './canaries.ts';
import { ADDRESSES } from './seal.ts';

export interface Listeners {
  readonly ports: { readonly secret: number; readonly dns: number; readonly tls: number };
  /** What was said to any of them. */
  readonly contacts: readonly string[];
  close(): Promise<void>;
}

export async function startListeners(
  canaries: Canaries,
  sockets: { readonly docker: string; readonly abstract: string },
): Promise<Listeners> {
  const contacts: string[] = [];
  const hear = (chunk: Buffer): void => {
    contacts.push(chunk.toString('latin1').slice(0, 4_000));
  };
  const answering = (canary: string): Server =>
    createHttp((request, response) => {
      contacts.push(
        `${request.method} ${request.headers.host ?? ''}${request.url ?? ''} ${JSON.stringify(request.headers)}`,
      );
      request.on('data', hear);
      request.on('end', () => response.end(`${canaries.value(canary)}\n`));
    });
  const ear = (): Server =>
    createServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        hear(chunk);
        socket.end();
      });
      socket.on('error', () => {});
    });
  const secret = answering('loopback port');
  const servers: readonly (readonly [Server, ListenOptions])[] = [
    [secret, { port: 0, host: '127.0.0.1' }],
    [answering('loopback port'), { port: 80, host: ADDRESSES.host }],
    [answering('metadata address'), { port: 80, host: ADDRESSES.metadata }],
    [answering('docker.sock'), { path: sockets.docker }],
    [answering('abstract socket'), { path: sockets.abstract }],
    [ear(), { port: 443, host: ADDRESSES.host }],
    [ear(), { port: 22, host: ADDRESSES.host }],
    [ear(), { port: 25, host: ADDRESSES.host }],
    [ear(), { port: 9418, host: ADDRESSES.host }],
    [ear(), { port: 53, host: ADDRESSES.resolver }],
  ];
  for (const [server, where] of servers) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
  }
  const resolver = createSocket('udp4', hear);
  await new Promise<void>((resolve) => resolver.bind(53, ADDRESSES.resolver, resolve));
  return {
    ports: { secret: (secret.address() as AddressInfo).port, dns: 53, tls: 443 },
    contacts,
    close: async () => {
      resolver.close();
      await Promise.all(
        servers.map(([server]) => {
          if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
            server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
