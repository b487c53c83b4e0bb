/** Reads a Messages request as strictly as the real service and turns it into the neutral conversation. */

import { isObject, isWholeNumber, type Json, unknownKey } from '../../json.ts';
import type { OfferedTool, Turn } from '../conversation.ts';
import type { DecodedCall, IssuedThinking } from '../decoded-call.ts';
import { Refusal } from '../refusal.ts';
import { checkHistory, type Thinking } from './check-history.ts';
import { decodeTools } from './decode-tools.ts';
import { contentOf, type MessageBlock, textOf, type WireMessage } from './message-content.ts';
import { messageBlocks, systemBlocks, toolBlocks } from './prompt-blocks.ts';

/** `counting` is the `count_tokens` form, which knows no `max_tokens` and no `stream`. */
export function decodeMessages(body: unknown, key: string, issued: IssuedThinking, counting: boolean): DecodedCall {
  if (!isObject(body)) throw new Refusal(400, 'The request body is not a JSON object.');
  const known = counting ? COUNTING_KEYS : MESSAGE_KEYS;
  if ('temperature' in body) throw new Refusal(400, '`temperature` is deprecated for this model.');
  const extra = unknownKey(body, known);
  if (extra !== undefined) throw new Refusal(400, `${extra}: Extra inputs are not permitted`);
  if (typeof body.model !== 'string' || body.model === '') throw new Refusal(400, 'model: Field required');
  const outputTokensMax = counting ? null : decodeMaxTokens(body.max_tokens);
  const tools = decodeTools(body.tools);
  const choice = decodeToolChoice(body.tool_choice, tools);
  const thinking = decodeThinking(body.thinking, outputTokensMax, choice.forced);
  const system = decodeSystem(body.system);
  const messages = decodeWireMessages(body.messages);
  checkHistory(messages, { toolsOffered: tools.length > 0, thinking, issued });
  if (body.stream !== undefined && typeof body.stream !== 'boolean') {
    throw new Refusal(400, 'stream: Input should be a valid boolean');
  }
  const fixed = [...toolBlocks(body.tools), ...systemBlocks(body.system)];
  // Thinking and tool choice are part of what the messages' cached state depends on, but not of tools and system.
  const variant = JSON.stringify([body.thinking ?? null, body.tool_choice ?? null]);
  return {
    request: { protocol: 'anthropic', model: body.model, system, tools, messages: neutral(messages), raw: body, key },
    stream: body.stream === true,
    outputTokensMax,
    showsThinking: thinking !== 'disabled',
    callsAllowed: choice.allowed,
    callForced: choice.forced,
    jsonText: decodeOutputConfig(body.output_config),
    blocks: messageBlocks(fixed, messages, variant, body.cache_control),
    fixedBlocks: fixed.length,
    cacheKey: '',
  };
}

const COUNTING_KEYS = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
];
const MESSAGE_KEYS = [
  ...COUNTING_KEYS,
  'max_tokens',
  'stream',
  'stop_sequences',
  'metadata',
  'service_tier',
  'inference_geo',
  'speed',
  'container',
  'diagnostics',
];

function decodeMaxTokens(value: unknown): number {
  if (value === undefined) throw new Refusal(400, 'max_tokens: Field required');
  if (!isWholeNumber(value)) throw new Refusal(400, 'max_tokens: Input should be a valid integer');
  // Zero is allowed: it fills the cache without an answer.
  if (value < 0) throw new Refusal(400, 'max_tokens: Input should be greater than or equal to 0');
  return value;
}

interface ToolChoice {
  readonly allowed: DecodedCall['callsAllowed'];
  readonly forced: boolean;
}

function decodeToolChoice(value: unknown, tools: readonly OfferedTool[]): ToolChoice {
  if (value === undefined) return { allowed: tools.length > 0 ? 'any-number' : 'none', forced: false };
  if (!isObject(value)) throw new Refusal(400, 'tool_choice: Input should be a valid dictionary');
  if (tools.length === 0) throw new Refusal(400, 'tool_choice: may only be specified while providing tools.');
  const allowed = value.disable_parallel_tool_use === true ? 'at-most-one' : 'any-number';
  switch (value.type) {
    case 'none':
      return { allowed: 'none', forced: false };
    case 'auto':
      return { allowed, forced: false };
    case 'any':
      return { allowed, forced: true };
    case 'tool': {
      if (!tools.some((tool) => tool.name === value.name)) {
        throw new Refusal(400, `tool_choice.tool: Tool '${String(value.name)}' not found in provided tools`);
      }
      return { allowed, forced: true };
    }
    default:
      throw new Refusal(400, "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
}

function decodeThinking(value: unknown, outputTokensMax: number | null, forced: boolean): Thinking {
  if (value === undefined) return 'disabled';
  if (!isObject(value)) throw new Refusal(400, 'thinking: Input should be a valid dictionary');
  if (value.type === 'disabled') return 'disabled';
  if (forced) throw new Refusal(400, 'Thinking may not be enabled when tool_choice forces tool use.');
  if (value.type === 'adaptive' || value.type === 'between_tools') return 'adaptive';
  if (value.type !== 'enabled') {
    throw new Refusal(
      400,
      `thinking: Input tag '${String(value.type)}' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'`,
    );
  }
  if (!isWholeNumber(value.budget_tokens)) throw new Refusal(400, 'thinking.enabled.budget_tokens: Field required');
  if (value.budget_tokens < 1024) {
    throw new Refusal(400, 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  }
  if (outputTokensMax !== null && outputTokensMax <= value.budget_tokens) {
    throw new Refusal(400, '`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  return 'enabled';
}

function decodeSystem(value: unknown): string {
  if (value === undefined) return '';
  return textOf(contentOf(value, 'system', ['text']));
}

function decodeOutputConfig(value: unknown): boolean {
  if (value === undefined) return false;
  if (!isObject(value)) throw new Refusal(400, 'output_config: Input should be a valid dictionary');
  const { effort, format } = value;
  if (effort !== undefined && effort !== null && !EFFORTS.includes(String(effort))) {
    throw new Refusal(400, `output_config.effort: Input should be '${EFFORTS.join("', '")}'`);
  }
  if (format === undefined || format === null) return false;
  if (!isObject(format) || format.type !== 'json_schema' || !isObject(format.schema)) {
    throw new Refusal(400, 'output_config.format: Input should be a json_schema with a schema');
  }
  return true;
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];

function decodeWireMessages(value: unknown): readonly WireMessage[] {
  if (value === undefined) throw new Refusal(400, 'messages: Field required');
  if (!Array.isArray(value)) throw new Refusal(400, 'messages: Input should be a valid list');
  if (value.length === 0) throw new Refusal(400, 'messages: at least one message is required');
  return value.map((message: unknown, index) => decodeWireMessage(message, index));
}

function decodeWireMessage(message: unknown, index: number): WireMessage {
  const at = `messages.${index}`;
  if (!isObject(message)) throw new Refusal(400, `${at}: Input should be a valid dictionary`);
  const extra = unknownKey(message, ['role', 'content']);
  if (extra !== undefined) throw new Refusal(400, `${at}.${extra}: Extra inputs are not permitted`);
  const { role } = message;
  if (role !== 'user' && role !== 'assistant') {
    throw new Refusal(400, `${at}.role: Input should be 'user' or 'assistant'`);
  }
  const kinds = role === 'user' ? ['text', 'tool_result'] : ['text', 'thinking', 'redacted_thinking', 'tool_use'];
  const content = contentOf(message.content, `${at}.content`, kinds);
  if (content.length === 0) throw new Refusal(400, `${at}: all messages must have non-empty content`);
  return { role, content };
}

function neutral(messages: readonly WireMessage[]): readonly Turn[] {
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    if (message.role === 'assistant') {
      const calls = message.content.flatMap((block) =>
        block.type === 'tool_use'
          ? [{ id: String(block.json.id), name: String(block.json.name), input: block.json.input }]
          : [],
      );
      for (const call of calls) names.set(call.id, call.name);
      turns.push({ kind: 'assistant', text: textOf(message.content), calls });
      continue;
    }
    turns.push(
      ...message.content.filter((block) => block.type === 'tool_result').map((block) => resultTurn(block, names)),
    );
    const text = textOf(message.content);
    if (text !== '') turns.push({ kind: 'user', text });
  }
  return turns;
}

function resultTurn(block: MessageBlock, names: ReadonlyMap<string, string>): Turn {
  const callId = String(block.json.tool_use_id);
  return {
    kind: 'tool-result',
    callId,
    name: names.get(callId) ?? '',
    text: resultText(block.json),
    isError: block.json.is_error === true,
  };
}

function resultText(json: Json): string {
  if (json.content === undefined) return '';
  return textOf(contentOf(json.content, 'content', ['text'], { mayBeEmpty: true }));
}
