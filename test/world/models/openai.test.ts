/** The real OpenAI client against the stand-in, on Responses and on Chat Completions. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import OpenAI from 'openai';
import type { ScriptedReply, ScriptedRequest } from './conversation.ts';
import { startModels } from './start-models.ts';

type ResponseParams = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type ChatParams = Omit<OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming, 'stream'>;

const KEY = 'sk-test';
const MODEL = 'gpt-5.5';
let reply: (request: ScriptedRequest) => ScriptedReply = () => ({ text: 'hi' });
const now = Date.parse('2026-11-02T10:00:00Z');

const world = await startModels({ clock: () => now, keys: [KEY], script: (request) => reply(request) });
const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: KEY, maxRetries: 0, logLevel: 'off' });
after(() => world.close());

const schema = {
  type: 'object',
  properties: { command: { type: 'string' } },
  required: ['command'],
  additionalProperties: false,
};
const bash: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'bash',
  description: 'Runs.',
  parameters: schema,
  strict: true,
};
const chatBash: OpenAI.Chat.Completions.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'bash', description: 'Runs.', parameters: schema, strict: true },
};

function response(more: Partial<ResponseParams> = {}): ResponseParams {
  return { model: MODEL, input: 'Say hello.', store: false, ...more };
}

function chat(more: Partial<ChatParams> = {}): ChatParams {
  return { model: MODEL, messages: [{ role: 'user', content: 'Say hello.' }], ...more };
}

async function refusal(call: () => Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const failure: unknown = await call().catch((thrown: unknown) => thrown);
  assert.ok(failure instanceof OpenAI.APIError, `refused, not ${JSON.stringify(failure)}`);
  return failure;
}

const twoCalls: ScriptedReply = {
  text: 'Two things.',
  calls: [
    { name: 'bash', input: { command: 'npm test -- "with a long tail" and more' } },
    { name: 'bash', input: { command: 'ls' } },
  ],
};

describe('Responses', () => {
  test('text and calls, whole and streamed, are the same response; events come in order and numbered', async () => {
    reply = () => twoCalls;
    const whole = await client.responses.create(response({ tools: [bash] }));
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ ...response({ tools: [bash] }), stream: true }))
      events.push(event);
    const kinds = events.map((event) => event.type).filter((type, index, all) => all[index - 1] !== type);
    const callKinds = [
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
    ];
    assert.deepEqual(kinds, [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      ...callKinds,
      ...callKinds,
      'response.completed',
    ]);
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, index) => index),
    );
    const last = events.at(-1);
    assert.ok(last?.type === 'response.completed');
    assert.deepEqual(last.response.output, whole.output);
    assert.deepEqual(last.response.usage, whole.usage);
    assert.equal(whole.output_text, 'Two things.');
    const accumulated = await client.responses.stream(response({ tools: [bash] })).finalResponse();
    assert.equal(accumulated.output.length, 3);
    assert.equal(accumulated.id, whole.id);
  });

  test('results come back as items; the script sees neutral turns', async () => {
    reply = (request) => (request.messages.some((turn) => turn.kind === 'tool-result') ? { text: 'Done.' } : twoCalls);
    const first = await client.responses.create(response({ tools: [bash], instructions: 'You are careful.' }));
    const calls = first.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: 'Say hello.' },
      ...first.output.flatMap((item) => (item.type === 'message' || item.type === 'function_call' ? [item] : [])),
      ...calls.map((call, index) => ({
        type: 'function_call_output' as const,
        call_id: call.call_id,
        output: index === 0 ? 'Error: no such script' : 'a.txt',
      })),
    ];
    const second = await client.responses.create(response({ tools: [bash], instructions: 'You are careful.', input }));
    assert.equal(second.output_text, 'Done.');
    const seen = world.log.at(-1)?.request;
    assert.equal(seen?.system, 'You are careful.');
    assert.deepEqual(
      seen?.messages.map((turn) => turn.kind),
      ['user', 'assistant', 'tool-result', 'tool-result'],
    );
    assert.deepEqual(seen?.messages[1], {
      kind: 'assistant',
      text: 'Two things.',
      calls: calls.map((call) => ({ id: call.call_id, name: 'bash', input: JSON.parse(call.arguments) })),
    });
    assert.deepEqual(
      seen?.messages.flatMap((turn) => (turn.kind === 'tool-result' ? [[turn.name, turn.isError]] : [])),
      [
        ['bash', true],
        ['bash', false],
      ],
    );
  });

  test('reasoning comes as an item, encrypted on request, and must come back with its call', async () => {
    reply = () => ({ thinking: 'First I look around.', calls: [{ name: 'bash', input: { command: 'ls' } }] });
    const first = await client.responses.create(response({ tools: [bash], include: ['reasoning.encrypted_content'] }));
    assert.deepEqual(
      first.output.map((item) => item.type),
      ['reasoning', 'function_call'],
    );
    assert.ok((first.usage?.output_tokens_details.reasoning_tokens ?? 0) > 0);
    const [reasoning, call] = first.output;
    assert.ok(reasoning?.type === 'reasoning' && reasoning.encrypted_content && call?.type === 'function_call');
    const output = { type: 'function_call_output' as const, call_id: call.call_id, output: 'x' };
    const send = (input: OpenAI.Responses.ResponseInput): Promise<unknown> =>
      client.responses.create(response({ tools: [bash], input: [{ role: 'user', content: 'Go.' }, ...input] }));
    await send([reasoning, call, output]);
    assert.match((await refusal(() => send([call, output]))).message, /without its required 'reasoning' item/);
    assert.match(
      (await refusal(() => send([reasoning, call, output, reasoning]))).message,
      /without its required following item/,
    );
    const { encrypted_content: _, ...plain } = reasoning;
    assert.equal((await refusal(() => send([plain, call, output]))).status, 404);
  });

  test('a limit makes the response incomplete', async () => {
    reply = () => ({ calls: [{ name: 'bash', input: { command: 'y'.repeat(200) } }], stop: 'length' });
    const whole = await client.responses.create(response({ tools: [bash] }));
    assert.equal(whole.status, 'incomplete');
    assert.equal(whole.incomplete_details?.reason, 'max_output_tokens');
    const item = whole.output[0];
    assert.ok(item?.type === 'function_call' && item.status === 'incomplete');
    const types: string[] = [];
    for await (const event of await client.responses.create({ ...response({ tools: [bash] }), stream: true }))
      types.push(event.type);
    assert.equal(types.at(-1), 'response.incomplete');
  });

  test('long prefixes are cached by themselves, apart for each cache key', async () => {
    reply = () => ({ text: 'Good.' });
    const instructions = 'rule '.repeat(1200);
    const cached = async (prompt_cache_key: string, input: string): Promise<number | undefined> =>
      (await client.responses.create(response({ instructions, prompt_cache_key, input }))).usage?.input_tokens_details
        .cached_tokens;
    assert.equal(await cached('a', 'one'), 0);
    const read = (await cached('a', 'two')) ?? 0;
    assert.ok(read >= 1024 && read % 128 === 0);
    assert.equal(await cached('b', 'three'), 0);
    const logged = world.log.at(-2)?.usage;
    assert.ok(logged && logged.cacheReadTokens === read && logged.inputTokens < 500);
  });

  const call = { type: 'function_call', call_id: 'call_1', name: 'bash', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
  const open = { ...schema, additionalProperties: true };
  const optional = { ...schema, properties: { ...schema.properties, cwd: { type: 'string' } } };
  const cases: readonly (readonly [string, unknown, RegExp, string | null])[] = [
    ['an unknown parameter', { retries: 3 }, /Unknown parameter: 'retries'/, 'unknown_parameter'],
    ['no input', { input: undefined }, /Missing required parameter: 'input'/, 'missing_required_parameter'],
    [
      'an output for no call',
      { input: [output] },
      /No tool call found for function call output with call_id call_1/,
      null,
    ],
    ['a call without output', { input: [call] }, /No tool output found for function call call_1/, null],
    [
      'an item type that is not offered',
      { input: [{ type: 'web_search_call' }] },
      /Invalid value: 'web_search_call'/,
      'invalid_value',
    ],
    [
      'assistant text of the wrong part type',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      /Supported values are: 'output_text'/,
      'invalid_value',
    ],
    [
      'an open strict schema',
      { tools: [{ ...bash, parameters: open }] },
      /'additionalProperties' is required to be supplied and to be false/,
      'invalid_function_parameters',
    ],
    [
      'an optional property in a strict schema',
      { tools: [{ ...bash, parameters: optional }] },
      /Missing 'cwd'/,
      'invalid_function_parameters',
    ],
    [
      'a schema that is no object',
      { tools: [{ ...bash, parameters: { type: 'string' } }] },
      /schema must be a JSON Schema of 'type: "object"'/,
      'invalid_function_parameters',
    ],
    ['too small a limit', { max_output_tokens: 5 }, /Expected a value >= 16/, 'integer_below_min_value'],
    ['a response that is not kept', { previous_response_id: 'resp_1' }, /not found/, 'previous_response_not_found'],
    [
      'temperature on a reasoning model',
      { temperature: 0 },
      /Unsupported parameter: 'temperature'/,
      'unsupported_parameter',
    ],
  ];
  for (const [name, sent, expected, code] of cases) {
    test(`refuses ${name}`, async () => {
      const failure = await refusal(() => client.responses.create(Object.assign(response(), sent)));
      assert.ok(failure instanceof OpenAI.BadRequestError);
      assert.equal(failure.type, 'invalid_request_error');
      assert.match(failure.message, expected);
      assert.equal(failure.code, code);
    });
  }

  test('an optional property is fine where strict is off', async () => {
    reply = () => ({ text: 'hi' });
    await client.responses.create(response({ tools: [{ ...bash, strict: false, parameters: optional }] }));
  });

  test('a server that breaks in mid-stream sends a failed response; a limit sends an error', async () => {
    const types: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await client.responses.create({ ...response(), stream: true })) types.push(event.type);
    };
    reply = () => ({ text: 'A long answer that is never finished.', error: { status: 500 } });
    await read();
    assert.equal(types.at(-1), 'response.failed');
    reply = () => ({ text: 'A long answer that is never finished.', error: { status: 429 } });
    const failure = await refusal(read);
    assert.equal(failure.code, 'rate_limit_exceeded');
  });
});

describe('Chat Completions', () => {
  test('text and calls, whole and streamed, are the same completion; usage on request', async () => {
    reply = () => twoCalls;
    const whole = await client.chat.completions.create(chat({ tools: [chatBash] }));
    assert.equal(whole.choices[0]?.finish_reason, 'tool_calls');
    const stream = client.chat.completions.stream({
      ...chat({ tools: [chatBash] }),
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    const { parsed: _, ...message } = { parsed: null, ...streamed.choices[0]?.message };
    assert.equal(message.content, whole.choices[0]?.message.content);
    const calls = (completion: OpenAI.Chat.Completions.ChatCompletion): unknown =>
      completion.choices[0]?.message.tool_calls?.map((call) => [
        call.id,
        call.type === 'function' && call.function.arguments,
      ]);
    assert.deepEqual(calls(streamed), calls(whole));
    assert.deepEqual(streamed.usage, whole.usage);
    const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ ...chat({ tools: [chatBash] }), stream: true }))
      chunks.push(chunk);
    assert.ok(chunks.every((chunk) => !('usage' in chunk)));
    assert.ok(
      chunks.filter((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.index === 0).length > 3,
      'several pieces',
    );
  });

  test('a result turn reaches the script; calls alone have null content', async () => {
    reply = (request) =>
      request.messages.at(-1)?.kind === 'tool-result' ? { text: 'Done.' } : { calls: twoCalls.calls ?? [] };
    const first = await client.chat.completions.create(chat({ tools: [chatBash] }));
    const message = first.choices[0]?.message;
    assert.ok(message?.tool_calls && message.content === null);
    const second = await client.chat.completions.create(
      chat({
        tools: [chatBash],
        messages: [
          { role: 'system', content: 'You are careful.' },
          { role: 'user', content: 'Say hello.' },
          message,
          ...message.tool_calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'ok' })),
        ],
      }),
    );
    assert.equal(second.choices[0]?.message.content, 'Done.');
    assert.equal(world.log.at(-1)?.request?.system, 'You are careful.');
    assert.equal(world.log.at(-1)?.request?.messages.length, 4);
  });

  test('a limit cuts with finish_reason length', async () => {
    reply = () => ({ text: 'x'.repeat(400) });
    const cut = await client.chat.completions.create(chat({ max_completion_tokens: 10 }));
    assert.equal(cut.choices[0]?.finish_reason, 'length');
    assert.equal(cut.usage?.completion_tokens, 10);
  });

  const call = { id: 'call_1', type: 'function', function: { name: 'bash', arguments: '{}' } };
  const calling = { role: 'assistant', content: null, tool_calls: [call] };
  const result = { role: 'tool', tool_call_id: 'call_1', content: 'x' };
  const user = { role: 'user', content: 'Go.' };
  const cases: readonly (readonly [string, unknown, RegExp, string | null])[] = [
    ['no messages', { messages: [] }, /empty array/, 'empty_array'],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'x' }] },
      /Supported values are: 'system'/,
      'invalid_value',
    ],
    ['a result nobody asked for', { messages: [user, result] }, /must be a response to a preceeding message/, null],
    ['a call without a result', { messages: [user, calling, user] }, /did not have response messages: call_1/, null],
    ['a call at the end', { messages: [user, calling] }, /did not have response messages: call_1/, null],
    ['a null content', { messages: [{ role: 'assistant', content: null }] }, /expected a string, got null/, null],
    [
      'an empty list of calls',
      { messages: [user, { role: 'assistant', content: 'x', tool_calls: [] }] },
      /empty array/,
      'empty_array',
    ],
    [
      'max_tokens on a reasoning model',
      { max_tokens: 10 },
      /Use 'max_completion_tokens' instead/,
      'unsupported_parameter',
    ],
    [
      'stream options without a stream',
      { stream_options: { include_usage: true } },
      /only allowed when 'stream' is enabled/,
      null,
    ],
    [
      'a field of the other protocol in a tool',
      { tools: [bash] },
      /Unknown parameter: 'tools\[0\]\.name'/,
      'unknown_parameter',
    ],
    [
      'an anyOf root in a strict schema',
      { tools: [{ ...chatBash, function: { ...chatBash.function, parameters: { ...schema, anyOf: [] } } }] },
      /'anyOf' is not permitted|not valid JSON Schema/,
      'invalid_function_parameters',
    ],
  ];
  for (const [name, sent, expected, code] of cases) {
    test(`refuses ${name}`, async () => {
      const failure = await refusal(() => client.chat.completions.create(Object.assign(chat(), sent)));
      assert.ok(failure instanceof OpenAI.BadRequestError);
      assert.match(failure.message, expected);
      assert.equal(failure.code, code);
    });
  }

  test('local models may use max_tokens and temperature', async () => {
    reply = () => ({ text: 'hi' });
    await client.chat.completions.create(chat({ model: 'qwen3-coder', max_tokens: 100, temperature: 0 }));
  });

  test('a scripted error breaks the stream half way', async () => {
    reply = () => ({ text: 'A long answer that is never finished.', error: { status: 500 } });
    let text = '';
    const failure = await refusal(async () => {
      for await (const chunk of await client.chat.completions.create({ ...chat(), stream: true }))
        text += chunk.choices[0]?.delta.content ?? '';
    });
    assert.equal(failure.type, 'server_error');
    assert.ok(text.length > 0);
  });
});

describe('both', () => {
  test('equal requests get byte-equal answers', async () => {
    reply = () => twoCalls;
    const raw = async (): Promise<readonly string[]> =>
      Promise.all([
        client.responses
          .create({ ...response({ tools: [bash] }), stream: true })
          .asResponse()
          .then((answer) => answer.text()),
        client.chat.completions
          .create(chat({ tools: [chatBash] }))
          .asResponse()
          .then((answer) => answer.text()),
      ]);
    assert.deepEqual(await raw(), await raw());
  });

  test('errors have their classes, codes and waits; a wrong key is 401', async () => {
    const classes = [
      [429, OpenAI.RateLimitError, 'rate_limit_exceeded'],
      [500, OpenAI.InternalServerError, null],
      [503, OpenAI.InternalServerError, null],
    ] as const;
    for (const [status, expected, code] of classes) {
      reply = () => ({ error: { status, retryAfterSeconds: 7 } });
      for (const call of [() => client.responses.create(response()), () => client.chat.completions.create(chat())]) {
        const failure = await refusal(call);
        assert.ok(failure instanceof expected);
        assert.equal(failure.code, code);
        assert.equal(failure.headers?.get('retry-after'), '7');
      }
    }
    const stranger = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'sk-wrong-key', maxRetries: 0, logLevel: 'off' });
    const failure = await refusal(() => stranger.responses.create(response()));
    assert.ok(failure instanceof OpenAI.AuthenticationError && failure.code === 'invalid_api_key');
  });

  test('lists models and tells the limits', async () => {
    reply = () => ({ text: 'hi' });
    assert.ok((await client.models.list()).data.some((model) => model.id === MODEL));
    const answer = await client.responses.create(response()).asResponse();
    assert.ok(Number(answer.headers.get('x-ratelimit-remaining-tokens')) > 0);
    assert.match(answer.headers.get('x-request-id') ?? '', /^req_/);
  });
});
