/** What goes over the wire: stable prefixes, cache markers, and whose private blocks are sent back to whom. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TranscriptMessage } from '../../src/domain/transcript.ts';
import type { ModelRequest } from '../../src/heartbeat/ports.ts';
import { chatBody } from '../../src/models/chat-body.ts';
import { messagesBody } from '../../src/models/messages-body.ts';
import type { Provider } from '../../src/models/protocol.ts';
import { responsesBody } from '../../src/models/responses-body.ts';

const anthropic: Provider = { name: 'anthropic', kind: 'anthropic', baseUrl: null, apiKey: 'k' };
const openai: Provider = { name: 'openai', kind: 'openai', baseUrl: null, apiKey: 'k' };
const NONE = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

function request(model: string, messages: readonly TranscriptMessage[]): ModelRequest {
  const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
  return {
    model,
    system: 'You are careful.',
    tools: [{ name: 'look', description: 'Looks.', schema }],
    messages,
    outputTokensMax: 100,
    cacheKey: 'session-1',
    signal: new AbortController().signal,
  };
}

function assistant(model: string, more: Partial<Extract<TranscriptMessage, { kind: 'assistant' }>> = {}) {
  return { kind: 'assistant' as const, text: '', calls: [], opaque: null, usage: NONE, model, ...more };
}

function turn(model: string, number: number, calls = 1): readonly TranscriptMessage[] {
  const ids = Array.from({ length: calls }, (_, index) => `c${number}_${index}`);
  return [
    assistant(model, { calls: ids.map((id) => ({ id, name: 'look', input: { number } })) }),
    { kind: 'tool-results', results: ids.map((callId) => ({ callId, name: 'look', text: 'seen', isError: false })) },
  ];
}

const CLAUDE = 'anthropic/claude-sonnet-5-5';
const GPT = 'openai/gpt-5.5';
const opening: TranscriptMessage = { kind: 'user', text: 'Begin.' };

const bodies: Readonly<Record<string, (messages: readonly TranscriptMessage[]) => readonly unknown[]>> = {
  anthropic: (messages) => {
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(CLAUDE, messages) });
    return [body.tools, body.system, ...withoutMarkers(body.messages)];
  },
  responses: (messages) => {
    const body = responsesBody({ provider: openai, modelName: 'gpt-5.5', request: request(GPT, messages) });
    return [body.prompt_cache_key, body.tools, body.instructions, ...(Array.isArray(body.input) ? body.input : [])];
  },
  chat: (messages) => {
    const body = chatBody({ provider: openai, modelName: 'qwen', request: request(GPT, messages) });
    return [body.tools, ...body.messages];
  },
};

for (const [protocol, blocks] of Object.entries(bodies)) {
  test(`${protocol}: each request begins with all of the one before, byte for byte`, () => {
    const model = protocol === 'anthropic' ? CLAUDE : GPT;
    let messages: readonly TranscriptMessage[] = [opening];
    let before = blocks(messages).map((block) => JSON.stringify(block));
    for (let number = 1; number <= 6; number += 1) {
      messages = [
        ...messages,
        ...turn(model, number, number),
        ...(number === 3 ? [{ ...opening, text: 'More.' }] : []),
      ];
      const now = blocks(messages).map((block) => JSON.stringify(block));
      assert.deepEqual(now.slice(0, before.length), before);
      before = now;
    }
  });
}

describe('cache markers', () => {
  const marked = (messages: readonly TranscriptMessage[]): readonly string[] => {
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(CLAUDE, messages) });
    return body.messages.flatMap((message, index) =>
      typeof message.content === 'string'
        ? []
        : message.content.flatMap((block, position) => ('cache_control' in block ? [`${index}.${position}`] : [])),
    );
  };
  test('the system prompt and the last block', () => {
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(CLAUDE, [opening]) });
    assert.ok(Array.isArray(body.system) && body.system[0]?.cache_control?.type === 'ephemeral');
    assert.deepEqual(marked([opening]), ['0.0']);
    assert.deepEqual(marked([opening, ...turn(CLAUDE, 1)]), ['2.0']);
  });
  test('a turn of more than twenty blocks keeps a marker where the last one was', () => {
    assert.deepEqual(marked([opening, ...turn(CLAUDE, 1, 12)]), ['0.0', '2.11']);
    assert.deepEqual(marked([opening, ...turn(CLAUDE, 1), ...turn(CLAUDE, 2, 12)]), ['2.0', '4.11']);
  });
});

describe('thinking goes back to the model that thought it, and to no other', () => {
  const blocks = [
    { type: 'thinking', thinking: 'Hm.', signature: 's' },
    { type: 'tool_use', id: 'c1', name: 'look', input: {} },
  ];
  const calls = [{ id: 'c1', name: 'look', input: {} }];
  const results: TranscriptMessage = {
    kind: 'tool-results',
    results: [{ callId: 'c1', name: 'look', text: 'seen', isError: true }],
  };
  const thought = assistant(CLAUDE, { calls, opaque: { provider: 'anthropic (anthropic)', blocks } });

  test('word for word, in its place', () => {
    const messages = [opening, thought, results];
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(CLAUDE, messages) });
    assert.deepEqual(body.messages[1]?.content, blocks);
    assert.ok(!JSON.stringify(blocks).includes('cache_control'), 'the transcript itself is left alone');
  });
  test('another model of the provider gets the calls alone', () => {
    const messages = [opening, thought, results];
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(`${CLAUDE}-2`, messages) });
    assert.deepEqual(body.messages[1]?.content, [{ type: 'tool_use', id: 'c1', name: 'look', input: {} }]);
  });
  test('another provider too, with the results still at their calls', () => {
    const messages = [opening, thought, results];
    const body = responsesBody({ provider: openai, modelName: 'gpt-5.5', request: request(GPT, messages) });
    assert.deepEqual(body.input, [
      { role: 'user', content: 'Begin.' },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'seen' },
    ]);
  });
  test('encrypted reasoning likewise', () => {
    const items = [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'e' },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'look', arguments: '{}', status: 'completed' },
    ];
    const message = assistant(GPT, { calls, opaque: { provider: 'openai (responses)', blocks: items } });
    const body = responsesBody({ provider: openai, modelName: 'gpt-5.5', request: request(GPT, [opening, message]) });
    assert.deepEqual(Array.isArray(body.input) ? body.input.slice(1) : [], items);
    assert.deepEqual(body.include, ['reasoning.encrypted_content']);
    assert.equal(body.store, false);
  });
  test('ids of other providers are renamed by place: they may repeat, or carry letters that are refused', () => {
    const strange = assistant('local/qwen', { calls: [{ id: 'call:0', name: 'look', input: {} }] });
    const answer: TranscriptMessage = {
      kind: 'tool-results',
      results: [{ callId: 'call:0', name: 'look', text: '', isError: false }],
    };
    const messages = [opening, strange, answer];
    const body = messagesBody({ provider: anthropic, modelName: 'm', request: request(CLAUDE, messages) });
    assert.match(JSON.stringify(body.messages[1]), /"id":"call_1_0"/);
    assert.match(JSON.stringify(body.messages[2]), /"tool_use_id":"call_1_0"/);
  });
});

test('the output limit has the name each server knows', () => {
  const keys = (modelName: string) =>
    Object.keys(chatBody({ provider: openai, modelName, request: request('local/x', [opening]) }));
  assert.ok(keys('gpt-5.5').includes('max_completion_tokens'));
  assert.ok(keys('qwen3-coder').includes('max_tokens'));
  assert.ok(keys('gpt-oss-120b').includes('max_tokens'));
});

function withoutMarkers(messages: readonly unknown[]): readonly unknown[] {
  return messages.map((message) =>
    JSON.parse(JSON.stringify(message, (key, value) => (key === 'cache_control' ? undefined : value))),
  );
}
