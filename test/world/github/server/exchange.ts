// One request and one answer over HTTP, and the acting out of whatever fault the caller has ordered for it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, Fault } from '../../faults.ts';
import type { RequestRecord } from '../log.ts';
import type { World } from '../world.ts';

const bodyBytesMax = 64 * 1024 * 1024;

/** A request that has been read whole. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** What is to be sent, and how it is to be written down. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly notModified: boolean;
  readonly points: number;
  readonly contentWrite: boolean;
}

/** A request whose door and name are known, ready to be executed once, twice or never. */
export interface Prepared {
  readonly call: Omit<Call, 'number'>;
  readonly kind: RequestRecord['kind'];
  readonly operation: string;
  readonly login: string | null;
  /** Equal for requests that ask the same; null for those that cannot be answered from the past. */
  readonly staleKey: string | null;
  execute(): Promise<Answer>;
  /** The refusal of a secondary limit in this door's own form. */
  limited(resetInMs: number | undefined): Answer;
}

/** What the faults need to keep from one request to the next. */
export interface FaultMemory {
  calls: number;
  readonly answers: Map<string, Answer>;
  readonly timers: Set<NodeJS.Timeout>;
}

export function plainAnswer(
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body, notModified: false, points: 0, contentWrite: false };
}

export async function readExchange(request: IncomingMessage, base: string): Promise<Exchange> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`a request body of more than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers[name] = value;
  return {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', base),
    headers,
    body: Buffer.concat(chunks),
  };
}

/** One header as text. */
export function headerOf(exchange: Exchange, name: string): string | null {
  const value = exchange.headers[name];
  return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
}

/** Asks the fault switch, acts it out, answers, and writes the request down. */
export async function runCall(
  world: World,
  memory: FaultMemory,
  exchange: Exchange,
  prepared: Prepared,
  response: ServerResponse,
): Promise<void> {
  memory.calls += 1;
  const call: Call = { ...prepared.call, number: memory.calls };
  const fault = (await world.options.fault?.(call)) ?? null;
  const answer = await answerUnder(world, memory, call, prepared, fault);
  world.requests.push({
    at: world.options.clock(),
    kind: prepared.kind,
    method: exchange.method,
    path: exchange.url.pathname,
    operation: prepared.operation,
    status: answer?.status ?? 0,
    login: prepared.login,
    notModified: answer?.notModified ?? false,
    points: answer?.points ?? 0,
    contentWrite: answer?.contentWrite ?? false,
    fault: fault?.kind ?? null,
    sent: prepared.kind === 'git' ? null : sentJson(exchange),
  });
  if (answer === null) {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, {
    date: new Date(world.options.clock()).toUTCString(),
    ...answer.headers,
    'content-length': String(Buffer.byteLength(answer.body)),
  });
  response.end(answer.body);
}

function sentJson(exchange: Exchange): unknown {
  if (exchange.body.length === 0) return null;
  try {
    return JSON.parse(exchange.body.toString('utf8'));
  } catch {
    return null;
  }
}

/** The answer under a fault; null means that the connection is cut instead. */
async function answerUnder(
  world: World,
  memory: FaultMemory,
  call: Call,
  prepared: Prepared,
  fault: Fault | null,
): Promise<Answer | null> {
  const execute = async (): Promise<Answer> => {
    if (call.write) await world.options.onEffect?.(call, 'before');
    const answer = await prepared.execute();
    if (call.write) await world.options.onEffect?.(call, 'after');
    if (prepared.staleKey !== null && answer.status === 200) memory.answers.set(prepared.staleKey, answer);
    return answer;
  };
  switch (fault?.kind) {
    case undefined:
      return execute();
    case 'refuse':
      return null;
    case 'timeout-before-effect':
      await pause(memory, fault.hangMs);
      return null;
    case 'effect-then-lost':
      await execute();
      return null;
    case 'slow':
      await pause(memory, fault.delayMs);
      return execute();
    case 'duplicate': {
      const first = await execute();
      await execute();
      return first;
    }
    case 'stale':
      return (prepared.staleKey === null ? undefined : memory.answers.get(prepared.staleKey)) ?? execute();
    case 'status':
      return plainAnswer(fault.status, '<html><body><h1>Unicorn!</h1></body></html>', { 'content-type': 'text/html' });
    case 'limit':
      return prepared.limited(fault.resetInMs);
    case 'malformed': {
      const answer = await execute();
      const text = answer.body.toString();
      return { ...answer, status: 200, body: text.length > 1 ? text.slice(0, Math.floor(text.length / 2)) : '{' };
    }
  }
}

function pause(memory: FaultMemory, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      memory.timers.delete(timer);
      resolve();
    }, milliseconds);
    timer.unref();
    memory.timers.add(timer);
  });
}
