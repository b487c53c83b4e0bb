/** Reads a Chat Completions request as strictly as the real service and turns it into the neutral conversation. */

import { isObject, type Json } from '../../json.ts';
import { type OfferedTool, readsAsError, type ToolCall, type Turn } from '../conversation.ts';
import type { DecodedCall } from '../decoded-call.ts';
import type { PromptBlock } from '../prompt-cache.ts';
import {
  callRules,
  decodeFunction,
  decodeTextFormat,
  parseArguments,
  textOfParts,
  toolList,
} from './function-tools.ts';
import {
  emptyArray,
  isReasoningModel,
  limitAt,
  misplaced,
  missing,
  objectWith,
  textAt,
  unsupported,
  wrongType,
  wrongValue,
} from './parameter-faults.ts';

export function decodeChat(value: unknown, key: string): DecodedCall {
  const body = objectWith(value, '', BODY_KEYS);
  const model = textAt(body.model, 'model');
  const tools = toolList(body.tools, decodeTool);
  const rules = callRules(body.tool_choice, body.parallel_tool_calls, tools, (choice) =>
    isObject(choice.function) ? choice.function.name : undefined,
  );
  if (body.stream_options && body.stream !== true) {
    throw misplaced('stream_options', "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
  }
  const messages = decodeMessageList(body.messages);
  checkToolOrder(messages);
  const format = body.response_format;
  const fixed = fixedBlocks(body.tools, messages);
  return {
    request: {
      protocol: 'chat',
      model,
      system: messages
        .filter(isSystem)
        .map((message) => message.text)
        .join('\n\n'),
      tools,
      messages: neutral(messages),
      raw: body,
      key,
    },
    stream: body.stream === true,
    outputTokensMax: outputLimit(body, model),
    // Chat Completions never shows reasoning; it only counts.
    showsThinking: true,
    ...rules,
    jsonText: decodeTextFormat(format, isObject(format) ? format.json_schema : undefined, 'response_format'),
    blocks: [...fixed, ...messages.filter((message) => !isSystem(message)).map((message) => promptBlock(message.json))],
    fixedBlocks: fixed.length,
    cacheKey: String(body.prompt_cache_key ?? ''),
  };
}

const BODY_KEYS = [
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'n',
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'frequency_penalty',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
];

function outputLimit(body: Json, model: string): number | null {
  if (isReasoningModel(model)) {
    if ('max_tokens' in body) throw unsupported('max_tokens', " Use 'max_completion_tokens' instead.");
    if ('temperature' in body && body.temperature !== 1) throw unsupported('temperature', '');
  }
  return limitAt(body.max_completion_tokens, 'max_completion_tokens', 1) ?? limitAt(body.max_tokens, 'max_tokens', 1);
}

function decodeTool(tool: unknown, at: string): OfferedTool {
  const checked = objectWith(tool, at, ['type', 'function']);
  if (checked.type !== 'function') throw wrongValue(`${at}.type`, checked.type, ['function']);
  if (!isObject(checked.function)) throw missing(`${at}.function`);
  const definition = objectWith(checked.function, `${at}.function`, ['name', 'description', 'parameters', 'strict']);
  return decodeFunction(definition, `${at}.function`);
}

interface ChatMessage {
  readonly role: string;
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** For role `tool`: which call it answers. */
  readonly callId: string;
  readonly json: Json;
}

const MESSAGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'refusal', 'tool_calls', 'annotations', 'audio', 'function_call'],
  tool: ['role', 'content', 'tool_call_id'],
};

function decodeMessageList(value: unknown): readonly ChatMessage[] {
  if (value === undefined) throw missing('messages');
  if (!Array.isArray(value)) throw wrongType('messages', 'an array of objects', value);
  if (value.length === 0) throw emptyArray('messages');
  return value.map((message: unknown, index) => decodeMessage(message, `messages[${index}]`));
}

function decodeMessage(value: unknown, at: string): ChatMessage {
  if (!isObject(value)) throw wrongType(at, 'an object', value);
  const role = textAt(value.role, `${at}.role`);
  const keys = MESSAGE_KEYS[role];
  if (keys === undefined) throw wrongValue(`${at}.role`, role, Object.keys(MESSAGE_KEYS));
  const json = objectWith(value, at, keys);
  const calls = role === 'assistant' ? decodeCalls(json.tool_calls, `${at}.tool_calls`) : [];
  const mayBeNull = role === 'assistant' && calls.length > 0;
  if (json.content === null && !mayBeNull) {
    throw misplaced(`${at.replace('[', '.[')}.content`, "Invalid value for 'content': expected a string, got null.");
  }
  const silent = mayBeNull && (json.content === null || json.content === undefined);
  const partTypes = role === 'assistant' ? ['text', 'refusal'] : ['text'];
  const text = silent ? '' : textOfParts(json.content, `${at}.content`, partTypes);
  const callId = role === 'tool' ? textAt(json.tool_call_id, `${at}.tool_call_id`) : '';
  return { role, text, calls, callId, json };
}

function decodeCalls(value: unknown, at: string): readonly ToolCall[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(at, 'an array of objects', value);
  if (value.length === 0) throw emptyArray(at);
  return value.map((call: unknown, index) => {
    const checked = objectWith(call, `${at}[${index}]`, ['id', 'type', 'function']);
    if (checked.type !== 'function') throw wrongValue(`${at}[${index}].type`, checked.type, ['function']);
    const target = objectWith(checked.function, `${at}[${index}].function`, ['name', 'arguments']);
    return {
      id: textAt(checked.id, `${at}[${index}].id`),
      name: textAt(target.name, `${at}[${index}].function.name`),
      input: parseArguments(textAt(target.arguments, `${at}[${index}].function.arguments`)),
    };
  });
}

function checkToolOrder(messages: readonly ChatMessage[]): void {
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const param = `messages.[${index}].role`;
    if (message.role === 'tool') {
      if (!open.includes(message.callId)) {
        throw misplaced(
          param,
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        );
      }
      open = open.filter((id) => id !== message.callId);
      continue;
    }
    refuseOpenCalls(open, param);
    open = message.calls.map((call) => call.id);
  }
  refuseOpenCalls(open, `messages.[${messages.length}].role`);
}

function refuseOpenCalls(open: readonly string[], param: string): void {
  if (open.length === 0) return;
  throw misplaced(
    param,
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${open.join(', ')}`,
  );
}

function isSystem(message: ChatMessage): boolean {
  return message.role === 'system' || message.role === 'developer';
}

function neutral(messages: readonly ChatMessage[]): readonly Turn[] {
  const names = new Map(messages.flatMap((message) => message.calls.map((call) => [call.id, call.name] as const)));
  return messages.flatMap((message): readonly Turn[] => {
    switch (message.role) {
      case 'user':
        return [{ kind: 'user', text: message.text }];
      case 'assistant':
        return [{ kind: 'assistant', text: message.text, calls: message.calls }];
      case 'tool': {
        const { callId, text } = message;
        return [{ kind: 'tool-result', callId, name: names.get(callId) ?? '', text, isError: readsAsError(text) }];
      }
      default:
        return [];
    }
  });
}

function fixedBlocks(tools: unknown, messages: readonly ChatMessage[]): readonly PromptBlock[] {
  const offered = Array.isArray(tools) ? tools.filter(isObject) : [];
  return [...offered, ...messages.filter(isSystem).map((message) => message.json)].map(promptBlock);
}

function promptBlock(json: Json): PromptBlock {
  return { text: JSON.stringify(json), markerLifeMs: null };
}
