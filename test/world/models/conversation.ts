/**
 * The neutral form of a model call: what a scripted agent sees and what it answers, whichever of the three protocols
 * carried it.
 */
import { createHash } from 'node:crypto';

export type ModelProtocol = 'anthropic' | 'responses' | 'chat';

export interface ScriptedRequest {
  readonly protocol: ModelProtocol;
  readonly model: string;
  readonly system: string;
  readonly tools: readonly OfferedTool[];
  readonly messages: readonly Turn[];
  /** The body as it arrived, for a script that must look at something protocol-specific. */
  readonly raw: unknown;
  /** The API key that was presented. */
  readonly key: string;
}

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly schema: unknown;
}

export type Turn =
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'assistant'; readonly text: string; readonly calls: readonly ToolCall[] }
  | {
      readonly kind: 'tool-result';
      readonly callId: string;
      readonly name: string;
      readonly text: string;
      readonly isError: boolean;
    };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/**
 * `error` alone refuses the call. `error` beside text or calls lets a stream begin and then fails it half way; a call
 * that does not stream is simply refused. `stop: 'length'` cuts the last piece in half, as a full output would.
 */
export interface ScriptedReply {
  readonly text?: string;
  /** Shown only when the request asks for thinking, as the real services do. */
  readonly thinking?: string;
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
  readonly error?: ScriptedError;
  readonly stop?: 'length';
}

export interface ScriptedError {
  readonly status: number;
  readonly type?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

/** Must be a pure function of the request, so that a restarted client meets the same agent again. */
export type Script = (request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>;

/** A conversation's own name: equal conversations have equal digests, so all ids made from it are repeatable. */
export function conversationDigest(request: Pick<ScriptedRequest, 'system' | 'messages'>): string {
  return digest(JSON.stringify([request.system, request.messages]));
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The OpenAI protocols have no error flag on a tool result, so there it is read off the text: a failed tool answers
 * with a text that opens with `Error` or `Interrupted`.
 */
export function readsAsError(text: string): boolean {
  return /^\s*\[?(error|interrupted)\b/i.test(text);
}
