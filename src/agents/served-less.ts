/** Did the server cut the prompt without a word? Some do, and then answer as if nothing were missing. */
import type { ToolSpec, Usage } from '../domain/transcript.ts';
import { bytesOf, promptTokens } from './prompt-size.ts';
import type { View } from './view-of.ts';

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
