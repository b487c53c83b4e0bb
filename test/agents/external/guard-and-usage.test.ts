// What leaves a room for a model, and what is read from the answer about its cost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardBody } from '../../../src/agents/external/guard-body.ts';
import type { ModelEndpoint } from '../../../src/agents/external/model-endpoint.ts';
import { usageReader } from '../../../src/agents/external/wire-usage.ts';

const endpoint = (protocol: ModelEndpoint['protocol']): ModelEndpoint => ({
  protocol,
  baseUrl: 'http://127.0.0.1:1',
  apiKey: 'real',
  modelName: 'chosen',
});

test('the model is the configured one and the answer bounded, whatever was asked for', () => {
  const asked = { model: 'dearest', messages: [] };
  assert.deepEqual(guardBody({ ...asked, max_tokens: 99_999 }, endpoint('anthropic'), 8_000), {
    model: 'chosen',
    messages: [],
    max_tokens: 8_000,
  });
  assert.equal(guardBody({ ...asked, max_tokens: 100 }, endpoint('anthropic'), 8_000).max_tokens, 100);
  assert.equal(guardBody(asked, endpoint('responses'), 8_000).max_output_tokens, 8_000);
  assert.equal(guardBody(asked, endpoint('chat'), 8_000).max_tokens, 8_000);
  const newer = guardBody({ ...asked, max_completion_tokens: -1, stream: true, n: 40 }, endpoint('chat'), 8_000);
  assert.deepEqual(newer, {
    ...{ model: 'chosen', messages: [], max_completion_tokens: 8_000, stream: true },
    stream_options: { include_usage: true },
  });
});

test('tools that the provider would run itself are taken out: they reach what the room does not', () => {
  const anthropic = guardBody(
    {
      tools: [
        { name: 'Bash', input_schema: {} },
        { type: 'web_fetch_20260209', name: 'web_fetch' },
        { type: 'bash_20250124' },
      ],
      mcp_servers: [{ url: 'https://elsewhere.example' }],
      container: 'c',
    },
    endpoint('anthropic'),
    10,
  );
  assert.deepEqual(anthropic.tools, [{ name: 'Bash', input_schema: {} }, { type: 'bash_20250124' }]);
  assert.ok(!('mcp_servers' in anthropic) && !('container' in anthropic));
  const responses = guardBody(
    {
      tools: [{ type: 'function', name: 'exec' }, { type: 'web_search' }, { type: 'mcp', server_url: 'x' }],
      store: true,
    },
    endpoint('responses'),
    10,
  );
  assert.deepEqual(responses.tools, [{ type: 'function', name: 'exec' }]);
  assert.equal(responses.store, false);
});

const cases: readonly {
  readonly name: string;
  readonly protocol: ModelEndpoint['protocol'];
  readonly streamed: boolean;
  readonly text: string;
  readonly usage: object | null;
}[] = [
  {
    name: 'Messages, streamed: input at the start, output at the end',
    protocol: 'anthropic',
    streamed: true,
    text: `event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":7,"cache_read_input_tokens":20,"cache_creation_input_tokens":3,"output_tokens":1}}}\n\ndata: {"type":"message_delta","usage":{"output_tokens":42}}\n\n`,
    usage: { input: 7, cacheRead: 20, cacheWrite: 3, output: 42 },
  },
  {
    name: 'Messages, whole, compacted on the side: every pass is billed',
    protocol: 'anthropic',
    streamed: false,
    text: '{"usage":{"input_tokens":5,"output_tokens":2,"iterations":[{"input_tokens":100,"output_tokens":30},{"input_tokens":5,"output_tokens":2}]}}',
    usage: { input: 105, cacheRead: 0, cacheWrite: 0, output: 32 },
  },
  {
    name: 'Responses, streamed',
    protocol: 'responses',
    streamed: true,
    text: 'data: {"type":"response.created","response":{"usage":null}}\n\ndata: {"type":"response.completed","response":{"usage":{"input_tokens":50,"input_tokens_details":{"cached_tokens":40},"output_tokens":9}}}\n\n',
    usage: { input: 10, cacheRead: 40, cacheWrite: 0, output: 9 },
  },
  {
    name: 'Chat Completions, streamed',
    protocol: 'chat',
    streamed: true,
    text: 'data: {"choices":[],"usage":null}\n\ndata: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3}}\n\ndata: [DONE]\n\n',
    usage: { input: 12, cacheRead: 0, cacheWrite: 0, output: 3 },
  },
  {
    name: 'an answer that broke off before it told',
    protocol: 'chat',
    streamed: true,
    text: 'data: {"cho',
    usage: null,
  },
];

for (const { name, protocol, streamed, text, usage } of cases) {
  test(`cost: ${name}`, () => {
    // However the bytes are cut on their way.
    for (const size of [1, 7, text.length]) {
      const reader = usageReader(protocol, streamed);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
      assert.deepEqual(reader.usage(), usage);
    }
  });
}
