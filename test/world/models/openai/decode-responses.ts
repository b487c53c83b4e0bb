/** Reads a Responses request as strictly as the real service and turns it into the neutral conversation. */

import { isObject, type Json } from '../../json.ts';
import { type OfferedTool, readsAsError, type ToolCall, type Turn } from '../conversation.ts';
import type { DecodedCall, IssuedThinking } from '../decoded-call.ts';
import type { PromptBlock } from '../prompt-cache.ts';
import { Refusal } from '../refusal.ts';
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

const OUTPUT_TOKENS_MIN = 16;

export function decodeResponses(value: unknown, key: string, issued: IssuedThinking): DecodedCall {
  const body = objectWith(value, '', BODY_KEYS);
  const model = textAt(body.model, 'model');
  if (body.previous_response_id) {
    // The stand-in keeps nothing, as the service does for callers who set `store` to false.
    throw new Refusal(400, `Previous response with id '${String(body.previous_response_id)}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  }
  if ('temperature' in body && isReasoningModel(model)) throw unsupported('temperature', '');
  const tools = toolList(body.tools, decodeTool);
  const rules = callRules(body.tool_choice, body.parallel_tool_calls, tools, (choice) => choice.name);
  const items = decodeInput(body.input, body.store === false);
  checkCalls(items);
  checkReasoning(items, issued);
  const instructions = typeof body.instructions === 'string' ? body.instructions : '';
  const leading = items.flatMap((item) => (item.kind === 'system' ? [item.text] : []));
  const fixed = fixedBlocks(body.tools, instructions);
  const format = isObject(body.text) ? body.text.format : undefined;
  return {
    request: {
      protocol: 'responses',
      model,
      system: [instructions, ...leading].filter((text) => text !== '').join('\n\n'),
      tools,
      messages: neutral(items),
      raw: body,
      key,
    },
    stream: body.stream === true,
    outputTokensMax: limitAt(body.max_output_tokens, 'max_output_tokens', OUTPUT_TOKENS_MIN),
    showsThinking: true,
    ...rules,
    jsonText: decodeTextFormat(format, format, 'text.format'),
    blocks: [...fixed, ...items.map((item) => promptBlock(item.json))],
    fixedBlocks: fixed.length,
    cacheKey: String(body.prompt_cache_key ?? ''),
  };
}

const BODY_KEYS = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'stream',
  'stream_options',
  'max_output_tokens',
  'max_tool_calls',
  'text',
  'reasoning',
  'include',
  'store',
  'background',
  'conversation',
  'context_management',
  'previous_response_id',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'temperature',
  'top_p',
  'truncation',
  'metadata',
  'service_tier',
  'safety_identifier',
  'user',
];

function decodeTool(tool: unknown, at: string): OfferedTool {
  if (!isObject(tool)) throw wrongType(at, 'an object', tool);
  if (tool.type !== 'function') throw wrongValue(`${at}.type`, tool.type, ['function']);
  return decodeFunction(objectWith(tool, at, ['type', 'name', 'description', 'parameters', 'strict']), at);
}

type Item =
  | { readonly kind: 'system'; readonly text: string; readonly json: Json }
  | { readonly kind: 'user'; readonly text: string; readonly json: Json }
  | { readonly kind: 'assistant'; readonly text: string; readonly json: Json }
  | { readonly kind: 'call'; readonly call: ToolCall; readonly itemId: string | null; readonly json: Json }
  | { readonly kind: 'output'; readonly callId: string; readonly text: string; readonly json: Json }
  | { readonly kind: 'reasoning'; readonly itemId: string; readonly json: Json };

function decodeInput(value: unknown, unstored: boolean): readonly Item[] {
  if (value === undefined) throw missing('input');
  if (typeof value === 'string') return [{ kind: 'user', text: value, json: { role: 'user', content: value } }];
  if (!Array.isArray(value)) throw wrongType('input', 'one of a string or array of objects', value);
  if (value.length === 0) throw emptyArray('input');
  return value.map((item: unknown, index) => decodeItem(item, `input[${index}]`, unstored));
}

const ITEM_TYPES = ['message', 'function_call', 'function_call_output', 'reasoning'];

function decodeItem(value: unknown, at: string, unstored: boolean): Item {
  if (!isObject(value)) throw wrongType(at, 'an object', value);
  const type = value.type ?? ('role' in value ? 'message' : undefined);
  switch (type) {
    case undefined:
      throw missing(`${at}.type`);
    case 'message':
      return decodeMessage(value, at);
    case 'function_call':
      return decodeCall(value, at);
    case 'function_call_output': {
      const json = objectWith(value, at, ['type', 'call_id', 'output', 'id', 'status']);
      const text = textOfParts(json.output, `${at}.output`, ['input_text']);
      return { kind: 'output', callId: textAt(json.call_id, `${at}.call_id`), text, json };
    }
    case 'reasoning':
      return decodeReasoning(value, at, unstored);
    default:
      throw wrongValue(`${at}.type`, type, ITEM_TYPES);
  }
}

function decodeMessage(value: Json, at: string): Item {
  const json = objectWith(value, at, ['type', 'role', 'content', 'id', 'status', 'phase']);
  switch (json.role) {
    case 'user':
      return { kind: 'user', text: textOfParts(json.content, `${at}.content`, ['input_text']), json };
    case 'system':
    case 'developer':
      return { kind: 'system', text: textOfParts(json.content, `${at}.content`, ['input_text']), json };
    case 'assistant':
      return { kind: 'assistant', text: textOfParts(json.content, `${at}.content`, ['output_text', 'refusal']), json };
    default:
      throw wrongValue(`${at}.role`, json.role, ['assistant', 'system', 'developer', 'user']);
  }
}

function decodeCall(value: Json, at: string): Item {
  const json = objectWith(value, at, ['type', 'id', 'call_id', 'name', 'arguments', 'status', 'caller']);
  const itemId = json.id === undefined || json.id === null ? null : textAt(json.id, `${at}.id`);
  if (itemId !== null && !itemId.startsWith('fc')) {
    throw new Refusal(400, `Invalid '${at}.id': '${itemId}'. Expected an ID that begins with 'fc'.`, {
      param: `${at}.id`,
      code: 'invalid_value',
    });
  }
  const call = {
    id: textAt(json.call_id, `${at}.call_id`),
    name: textAt(json.name, `${at}.name`),
    input: parseArguments(textAt(json.arguments, `${at}.arguments`)),
  };
  return { kind: 'call', call, itemId, json };
}

function decodeReasoning(value: Json, at: string, unstored: boolean): Item {
  const json = objectWith(value, at, ['type', 'id', 'summary', 'content', 'encrypted_content', 'status']);
  const itemId = textAt(json.id, `${at}.id`);
  if (!Array.isArray(json.summary)) throw missing(`${at}.summary`);
  if (unstored && typeof json.encrypted_content !== 'string') {
    const advice =
      'Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.';
    throw new Refusal(404, `Item with id '${itemId}' not found. ${advice}`, { param: 'input', code: null });
  }
  return { kind: 'reasoning', itemId, json };
}

function checkCalls(items: readonly Item[]): void {
  const called = new Set<string>();
  const answered = new Set<string>();
  for (const item of items) {
    if (item.kind === 'call') called.add(item.call.id);
    if (item.kind !== 'output') continue;
    if (!called.has(item.callId)) {
      throw misplaced('input', `No tool call found for function call output with call_id ${item.callId}.`);
    }
    answered.add(item.callId);
  }
  const unanswered = [...called].find((id) => !answered.has(id));
  if (unanswered !== undefined) throw misplaced('input', `No tool output found for function call ${unanswered}.`);
}

/** Reasoning and the item it led to travel together, in both directions. */
function checkReasoning(items: readonly Item[], issued: IssuedThinking): void {
  for (const [index, item] of items.entries()) {
    if (item.kind === 'reasoning') {
      const next = items[index + 1]?.kind;
      if (next === 'call' || next === 'assistant' || next === 'reasoning') continue;
      throw misplaced(
        'input',
        `Item '${item.itemId}' of type 'reasoning' was provided without its required following item.`,
      );
    }
    const needed = item.kind === 'call' && item.itemId !== null ? issued.get(item.itemId) : undefined;
    const present = items.slice(0, index).some((earlier) => earlier.kind === 'reasoning' && earlier.itemId === needed);
    if (needed !== undefined && !present && item.kind === 'call') {
      throw misplaced(
        'input',
        `Item '${item.itemId}' of type 'function_call' was provided without its required 'reasoning' item: '${needed}'.`,
      );
    }
  }
}

function neutral(items: readonly Item[]): readonly Turn[] {
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  for (const item of items) {
    const last = turns.at(-1);
    switch (item.kind) {
      case 'system':
      case 'reasoning':
        break;
      case 'user':
        turns.push({ kind: 'user', text: item.text });
        break;
      case 'assistant':
        turns.push({ kind: 'assistant', text: item.text, calls: [] });
        break;
      case 'call':
        names.set(item.call.id, item.call.name);
        // A message and the calls after it are one reply of the model.
        if (last?.kind === 'assistant') turns[turns.length - 1] = { ...last, calls: [...last.calls, item.call] };
        else turns.push({ kind: 'assistant', text: '', calls: [item.call] });
        break;
      case 'output': {
        const { callId, text } = item;
        turns.push({ kind: 'tool-result', callId, name: names.get(callId) ?? '', text, isError: readsAsError(text) });
      }
    }
  }
  return turns;
}

function fixedBlocks(tools: unknown, instructions: string): readonly PromptBlock[] {
  const offered = Array.isArray(tools) ? tools.filter(isObject).map(promptBlock) : [];
  return instructions === '' ? offered : [...offered, { text: instructions, markerLifeMs: null }];
}

function promptBlock(json: Json): PromptBlock {
  return { text: JSON.stringify(json), markerLifeMs: null };
}
