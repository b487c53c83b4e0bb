/**
 * Reads what other people's agents send, in any of the three protocols, into the neutral conversation. It forgives what
 * it does not know, because they send fields that no documentation names; our own calls go to the strict stand-in.
 */

import { isObject, type Json } from '../world/json.ts';
import {
  type ModelProtocol,
  readsAsError,
  type ScriptedRequest,
  type ToolCall,
  type Turn,
} from '../world/models/conversation.ts';

export function decodeAgentCall(protocol: ModelProtocol, body: Json, key: string): ScriptedRequest {
  const items = itemsOf(protocol, body);
  const names = new Map<string, string>();
  const messages: Turn[] = [];
  const system: string[] = [textOf(body.system), textOf(body.instructions)];
  for (const item of items) {
    if (item.kind === 'system') system.push(item.text);
    else if (item.kind === 'call') {
      names.set(item.call.id, item.call.name);
      const last = messages.at(-1);
      if (last?.kind === 'assistant') messages[messages.length - 1] = { ...last, calls: [...last.calls, item.call] };
      else messages.push({ kind: 'assistant', text: '', calls: [item.call] });
    } else if (item.kind === 'assistant') messages.push({ kind: 'assistant', text: item.text, calls: [] });
    else if (item.kind === 'user') messages.push(item);
    else {
      const { callId, text } = item;
      const isError = item.isError || readsAsError(text);
      messages.push({ kind: 'tool-result', callId, name: names.get(callId) ?? '', text, isError });
    }
  }
  const tools = listOf(body.tools).map((tool) => {
    const definition = isObject(tool.function) ? tool.function : tool;
    return {
      name: String(definition.name ?? definition.type ?? ''),
      description: textOf(definition.description),
      schema: definition.input_schema ?? definition.parameters ?? null,
    };
  });
  return {
    protocol,
    model: String(body.model ?? ''),
    system: system.filter((text) => text !== '').join('\n\n'),
    tools,
    messages,
    raw: body,
    key,
  };
}

type Item =
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'assistant'; readonly text: string }
  | { readonly kind: 'call'; readonly call: ToolCall }
  | { readonly kind: 'result'; readonly callId: string; readonly text: string; readonly isError: boolean };

function itemsOf(protocol: ModelProtocol, body: Json): readonly Item[] {
  switch (protocol) {
    case 'anthropic':
      return listOf(body.messages).flatMap(messageItems);
    case 'responses':
      return typeof body.input === 'string'
        ? [{ kind: 'user', text: body.input }]
        : listOf(body.input).flatMap(responseItems);
    case 'chat':
      return listOf(body.messages).flatMap(chatItems);
  }
}

function messageItems({ role, content }: Json): readonly Item[] {
  const kind = role === 'assistant' ? 'assistant' : role === 'system' ? 'system' : 'user';
  if (typeof content === 'string') return [{ kind, text: content }];
  return listOf(content).flatMap((block): readonly Item[] => {
    switch (block.type) {
      case 'text':
        return [{ kind, text: textOf(block.text) }];
      case 'tool_use':
        return [{ kind: 'call', call: { id: String(block.id), name: String(block.name), input: block.input } }];
      case 'tool_result':
        return [resultItem(block.tool_use_id, block.content, block.is_error === true)];
      default:
        return [];
    }
  });
}

function responseItems(item: Json): readonly Item[] {
  switch (item.type ?? 'message') {
    case 'message': {
      const kind = item.role === 'assistant' ? 'assistant' : item.role === 'user' ? 'user' : 'system';
      return [{ kind, text: textOf(item.content) }];
    }
    case 'function_call':
      return [
        { kind: 'call', call: { id: String(item.call_id), name: String(item.name), input: parsed(item.arguments) } },
      ];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [resultItem(item.call_id, item.output, false)];
    default:
      return [];
  }
}

function chatItems(message: Json): readonly Item[] {
  const text = textOf(message.content);
  switch (message.role) {
    case 'assistant':
      return [
        { kind: 'assistant', text },
        ...listOf(message.tool_calls).map((call): Item => {
          const definition = isObject(call.function) ? call.function : {};
          return {
            kind: 'call',
            call: { id: String(call.id), name: String(definition.name), input: parsed(definition.arguments) },
          };
        }),
      ];
    case 'tool':
      return [resultItem(message.tool_call_id, message.content, false)];
    case 'user':
      return [{ kind: 'user', text }];
    default:
      return [{ kind: 'system', text }];
  }
}

function resultItem(callId: unknown, content: unknown, isError: boolean): Item {
  return { kind: 'result', callId: String(callId), text: textOf(content), isError };
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return listOf(value)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}
