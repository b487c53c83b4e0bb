/** One proxy for each list of hosts, started when the first command needs it: what one repository may reach, another may not. */

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Registry } from '../../domain/settings.ts';
import { startProxy } from './start-proxy.ts';

export interface Proxies {
  /** Path of the socket of the proxy that lets these through. */
  socketFor(registries: readonly Registry[]): Promise<string>;
}

export function createProxies(log: (message: string) => void): Proxies {
  const sockets = new Map<string, Promise<string>>();
  let folder: Promise<string> | null = null;
  let started = 0;

  async function start(registries: readonly Registry[]): Promise<string> {
    // Short, because the path of a socket has room for about a hundred characters; mkdtemp makes it ours alone.
    folder ??= mkdtemp(join(tmpdir(), 'heartline-proxy-')).then((made) => {
      process.once('exit', () => rmSync(made, { recursive: true, force: true }));
      return made;
    });
    const number = started++;
    const socket = join(await folder, `${number}.sock`);
    await startProxy({ socket, registries, log });
    return socket;
  }

  return {
    socketFor(registries) {
      const key = JSON.stringify(registries);
      let socket = sockets.get(key);
      if (socket === undefined) {
        socket = start(registries);
        sockets.set(key, socket);
        socket.catch(() => sockets.delete(key));
      }
      return socket;
    },
  };
}
