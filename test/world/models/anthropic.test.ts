/** The real Anthropic client against the stand-in: streams, tools, caching, refusals and broken answers. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { ScriptedReply, ScriptedRequest } from './conversation.ts';
import { startModels } from './start-models.ts';

type Params = Anthropic.MessageCreateParamsNonStreaming;

const KEY = 'sk-ant-test';
const MODEL = 'claude-sonnet-5-5';
let reply: (request: ScriptedRequest) => ScriptedReply = () => ({ text: 'Hello from the model, at some length.' });
let now = Date.parse('2026-11-02T10:00:00Z');

const world = await startModels({ clock: () => now, keys: [KEY], script: (request) => reply(request) });
const client = new Anthropic({ baseURL: world.url, apiKey: KEY, maxRetries: 0, logLevel: 'off' });
after(() => world.close());

const bash: Anthropic.Tool = {
  name: 'bash',
  description: 'Runs a command.',
  input_schema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
};

function params(more: Partial<Params> = {}): Params {
  return { model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content: 'Say hello.' }], ...more };
}

function tools(more: Partial<Params> = {}): Params {
  return params({ tools: [bash], system: 'You are careful.', ...more });
}

async function refusal(
  sent: unknown,
): Promise<{ status: number | undefined; type: string | null; message: string | null }> {
  const failure: unknown = await client.messages
    .create(Object.assign(params(), sent))
    .catch((thrown: unknown) => thrown);
  assert.ok(failure instanceof Anthropic.APIError, `refused, not ${JSON.stringify(failure)}`);
  return { status: failure.status, type: failure.type, message: failure.apiMessage };
}

describe('answers', () => {
  test('a plain text, whole and streamed, is the same message', async () => {
    reply = () => ({ text: 'Hello — from the model, with “quotes” and 🚀 at some length.' });
    const whole = await client.messages.create(params());
    const streamed = await client.messages.stream(params()).finalMessage();
    assert.deepEqual(whole.content, [
      { type: 'text', text: 'Hello — from the model, with “quotes” and 🚀 at some length.', citations: null },
    ]);
    assert.deepEqual({ ...streamed, parsed_output: undefined }.content[0], whole.content[0]);
    assert.equal(streamed.stop_reason, 'end_turn');
    assert.deepEqual(streamed.usage, whole.usage);
    assert.equal(streamed.id, whole.id);
  });

  test('text before two parallel calls; the inputs come in several partial pieces', async () => {
    const command = 'npm test -- --test-reporter=spec "and a long tail"';
    reply = () => ({
      text: 'Two things.',
      calls: [
        { name: 'bash', input: { command } },
        { name: 'bash', input: { command: 'ls' } },
      ],
    });
    const events: Anthropic.RawMessageStreamEvent[] = [];
    for await (const event of await client.messages.create({ ...tools(), stream: true })) events.push(event);
    const partial = events.flatMap((event) =>
      event.type === 'content_block_delta' && event.index === 1 && event.delta.type === 'input_json_delta'
        ? [event.delta.partial_json]
        : [],
    );
    assert.ok(partial.length > 3, 'several pieces');
    assert.deepEqual(JSON.parse(partial.join('')), { command });
    const message = await client.messages.stream(tools()).finalMessage();
    assert.equal(message.stop_reason, 'tool_use');
    const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
    assert.deepEqual(
      calls.map((call) => call.input),
      [{ command }, { command: 'ls' }],
    );
    assert.notEqual(calls[0]?.id, calls[1]?.id);
    assert.deepEqual((await client.messages.create(tools())).content, message.content);
  });

  test('a tool result reaches the script as a neutral turn', async () => {
    reply = (request) =>
      request.messages.some((turn) => turn.kind === 'tool-result')
        ? { text: 'Done.' }
        : { text: 'Look.', calls: [{ name: 'bash', input: { command: 'ls' } }] };
    const first = await client.messages.create(tools());
    const call = first.content.find((block) => block.type === 'tool_use');
    assert.ok(call);
    const second = await client.messages.create(
      tools({
        messages: [
          { role: 'user', content: 'Say hello.' },
          { role: 'assistant', content: first.content },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: call.id, content: 'a.txt', is_error: false },
              { type: 'text', text: 'Go on.' },
            ],
          },
        ],
      }),
    );
    assert.equal(second.content.length, 1);
    const seen = world.log.at(-1)?.request;
    assert.equal(seen?.system, 'You are careful.');
    assert.equal(seen?.tools[0]?.name, 'bash');
    assert.deepEqual(seen?.messages, [
      { kind: 'user', text: 'Say hello.' },
      { kind: 'assistant', text: 'Look.', calls: [{ id: call.id, name: 'bash', input: { command: 'ls' } }] },
      { kind: 'tool-result', callId: call.id, name: 'bash', text: 'a.txt', isError: false },
      { kind: 'user', text: 'Go on.' },
    ]);
  });

  test('thinking shows only when asked for, and must come back untouched', async () => {
    reply = () => ({ thinking: 'First I look at the directory.', calls: [{ name: 'bash', input: { command: 'ls' } }] });
    assert.equal((await client.messages.create(tools())).content[0]?.type, 'tool_use');
    const thinking: Anthropic.ThinkingConfigParam = { type: 'enabled', budget_tokens: 1024 };
    const first = await client.messages.stream(tools({ thinking, max_tokens: 4000 })).finalMessage();
    assert.deepEqual(
      first.content.map((block) => block.type),
      ['thinking', 'tool_use'],
    );
    assert.ok((first.usage.output_tokens_details?.thinking_tokens ?? 0) > 0);
    const call = first.content[1];
    assert.ok(call?.type === 'tool_use');
    const answering = (content: Anthropic.ContentBlockParam[]): Params =>
      tools({
        thinking,
        max_tokens: 4000,
        messages: [
          { role: 'user', content: 'Say hello.' },
          { role: 'assistant', content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'ok' }] },
        ],
      });
    assert.equal((await client.messages.create(answering(first.content))).stop_reason, 'tool_use');
    assert.match((await refusal(answering([call]))).message ?? '', /cannot be modified/);
    const forged = { type: 'thinking' as const, thinking: 'Something else.', signature: 'x' };
    assert.match((await refusal(answering([forged, call]))).message ?? '', /Invalid `signature`/);
  });

  test('an output limit cuts text, and cuts a call in the middle of its JSON', async () => {
    reply = () => ({ text: 'x'.repeat(400) });
    const text = await client.messages.create(params({ max_tokens: 10 }));
    assert.equal(text.stop_reason, 'max_tokens');
    assert.equal(text.usage.output_tokens, 10);
    reply = () => ({ calls: [{ name: 'bash', input: { command: 'y'.repeat(200) } }], stop: 'length' });
    const call = await client.messages.create(tools());
    assert.equal(call.stop_reason, 'max_tokens');
    let json = '';
    for await (const event of await client.messages.create({ ...tools(), stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta')
        json += event.delta.partial_json;
    }
    assert.throws(() => JSON.parse(json));
  });

  test('equal requests get byte-equal answers, also at the same time', async () => {
    reply = (request) => ({
      text: JSON.stringify(request.messages),
      calls: [{ name: 'bash', input: { command: 'ls' } }],
    });
    const raw = async (n: number): Promise<string> =>
      (await client.messages.create(tools({ messages: [{ role: 'user', content: `Task ${n}` }] })).asResponse()).text();
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const first = await Promise.all(numbers.map(raw));
    const second = await Promise.all(numbers.map(raw));
    assert.deepEqual(second, first);
    assert.equal(new Set(first).size, 20);
  });

  test('parallel calls can be forbidden, calls can be forced or forbidden', async () => {
    reply = () => ({
      calls: [
        { name: 'bash', input: { command: 'a' } },
        { name: 'bash', input: { command: 'b' } },
      ],
    });
    const one = await client.messages.create(tools({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }));
    assert.equal(one.content.length, 1);
    assert.match((await refusal(tools({ tool_choice: { type: 'none' } }))).message ?? '', /calls are not allowed/);
    assert.match(
      (await refusal(tools({ tool_choice: { type: 'tool', name: 'nope' } }))).message ?? '',
      /'nope' not found/,
    );
  });

  test('counts tokens and lists models', async () => {
    reply = () => ({ text: 'hi' });
    const counted = await client.messages.countTokens({
      model: MODEL,
      messages: params().messages,
      system: 'Careful.',
    });
    const used = await client.messages.create(params({ system: 'Careful.' }));
    assert.equal(counted.input_tokens, used.usage.input_tokens);
    const listed: string[] = [];
    for await (const model of client.models.list()) listed.push(model.id);
    assert.ok(listed.includes(MODEL));
    assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
    await assert.rejects(client.models.retrieve('claude-none'), Anthropic.NotFoundError);
  });
});

describe('prompt cache', () => {
  const long = (word: string): string => `${word} `.repeat(800);
  const marked = (text: string, ttl: '5m' | '1h' = '5m'): Anthropic.TextBlockParam => ({
    type: 'text',
    text,
    cache_control: { type: 'ephemeral', ttl },
  });

  test('the read part grows with the history; what was read is never paid twice', async () => {
    reply = () => ({ text: 'Good.' });
    const system = [marked(long('rule'))];
    const ask = (turns: number): Params =>
      params({
        system,
        messages: Array.from({ length: turns * 2 + 1 }, (_, index) =>
          index % 2 === 0
            ? {
                role: 'user' as const,
                content: index === turns * 2 ? [marked(`question ${index}`)] : `question ${index}`,
              }
            : { role: 'assistant' as const, content: 'Good.' },
        ),
      });
    const usages: Anthropic.Usage[] = [];
    for (const turns of [0, 1, 2, 3]) usages.push((await client.messages.create(ask(turns))).usage);
    assert.equal(usages[0]?.cache_read_input_tokens, 0);
    assert.ok((usages[0]?.cache_creation_input_tokens ?? 0) > 900);
    const reads = usages.map((usage) => usage.cache_read_input_tokens ?? 0);
    assert.ok(reads[1] && reads[2] && reads[3] && reads[1] < reads[2] && reads[2] < reads[3], `${reads}`);
    for (const usage of usages.slice(1)) assert.ok((usage.cache_creation_input_tokens ?? 0) < 60);
    assert.ok((world.log.at(-1)?.prompt?.repeatedTokens ?? 0) >= (reads[3] ?? 0));
  });

  test('a changed rule, another model, a shown clock: nothing is read', async () => {
    const at = (text: string, model = MODEL): Params => params({ model, system: [marked(long(text))] });
    await client.messages.create(at('alpha'));
    const read = async (sent: Params): Promise<number | null> =>
      (await client.messages.create(sent)).usage.cache_read_input_tokens;
    assert.ok(((await read(at('alpha'))) ?? 0) > 0);
    assert.equal(await read(at('beta')), 0);
    assert.equal(await read(at('alpha', 'claude-opus-5-5')), 0);
    assert.equal(await read({ ...at('alpha'), tools: [bash] }), 0);
  });

  test('entries live five minutes from their last use, or an hour; both are told apart', async () => {
    const short = params({ system: [marked(long('short'))] });
    const hour = params({ system: [marked(long('hour'), '1h')] });
    const wrote = (await client.messages.create(hour)).usage.cache_creation;
    assert.ok((wrote?.ephemeral_1h_input_tokens ?? 0) > 0 && wrote?.ephemeral_5m_input_tokens === 0);
    await client.messages.create(short);
    now += 4 * 60_000;
    assert.ok(((await client.messages.create(short)).usage.cache_read_input_tokens ?? 0) > 0);
    now += 4 * 60_000;
    assert.ok(((await client.messages.create(short)).usage.cache_read_input_tokens ?? 0) > 0, 'a read renews');
    now += 6 * 60_000;
    assert.equal((await client.messages.create(short)).usage.cache_read_input_tokens, 0);
    assert.ok(((await client.messages.create(hour)).usage.cache_read_input_tokens ?? 0) > 0);
  });

  test('thinking settings spare tools and system; short prefixes are silently not cached; the top-level marker works', async () => {
    reply = () => ({ text: 'Good.' });
    const system = [marked(long('spare'))];
    const first = await client.messages.create(params({ system, cache_control: { type: 'ephemeral' } }));
    const total = first.usage.cache_creation_input_tokens ?? 0;
    assert.equal(first.usage.input_tokens, 0);
    const other = await client.messages.create(
      params({ system, cache_control: { type: 'ephemeral' }, thinking: { type: 'adaptive' } }),
    );
    const read = other.usage.cache_read_input_tokens ?? 0;
    assert.ok(read > 0 && read < total);
    const small = await client.messages.create(params({ system: [marked('short rule')] }));
    assert.equal(small.usage.cache_creation_input_tokens, 0);
  });

  test('more than twenty blocks after a marker are not looked back over', async () => {
    const turn = (count: number): Params =>
      params({
        messages: [
          { role: 'user', content: [marked(long('start'))] },
          { role: 'assistant', content: 'Good.' },
          {
            role: 'user',
            content: [
              ...Array.from({ length: count }, (_, index) => ({ type: 'text' as const, text: `part ${index}` })),
              marked('end'),
            ],
          },
        ],
      });
    const opening = params({ messages: [{ role: 'user', content: [marked(long('start'))] }] });
    await client.messages.create(opening);
    const withoutFirstMarker = (sent: Params): Params => ({
      ...sent,
      messages: sent.messages.map((message, index) =>
        index === 0 ? { role: 'user', content: long('start') } : message,
      ),
    });
    assert.equal((await client.messages.create(withoutFirstMarker(turn(25)))).usage.cache_read_input_tokens, 0);
    assert.ok(((await client.messages.create(withoutFirstMarker(turn(5)))).usage.cache_read_input_tokens ?? 0) > 0);
  });

  test('five markers, or a long life after a short one, are refused', async () => {
    const five = params({ system: Array.from({ length: 5 }, (_, index) => marked(`rule ${index}`)) });
    assert.match((await refusal(five)).message ?? '', /maximum of 4 blocks/);
    assert.match(
      (await refusal(params({ system: [marked('a'), marked('b', '1h')] }))).message ?? '',
      /must not come after/,
    );
  });
});

describe('refusals', () => {
  const use = (id: string): Anthropic.ContentBlockParam => ({
    type: 'tool_use',
    id,
    name: 'bash',
    input: { command: 'ls' },
  });
  const result = (id: string): Anthropic.ContentBlockParam => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
  const user = { role: 'user', content: 'Go.' };
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['no max_tokens', { max_tokens: undefined }, /max_tokens: Field required/],
    ['no messages', { messages: [] }, /at least one message/],
    ['an unknown parameter', { retries: 3 }, /retries: Extra inputs are not permitted/],
    ['temperature', { temperature: 0 }, /temperature/],
    [
      'assistant first',
      { messages: [{ role: 'assistant', content: 'Hi' }, user] },
      /first message must use the "user" role/,
    ],
    ['assistant last', { messages: [user, { role: 'assistant', content: 'I' }] }, /prefill/],
    ['another role', { messages: [{ role: 'tool', content: 'x' }] }, /Input should be 'user' or 'assistant'/],
    ['an empty text', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /must be non-empty/],
    ['a blank text', { messages: [{ role: 'user', content: ' \n' }] }, /non-whitespace/],
    ['an empty message', { messages: [{ role: 'user', content: '' }] }, /non-empty content/],
    [
      'an empty system block',
      { system: [{ type: 'text', text: '' }] },
      /system: text content blocks must be non-empty/,
    ],
    [
      'a result nobody asked for',
      { tools: [bash], messages: [{ role: 'user', content: [result('toolu_1')] }] },
      /unexpected `tool_use_id`/,
    ],
    [
      'a call without a result',
      { tools: [bash], messages: [user, { role: 'assistant', content: [use('toolu_1')] }, user] },
      /without `tool_result` blocks immediately after: toolu_1/,
    ],
    [
      'one of two results missing',
      {
        tools: [bash],
        messages: [
          user,
          { role: 'assistant', content: [use('toolu_1'), use('toolu_2')] },
          { role: 'user', content: [result('toolu_1')] },
        ],
      },
      /immediately after: toolu_2/,
    ],
    [
      'text before the result',
      {
        tools: [bash],
        messages: [
          user,
          { role: 'assistant', content: [use('toolu_1')] },
          { role: 'user', content: [{ type: 'text', text: 'so' }, result('toolu_1')] },
        ],
      },
      /immediately after: toolu_1/,
    ],
    [
      'a call at the end without a result',
      { tools: [bash], messages: [user, { role: 'assistant', content: [use('toolu_1')] }] },
      /immediately after: toolu_1/,
    ],
    [
      'tools forgotten',
      {
        messages: [
          user,
          { role: 'assistant', content: [use('toolu_1')] },
          { role: 'user', content: [result('toolu_1')] },
        ],
      },
      /must define tools/,
    ],
    [
      'a schema that is no object',
      { tools: [{ name: 'a', input_schema: { type: 'string' } }] },
      /input_schema.type: Input should be 'object'/,
    ],
    [
      'a schema without type',
      { tools: [{ name: 'a', input_schema: { properties: {} } }] },
      /input_schema.type: Field required/,
    ],
    [
      'a schema that is invalid',
      { tools: [{ name: 'a', input_schema: { type: 'object', properties: { x: { type: 'text' } } } }] },
      /JSON schema is invalid/,
    ],
    ['an open strict schema', { tools: [{ ...bash, strict: true }] }, /additionalProperties/],
    ['two tools of one name', { tools: [bash, bash] }, /must be unique/],
    ['a bad tool name', { tools: [{ ...bash, name: 'run it' }] }, /should match pattern/],
    ['a small thinking budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, /greater than or equal to 1024/],
    [
      'a thinking budget above the limit',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      /must be greater than/,
    ],
    ['an unknown effort', { output_config: { effort: 'huge' } }, /output_config.effort/],
  ];
  for (const [name, sent, expected] of cases) {
    test(name, async () => {
      const refused = await refusal(sent);
      assert.equal(refused.status, 400);
      assert.equal(refused.type, 'invalid_request_error');
      assert.match(refused.message ?? '', expected);
    });
  }

  test('a wrong key is 401, an unknown address 404, too large a body 413', async () => {
    const stranger = new Anthropic({ baseURL: world.url, apiKey: 'sk-ant-wrong', maxRetries: 0, logLevel: 'off' });
    await assert.rejects(stranger.messages.create(params()), Anthropic.AuthenticationError);
    await assert.rejects(client.messages.batches.list(), Anthropic.NotFoundError);
    const small = await startModels({
      clock: () => now,
      keys: [KEY],
      script: () => ({}),
      requestBytesMax: 1000,
      models: [MODEL],
    });
    const other = new Anthropic({ baseURL: small.url, apiKey: KEY, maxRetries: 0, logLevel: 'off' });
    const failure: unknown = await other.messages
      .create(params({ messages: [{ role: 'user', content: 'x'.repeat(5000) }] }))
      .catch((thrown: unknown) => thrown);
    assert.ok(failure instanceof Anthropic.ContentTooLargeError && String(failure.type) === 'request_too_large');
    await assert.rejects(other.messages.create(params({ model: 'claude-none' })), Anthropic.NotFoundError);
    assert.deepEqual((await other.messages.create(params())).content, []);
    await small.close();
  });

  test('each scripted error becomes its own class, with its own words and wait', async () => {
    const classes = [
      [429, Anthropic.RateLimitError, 'rate_limit_error'],
      [500, Anthropic.InternalServerError, 'api_error'],
      [529, Anthropic.OverloadedError, 'overloaded_error'],
      [403, Anthropic.PermissionDeniedError, 'permission_error'],
    ] as const;
    for (const [status, expected, type] of classes) {
      for (const stream of [false, true]) {
        reply = () => ({ error: { status, retryAfterSeconds: 7 } });
        const failure: unknown = await client.messages
          .create({ ...params(), stream })
          .catch((thrown: unknown) => thrown);
        assert.ok(failure instanceof expected, `${status}`);
        assert.equal(failure.type, type);
        assert.equal(failure.headers.get('retry-after'), '7');
      }
    }
    assert.equal(world.log.at(-1)?.usage, null);
  });

  test('a scripted error beside text breaks the stream half way', async () => {
    reply = () => ({ text: 'A long answer that will never be finished.', error: { status: 529 } });
    let text = '';
    const reading = (async () => {
      for await (const event of await client.messages.create({ ...params(), stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
      }
    })();
    await assert.rejects(
      reading,
      (thrown) =>
        thrown instanceof Anthropic.APIError && thrown.type === 'overloaded_error' && thrown.status === undefined,
    );
    assert.ok(text.length > 0 && text.length < 40);
  });
});
