/** What every protocol file offers: a pure translation to the wire, and one streamed call that is translated back. */
import type { ModelReply, ModelRequest } from '../heartbeat/ports.ts';
import type { Watch } from './watch.ts';

export interface Provider {
  /** The name before the slash in `provider/model`. */
  readonly name: string;
  readonly kind: 'anthropic' | 'openai';
  /** Which OpenAI protocol it speaks; responses unless said otherwise. */
  readonly api?: 'responses' | 'chat';
  /** Null: the vendor's own address. */
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
}

export interface WireCall {
  readonly provider: Provider;
  /** The provider's own name of the model. */
  readonly modelName: string;
  readonly request: ModelRequest;
  readonly watch: Watch;
}

export type Protocol = (call: WireCall) => Promise<ModelReply>;

/** Names who can read a reply's opaque blocks again. */
export function opaqueOwner(provider: string, protocol: 'anthropic' | 'responses' | 'chat'): string {
  return `${provider} (${protocol})`;
}

/** The stream ended or spoke in a way the protocol does not know: never half an answer taken for a whole one. */
export class MalformedStream extends Error {}

/** Providers refuse messages without content; a reply that was cut before its first word still has its place. */
export const NO_TEXT = '(no text)';
