/** One call to the model service: as it arrives, as it is answered, and as the log keeps it. */
import type { FaultKind } from '../faults.ts';
import type { ModelProtocol, ScriptedReply, ScriptedRequest } from './conversation.ts';
import type { WireEvent } from './wire-answer.ts';

/** The parts are disjoint: input read from the cache or written to it is not in `inputTokens`. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

/** What the model read. `digest` and `fixedDigest` show a prefix that changed when it should not have. */
export interface PromptRecord {
  readonly digest: string;
  /** Of tools and system alone. */
  readonly fixedDigest: string;
  readonly tokens: number;
  /** How much of it, from the front, an earlier call had already sent. */
  readonly repeatedTokens: number;
}

export interface LoggedCall {
  readonly number: number;
  readonly at: number;
  /** Method and path. */
  readonly operation: string;
  readonly protocol: ModelProtocol;
  /** The API key that was presented, if any. */
  readonly key: string | null;
  readonly model: string | null;
  readonly streamed: boolean;
  /** Null when the request was never understood. */
  readonly request: ScriptedRequest | null;
  readonly reply: ScriptedReply | null;
  readonly usage: ModelUsage | null;
  readonly prompt: PromptRecord | null;
  /** The status that was answered, or would have been; 0 when nothing was done. */
  readonly status: number;
  /** The words of a refusal. */
  readonly refusal: string | null;
  readonly fault: FaultKind | null;
}

export interface ArrivedCall {
  readonly number: number;
  readonly operation: string;
  readonly route: Route;
  readonly protocol: ModelProtocol;
  readonly key: string | null;
  readonly anthropicVersion: string | null;
  /** Null when the body was larger than the service takes. */
  readonly body: string | null;
}

export type Route =
  | { readonly kind: 'generate' }
  | { readonly kind: 'count-tokens' }
  | { readonly kind: 'list-models' }
  | { readonly kind: 'get-model'; readonly id: string }
  | { readonly kind: 'unknown' };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Set when the answer streams. */
  readonly events: readonly WireEvent[] | null;
}

/** The log entry of a call of which nothing is known yet. */
export function blankEntry(arrived: ArrivedCall, at: number): LoggedCall {
  const { number, operation, protocol, key } = arrived;
  const nothing = {
    model: null,
    streamed: false,
    request: null,
    reply: null,
    usage: null,
    prompt: null,
    refusal: null,
  };
  return { number, at, operation, protocol, key, ...nothing, status: 0, fault: null };
}
