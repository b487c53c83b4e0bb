/** OpenAI Responses, stateless: the whole transcript as items each time, encrypted reasoning carried along. */
import type { Responses } from 'openai/resources/responses/responses';
import type { ToolCall, Usage } from '../domain/transcript.ts';
import type { ModelReply } from '../heartbeat/ports.ts';
import { openaiClient } from './openai-client.ts';
import { MalformedStream, opaqueOwner, type Provider, type WireCall } from './protocol.ts';
import { responsesBody } from './responses-body.ts';
import { toolInput } from './tool-input.ts';

export async function callResponses(call: WireCall): Promise<ModelReply> {
  const client = await openaiClient(call);
  const stream = await client.responses.create(responsesBody(call), { signal: call.watch.signal });
  return await readReply(stream, call.provider);
}

/** A failure told inside the stream, in the shape the clients' own errors have. */
class StreamedError extends Error {
  readonly code: string | null;
  constructor(code: string | null, message: string) {
    super(message);
    this.code = code;
  }
}

async function readReply(
  stream: AsyncIterable<Responses.ResponseStreamEvent>,
  provider: Provider,
): Promise<ModelReply> {
  const output = new Map<number, Responses.ResponseOutputItem>();
  for await (const event of stream) {
    switch (event.type) {
      case 'response.output_item.done':
        output.set(event.output_index, event.item);
        break;
      case 'response.completed':
      case 'response.incomplete':
        return replyOf([...output.values()], event.response, provider);
      case 'response.failed':
        throw new StreamedError(event.response.error?.code ?? null, event.response.error?.message ?? 'it failed');
      case 'error':
        throw new StreamedError(event.code, event.message);
      default:
        break;
    }
  }
  throw new MalformedStream('the stream ended before the response did');
}

function replyOf(
  output: readonly Responses.ResponseOutputItem[],
  response: Responses.Response,
  provider: Provider,
): ModelReply {
  const cut = response.status === 'incomplete';
  if (!response.usage) throw new MalformedStream('the response came without its usage');
  const calls = output.flatMap((item): ToolCall[] =>
    // A call that the output limit cut in half never runs.
    item.type === 'function_call' && item.status !== 'incomplete'
      ? [{ id: item.call_id, name: item.name, input: toolInput(item.arguments) }]
      : [],
  );
  return {
    text: output.flatMap((item) => (item.type === 'message' ? [messageText(item)] : [])).join('\n'),
    calls,
    opaque: cut ? null : opaqueOf(output, provider),
    usage: usageOf(response.usage),
    stop: cut ? 'length' : calls.length > 0 ? 'calls' : 'text',
  };
}

/** Reasoning and the item it led to travel together, so the whole output is kept as it came. */
function opaqueOf(output: readonly Responses.ResponseOutputItem[], provider: Provider): ModelReply['opaque'] {
  const reasoning = output.filter((item) => item.type === 'reasoning');
  if (reasoning.length === 0 || reasoning.some((item) => typeof item.encrypted_content !== 'string')) return null;
  if (output.at(-1)?.type === 'reasoning') return null;
  return { provider: opaqueOwner(provider.name, 'responses'), blocks: output };
}

function messageText(item: Responses.ResponseOutputMessage): string {
  return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('\n');
}

/** `input_tokens` is the whole prompt here; what was cached is part of it. */
function usageOf(usage: Responses.ResponseUsage): Usage {
  const cacheRead = usage.input_tokens_details?.cached_tokens ?? 0;
  const cacheWrite = usage.input_tokens_details?.cache_write_tokens ?? 0;
  return {
    input: Math.max(0, usage.input_tokens - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: usage.output_tokens,
  };
}
