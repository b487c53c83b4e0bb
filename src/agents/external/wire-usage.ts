/** Reads from an answer as it passes by what it cost, in any of the three protocols, streamed or whole. */
import type { Usage } from '../../domain/transcript.ts';
import { isObject, type JsonObject, objectIn } from './json-object.ts';
import type { ModelEndpoint } from './model-endpoint.ts';

export interface UsageReader {
  add(chunk: Uint8Array): void;
  /** Null when the answer never said it: whoever pays takes the worst. */
  usage(): Usage | null;
}

/** No event of a stream that tells a cost is longer; what is, is passed on and not read. */
const LINE_CHARACTERS_MAX = 8 * 1024 * 1024;

export function usageReader(protocol: ModelEndpoint['protocol'], streamed: boolean): UsageReader {
  const decoder = new TextDecoder();
  let rest = '';
  let found: Usage | null = null;
  const note = (value: JsonObject | null) => {
    if (value !== null) found = usageIn(protocol, value, found);
  };
  return {
    add: (chunk) => {
      rest += decoder.decode(chunk, { stream: true });
      if (streamed) {
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines)
          if (line.startsWith('data:') && line.includes('"usage"')) note(objectIn(line.slice(5)));
      }
      if (rest.length > LINE_CHARACTERS_MAX) rest = '';
    },
    usage: () => {
      if (!streamed) note(objectIn(rest));
      return found;
    },
  };
}

function usageIn(protocol: ModelEndpoint['protocol'], event: JsonObject, before: Usage | null): Usage | null {
  switch (protocol) {
    case 'anthropic': {
      const usage = isObject(event.message) ? event.message.usage : event.usage;
      return isObject(usage) ? anthropicUsage(usage, before) : before;
    }
    case 'responses': {
      const usage = isObject(event.response) ? event.response.usage : event.usage;
      if (!isObject(usage)) return before;
      const cacheRead = count(detail(usage.input_tokens_details).cached_tokens);
      return openaiUsage(count(usage.input_tokens), cacheRead, count(usage.output_tokens));
    }
    case 'chat': {
      const { usage } = event;
      if (!isObject(usage)) return before;
      const cacheRead = count(detail(usage.prompt_tokens_details).cached_tokens);
      return openaiUsage(count(usage.prompt_tokens), cacheRead, count(usage.completion_tokens));
    }
  }
}

/** A provider that compacts on its side bills each pass, and tells them apart from the sum at the top. */
function anthropicUsage(usage: JsonObject, before: Usage | null): Usage {
  const passes = Array.isArray(usage.iterations) ? usage.iterations.filter(isObject) : [];
  const parts = passes.length > 0 ? passes : [usage];
  const total = (key: string) => parts.reduce((sum, part) => sum + count(part[key]), 0);
  return {
    input: Math.max(total('input_tokens'), before?.input ?? 0),
    cacheRead: Math.max(total('cache_read_input_tokens'), before?.cacheRead ?? 0),
    cacheWrite: Math.max(total('cache_creation_input_tokens'), before?.cacheWrite ?? 0),
    output: Math.max(total('output_tokens'), before?.output ?? 0),
  };
}

function openaiUsage(prompt: number, cacheRead: number, output: number): Usage {
  return { input: Math.max(0, prompt - cacheRead), cacheRead, cacheWrite: 0, output };
}

function detail(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
