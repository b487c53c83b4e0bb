/**
 * A model service on this machine that speaks Anthropic Messages, OpenAI Responses and Chat Completions to the real
 * client libraries, and answers with what a script says. It acts out the faults it is told to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Call, type EffectHook, type Fault, type FaultSwitch, noFaults } from '../faults.ts';
import type { Script } from './conversation.ts';
import { type Answer, type ArrivedCall, blankEntry, type LoggedCall } from './model-call.ts';
import { ModelDesk } from './model-desk.ts';
import { usualModels } from './model-list.ts';
import { readCall } from './read-call.ts';
import { pause, sendAnswer, sendEvents, sendPage, sendUnreadable } from './send-answer.ts';
import { halfOf } from './wire-answer.ts';

export interface ModelsOptions {
  readonly clock: () => number;
  readonly script: Script;
  /** The API keys that are let in, for every protocol. */
  readonly keys: readonly string[];
  readonly fault?: FaultSwitch;
  /** Awaited around each call that spends tokens. */
  readonly onEffect?: EffectHook;
  /** A free one when absent. */
  readonly port?: number;
  /** How long the model "thinks" before it answers. */
  readonly latencyMs?: number;
  /** The pause between two events of a stream. */
  readonly chunkDelayMs?: number;
  /** When given, every other model is refused. */
  readonly models?: readonly string[];
  /** Anthropic prefixes shorter than this are silently not cached. */
  readonly minimumCachedTokens?: number;
  readonly requestBytesMax?: number;
}

export interface ModelsWorld {
  /** The base URL for the Anthropic client; the OpenAI client needs `/v1` behind it. */
  readonly url: string;
  /** Every request but looks, in order of arrival of its answer. */
  readonly log: readonly LoggedCall[];
  /** Questions about the models themselves, which cost nothing and are no call of any. */
  readonly looks: readonly LoggedCall[];
  readonly totals: ModelTotals;
  /** What scripts did wrong. A run that leaves anything here proves nothing. */
  readonly scriptFaults: readonly string[];
  /** Calls `listener` after each logged request; the returned function ends that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Over the calls that were answered, also those whose answer was lost: they were paid for. The parts are disjoint. */
export interface ModelTotals {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

const MINIMUM_CACHED_TOKENS = 512;
const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
const LIMIT_RESET_MS = 1_000;

export async function startModels(options: ModelsOptions): Promise<ModelsWorld> {
  const desk = new ModelDesk({
    clock: options.clock,
    script: options.script,
    keys: options.keys,
    models: options.models ?? usualModels,
    onlyListedModels: options.models !== undefined,
    minimumCachedTokens: options.minimumCachedTokens ?? MINIMUM_CACHED_TOKENS,
  });
  const log: LoggedCall[] = [];
  const looks: LoggedCall[] = [];
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let calls = 0;

  const record = (entry: LoggedCall): void => {
    log.push(entry);
    for (const listener of listeners) listener();
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isLook = request.method === 'GET';
    if (!isLook) calls += 1;
    const arrived = await readCall(request, calls, options.requestBytesMax ?? REQUEST_BYTES_MAX);
    if (isLook) {
      const { answer, entry } = await desk.answer(arrived, false, null);
      looks.push(entry);
      return await sendAnswer(response, answer, 0, closing.signal);
    }
    const call: Call = {
      service: 'model',
      operation: arrived.operation,
      write: arrived.route.kind === 'generate',
      number: arrived.number,
    };
    const fault = await (options.fault ?? noFaults)(call);
    const withoutEffect = async (status: number): Promise<void> => {
      record({ ...blankEntry(arrived, options.clock()), status, fault: fault?.kind ?? null });
    };
    switch (fault?.kind) {
      case 'refuse':
        await withoutEffect(0);
        response.destroy();
        return;
      case 'timeout-before-effect':
        await withoutEffect(0);
        await pause(fault.hangMs, closing.signal);
        response.destroy();
        return;
      case 'status':
        await withoutEffect(fault.status);
        sendPage(response, fault.status);
        return;
      case 'limit':
        await withoutEffect(429);
        await sendAnswer(response, desk.limited(arrived, fault.resetInMs ?? LIMIT_RESET_MS), 0, closing.signal);
        return;
      case 'slow':
        await pause(fault.delayMs, closing.signal);
        break;
      case 'duplicate':
      case 'effect-then-lost':
      case 'malformed':
      case 'stale':
      case undefined:
        break;
    }
    const answer = await execute(arrived, call, fault);
    await deliver(response, answer, fault);
  };

  const execute = async (arrived: ArrivedCall, call: Call, fault: Fault | null): Promise<Answer> => {
    if (call.write) await options.onEffect?.(call, 'before');
    if (call.write) await pause(options.latencyMs ?? 0, closing.signal);
    const cold = fault?.kind === 'stale';
    const { answer, entry } = await desk.answer(arrived, cold, fault?.kind ?? null);
    record(entry);
    if (fault?.kind === 'duplicate') record((await desk.answer(arrived, cold, fault.kind)).entry);
    if (call.write) await options.onEffect?.(call, 'after');
    return answer;
  };

  const deliver = async (response: ServerResponse, answer: Answer, fault: Fault | null): Promise<void> => {
    const delay = options.chunkDelayMs ?? 0;
    switch (fault?.kind) {
      case 'effect-then-lost':
        if (answer.events !== null) await sendEvents(response, answer, halfOf(answer.events), delay, closing.signal);
        response.destroy();
        return;
      case 'malformed':
        await sendUnreadable(response, answer, delay, closing.signal);
        return;
      default:
        await sendAnswer(response, answer, delay, closing.signal);
    }
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      if (closing.signal.aborted || response.destroyed) return;
      // A mistake of this stand-in must be seen, not retried away.
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`The stand-in failed: ${String(thrown)}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The model stand-in has no port.');

  return {
    url: `http://127.0.0.1:${address.port}`,
    log,
    looks,
    get totals() {
      return totalsOf(log);
    },
    scriptFaults: desk.scriptFaults,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function totalsOf(log: readonly LoggedCall[]): ModelTotals {
  const totals = { calls: 0, inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  for (const { usage } of log) {
    if (usage === null) continue;
    totals.calls += 1;
    totals.inputTokens += usage.inputTokens;
    totals.cacheReadTokens += usage.cacheReadTokens;
    totals.cacheWriteTokens += usage.cacheWriteTokens;
    totals.outputTokens += usage.outputTokens;
  }
  return totals;
}
