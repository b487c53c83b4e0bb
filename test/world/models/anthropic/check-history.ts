/** The rules on the order of a Messages conversation: who may speak when, and which result belongs to which call. */
import type { IssuedThinking } from '../decoded-call.ts';
import { Refusal } from '../refusal.ts';
import type { MessageBlock, WireMessage } from './message-content.ts';
import { thinkingSignature } from './thinking-signature.ts';

/** Whether the call asks for thinking, and in which way. */
export type Thinking = 'enabled' | 'adaptive' | 'disabled';

export interface HistoryRules {
  readonly toolsOffered: boolean;
  readonly thinking: Thinking;
  readonly issued: IssuedThinking;
}

export function checkHistory(messages: readonly WireMessage[], rules: HistoryRules): void {
  if (messages[0]?.role !== 'user') throw new Refusal(400, 'messages: first message must use the "user" role');
  checkPairs(messages);
  if (messages.at(-1)?.role === 'assistant') {
    throw new Refusal(
      400,
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  const usesTools = messages.some((message) => message.content.some((block) => isToolBlock(block)));
  if (usesTools && !rules.toolsOffered) {
    throw new Refusal(400, 'Requests which include `tool_use` or `tool_result` blocks must define tools');
  }
  checkThinking(messages, rules);
}

function isToolBlock(block: MessageBlock): boolean {
  return block.type === 'tool_use' || block.type === 'tool_result';
}

function checkPairs(messages: readonly WireMessage[]): void {
  const seen = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const open = message.role === 'assistant' ? idsOf(message, 'tool_use', 'id') : [];
    for (const id of open) {
      if (seen.has(id)) throw new Refusal(400, `messages.${index}.content: \`tool_use\` ids must be unique`);
      seen.add(id);
    }
    if (message.role === 'user') checkResults(message, index, messages[index - 1]);
    const next = messages[index + 1];
    const answered = leadingResults(next);
    const unanswered = open.filter((id) => !answered.includes(id));
    if (unanswered.length > 0) {
      throw new Refusal(
        400,
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. ` +
          'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
      );
    }
  }
}

function checkResults(message: WireMessage, index: number, previous: WireMessage | undefined): void {
  const calls = previous?.role === 'assistant' ? idsOf(previous, 'tool_use', 'id') : [];
  const answered = new Set<string>();
  for (const [position, block] of message.content.entries()) {
    if (block.type !== 'tool_result') continue;
    const id = String(block.json.tool_use_id);
    if (!calls.includes(id)) {
      throw new Refusal(
        400,
        `messages.${index}.content.${position}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      );
    }
    if (answered.has(id)) {
      throw new Refusal(
        400,
        `messages.${index}.content.${position}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    answered.add(id);
  }
}

/** Results count only where they come first: text before them makes the service think they are missing. */
function leadingResults(message: WireMessage | undefined): readonly string[] {
  if (message?.role !== 'user') return [];
  const end = message.content.findIndex((block) => block.type !== 'tool_result');
  const leading = end === -1 ? message.content : message.content.slice(0, end);
  return leading.map((block) => String(block.json.tool_use_id));
}

function idsOf(message: WireMessage, type: string, key: string): readonly string[] {
  return message.content.filter((block) => block.type === type).map((block) => String(block.json[key]));
}

function checkThinking(messages: readonly WireMessage[], rules: HistoryRules): void {
  for (const [index, message] of messages.entries()) {
    for (const [position, block] of message.content.entries()) {
      if (block.type !== 'thinking') continue;
      if (block.json.signature !== thinkingSignature(String(block.json.thinking))) {
        throw new Refusal(400, `messages.${index}.content.${position}: Invalid \`signature\` in \`thinking\` block`);
      }
    }
  }
  if (rules.thinking === 'disabled') return;
  const lastIndex = messages.findLastIndex((message) => message.role === 'assistant');
  const last = messages[lastIndex];
  const expected =
    last === undefined
      ? undefined
      : idsOf(last, 'tool_use', 'id')
          .map((id) => rules.issued.get(id))
          .at(0);
  const first = last?.content[0];
  if (expected !== undefined && first !== undefined && first.json.signature !== expected) {
    throw new Refusal(
      400,
      `messages.${lastIndex}.content.0: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message ` +
        'cannot be modified. These blocks must remain as they were in the original response.',
    );
  }
}
