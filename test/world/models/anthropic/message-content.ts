/** The content of system prompts, messages and tool results on the Messages protocol: a string or a list of blocks. */
import { isObject, type Json, unknownKey } from '../../json.ts';
import { Refusal } from '../refusal.ts';

export interface MessageBlock {
  readonly type: string;
  readonly json: Json;
}

export interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly MessageBlock[];
}

/** A plain string counts as one text block, as it does for the service's cache. */
export function contentOf(
  value: unknown,
  at: string,
  kinds: readonly string[],
  rules: { readonly mayBeEmpty: boolean } = { mayBeEmpty: false },
): readonly MessageBlock[] {
  if (value === undefined) throw new Refusal(400, `${at}: Field required`);
  const list: unknown = typeof value === 'string' ? (value === '' ? [] : [{ type: 'text', text: value }]) : value;
  if (!Array.isArray(list)) throw new Refusal(400, `${at}: Input should be a valid string or list`);
  return list.map((block: unknown, index) => blockOf(block, `${at}.${index}`, kinds, rules.mayBeEmpty));
}

export function textOf(content: readonly MessageBlock[]): string {
  return content
    .filter((block) => block.type === 'text')
    .map((block) => String(block.json.text))
    .join('\n');
}

/** `null`, or how long a cache marker keeps the prefix that ends at its block. */
export function markerLife(marker: unknown, at: string): '5m' | '1h' | null {
  if (marker === undefined || marker === null) return null;
  if (!isObject(marker) || marker.type !== 'ephemeral') {
    throw new Refusal(400, `${at}.cache_control.type: Input should be 'ephemeral'`);
  }
  const extra = unknownKey(marker, ['type', 'ttl']);
  if (extra !== undefined)
    throw new Refusal(400, `${at}.cache_control.ephemeral.${extra}: Extra inputs are not permitted`);
  const ttl = marker.ttl ?? '5m';
  if (ttl !== '5m' && ttl !== '1h')
    throw new Refusal(400, `${at}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'`);
  return ttl;
}

const BLOCK_KEYS: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'cache_control', 'citations'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control', 'toolset_name'],
};

function blockOf(block: unknown, at: string, kinds: readonly string[], mayBeEmpty: boolean): MessageBlock {
  if (!isObject(block)) throw new Refusal(400, `${at}: Input should be a valid dictionary`);
  const { type } = block;
  const keys = typeof type === 'string' && kinds.includes(type) ? BLOCK_KEYS[type] : undefined;
  if (typeof type !== 'string' || keys === undefined) {
    const expected = `'${kinds.join("', '")}'`;
    throw new Refusal(
      400,
      `${at}: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: ${expected}`,
    );
  }
  const extra = unknownKey(block, keys);
  if (extra !== undefined) throw new Refusal(400, `${at}.${type}.${extra}: Extra inputs are not permitted`);
  checkFields(block, type, at, mayBeEmpty);
  markerLife(block.cache_control, `${at}.${type}`);
  return { type, json: block };
}

function checkFields(block: Json, type: string, at: string, mayBeEmpty: boolean): void {
  switch (type) {
    case 'text':
      checkText(block, at, mayBeEmpty);
      return;
    case 'thinking':
      needsText(block.thinking, `${at}.thinking.thinking`);
      needsText(block.signature, `${at}.thinking.signature`);
      return;
    case 'tool_use':
      needsId(block.id, `${at}.tool_use.id`);
      needsText(block.name, `${at}.tool_use.name`);
      if (!isObject(block.input)) throw new Refusal(400, `${at}.tool_use.input: Input should be a valid dictionary`);
      return;
    case 'tool_result':
      needsId(block.tool_use_id, `${at}.tool_result.tool_use_id`);
      if (block.is_error !== undefined && typeof block.is_error !== 'boolean') {
        throw new Refusal(400, `${at}.tool_result.is_error: Input should be a valid boolean`);
      }
      if (block.content !== undefined)
        contentOf(block.content, `${at}.tool_result.content`, ['text'], { mayBeEmpty: true });
      return;
    default:
      return;
  }
}

function checkText(block: Json, at: string, mayBeEmpty: boolean): void {
  needsText(block.text, `${at}.text.text`);
  const text = String(block.text);
  if (text === '' && block.cache_control) {
    throw new Refusal(400, `${at}.text: cache_control cannot be set for empty text blocks`);
  }
  if (mayBeEmpty) return;
  const place = at.startsWith('system') ? 'system' : 'messages';
  if (text === '') throw new Refusal(400, `${place}: text content blocks must be non-empty`);
  if (text.trim() === '') throw new Refusal(400, `${place}: text content blocks must contain non-whitespace text`);
}

function needsText(value: unknown, at: string): void {
  if (value === undefined) throw new Refusal(400, `${at}: Field required`);
  if (typeof value !== 'string') throw new Refusal(400, `${at}: Input should be a valid string`);
}

function needsId(value: unknown, at: string): void {
  needsText(value, at);
  if (!/^[a-zA-Z0-9_-]+$/.test(String(value))) {
    throw new Refusal(400, `${at}: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  }
}
