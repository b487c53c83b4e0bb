/** A transcript as the body of one Chat Completions request. */
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { TranscriptMessage } from '../domain/transcript.ts';
import { NO_TEXT, type WireCall } from './protocol.ts';

/** Pure and stable: an append-only transcript gives an append-only list of messages. */
export function chatBody(call: Omit<WireCall, 'watch'>): ChatCompletionCreateParamsStreaming {
  const { request } = call;
  return {
    model: call.modelName,
    messages: [{ role: 'system', content: request.system }, ...request.messages.flatMap(wireMessages)],
    tools: request.tools.map((tool) => ({
      type: 'function',
      function: { name: tool.name, description: tool.description, parameters: { ...tool.schema }, strict: true },
    })),
    [outputLimitKey(call.modelName)]: request.outputTokensMax,
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** The vendor's newer models refuse the old key; servers at home often know only that one. */
function outputLimitKey(modelName: string): 'max_completion_tokens' | 'max_tokens' {
  return /^(o\d|codex|chatgpt|gpt-(?!oss))/.test(modelName) ? 'max_completion_tokens' : 'max_tokens';
}

function wireMessages(message: TranscriptMessage): ChatCompletionMessageParam[] {
  switch (message.kind) {
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'assistant':
      if (message.calls.length === 0) return [{ role: 'assistant', content: message.text || NO_TEXT }];
      return [
        {
          role: 'assistant',
          content: message.text === '' ? null : message.text,
          tool_calls: message.calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: JSON.stringify(call.input) },
          })),
        },
      ];
    case 'tool-results':
      return message.results.map((result) => ({ role: 'tool', tool_call_id: result.callId, content: result.text }));
  }
}
