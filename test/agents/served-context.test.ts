// A server that serves less context than the price table says is noticed from its own word, before the first call.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Provider } from '../../src/models/protocol.ts';
import { servedTokens } from '../../src/models/served-tokens.ts';
import { inWorld } from './session-world.ts';

const MODEL = 'qwen3-coder';
/** By operation: what each kind of server really answers, cut down to what is near the figure. */
type Answers = Readonly<Record<string, unknown>>;

const CASES: readonly { readonly server: string; readonly answers: Answers; readonly served: number | null }[] = [
  {
    server: 'vLLM',
    answers: { 'GET /v1/models': { data: [{ id: MODEL, owned_by: 'vllm', max_model_len: 32_768 }] } },
    served: 32_768,
  },
  {
    server: 'llama.cpp, whatever the model is called',
    answers: {
      'GET /v1/models': { data: [{ id: '/models/q.gguf', owned_by: 'llamacpp', meta: { n_ctx_train: 262_144 } }] },
      'GET /props': { default_generation_settings: { n_ctx: 4_096 } },
    },
    served: 4_096,
  },
  {
    server: 'Ollama with the model loaded',
    answers: {
      'GET /v1/models': { data: [{ id: MODEL, owned_by: 'library' }] },
      'GET /api/ps': { models: [{ name: `${MODEL}:latest`, context_length: 8_192 }] },
      'POST /api/show': { parameters: 'num_ctx    16384', model_info: { 'qwen3.context_length': 262_144 } },
    },
    served: 8_192,
  },
  {
    server: 'Ollama before its first call',
    answers: {
      'GET /v1/models': { data: [{ id: MODEL, owned_by: 'library' }] },
      'GET /api/ps': { models: [] },
      'POST /api/show': { parameters: 'temperature 1\nnum_ctx    16384\nstop "x"', model_info: {} },
    },
    served: 16_384,
  },
  {
    server: 'Ollama without a word but the length of the training',
    answers: {
      'GET /v1/models': { data: [{ id: MODEL, owned_by: 'library' }] },
      'POST /api/show': { model_info: { 'qwen3.context_length': 40_960, 'qwen3.block_count': 36 } },
    },
    served: 40_960,
  },
  {
    server: 'a hosted service',
    answers: {
      'GET /v1/models': {
        data: [
          { id: 'other', context_length: 1 },
          { id: MODEL, context_length: 65_536 },
        ],
      },
    },
    served: 65_536,
  },
  { server: 'one that lists names alone', answers: { 'GET /v1/models': { data: [{ id: MODEL }] } }, served: null },
  { server: 'one that answers nonsense', answers: { 'GET /v1/models': [MODEL, null, 7] }, served: null },
  { server: 'one without a list', answers: {}, served: null },
];
for (const { server, answers, served } of CASES) {
  test(`the context is read off ${server}`, async () => {
    const { provider, close } = await serving(answers);
    assert.equal(await servedTokens(provider, MODEL), served);
    close();
  });
}

test("Anthropic's own page of a model is read, with the key", async () => {
  const answers = { 'GET /v1/models/claude-x': { id: 'claude-x', max_input_tokens: 100_000 } };
  const { provider, keys, close } = await serving(answers);
  const anthropic = {
    ...provider,
    kind: 'anthropic',
    baseUrl: provider.baseUrl?.replace(/\/v1$/, '') ?? null,
  } as const;
  assert.equal(await servedTokens(anthropic, 'claude-x'), 100_000);
  assert.deepEqual(keys, ['secret']);
  close();
});

test('nobody there is no answer, and no failure', async () => {
  const { provider, close } = await serving({});
  close();
  assert.equal(await servedTokens(provider, MODEL), null);
});

test('a model that is served less than configured is never called; the next of the chain works', async () => {
  const contextTokens = (model: string) => (model.startsWith('anthropic/') ? 1_000_000 : 200_000);
  const script = () => ({ error: { status: 529 } });
  const chain = ['anthropic/claude-sonnet-5-5', 'openai/gpt-5.4'];
  await inWorld({ script, chain, contextTokens }, async (world) => {
    const bot = world.boot();
    const run = world.addRun();
    bot.sessions.start(run);
    const { endReason } = await bot.ended(run.id);
    assert.match(
      endReason ?? '',
      /claude-sonnet-5-5: it is served with a context of 200000 tokens, not 1000000\. Let its server give it more, or write what it has as `context` into prices\.yaml/,
    );
    assert.deepEqual([...new Set(world.models.log.flatMap(({ request }) => request?.model ?? []))], ['gpt-5.4']);
  });
});

test('a chain of nothing else waits for a person, unpaid', async () => {
  await inWorld({ script: () => ({ text: '' }), contextTokens: () => 1_000_000 }, async (world) => {
    const bot = world.boot();
    const run = world.addRun();
    bot.sessions.start(run);
    assert.equal((await bot.ended(run.id)).state, 'awaiting-human');
    assert.equal(world.journal.rows.spend.size, 0);
  });
});

async function serving(answers: Answers): Promise<{
  readonly provider: Provider;
  readonly keys: readonly string[];
  readonly close: () => void;
}> {
  const keys: string[] = [];
  const server = createServer((request, response) => {
    keys.push(String(request.headers['x-api-key'] ?? request.headers.authorization));
    const answer = answers[`${request.method} ${request.url}`];
    request.resume();
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? { error: 'not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const provider = { name: 'local', kind: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'secret' } as const;
  return { provider, keys, close: () => void server.close() };
}
