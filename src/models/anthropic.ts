/** Anthropic Messages: the transcript as content blocks with cache markers, the streamed answer put together again. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCall, TranscriptMessage, Usage } from '../domain/transcript.ts';
import type { ModelReply } from '../heartbeat/ports.ts';
import { MalformedStream, NO_TEXT, opaqueOwner, type Provider, type WireCall } from './protocol.ts';
import { toolInput } from './tool-input.ts';

export async function callAnthropic(call: WireCall): Promise<ModelReply> {
  const { provider, watch } = call;
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  const client = new Anthropic({
    apiKey: provider.apiKey ?? 'none',
    baseURL: provider.baseUrl ?? 'https://api.anthropic.com',
    maxRetries: 0,
    timeout: CLIENT_TIMEOUT_MS,
    fetch: watch.fetch,
    logLevel: 'off',
  });
  const stream = await client.messages.create(messagesBody(call), { signal: watch.signal });
  return await readReply(stream, provider);
}

/** Our own watch bounds the call; the client's must only never be shorter. */
const CLIENT_TIMEOUT_MS = 24 * 60 * 60_000;

/** Pure and stable: an append-only transcript gives a body whose earlier part never changes but for the cache markers. */
export function messagesBody(call: Omit<WireCall, 'watch'>): Anthropic.MessageCreateParamsStreaming {
  const { request } = call;
  const messages = request.messages.map((message, index) => wireMessage(message, index, call));
  markLast(messages.at(-1));
  if (blocksSinceLastCall(messages) > MARKED_EVERY_BLOCKS) markLast(messages.at(lastAssistant(messages) - 1));
  return {
    model: call.modelName,
    max_tokens: request.outputTokensMax,
    system: [{ type: 'text', text: request.system, cache_control: MARKER }],
    tools: request.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      input_schema: { ...tool.schema, type: 'object' },
      strict: true,
    })),
    messages,
    stream: true,
  };
}

const MARKER = { type: 'ephemeral' } as const;

/** A marker finds what an earlier one wrote only within 20 blocks; a fuller turn needs a second marker at the old place. */
const MARKED_EVERY_BLOCKS = 19;

interface WireMessage {
  role: 'user' | 'assistant';
  content: Anthropic.ContentBlockParam[];
}

function wireMessage(message: TranscriptMessage, index: number, call: Omit<WireCall, 'watch'>): WireMessage {
  switch (message.kind) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text.trim() === '' ? NO_TEXT : message.text }] };
    case 'assistant':
      return { role: 'assistant', content: assistantBlocks(message, index, call) };
    case 'tool-results': {
      const ids = callIds(call.request.messages[index - 1], index - 1, call.provider);
      return {
        role: 'user',
        content: message.results.map((result, position) => ({
          type: 'tool_result',
          tool_use_id: ids[position] ?? result.callId,
          content: result.text === '' ? NO_TEXT : result.text,
          ...(result.isError ? { is_error: true } : {}),
        })),
      };
    }
  }
}

type AssistantMessage = Extract<TranscriptMessage, { kind: 'assistant' }>;

function assistantBlocks(
  message: AssistantMessage,
  index: number,
  call: Omit<WireCall, 'watch'>,
): Anthropic.ContentBlockParam[] {
  if (readable(message, call)) return structuredClone(message.opaque?.blocks ?? []) as Anthropic.ContentBlockParam[];
  const ids = callIds(message, index, call.provider);
  const blocks: Anthropic.ContentBlockParam[] =
    message.text.trim() === '' ? [] : [{ type: 'text', text: message.text }];
  message.calls.forEach((toolCall, position) => {
    blocks.push({ type: 'tool_use', id: ids[position] ?? toolCall.id, name: toolCall.name, input: toolCall.input });
  });
  return blocks.length > 0 ? blocks : [{ type: 'text', text: NO_TEXT }];
}

/** Thinking is signed for the model that thought it: another model gets the words and the calls only. */
function readable(message: AssistantMessage, call: Omit<WireCall, 'watch'>): boolean {
  const owner = opaqueOwner(call.provider.name, 'anthropic');
  return message.opaque?.provider === owner && message.model === call.request.model;
}

/**
 * Call ids as this provider gets to see them. Its own are kept; others' may repeat or carry letters that are refused
 * here, so they are named by their place.
 */
function callIds(message: TranscriptMessage | undefined, index: number, provider: Provider): readonly string[] {
  if (message?.kind !== 'assistant') return [];
  const own = message.model.startsWith(`${provider.name}/`);
  return message.calls.map((call, position) => (own ? call.id : `call_${index}_${position}`));
}

function markLast(message: WireMessage | undefined): void {
  const last = message?.content.at(-1);
  if (last !== undefined && last.type !== 'thinking' && last.type !== 'redacted_thinking') {
    Object.assign(last, { cache_control: MARKER });
  }
}

function lastAssistant(messages: readonly WireMessage[]): number {
  return messages.findLastIndex((message) => message.role === 'assistant');
}

function blocksSinceLastCall(messages: readonly WireMessage[]): number {
  const from = lastAssistant(messages);
  if (from < 1) return 0;
  return messages.slice(from).reduce((sum, message) => sum + message.content.length, 0);
}

type Streamed =
  | { kind: 'text'; text: string }
  | { kind: 'thinking'; thinking: string; signature: string }
  | { kind: 'redacted'; data: string }
  | { kind: 'call'; id: string; name: string; json: string; done: boolean };

async function readReply(
  stream: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  provider: Provider,
): Promise<ModelReply> {
  const blocks = new Map<number, Streamed>();
  let started: Anthropic.Usage | null = null;
  let ended: Anthropic.MessageDeltaUsage | null = null;
  let stop: Anthropic.StopReason | null = null;
  let complete = false;
  for await (const event of stream) {
    switch (event.type) {
      case 'message_start':
        started = event.message.usage;
        break;
      case 'content_block_start':
        blocks.set(event.index, opened(event.content_block));
        break;
      case 'content_block_delta':
        extend(blocks.get(event.index), event.delta);
        break;
      case 'content_block_stop': {
        const block = blocks.get(event.index);
        if (block?.kind === 'call') block.done = true;
        break;
      }
      case 'message_delta':
        ended = event.usage;
        stop = event.delta.stop_reason;
        break;
      case 'message_stop':
        complete = true;
        break;
    }
  }
  if (!complete || started === null || ended === null || stop === null) {
    throw new MalformedStream('the stream ended before the message did');
  }
  return replyOf([...blocks.values()], stop, usageOf(started, ended), provider);
}

function opened(block: Anthropic.ContentBlock): Streamed {
  switch (block.type) {
    case 'text':
      return { kind: 'text', text: block.text };
    case 'thinking':
      return { kind: 'thinking', thinking: block.thinking, signature: block.signature };
    case 'redacted_thinking':
      return { kind: 'redacted', data: block.data };
    case 'tool_use':
      return { kind: 'call', id: block.id, name: block.name, json: '', done: false };
    default:
      throw new MalformedStream(`a block of type ${block.type} was not asked for`);
  }
}

function extend(block: Streamed | undefined, delta: Anthropic.RawContentBlockDelta): void {
  if (block === undefined) throw new MalformedStream('a piece came for a block that was never opened');
  if (delta.type === 'text_delta' && block.kind === 'text') block.text += delta.text;
  else if (delta.type === 'thinking_delta' && block.kind === 'thinking') block.thinking += delta.thinking;
  else if (delta.type === 'signature_delta' && block.kind === 'thinking') block.signature += delta.signature;
  else if (delta.type === 'input_json_delta' && block.kind === 'call') block.json += delta.partial_json;
}

function replyOf(blocks: readonly Streamed[], stop: string, usage: Usage, provider: Provider): ModelReply {
  const cut = stop === 'max_tokens' || stop === 'model_context_window_exceeded';
  const last = blocks.at(-1);
  // A call that the output limit cut in half never runs.
  const whole = cut && last?.kind === 'call' ? blocks.slice(0, -1) : blocks;
  const calls = whole.flatMap((block): ToolCall[] =>
    block.kind === 'call' ? [{ id: block.id, name: block.name, input: toolInput(block.json) }] : [],
  );
  const thinks = whole.some((block) => block.kind === 'thinking' || block.kind === 'redacted');
  return {
    text: whole.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n'),
    calls,
    // The whole content, in its order: thinking stands between words and calls, and must come back at its place.
    opaque:
      thinks && !cut
        ? { provider: opaqueOwner(provider.name, 'anthropic'), blocks: whole.flatMap((block) => replayed(block)) }
        : null,
    usage,
    stop: cut ? 'length' : calls.length > 0 ? 'calls' : 'text',
  };
}

function replayed(block: Streamed): readonly Anthropic.ContentBlockParam[] {
  switch (block.kind) {
    case 'text':
      return block.text.trim() === '' ? [] : [{ type: 'text', text: block.text }];
    case 'thinking':
      return [{ type: 'thinking', thinking: block.thinking, signature: block.signature }];
    case 'redacted':
      return [{ type: 'redacted_thinking', data: block.data }];
    case 'call':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: toolInput(block.json) }];
  }
}

/** The closing event repeats the input's counts on newer services; its output count is the total, not a step. */
function usageOf(started: Anthropic.Usage, ended: Anthropic.MessageDeltaUsage): Usage {
  return {
    input: ended.input_tokens ?? started.input_tokens,
    cacheRead: ended.cache_read_input_tokens ?? started.cache_read_input_tokens ?? 0,
    cacheWrite: ended.cache_creation_input_tokens ?? started.cache_creation_input_tokens ?? 0,
    output: ended.output_tokens,
  };
}
