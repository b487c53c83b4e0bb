/** Anthropic Messages: the transcript as content blocks with cache markers, the streamed answer put together again. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCall, Usage } from '../domain/transcript.ts';
import type { ModelReply } from '../heartbeat/ports.ts';
import { messagesBody } from './messages-body.ts';
import { MalformedStream, opaqueOwner, type Provider, type WireCall } from './protocol.ts';
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
