/** What a protocol's decoder hands on: the neutral request and the few settings that shape the answer. */
import type { ScriptedRequest } from './conversation.ts';
import type { PromptBlock } from './prompt-cache.ts';

export interface DecodedCall {
  readonly request: ScriptedRequest;
  readonly stream: boolean;
  /** Where the output is cut; null when the caller set no limit. */
  readonly outputTokensMax: number | null;
  /** Whether the caller asked to see thinking. */
  readonly showsThinking: boolean;
  readonly callsAllowed: 'none' | 'any-number' | 'at-most-one';
  readonly callForced: boolean;
  /** Whether the text must be a JSON document. */
  readonly jsonText: boolean;
  readonly blocks: readonly PromptBlock[];
  /** How many of `blocks` are tools and system: the part that should never change within a session. */
  readonly fixedBlocks: number;
  /** What the provider keeps caches apart by, besides key and model. */
  readonly cacheKey: string;
}

/**
 * What the service remembers of its own answers, to notice a client that tampers with them: for the id of each call it
 * made, the thinking that came before it.
 */
export type IssuedThinking = Map<string, string>;
