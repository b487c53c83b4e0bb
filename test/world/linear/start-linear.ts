/**
 * The Linear of the test world: a GraphQL server on 127.0.0.1 that executes the schema of the installed `@linear/sdk`
 * over a board in memory. The bot reaches it by `apiUrl` and knows nothing else about it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Call, EffectHook, Fault, FaultKind, FaultSwitch } from '../faults.ts';
import { type Board, type Bumps, createBoard, type Effect } from './board/board.ts';
import { userByName } from './board/find.ts';
import type { LinearState } from './board/records.ts';
import { type LinearSeed, stateFromSeed } from './board/seed.ts';
import { type Answer, type Answering, answer, limitedAnswer } from './http/answer.ts';
import { createRateBuckets, type RateBuckets, type RateLimits, usualLimits } from './http/rate-buckets.ts';
import { type LinearRequest, readRequest } from './http/request.ts';
import { type People, peopleOn } from './people/people.ts';
import { linearSchema } from './schema/linear-schema.ts';

export interface LinearWorldOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly seed: LinearSeed;
  /** Who acts with which key: the key, and a user's id or display name. */
  readonly apiKeys: Readonly<Record<string, string>>;
  /** Any free one when absent. */
  readonly port?: number;
  readonly fault?: FaultSwitch;
  readonly onEffect?: EffectHook;
  readonly limits?: Partial<RateLimits>;
  readonly bumps?: Partial<Bumps>;
}

export interface LinearWorld {
  /** For `new LinearClient({ apiKey, apiUrl: url })`. */
  readonly url: string;
  readonly state: LinearState;
  /** What people do. */
  readonly act: People;
  /** Everything that happened to the board, whoever did it. */
  readonly log: readonly Effect[];
  /** Everything that was asked, in the order in which it was finished. */
  readonly requests: readonly RequestRecord[];
  /** What was asked for and is not written; a test of the bot should find it empty. */
  readonly unimplemented: ReadonlySet<string>;
  /** Uses up quota of a key's user in mid-run. */
  leave(apiKey: string, requests: number, complexity: number): void;
  /** Called after each change with what it did. Returns how to stop listening. */
  onChange(listener: (effect: Effect) => void): () => void;
  /** Resolves when the condition holds, looked at now and after each change; rejects when the signal aborts. */
  until(condition: (state: LinearState) => boolean, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface RequestRecord {
  /** In the order of arrival, from 1. */
  readonly number: number;
  readonly at: number;
  readonly operationName: string | null;
  readonly rootFields: readonly string[];
  readonly kind: 'read' | 'write';
  readonly complexity: number;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Null when the connection was destroyed instead of answered. */
  readonly status: number | null;
  /** The codes of the errors in the answer. */
  readonly errors: readonly string[];
  /** The display name of the key's user; null for an unknown key. */
  readonly actor: string | null;
  readonly fault: FaultKind | null;
}

/** How long a `limit` fault lasts when it does not say. */
const limitResetMsDefault = 1000;

export async function startLinear(options: LinearWorldOptions): Promise<LinearWorld> {
  const schema = await linearSchema();
  const state = stateFromSeed(options.seed, options.clock());
  const bumps = { comment: false, attachment: false, relation: true, ...options.bumps };
  const board = createBoard(state, { clock: options.clock, bumps, keepPrevious: options.fault !== undefined });
  const limits = { ...usualLimits, ...options.limits };
  const callers = callersOf(state, options, limits);
  const requests: RequestRecord[] = [];
  const unimplemented = new Set<string>();
  const closing = new AbortController();
  let calls = 0;

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.method !== 'POST' || incoming.url !== '/graphql')
      return send(response, options.clock, 404, {}, 'Not found');
    const request = readRequest(await textOf(incoming));
    calls += 1;
    const operation = request.rootFields.join('+') || 'unreadable';
    const call: Call = { service: 'linear', operation, write: request.write, number: calls };
    const fault = (await options.fault?.(call)) ?? null;
    const caller = callers.get((incoming.headers.authorization ?? '').replace(/^Bearer /, '')) ?? null;
    const answering: Answering = {
      schema,
      board,
      limits,
      caller,
      number: call.number,
      stale: fault?.kind === 'stale',
      unimplemented,
      around: async (phase) => options.onEffect?.(call, phase),
    };
    const note = (given: Answer | null, status: number | null) =>
      requests.push(recordOf(request, call, board, caller?.userId ?? null, fault, given, status));

    switch (fault?.kind) {
      case 'refuse':
        note(null, null);
        response.destroy();
        return;
      case 'timeout-before-effect':
        await wait(fault.hangMs, undefined, { signal: closing.signal });
        note(null, null);
        response.destroy();
        return;
      case 'status':
        note(null, fault.status);
        send(
          response,
          options.clock,
          fault.status,
          { 'content-type': 'text/html' },
          '<html><body>The service is unavailable.</body></html>',
        );
        return;
      case 'limit': {
        caller?.buckets.drain(fault.resetInMs ?? limitResetMsDefault);
        const given = caller ? limitedAnswer('requests', 0, caller.buckets, limits) : await answer(request, answering);
        note(given, given.status);
        send(response, options.clock, given.status, given.headers, JSON.stringify(given.body));
        return;
      }
      case 'slow':
        await wait(fault.delayMs, undefined, { signal: closing.signal });
        break;
      case 'effect-then-lost':
      case 'duplicate':
      case 'stale':
      case 'malformed':
      case undefined:
        break;
    }

    const given = await answer(request, answering);
    if (fault?.kind === 'effect-then-lost') {
      note(given, null);
      response.destroy();
      return;
    }
    note(given, given.status);
    if (fault?.kind === 'duplicate') {
      const again = await answer(request, answering);
      note(again, again.status);
    }
    const text = JSON.stringify(given.body);
    if (fault?.kind === 'malformed')
      send(response, options.clock, 200, given.headers, text.slice(0, Math.floor(text.length / 2)));
    else send(response, options.clock, given.status, given.headers, text);
  }

  const server = createServer((incoming, response) => {
    // A caller that was killed in mid-request must not take the world down with it.
    response.on('error', () => {});
    serve(incoming, response).catch(() => response.destroy());
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

  return {
    url: `http://127.0.0.1:${port}/graphql`,
    state,
    act: peopleOn(board),
    log: board.log,
    requests,
    unimplemented,
    leave: (apiKey, left, points) => callers.get(apiKey)?.buckets.leave(left, points),
    onChange: board.onChange,
    until: (condition, signal) => until(board, condition, signal),
    close() {
      closing.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Caller {
  readonly userId: string;
  readonly buckets: RateBuckets;
}

/** By key. All keys of one user share the buckets of that user. */
function callersOf(state: LinearState, options: LinearWorldOptions, limits: RateLimits): ReadonlyMap<string, Caller> {
  const byUser = new Map<string, Caller>();
  const callers = new Map<string, Caller>();
  for (const [key, name] of Object.entries(options.apiKeys)) {
    const userId = userByName(state, name);
    const caller = byUser.get(userId) ?? { userId, buckets: createRateBuckets(limits, options.clock) };
    byUser.set(userId, caller);
    callers.set(key, caller);
  }
  return callers;
}

function recordOf(
  request: LinearRequest,
  call: Call,
  board: Board,
  userId: string | null,
  fault: Fault | null,
  given: Answer | null,
  status: number | null,
): RequestRecord {
  return {
    number: call.number,
    at: board.now(),
    operationName: request.operationName,
    rootFields: request.rootFields,
    kind: request.write ? 'write' : 'read',
    complexity: given?.complexity ?? 0,
    variables: request.variables,
    status,
    errors: given?.errorCodes ?? [],
    actor: board.state.users.find((user) => user.id === userId)?.displayName ?? null,
    fault: fault?.kind ?? null,
  };
}

function until(board: Board, condition: (state: LinearState) => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (condition(board.state)) return resolve();
    const gaveUp = () => {
      stop();
      reject(signal?.reason);
    };
    const stop = board.onChange(() => {
      if (!condition(board.state)) return;
      stop();
      signal?.removeEventListener('abort', gaveUp);
      resolve();
    });
    if (signal?.aborted) gaveUp();
    else signal?.addEventListener('abort', gaveUp, { once: true });
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  response: ServerResponse,
  clock: () => number,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const date = new Date(clock()).toUTCString();
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', date, ...headers });
  response.end(body);
}
