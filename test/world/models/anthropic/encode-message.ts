/** Writes a model's output as a Messages answer, whole and as stream events. */
import type Anthropic from '@anthropic-ai/sdk';
import { isObject } from '../../json.ts';
import type { DecodedCall } from '../decoded-call.ts';
import { type ModelOutput, type OutputBlock, pieces } from '../model-output.ts';
import type { CacheUsage } from '../prompt-cache.ts';
import type { WireAnswer, WireEvent } from '../wire-answer.ts';
import { thinkingSignature } from './thinking-signature.ts';

export function encodeMessage(output: ModelOutput, call: DecodedCall, cache: CacheUsage): WireAnswer {
  const usage = usageOf(output, cache);
  const message: Anthropic.Message = {
    id: `msg_01${output.id}`,
    type: 'message',
    role: 'assistant',
    model: call.request.model,
    content: output.blocks.map(wholeBlock),
    stop_reason: stopReason(output),
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage,
  };
  return { body: message, events: eventsOf(message, output).map((event) => ({ name: event.type, data: event })) };
}

/** What the service sends when it fails after the stream has begun. */
export function anthropicErrorEvent(body: unknown): WireEvent {
  return { name: 'error', data: body };
}

export function toolUseId(id: string): string {
  return `toolu_01${id}`;
}

type StreamEvent = Anthropic.RawMessageStreamEvent | { readonly type: 'ping' };

function eventsOf(message: Anthropic.Message, output: ModelOutput): readonly StreamEvent[] {
  const { usage } = message;
  return [
    {
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { ...usage, output_tokens: 1, output_tokens_details: null },
      },
    },
    { type: 'ping' },
    ...output.blocks.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { container: null, stop_details: null, stop_reason: message.stop_reason, stop_sequence: null },
      usage: {
        input_tokens: usage.input_tokens,
        cache_creation_input_tokens: usage.cache_creation_input_tokens,
        cache_read_input_tokens: usage.cache_read_input_tokens,
        output_tokens: usage.output_tokens,
        output_tokens_details: usage.output_tokens_details,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: OutputBlock, index: number): readonly StreamEvent[] {
  return [
    { type: 'content_block_start', index, content_block: emptyBlock(block) },
    ...deltas(block).map((delta): StreamEvent => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function deltas(block: OutputBlock): readonly Anthropic.RawContentBlockDelta[] {
  switch (block.kind) {
    case 'text':
      return pieces(block.text).map((text) => ({ type: 'text_delta', text }));
    case 'thinking':
      return [
        ...pieces(block.text).map((thinking): Anthropic.RawContentBlockDelta => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: thinkingSignature(block.text) },
      ];
    case 'call':
      // The service opens with an empty piece; a client that parses each piece on its own fails here.
      return ['', ...pieces(block.json)].map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  }
}

function emptyBlock(block: OutputBlock): Anthropic.ContentBlock {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '', citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'call':
      return { type: 'tool_use', id: toolUseId(block.id), name: block.name, input: {}, caller: { type: 'direct' } };
  }
}

function wholeBlock(block: OutputBlock): Anthropic.ContentBlock {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: block.text, citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: block.text, signature: thinkingSignature(block.text) };
    case 'call': {
      // A cut input cannot be shown as an object: it comes out empty.
      const input: unknown = block.cut ? {} : JSON.parse(block.json);
      return {
        type: 'tool_use',
        id: toolUseId(block.id),
        name: block.name,
        input: isObject(input) ? input : {},
        caller: { type: 'direct' },
      };
    }
  }
}

function stopReason(output: ModelOutput): Anthropic.StopReason {
  switch (output.stop) {
    case 'end':
      return 'end_turn';
    case 'calls':
      return 'tool_use';
    case 'length':
      return 'max_tokens';
  }
}

function usageOf(output: ModelOutput, cache: CacheUsage): Anthropic.Usage {
  return {
    input_tokens: cache.inputTokens,
    cache_creation_input_tokens: cache.cacheWrite5mTokens + cache.cacheWrite1hTokens,
    cache_read_input_tokens: cache.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cache.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: cache.cacheWrite1hTokens,
    },
    output_tokens: output.outputTokens,
    output_tokens_details: output.thinkingTokens > 0 ? { thinking_tokens: output.thinkingTokens } : null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}
