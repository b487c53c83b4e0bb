/** Turns a scripted reply into what the model "wrote": blocks with repeatable ids, cut where the output limit falls. */
import { conversationDigest, digest, type ScriptedReply } from './conversation.ts';
import { CHARACTERS_PER_TOKEN, countTokens } from './count-tokens.ts';
import type { DecodedCall } from './decoded-call.ts';

export type OutputBlock =
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'call';
      /** 24 hexadecimal digits; each protocol puts its own prefix before them. */
      readonly id: string;
      readonly name: string;
      /** The input as JSON text; not a whole document when the output limit cut it. */
      readonly json: string;
      readonly cut: boolean;
    };

export interface ModelOutput {
  /** Equal conversations on equal models get equal ids. */
  readonly id: string;
  readonly blocks: readonly OutputBlock[];
  readonly stop: 'end' | 'calls' | 'length';
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

/** The script answered what no model could have answered. The message names the mistake. */
class ScriptFault extends Error {}

export function modelOutput(reply: ScriptedReply, call: DecodedCall): ModelOutput {
  checkReply(reply, call);
  const conversation = conversationDigest(call.request);
  const calls = call.callsAllowed === 'at-most-one' ? (reply.calls ?? []).slice(0, 1) : (reply.calls ?? []);
  const whole: OutputBlock[] = [];
  if (reply.thinking && call.showsThinking) whole.push({ kind: 'thinking', text: reply.thinking });
  if (reply.text) whole.push({ kind: 'text', text: reply.text });
  for (const [index, { name, input }] of calls.entries()) {
    const id = digest(`${conversation} call ${index}`).slice(0, 24);
    whole.push({ kind: 'call', id, name, json: JSON.stringify(input), cut: false });
  }
  const fitting = cutToFit(whole, characterLimit(reply, call, whole));
  return {
    id: digest(`${conversation} ${call.request.model}`).slice(0, 24),
    blocks: fitting.blocks,
    stop: fitting.cut ? 'length' : calls.length > 0 ? 'calls' : 'end',
    outputTokens: countTokens(fitting.blocks.map(contentOf).join('')),
    thinkingTokens: countTokens(
      fitting.blocks
        .filter((block) => block.kind === 'thinking')
        .map(contentOf)
        .join(''),
    ),
  };
}

function checkReply(reply: ScriptedReply, call: DecodedCall): void {
  const names = call.request.tools.map((tool) => tool.name);
  for (const { name } of reply.calls ?? []) {
    if (!names.includes(name)) throw new ScriptFault(`it called '${name}', but only [${names.join(', ')}] are offered`);
  }
  const count = reply.calls?.length ?? 0;
  if (count > 0 && call.callsAllowed === 'none') throw new ScriptFault('it made a call where calls are not allowed');
  if (count === 0 && call.callForced) throw new ScriptFault('it made no call where one is forced');
  if (count === 0 && call.jsonText && !isJson(reply.text ?? ''))
    throw new ScriptFault('its text must be a JSON document');
}

function characterLimit(reply: ScriptedReply, call: DecodedCall, blocks: readonly OutputBlock[]): number {
  const limit = call.outputTokensMax === null ? Number.POSITIVE_INFINITY : call.outputTokensMax * CHARACTERS_PER_TOKEN;
  if (reply.stop !== 'length') return limit;
  const lengths = blocks.map((block) => contentOf(block).length);
  const last = lengths.at(-1) ?? 0;
  const halved = lengths.reduce((sum, length) => sum + length, 0) - Math.ceil(last / 2);
  return Math.min(limit, halved);
}

function cutToFit(blocks: readonly OutputBlock[], limit: number): { blocks: readonly OutputBlock[]; cut: boolean } {
  const fitting: OutputBlock[] = [];
  let left = limit;
  for (const block of blocks) {
    const length = contentOf(block).length;
    if (length <= left) {
      fitting.push(block);
      left -= length;
      continue;
    }
    if (block.kind === 'call')
      fitting.push({ ...block, json: block.json.slice(0, Math.max(0, left - block.name.length)), cut: true });
    else if (left > 0) fitting.push({ ...block, text: block.text.slice(0, left) });
    return { blocks: fitting, cut: true };
  }
  return { blocks: fitting, cut: limit === 0 };
}

function contentOf(block: OutputBlock): string {
  return block.kind === 'call' ? block.name + block.json : block.text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Splits text into the pieces a stream would bring: several, but never so many that a large file crawls. */
export function pieces(text: string): readonly string[] {
  const characters = [...text];
  const size = Math.max(PIECE_CHARACTERS_MIN, Math.ceil(characters.length / PIECES_MAX));
  const parts: string[] = [];
  for (let start = 0; start < characters.length; start += size)
    parts.push(characters.slice(start, start + size).join(''));
  return parts;
}

const PIECE_CHARACTERS_MIN = 7;
const PIECES_MAX = 12;
