/** Writes a model's output as a Chat Completions answer, whole and as stream chunks. */
import type OpenAI from 'openai';
import { isObject } from '../../json.ts';
import type { DecodedCall } from '../decoded-call.ts';
import { type ModelOutput, type OutputBlock, pieces } from '../model-output.ts';
import type { CacheUsage } from '../prompt-cache.ts';
import { DONE, type WireAnswer, type WireEvent } from '../wire-answer.ts';

type Completion = OpenAI.Chat.Completions.ChatCompletion;
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type CallBlock = Extract<OutputBlock, { kind: 'call' }>;

export function encodeCompletion(output: ModelOutput, call: DecodedCall, cache: CacheUsage, now: number): WireAnswer {
  const calls = output.blocks.filter((block) => block.kind === 'call');
  const text = textOf(output);
  const usage = usageOf(output, cache);
  const head = {
    id: `chatcmpl-${output.id}`,
    created: Math.floor(now / 1000),
    model: call.request.model,
    service_tier: 'default' as const,
    system_fingerprint: 'fp_heartline',
  };
  const completion: Completion = {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          annotations: [],
          ...(calls.length > 0 ? { tool_calls: calls.map(wholeCall) } : {}),
        },
        logprobs: null,
        finish_reason: finishReason(output),
      },
    ],
    usage,
  };
  const options = isObject(call.request.raw) ? call.request.raw.stream_options : undefined;
  const includeUsage = isObject(options) && options.include_usage === true;
  const chunk = (choices: Chunk['choices'], tail: { readonly usage?: Completion['usage'] | null } = {}): WireEvent => {
    const ending = includeUsage ? { usage: tail.usage ?? null } : {};
    const data: Chunk = { ...head, object: 'chat.completion.chunk', choices, ...ending };
    return { data };
  };
  const delta = (part: Chunk['choices'][number]['delta']): WireEvent =>
    chunk([{ index: 0, delta: part, logprobs: null, finish_reason: null }]);
  const events: WireEvent[] = [
    delta({ role: 'assistant', content: text === '' && calls.length > 0 ? null : '', refusal: null }),
    ...pieces(text).map((content) => delta({ content })),
    ...calls.flatMap((block, index) => callDeltas(block, index).map((part) => delta({ tool_calls: [part] }))),
    chunk([{ index: 0, delta: {}, logprobs: null, finish_reason: finishReason(output) }]),
    ...(includeUsage ? [chunk([], { usage })] : []),
    { data: DONE },
  ];
  return { body: completion, events };
}

type CallDelta = NonNullable<Chunk['choices'][number]['delta']['tool_calls']>[number];

/** Only the first piece carries id and name; the others are told apart by their index alone. */
function callDeltas(block: CallBlock, index: number): readonly CallDelta[] {
  return [
    { index, id: callId(block.id), type: 'function', function: { name: block.name, arguments: '' } },
    ...pieces(block.json).map((part): CallDelta => ({ index, function: { arguments: part } })),
  ];
}

function wholeCall(block: CallBlock): OpenAI.Chat.Completions.ChatCompletionMessageFunctionToolCall {
  return { id: callId(block.id), type: 'function', function: { name: block.name, arguments: block.json } };
}

export function callId(id: string): string {
  return `call_${id}`;
}

function textOf(output: ModelOutput): string {
  return output.blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('');
}

function finishReason(output: ModelOutput): 'stop' | 'tool_calls' | 'length' {
  switch (output.stop) {
    case 'end':
      return 'stop';
    case 'calls':
      return 'tool_calls';
    case 'length':
      return 'length';
  }
}

function usageOf(output: ModelOutput, cache: CacheUsage): OpenAI.CompletionUsage {
  const prompt = cache.inputTokens + cache.cacheReadTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: output.outputTokens,
    total_tokens: prompt + output.outputTokens,
    prompt_tokens_details: { cached_tokens: cache.cacheReadTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: output.thinkingTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
