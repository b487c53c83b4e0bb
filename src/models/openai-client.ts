/** The client both OpenAI protocols speak through: loaded on first use, with nothing taken from the environment. */
import type OpenAI from 'openai';
import type { WireCall } from './protocol.ts';

export async function openaiClient(call: WireCall): Promise<OpenAI> {
  const { default: OpenAI } = await import('openai');
  return new OpenAI({
    // Local servers ask for no key, the client for a word.
    apiKey: call.provider.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    baseURL: call.provider.baseUrl ?? 'https://api.openai.com/v1',
    maxRetries: 0,
    timeout: CLIENT_TIMEOUT_MS,
    fetch: call.watch.fetch,
    logLevel: 'off',
  });
}

/** Our own watch bounds the call; the client's must only never be shorter. */
const CLIENT_TIMEOUT_MS = 24 * 60 * 60_000;
