/** A transcript as the body of one OpenAI Responses request. */
import type { Responses } from 'openai/resources/responses/responses';
import type { TranscriptMessage } from '../domain/transcript.ts';
import { NO_TEXT, opaqueOwner, type WireCall } from './protocol.ts';

/** Pure and stable: an append-only transcript gives an append-only list of items. */
export function responsesBody(call: Omit<WireCall, 'watch'>): Responses.ResponseCreateParamsStreaming {
  const { request } = call;
  return {
    model: call.modelName,
    instructions: request.system,
    tools: request.tools.map((tool) => ({
      type: 'function',
      name: tool.name,
      description: tool.description,
      parameters: { ...tool.schema },
      strict: true,
    })),
    input: request.messages.flatMap((message) => items(message, call)),
    max_output_tokens: Math.max(OUTPUT_TOKENS_MIN, request.outputTokensMax),
    prompt_cache_key: request.cacheKey,
    // Nothing is kept at the provider: the transcript in our rows is the only state.
    store: false,
    ...(reasons(call.modelName) ? { include: ['reasoning.encrypted_content'] } : {}),
    stream: true,
  };
}

const OUTPUT_TOKENS_MIN = 16;

/** Models that do not reason refuse to be asked for their encrypted reasoning. */
function reasons(modelName: string): boolean {
  return /^(o\d|codex|gpt-([5-9]|\d\d))/.test(modelName) && !modelName.includes('chat');
}

function items(message: TranscriptMessage, call: Omit<WireCall, 'watch'>): Responses.ResponseInputItem[] {
  switch (message.kind) {
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'assistant': {
      const owner = opaqueOwner(call.provider.name, 'responses');
      if (message.opaque?.provider === owner && message.model === call.request.model) {
        return [...message.opaque.blocks] as Responses.ResponseInputItem[];
      }
      const silent = message.text === '' && message.calls.length > 0;
      return [
        ...(silent ? [] : [{ role: 'assistant' as const, content: message.text === '' ? NO_TEXT : message.text }]),
        ...message.calls.map((toolCall) => ({
          type: 'function_call' as const,
          call_id: toolCall.id,
          name: toolCall.name,
          arguments: JSON.stringify(toolCall.input),
        })),
      ];
    }
    case 'tool-results':
      return message.results.map((result) => ({
        type: 'function_call_output',
        call_id: result.callId,
        output: result.text,
      }));
  }
}
