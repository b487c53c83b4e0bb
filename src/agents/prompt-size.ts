/** How large a prompt is: what the provider counted of it, and a guess or a bound for the rest. */
import type { ToolSpec, Usage } from '../domain/transcript.ts';
import type { View } from './view-of.ts';

export interface PromptSize {
  /** Tokens that this very model counted for the beginning of this prompt, answer included; 0 when it has seen none of it. */
  readonly countedTokens: number;
  readonly uncountedBytes: number;
}

export function promptSize(view: View, model: string, system: string, tools: readonly ToolSpec[]): PromptSize {
  const { messages, freshFrom } = view;
  const at = messages.findLastIndex((message) => message.kind === 'assistant' && message.model === model);
  const counted = messages[at];
  if (counted?.kind !== 'assistant' || at < freshFrom) {
    return { countedTokens: 0, uncountedBytes: bytesOf([system, tools, messages]) };
  }
  return {
    countedTokens: promptTokens(counted.usage) + counted.usage.output,
    uncountedBytes: bytesOf(messages.slice(at + 1)),
  };
}

/** Somewhat more than it will be: code and English come to more than three bytes a token. */
export function likelyTokens({ countedTokens, uncountedBytes }: PromptSize): number {
  return countedTokens + Math.ceil(uncountedBytes / BYTES_PER_TOKEN);
}

export function promptTokens({ input, cacheRead, cacheWrite }: Usage): number {
  return input + cacheRead + cacheWrite;
}

export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

export const BYTES_PER_TOKEN = 3;
