/**
 * The few calls of the Docker Engine API that the docker driver needs, over the engine's unix socket. Podman's socket
 * speaks them too. No version stands in the paths, so that each engine answers in the newest it knows.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { OutsideError, type TroubleKind } from '../../domain/outside-error.ts';

// Not imported, for that would load all of fetch with it; see web/control-server.ts.
const { request } = process.getBuiltinModule('node:http');

export interface Engine {
  /** The answer's JSON; null when it has none. Throws OutsideError, `missing` for 404 and `conflict` for 409. */
  call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Turns the connection into a stream both ways; the first bytes of the other side are in `head`. */
  hijack(path: string, body?: object): Promise<{ readonly stream: Duplex; readonly head: Buffer }>;
}

const ANSWER_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export function dockerEngine(socketPath: string): Engine {
  function send(method: string, path: string, body: object | undefined, upgrade: boolean) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      Host: 'docker',
      ...(text === '' ? {} : { 'Content-Type': 'application/json' }),
      'Content-Length': String(Buffer.byteLength(text)),
      ...(upgrade ? { Connection: 'Upgrade', Upgrade: 'tcp' } : {}),
    };
    const sent = request({ socketPath, method, path, headers, agent: false });
    sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error(`no answer within ${ANSWER_MS_MAX / 1000} s`)));
    sent.end(text);
    return sent;
  }

  function unreachable(method: string, path: string, cause: unknown): OutsideError {
    const detail = `${socketPath} gives no answer (${cause instanceof Error ? cause.message : String(cause)})`;
    return new OutsideError('unreachable', `${method} ${path} of the container engine`, detail, { cause });
  }

  return {
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = send(method, path, body, false);
        sent.once('error', (cause) => reject(unreachable(method, path, cause)));
        sent.once('response', (response) => answerOf(response, method, path).then(resolve, reject));
      }),
    hijack: (path, body) =>
      new Promise((resolve, reject) => {
        const sent = send('POST', path, body, true);
        sent.once('error', (cause) => reject(unreachable('POST', path, cause)));
        sent.once('response', (response) => {
          answerOf(response, 'POST', path).then(
            () => reject(unreachable('POST', path, 'it did not hand the connection over')),
            reject,
          );
        });
        sent.once('upgrade', (_response, stream, head) => {
          sent.setTimeout(0);
          resolve({ stream, head });
        });
      }),
  };
}

async function answerOf(response: IncomingMessage, method: string, path: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const attempted = `${method} ${path.split('?')[0]} of the container engine`;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new OutsideError('unreachable', attempted, 'the answer broke off', { cause });
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const status = response.statusCode ?? 0;
  const json = parsed(text);
  if (status >= 200 && status < 400) return json;
  const said = property(json, 'message');
  throw new OutsideError(kindOf(status), attempted, typeof said === 'string' ? said : `status ${status}`);
}

function kindOf(status: number): TroubleKind {
  if (status === 404) return 'missing';
  if (status === 409) return 'conflict';
  return status >= 500 ? 'unreachable' : 'invalid';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A property of an answer that may be anything. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** What Docker itself lets through is good enough since its version 25: before, sockets out of a virtual machine and io_uring. */
export type EngineKind = 'docker' | 'docker-before-25' | 'podman';
const API_OF_25 = 44;

/** They speak one language, with a few words that only one of them knows. */
export async function kindOfEngine(engine: Engine): Promise<EngineKind> {
  const version = await engine.call('GET', '/version');
  const parts = property(version, 'Components');
  const names = Array.isArray(parts) ? parts.map((part) => String(property(part, 'Name'))) : [];
  if (names.some((name) => name.startsWith('Podman'))) return 'podman';
  const [, minor] = /^1\.(\d+)$/.exec(String(property(version, 'ApiVersion'))) ?? [];
  return Number(minor) >= API_OF_25 ? 'docker' : 'docker-before-25';
}

/** Where the engine tells about an image, by tag or id. */
export function imagePath(image: string): string {
  return `/images/${encodeURIComponent(image)}/json`;
}
