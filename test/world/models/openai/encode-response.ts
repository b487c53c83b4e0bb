/** Writes a model's output as a Responses answer, whole and as stream events. */
import type { Responses } from 'openai/resources/responses/responses';
import { isObject } from '../../json.ts';
import type { DecodedCall } from '../decoded-call.ts';
import { type ModelOutput, type OutputBlock, pieces } from '../model-output.ts';
import type { CacheUsage } from '../prompt-cache.ts';
import type { OpenaiError } from '../refusal.ts';
import type { WireAnswer, WireEvent } from '../wire-answer.ts';
import { callId } from './encode-completion.ts';

/** `output_text` exists in the client library only; the service does not send it. */
type WireResponse = Omit<Responses.Response, 'output_text' | 'access_programs'>;

/** Numbered when they are sent; typed loosely because the wire response lacks the library's own fields. */
type StreamEvent = { readonly type: Responses.ResponseStreamEvent['type'] } & Readonly<Record<string, unknown>>;

export function encodeResponse(output: ModelOutput, call: DecodedCall, cache: CacheUsage, now: number): WireAnswer {
  const encrypts = includesEncryptedReasoning(call.request.raw);
  const items = output.blocks.map((block, index) => ({ block, id: itemId(output, block, index) }));
  const response: WireResponse = {
    ...responseHead(output, call, now),
    status: output.stop === 'length' ? 'incomplete' : 'completed',
    completed_at: output.stop === 'length' ? null : Math.floor(now / 1000),
    incomplete_details: output.stop === 'length' ? { reason: 'max_output_tokens' } : null,
    output: items.map(({ block, id }) => wholeItem(block, id, output, encrypts)),
    usage: usageOf(output, cache),
  };
  const begun = {
    ...response,
    status: 'in_progress',
    completed_at: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
  const events: readonly StreamEvent[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...items.flatMap(({ block, id }, index) => itemEvents(block, id, index, wholeItem(block, id, output, encrypts))),
    { type: output.stop === 'length' ? 'response.incomplete' : 'response.completed', response },
  ];
  return { body: response, events: events.map((event, number) => numbered(event, number)) };
}

/** A failure after the stream has begun: a limit as an `error` event, a broken server as a failed response. */
export function responseErrorEvent(error: OpenaiError, status: number, sent: readonly WireEvent[]): WireEvent {
  const opening = sent[0]?.data;
  const response = isObject(opening) ? opening.response : undefined;
  if (status < 500 || !isObject(response)) {
    const { code, message, param } = error;
    return numbered({ type: 'error', code, message, param }, sent.length);
  }
  const failure = { code: 'server_error', message: error.message };
  return numbered(
    { type: 'response.failed', response: { ...response, status: 'failed', error: failure } },
    sent.length,
  );
}

function numbered(event: StreamEvent, number: number): WireEvent {
  return { name: event.type, data: { ...event, sequence_number: number } };
}

function responseHead(
  output: ModelOutput,
  call: DecodedCall,
  now: number,
): Omit<WireResponse, 'status' | 'output' | 'incomplete_details'> {
  return {
    id: `resp_${output.id}`,
    object: 'response',
    created_at: Math.floor(now / 1000),
    error: null,
    instructions: null,
    max_output_tokens: call.outputTokensMax,
    metadata: {},
    model: call.request.model,
    parallel_tool_calls: call.callsAllowed !== 'at-most-one',
    previous_response_id: null,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    service_tier: 'default',
  };
}

function itemEvents(
  block: OutputBlock,
  id: string,
  index: number,
  whole: Responses.ResponseOutputItem,
): readonly StreamEvent[] {
  const place = { item_id: id, output_index: index };
  return [
    { type: 'response.output_item.added', output_index: index, item: emptyItem(block, id) },
    ...contentEvents(block, place),
    { type: 'response.output_item.done', output_index: index, item: whole },
  ];
}

function contentEvents(
  block: OutputBlock,
  place: { readonly item_id: string; readonly output_index: number },
): readonly StreamEvent[] {
  switch (block.kind) {
    case 'text': {
      const at = { ...place, content_index: 0 };
      return [
        { type: 'response.content_part.added', ...at, part: textPart('') },
        ...pieces(block.text).map(
          (delta): StreamEvent => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] }),
        ),
        { type: 'response.output_text.done', ...at, text: block.text, logprobs: [] },
        { type: 'response.content_part.done', ...at, part: textPart(block.text) },
      ];
    }
    case 'thinking': {
      const at = { ...place, summary_index: 0 };
      return [
        { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
        ...pieces(block.text).map(
          (delta): StreamEvent => ({ type: 'response.reasoning_summary_text.delta', ...at, delta }),
        ),
        { type: 'response.reasoning_summary_text.done', ...at, text: block.text },
        { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text: block.text } },
      ];
    }
    case 'call':
      return [
        ...pieces(block.json).map(
          (delta): StreamEvent => ({ type: 'response.function_call_arguments.delta', ...place, delta }),
        ),
        { type: 'response.function_call_arguments.done', ...place, name: block.name, arguments: block.json },
      ];
  }
}

function emptyItem(block: OutputBlock, id: string): Responses.ResponseOutputItem {
  switch (block.kind) {
    case 'text':
      return { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    case 'thinking':
      return { id, type: 'reasoning', summary: [] };
    case 'call':
      return {
        id,
        type: 'function_call',
        call_id: callId(block.id),
        name: block.name,
        arguments: '',
        status: 'in_progress',
      };
  }
}

function wholeItem(
  block: OutputBlock,
  id: string,
  output: ModelOutput,
  encrypts: boolean,
): Responses.ResponseOutputItem {
  const cutHere = output.stop === 'length' && block === output.blocks.at(-1);
  const status = cutHere ? 'incomplete' : 'completed';
  switch (block.kind) {
    case 'text':
      return { id, type: 'message', role: 'assistant', status, content: [textPart(block.text)] };
    case 'thinking': {
      const summary: Responses.ResponseReasoningItem.Summary[] = [{ type: 'summary_text', text: block.text }];
      return { id, type: 'reasoning', summary, ...(encrypts ? { encrypted_content: encrypted(block.text) } : {}) };
    }
    case 'call':
      return { id, type: 'function_call', call_id: callId(block.id), name: block.name, arguments: block.json, status };
  }
}

function textPart(text: string): Responses.ResponseOutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function encrypted(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function functionCallItemId(id: string): string {
  return `fc_${id}`;
}

export function reasoningItemId(outputId: string): string {
  return `rs_${outputId}`;
}

function itemId(output: ModelOutput, block: OutputBlock, index: number): string {
  switch (block.kind) {
    case 'text':
      return `msg_${output.id}${index}`;
    case 'thinking':
      return reasoningItemId(output.id);
    case 'call':
      return functionCallItemId(block.id);
  }
}

function includesEncryptedReasoning(raw: unknown): boolean {
  return isObject(raw) && Array.isArray(raw.include) && raw.include.includes('reasoning.encrypted_content');
}

function usageOf(output: ModelOutput, cache: CacheUsage): Responses.ResponseUsage {
  const input = cache.inputTokens + cache.cacheReadTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cache.cacheReadTokens, cache_write_tokens: 0 },
    output_tokens: output.outputTokens,
    output_tokens_details: { reasoning_tokens: output.thinkingTokens },
    total_tokens: input + output.outputTokens,
  };
}
