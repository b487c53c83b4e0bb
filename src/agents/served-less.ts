/** Does a server give a model less context than we were told? Some say so when asked; some cut prompts without a word. */
import type { ToolSpec, Usage } from '../domain/transcript.ts';
import type { Models } from '../heartbeat/ports.ts';
import { bytesOf, promptTokens } from './prompt-size.ts';
import type { View } from './view-of.ts';

/** What to do about a server that takes less than the price table says. */
export const MEND = 'Let its server give it more, or write what it has as `context` into prices.yaml';

/** What the server says about itself, before anything is paid for; null when it is enough, or says nothing. */
export async function servesLess(
  models: Pick<Models, 'contextTokens' | 'servedTokens'>,
  model: string,
): Promise<string | null> {
  const served = await models.servedTokens(model);
  const configured = models.contextTokens(model);
  if (served === null || served >= configured) return null;
  return `it is served with a context of ${served} tokens, not ${configured}`;
}

/** No text comes to so few tokens: less was read than was sent. */
const BYTES_PER_TOKEN_MAX = 16;
/** Services count a little differently from call to call. */
const TOLERANCE = 0.9;

/** Null when the count fits what was sent, else a sentence. */
export function servedLess(
  view: View,
  model: string,
  fixed: { readonly system: string; readonly tools: readonly ToolSpec[] },
  usage: Usage,
): string | null {
  const { messages, freshFrom } = view;
  // Earlier thinking leaves a prompt again by the provider's own rules, so counts may fall there.
  if (messages.some((message) => message.kind === 'assistant' && message.opaque !== null)) return null;
  const at = messages.findLastIndex((message) => message.kind === 'assistant' && message.model === model);
  const before = messages[at];
  const known = before?.kind === 'assistant' && at >= freshFrom;
  const atLeast = known
    ? promptTokens(before.usage) + bytesOf(messages.slice(at)) / BYTES_PER_TOKEN_MAX
    : bytesOf([fixed.system, fixed.tools, messages]) / BYTES_PER_TOKEN_MAX;
  const served = promptTokens(usage);
  if (served >= atLeast * TOLERANCE) return null;
  return `it read only ${served} tokens of a prompt of at least ${Math.ceil(atLeast)}`;
}
