/** Chat Completions, the protocol every local and compatible server speaks. */
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { ToolCall, Usage } from '../domain/transcript.ts';
import type { ModelReply, ModelRequest } from '../heartbeat/ports.ts';
import { chatBody } from './chat-body.ts';
import { openaiClient } from './openai-client.ts';
import { MalformedStream, type WireCall } from './protocol.ts';
import { toolInput } from './tool-input.ts';

export async function callChat(call: WireCall): Promise<ModelReply> {
  const client = await openaiClient(call);
  const stream = await client.chat.completions.create(chatBody(call), { signal: call.watch.signal });
  return await readReply(stream, call.request);
}

interface StreamedCall {
  id: string;
  name: string;
  json: string;
}

async function readReply(stream: AsyncIterable<ChatCompletionChunk>, request: ModelRequest): Promise<ModelReply> {
  const streamed = new Map<number, StreamedCall>();
  let text = '';
  let finish: string | null = null;
  let usage: Usage | null = null;
  for await (const chunk of stream) {
    if (chunk.usage) usage = usageOf(chunk.usage);
    const choice = chunk.choices[0];
    if (choice === undefined) continue;
    text += choice.delta?.content ?? '';
    for (const piece of choice.delta?.tool_calls ?? []) {
      const call = streamed.get(piece.index) ?? { id: '', name: '', json: '' };
      call.id ||= piece.id ?? '';
      call.name ||= piece.function?.name ?? '';
      call.json += piece.function?.arguments ?? '';
      streamed.set(piece.index, call);
    }
    finish = choice.finish_reason ?? finish;
  }
  if (finish === null) throw new MalformedStream('the stream ended before the message did');
  const cut = finish === 'length';
  const found = [...streamed.values()];
  // A call that the output limit cut in half never runs.
  const calls = (cut ? found.slice(0, -1) : found).map((call, position) => toolCall(call, position, request));
  return {
    text,
    calls,
    opaque: null,
    usage: usage ?? unknownUsage(request),
    stop: cut ? 'length' : calls.length > 0 ? 'calls' : 'text',
  };
}

/** Some servers give no id, or the same one in every reply; ours then says the place in the transcript. */
function toolCall(call: StreamedCall, position: number, request: ModelRequest): ToolCall {
  const known = new Set(
    request.messages.flatMap((message) => (message.kind === 'assistant' ? message.calls.map(({ id }) => id) : [])),
  );
  let id = call.id;
  // After a compaction there are fewer messages than before, so a place may come round again.
  for (let place = request.messages.length; id === '' || known.has(id); place += 1) id = `call_${place}_${position}`;
  return { id, name: call.name, input: toolInput(call.json) };
}

function usageOf(usage: NonNullable<ChatCompletionChunk['usage']>): Usage {
  const cacheRead = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    input: Math.max(0, usage.prompt_tokens - cacheRead),
    cacheRead,
    cacheWrite: 0,
    output: usage.completion_tokens,
  };
}

/** A server that does not count is taken at the dearest it can have been: unknown is never free. */
function unknownUsage(request: ModelRequest): Usage {
  const prompt = JSON.stringify([request.system, request.tools, request.messages]);
  return { input: Buffer.byteLength(prompt), cacheRead: 0, cacheWrite: 0, output: request.outputTokensMax };
}
