/**
 * Answers one model call: checks the key, reads the request, asks the script, counts the tokens and writes the answer.
 * It knows nothing of sockets or faults.
 */
import type { FaultKind } from '../faults.ts';
import { decodeMessages } from './anthropic/decode-messages.ts';
import { anthropicErrorEvent, encodeMessage, toolUseId } from './anthropic/encode-message.ts';
import { thinkingSignature } from './anthropic/thinking-signature.ts';
import { digest, type ModelProtocol, type Script, type ScriptedReply, type ScriptedRequest } from './conversation.ts';
import { countTokens } from './count-tokens.ts';
import type { DecodedCall, IssuedThinking } from './decoded-call.ts';
import { type Answer, type ArrivedCall, blankEntry, type LoggedCall, type PromptRecord } from './model-call.ts';
import { anthropicModel, anthropicModels, openaiModel, openaiModels } from './model-list.ts';
import { type ModelOutput, modelOutput } from './model-output.ts';
import { decodeChat } from './openai/decode-chat.ts';
import { decodeResponses } from './openai/decode-responses.ts';
import { encodeCompletion } from './openai/encode-completion.ts';
import { encodeResponse, functionCallItemId, reasoningItemId, responseErrorEvent } from './openai/encode-response.ts';
import { type CacheUsage, PromptCache, RepeatMeter } from './prompt-cache.ts';
import { exhausted, rateHeaders, rateLimits } from './rate-limits.ts';
import { anthropicErrorBody, openaiError, Refusal, usualMessage } from './refusal.ts';
import { halfOf, type WireAnswer, type WireEvent } from './wire-answer.ts';

export interface DeskOptions {
  readonly clock: () => number;
  readonly script: Script;
  readonly keys: readonly string[];
  readonly models: readonly string[];
  /** Whether a model outside `models` is refused. */
  readonly onlyListedModels: boolean;
  readonly minimumCachedTokens: number;
}

export class ModelDesk {
  readonly #options: DeskOptions;
  readonly #caches: { readonly anthropic: PromptCache; readonly openai: PromptCache };
  readonly #repeats = new RepeatMeter();
  readonly #limits = rateLimits();
  readonly #issued: IssuedThinking = new Map();
  readonly scriptFaults: string[] = [];

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#caches = { anthropic: new PromptCache(options.minimumCachedTokens), openai: new PromptCache(0) };
  }

  /** `cold` makes the prompt cache miss. Never throws: whatever goes wrong is an answer. */
  async answer(
    arrived: ArrivedCall,
    cold: boolean,
    fault: FaultKind | null,
  ): Promise<{ answer: Answer; entry: LoggedCall }> {
    const at = this.#options.clock();
    const entry = { ...blankEntry(arrived, at), fault };
    try {
      const key = this.#admit(arrived);
      switch (arrived.route.kind) {
        case 'generate':
          return await this.#generate(arrived, key, cold, entry);
        case 'count-tokens':
          return this.#countTokens(arrived, key, entry);
        case 'list-models':
        case 'get-model':
        case 'unknown':
          return { answer: this.#plain(arrived, this.#listing(arrived)), entry: { ...entry, status: 200 } };
      }
    } catch (thrown) {
      return this.#refused(arrived, thrown, entry);
    }
  }

  /** The vendor's own answer to too many calls. */
  limited(arrived: ArrivedCall, resetInMs: number): Answer {
    const retryAfterSeconds = Math.ceil(resetInMs / 1000);
    const refusal = new Refusal(429, usualMessage(arrived.protocol, 429), { retryAfterSeconds });
    const rates = rateHeaders(arrived.protocol, exhausted(this.#options.clock(), resetInMs));
    const precise = arrived.protocol === 'anthropic' ? {} : { 'retry-after-ms': String(resetInMs) };
    const answer = refusalAnswer(arrived, refusal);
    return { ...answer, headers: { ...answer.headers, ...rates, ...precise } };
  }

  #admit(arrived: ArrivedCall): string {
    const { protocol, key } = arrived;
    if (key === null)
      throw new Refusal(401, protocol === 'anthropic' ? 'x-api-key header is required' : NO_KEY, { code: null });
    if (!this.#options.keys.includes(key)) {
      throw new Refusal(
        401,
        protocol === 'anthropic' ? 'invalid x-api-key' : `Incorrect API key provided: ${masked(key)}.`,
      );
    }
    if (protocol === 'anthropic' && !KNOWN_VERSIONS.includes(arrived.anthropicVersion ?? '')) {
      const fault =
        arrived.anthropicVersion === null
          ? 'header is required'
          : `"${arrived.anthropicVersion}" is not a valid version`;
      throw new Refusal(400, `anthropic-version: ${fault}`);
    }
    if (arrived.body === null) throw new Refusal(413, usualMessage('anthropic', 413));
    return key;
  }

  async #generate(
    arrived: ArrivedCall,
    key: string,
    cold: boolean,
    blank: LoggedCall,
  ): Promise<{ answer: Answer; entry: LoggedCall }> {
    const call = this.#decode(arrived, key);
    const understood = { ...blank, model: call.request.model, request: call.request, streamed: call.stream };
    this.#refuseUnknownModel(arrived.protocol, call.request.model);
    const reply = await this.#ask(call.request);
    const scripted = reply.error === undefined ? null : scriptedRefusal(arrived.protocol, reply.error);
    if (scripted !== null && (!call.stream || (!reply.text && !reply.calls))) {
      const refused = this.#refused(arrived, scripted, understood);
      return { answer: refused.answer, entry: { ...refused.entry, reply } };
    }
    const output = this.#output(reply, call);
    const now = blank.at;
    const cache = this.#useCache(call, key, now, cold);
    this.#remember(output, call.request.protocol);
    const wire = encode(output, call, cache, now);
    const usage = {
      inputTokens: cache.inputTokens,
      cacheReadTokens: cache.cacheReadTokens,
      cacheWriteTokens: cache.cacheWrite5mTokens + cache.cacheWrite1hTokens,
      outputTokens: output.outputTokens,
    };
    const rates = this.#limits.spend(key, now, {
      input: usage.inputTokens + usage.cacheWriteTokens,
      output: usage.outputTokens,
    });
    const headers = { ...requestIdHeader(arrived), ...rateHeaders(arrived.protocol, rates) };
    const events = call.stream ? (scripted === null ? wire.events : broken(wire.events, arrived, scripted)) : null;
    const prompt = this.#prompt(call);
    return {
      answer: { status: 200, headers, body: wire.body, events },
      entry: { ...understood, reply, usage, prompt, status: 200, refusal: scripted?.message ?? null },
    };
  }

  #countTokens(arrived: ArrivedCall, key: string, blank: LoggedCall): { answer: Answer; entry: LoggedCall } {
    const call = decodeMessages(parseBody(arrived), key, this.#issued, true);
    const tokens = call.blocks.reduce((sum, block) => sum + countTokens(block.text), 0);
    const entry = { ...blank, model: call.request.model, request: call.request, status: 200 };
    return { answer: this.#plain(arrived, { input_tokens: tokens }), entry };
  }

  #decode(arrived: ArrivedCall, key: string): DecodedCall {
    const body = parseBody(arrived);
    switch (arrived.protocol) {
      case 'anthropic':
        return decodeMessages(body, key, this.#issued, false);
      case 'responses':
        return decodeResponses(body, key, this.#issued);
      case 'chat':
        return decodeChat(body, key);
    }
  }

  #refuseUnknownModel(protocol: ModelProtocol, model: string): void {
    if (!this.#options.onlyListedModels || this.#options.models.includes(model)) return;
    if (protocol === 'anthropic') throw new Refusal(404, `model: ${model}`);
    throw new Refusal(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
      param: null,
      code: 'model_not_found',
    });
  }

  async #ask(request: ScriptedRequest): Promise<ScriptedReply> {
    try {
      return await this.#options.script(request);
    } catch (thrown) {
      throw this.#scriptFault(thrown);
    }
  }

  #output(reply: ScriptedReply, call: DecodedCall): ModelOutput {
    try {
      return modelOutput(reply, call);
    } catch (thrown) {
      throw this.#scriptFault(thrown);
    }
  }

  /** A broken script must end the run at once, so it is a 400, which nobody retries, and it is kept to be shown. */
  #scriptFault(thrown: unknown): Refusal {
    const message = `The scripted agent failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    this.scriptFaults.push(message);
    return new Refusal(400, message);
  }

  #useCache(call: DecodedCall, key: string, now: number, cold: boolean): CacheUsage {
    const { protocol, model } = call.request;
    const used = { scope: JSON.stringify([key, model, call.cacheKey]), blocks: call.blocks, now, cold };
    return protocol === 'anthropic'
      ? this.#caches.anthropic.useMarkers(used)
      : this.#caches.openai.useAutomatically(used);
  }

  #prompt(call: DecodedCall): PromptRecord {
    const fixed = call.blocks.slice(0, call.fixedBlocks).map((block) => block.text);
    return { ...this.#repeats.measure(call.request.protocol, call.blocks), fixedDigest: digest(JSON.stringify(fixed)) };
  }

  #remember(output: ModelOutput, protocol: ModelProtocol): void {
    const thinking = output.blocks.find((block) => block.kind === 'thinking');
    if (thinking === undefined) return;
    for (const block of output.blocks) {
      if (block.kind !== 'call') continue;
      if (protocol === 'anthropic') this.#issued.set(toolUseId(block.id), thinkingSignature(thinking.text));
      if (protocol === 'responses') this.#issued.set(functionCallItemId(block.id), reasoningItemId(output.id));
    }
  }

  #listing(arrived: ArrivedCall): unknown {
    const { models } = this.#options;
    const anthropic = arrived.protocol === 'anthropic';
    if (arrived.route.kind === 'list-models') return anthropic ? anthropicModels(models) : openaiModels(models);
    if (arrived.route.kind !== 'get-model') {
      throw new Refusal(
        404,
        `This stand-in does not offer ${arrived.operation}. Add it to test/world/models if it is needed.`,
      );
    }
    const { id } = arrived.route;
    if (!models.includes(id))
      throw new Refusal(404, anthropic ? `model: ${id}` : `The model '${id}' does not exist`, {
        code: 'model_not_found',
      });
    return anthropic ? anthropicModel(id) : openaiModel(id);
  }

  #plain(arrived: ArrivedCall, body: unknown): Answer {
    return { status: 200, headers: requestIdHeader(arrived), body, events: null };
  }

  #refused(arrived: ArrivedCall, thrown: unknown, entry: LoggedCall): { answer: Answer; entry: LoggedCall } {
    if (!(thrown instanceof Refusal)) throw thrown;
    return {
      answer: refusalAnswer(arrived, thrown),
      entry: { ...entry, status: thrown.status, refusal: thrown.message },
    };
  }
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
const KNOWN_VERSIONS = ['2023-06-01', '2026-10-21'];

function encode(output: ModelOutput, call: DecodedCall, cache: CacheUsage, now: number): WireAnswer {
  switch (call.request.protocol) {
    case 'anthropic':
      return encodeMessage(output, call, cache);
    case 'responses':
      return encodeResponse(output, call, cache, now);
    case 'chat':
      return encodeCompletion(output, call, cache, now);
  }
}

function parseBody(arrived: ArrivedCall): unknown {
  try {
    const body: unknown = JSON.parse(arrived.body ?? '');
    return body;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    const message = `We could not parse the JSON body of your request. (${reason})`;
    throw new Refusal(
      400,
      arrived.protocol === 'anthropic' ? `The request body is not valid JSON: ${reason}` : message,
    );
  }
}

function scriptedRefusal(protocol: ModelProtocol, error: NonNullable<ScriptedReply['error']>): Refusal {
  const { status, type, message, retryAfterSeconds } = error;
  return new Refusal(status, message ?? usualMessage(protocol, status), {
    ...(type === undefined ? {} : { type }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function refusalAnswer(arrived: ArrivedCall, refusal: Refusal): Answer {
  const { retryAfterSeconds } = refusal.details;
  const waiting: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const body =
    arrived.protocol === 'anthropic'
      ? anthropicErrorBody(refusal, requestId(arrived))
      : { error: openaiError(refusal) };
  return { status: refusal.status, headers: { ...requestIdHeader(arrived), ...waiting }, body, events: null };
}

/** The first half of the stream, then the service's own way of saying that it broke. */
function broken(events: readonly WireEvent[], arrived: ArrivedCall, refusal: Refusal): readonly WireEvent[] {
  const sent = events.slice(0, halfOf(events));
  switch (arrived.protocol) {
    case 'anthropic':
      return [...sent, anthropicErrorEvent(anthropicErrorBody(refusal, requestId(arrived)))];
    case 'responses':
      return [...sent, responseErrorEvent(openaiError(refusal), refusal.status, sent)];
    case 'chat':
      return [...sent, { data: { error: openaiError(refusal) } }];
  }
}

function requestId(arrived: ArrivedCall): string {
  return `req_${String(arrived.number).padStart(8, '0')}`;
}

function requestIdHeader(arrived: ArrivedCall): Readonly<Record<string, string>> {
  return { [arrived.protocol === 'anthropic' ? 'request-id' : 'x-request-id']: requestId(arrived) };
}

function masked(key: string): string {
  return key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}${'*'.repeat(8)}${key.slice(-4)}`;
}
