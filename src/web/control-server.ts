/**
 * The daemon's own door for the command line: HTTP on a unix socket inside the data folder, so that only the same user
 * reaches it and no port can be taken. Looking is GET; the few things one can ask for are POST.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

// An import of node:http reads all its exports, WebSocket and the like among them, and with them loads all of fetch.
const { createServer, request } = process.getBuiltinModule('node:http');

/** Answers one request; undefined is a 404. Throwing is a 500 with the error's message. */
export type ControlRoutes = Readonly<Record<string, (argument: string) => unknown | Promise<unknown>>>;

/** Unix socket paths end at 108 bytes on Linux, 104 on macOS. */
const PATH_BYTES_MAX = 100;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Beside the data where the path is short enough, else a private folder named by a hash of it. */
export function controlSocket(dataDir: string): string {
  const path = join(dataDir, 'control.sock');
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(tmpdir(), `heartline-${userInfo().uid}-${digest}`, 's');
}

/** Routes are `GET /status`, `POST /wake` and so on, matched on method and first path part; the rest is the argument. */
export async function serveControl(socket: string, routes: ControlRoutes): Promise<{ close(): Promise<void> }> {
  await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
  // The journal's lock is held by now, so whatever listens here belongs to a process that is gone.
  await rm(socket, { force: true });
  const server = createServer((incoming, outgoing) => {
    const [, name = '', ...rest] = (incoming.url ?? '/').split('/');
    const route = routes[`${incoming.method} /${name}`];
    const answer = async (): Promise<{ readonly status: number; readonly body: unknown }> => {
      const body = await route?.(decodeURIComponent(rest.join('/')));
      return body === undefined
        ? { status: 404, body: { error: `nothing at ${incoming.url}` } }
        : { status: 200, body };
    };
    incoming.resume();
    answer()
      .catch((error: unknown) => ({
        status: 500,
        body: { error: error instanceof Error ? error.message : String(error) },
      }))
      .then(({ status, body }) => {
        outgoing.writeHead(status, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(body));
      });
  });
  await listen(server, socket);
  await chmod(socket, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Null when nobody listens: no daemon runs on this data folder. */
export function askControl(
  socket: string,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: unknown } | null> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, method, path, timeout: timeoutMs }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) asking.destroy(new Error('the daemon answered more than it ever should'));
        else chunks.push(chunk);
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 500, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }),
      );
      answer.on('error', reject);
    });
    asking.on('timeout', () => asking.destroy(new Error(`the daemon did not answer within ${timeoutMs} ms`)));
    asking.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(error);
    });
    asking.end();
  });
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => resolve());
  });
}
