/**
 * What a program in a room asks of a model, cut down to what it may ask: the configured model, a bounded answer, and no
 * tool that the provider itself would run. Such a tool fetches pages or talks to servers of the asker's choice, which
 * would be a way out of a room that has none.
 */
import { isObject, type JsonObject } from './json-object.ts';
import type { ModelEndpoint } from './model-endpoint.ts';

/** Keys by which a request would bring in the provider's own tools, its memory, or a second answer to pay for. */
const REMOVED = [
  ...['mcp_servers', 'container', 'conversation', 'background', 'previous_response_id', 'prompt', 'n'],
  ...['web_search_options', 'modalities', 'audio', 'prediction', 'service_tier', 'inference_geo', 'speed', 'user'],
  'store',
];
/** A server that is only like OpenAI's may heed another protocol's word for it: none but the one we set is passed on. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

export function guardBody(body: JsonObject, endpoint: ModelEndpoint, outputTokensMax: number): JsonObject {
  const kept = Object.fromEntries(Object.entries(body).filter(([key]) => ![...REMOVED, ...LIMITS].includes(key)));
  const guarded = { ...kept, model: endpoint.modelName, ...toolsOf(kept, endpoint) };
  const limit = (key: string) => Math.min(outputTokensMax, positive(body[key]) ?? outputTokensMax);
  switch (endpoint.protocol) {
    case 'anthropic':
      return { ...guarded, max_tokens: limit('max_tokens') };
    case 'responses':
      return { ...guarded, max_output_tokens: limit('max_output_tokens'), store: false };
    case 'chat': {
      const key = 'max_completion_tokens' in body ? 'max_completion_tokens' : 'max_tokens';
      // Without being asked, a server does not say what a streamed answer cost.
      const streamed = kept.stream === true ? { stream_options: { include_usage: true } } : {};
      return { ...guarded, [key]: limit(key), ...streamed };
    }
  }
}

function toolsOf(body: JsonObject, { protocol }: ModelEndpoint): { readonly tools?: readonly unknown[] } {
  if (!Array.isArray(body.tools)) return {};
  const own = protocol === 'anthropic' ? isOwnTool : isFunction;
  return { tools: body.tools.filter(own) };
}

/** A tool without a type, or of a type that the program itself carries out. */
function isOwnTool(tool: unknown): boolean {
  if (!isObject(tool)) return false;
  const { type } = tool;
  return type === undefined || type === 'custom' || /^(bash|text_editor|memory)_\d+$/.test(String(type));
}

function isFunction(tool: unknown): boolean {
  return isObject(tool) && ['function', 'custom', 'local_shell', 'namespace'].includes(String(tool.type));
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}
