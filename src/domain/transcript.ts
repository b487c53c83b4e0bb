/** A session's transcript in words no provider owns: append-only, stored message by message, translated at the model's door. */
import type { MicroUsd } from './run.ts';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export type TranscriptMessage =
  | { readonly kind: 'user'; readonly text: string }
  | {
      readonly kind: 'assistant';
      readonly text: string;
      readonly calls: readonly ToolCall[];
      /** Blocks only the same provider and protocol can read again (thinking, encrypted reasoning), word for word. */
      readonly opaque: { readonly provider: string; readonly blocks: readonly unknown[] } | null;
      readonly usage: Usage;
      readonly model: string;
    }
  /** All results of the assistant message before it, in the order of its calls. */
  | { readonly kind: 'tool-results'; readonly results: readonly ToolResult[] };

/**
 * From its place on, what was said before message `before` is sent shorter: without old outputs of tools where `summary`
 * is null, else as people's own words and the summary. What was sent can be told from the rows alone, so a resumed
 * session sends the same bytes; nothing that was said is ever taken out of them.
 */
export interface Compaction {
  readonly kind: 'compaction';
  /** Counted over messages, compactions left out. */
  readonly before: number;
  readonly summary: string | null;
}

/** One row of a session. */
export type TranscriptEntry = TranscriptMessage | Compaction;

export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly text: string;
  readonly isError: boolean;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object, additionalProperties false, every property required: what strict modes accept. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Tokens as the provider counted them. `input` excludes what was read from or written to its cache. */
export interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** US dollars per million tokens, in micro-dollars per token times a million: 3 USD/M is 3_000_000. */
export interface Price {
  readonly inputMicroUsdPerMillion: MicroUsd;
  readonly cacheReadMicroUsdPerMillion: MicroUsd;
  readonly cacheWriteMicroUsdPerMillion: MicroUsd;
  readonly outputMicroUsdPerMillion: MicroUsd;
}
