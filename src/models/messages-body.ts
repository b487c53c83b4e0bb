/** A transcript as the body of one Anthropic Messages request, with the cache markers where they pay. */
import type Anthropic from '@anthropic-ai/sdk';
import type { TranscriptMessage } from '../domain/transcript.ts';
import { NO_TEXT, opaqueOwner, type Provider, type WireCall } from './protocol.ts';

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
