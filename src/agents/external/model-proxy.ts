/**
 * The one thing a program in a room can reach: a model, through a socket that the bot listens on. It forwards one kind of
 * call to one address, puts the real key in, and lets no call leave that was not paid for beforehand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Usage } from '../../domain/transcript.ts';
import { guardBody } from './guard-body.ts';
import { type JsonObject, objectIn } from './json-object.ts';
import { callPath, type ModelEndpoint } from './model-endpoint.ts';
import { openSocketFolder } from './socket-folder.ts';
import { usageReader } from './wire-usage.ts';

export interface ModelProxyOptions {
  readonly endpoint: ModelEndpoint;
  /** Where the socket goes: a folder that the room shows. */
  readonly folder: string;
  readonly outputTokensMax: number;
  readonly signal: AbortSignal;
  readonly callTimeoutMs: number;
  /** What a request becomes before it is paid for: the place for words of ours. */
  readonly complete: (body: JsonObject) => Promise<JsonObject>;
  /** Before a call leaves, with the size of its body. Null: it may not, and the run is over. */
  readonly reserve: (bodyBytes: number) => Promise<Payment | null>;
  /** After each call that left. */
  readonly answered: (answer: Answered) => void;
}

export interface Answered {
  /** 502 where nobody answered. */
  readonly status: number;
  /** How long the provider asked to be left alone; null where it named no time. */
  readonly retryAfterMs: number | null;
}

export interface Payment {
  /** Null: the answer did not say. `billable` is false when the provider refused the call. */
  settle(usage: Usage | null, billable: boolean): Promise<void>;
}

export interface ModelProxy {
  /** Calls that are under way. */
  readonly underWay: number;
  /** Ends what is under way; resolves when all of it is settled. */
  close(): Promise<void>;
}

/** The socket's name in the folder. */
export const MODEL_SOCKET = 'model.sock';
const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** What a provider may be told about the program, and the program about the answer. */
const REQUEST_HEADERS = ['accept', 'anthropic-version', 'anthropic-beta', 'user-agent', 'openai-beta'];
const ANSWER_HEADERS = [
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'request-id',
  'x-request-id',
];

export async function startModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  const { endpoint, folder } = options;
  const path = callPath(endpoint);
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const underWay = new Set<Promise<void>>();

  const server = createServer((request, response) => {
    const asked = (request.url ?? '/').split('?', 1)[0];
    if (request.method !== 'POST' || asked !== path.inside) {
      // Some ask whether anybody is there before they begin.
      const greeting = request.method === 'HEAD' || asked === '/api/hello';
      request.resume();
      return void response.writeHead(greeting ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    }
    const call = forward(options, signal, request, response).catch(() => void response.destroy());
    underWay.add(call);
    void call.finally(() => underWay.delete(call));
  });
  const place = await openSocketFolder(folder, MODEL_SOCKET);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: place.path, readableAll: true, writableAll: true }, resolve);
    });
  } catch (error) {
    await place.close();
    throw error;
  }
  return {
    get underWay() {
      return underWay.size;
    },
    close: async () => {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.allSettled([...underWay]);
      server.closeAllConnections();
      await closed;
      await place.close();
    },
  };
}

async function forward(
  options: ModelProxyOptions,
  signal: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { endpoint, outputTokensMax, callTimeoutMs } = options;
  const given = await bodyOf(request);
  const body = given === null ? null : objectIn(given);
  if (body === null) return refuse(response, endpoint, 400, 'The request is too large, or no JSON object.');
  const guarded = await options.complete(guardBody(body, endpoint, outputTokensMax));
  const text = JSON.stringify(guarded);
  const payment = await options.reserve(Buffer.byteLength(text));
  if (payment === null) return refuse(response, endpoint, 400, 'This run may make no further model calls.');
  const reader = usageReader(endpoint.protocol, guarded.stream === true);
  let sent = false;
  let billable = false;
  let whole = false;
  let retryAfterMs: number | null = null;
  let status = 502;
  const refused: Uint8Array[] = [];
  try {
    signal.throwIfAborted();
    sent = true;
    const answer = await fetch(endpoint.baseUrl + callPath(endpoint).outside, {
      method: 'POST',
      headers: headersFor(request, endpoint),
      body: text,
      // The endpoint is pinned: an answer does not send us elsewhere with the key.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)]),
    });
    billable = answer.ok;
    retryAfterMs = secondsIn(answer.headers.get('retry-after'));
    const headers = ANSWER_HEADERS.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    response.writeHead(answer.status, Object.fromEntries(headers));
    for await (const chunk of answer.body ?? []) {
      reader.add(chunk);
      // A caller that has gone is read to the end all the same: only the end of an answer says what it cost. A refusal is
      // heard when we have heard it: a program answers it with another call.
      if (!answer.ok) refused.push(chunk);
      else if (!response.destroyed) response.write(chunk);
    }
    whole = true;
    status = answer.status;
  } catch (error) {
    // It was sent, and may be billed although we stopped listening.
    billable ||= sent && (signal.aborted || (error instanceof Error && error.name === 'TimeoutError'));
  } finally {
    // What a broken answer told at its start is less than what it cost.
    await payment.settle(whole ? reader.usage() : null, billable);
    // Stopping is our own doing.
    if (!signal.aborted) options.answered({ status, retryAfterMs });
  }
  // Whoever is being stopped hears nothing more: told of an error, a program might do one thing more before its end comes.
  if (signal.aborted && !whole) return;
  if (whole) response.end(Buffer.concat(refused));
  else if (response.headersSent) response.destroy();
  else refuse(response, endpoint, 502, 'The model could not be reached.');
}

function secondsIn(text: string | null): number | null {
  const seconds = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

/** Null when it is larger than any provider takes. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : null;
}

function headersFor(request: IncomingMessage, { protocol, apiKey }: ModelEndpoint): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const name of REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (apiKey === null) return headers;
  return {
    ...headers,
    ...(protocol === 'anthropic' ? { 'x-api-key': apiKey } : { authorization: `Bearer ${apiKey}` }),
  };
}

function refuse(response: ServerResponse, { protocol }: ModelEndpoint, status: number, message: string): void {
  const error = { type: 'invalid_request_error', message, code: null, param: null };
  const body = protocol === 'anthropic' ? { type: 'error', error } : { error };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
