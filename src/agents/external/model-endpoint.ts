/** Where a model of a provider is reached and with which key: known to the bot alone, never to a room. */

export interface ModelEndpoint {
  readonly protocol: 'anthropic' | 'responses' | 'chat';
  /** As in the settings: with `/v1` at its end where the protocol is one of OpenAI's. */
  readonly baseUrl: string;
  /** Null where the server asks for none. */
  readonly apiKey: string | null;
  /** The provider's own name of the model. */
  readonly modelName: string;
}

/** The one path a program may call, as it asks for it inside, and what follows the base URL outside. */
export function callPath({ protocol }: Pick<ModelEndpoint, 'protocol'>): {
  readonly inside: string;
  readonly outside: string;
} {
  switch (protocol) {
    case 'anthropic':
      return { inside: '/v1/messages', outside: '/v1/messages' };
    case 'responses':
      return { inside: '/v1/responses', outside: '/responses' };
    case 'chat':
      return { inside: '/v1/chat/completions', outside: '/chat/completions' };
  }
}
