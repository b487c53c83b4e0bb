/** The Models port over the three protocols against the model service: answers, counts, and every kind of trouble. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { OutsideError, type TroubleKind } from '../../src/domain/outside-error.ts';
import type { ToolSpec, TranscriptMessage } from '../../src/domain/transcript.ts';
import type { ModelRequest } from '../../src/heartbeat/ports.ts';
import { createModels } from '../../src/models/create-models.ts';
import { outsideFailure } from '../../src/models/outside-failure.ts';
import { retryAfter } from '../../src/models/retry-after.ts';
import { toolInput } from '../../src/models/tool-input.ts';
import type { Fault } from '../world/faults.ts';
import type { ScriptedReply } from '../world/models/conversation.ts';
import { startModels } from '../world/models/start-models.ts';

const NOW = Date.parse('2026-11-02T10:00:00Z');
const FREE = {
  inputMicroUsdPerMillion: 0,
  cacheReadMicroUsdPerMillion: 0,
  cacheWriteMicroUsdPerMillion: 0,
  outputMicroUsdPerMillion: 0,
};
const KEY = 'a-key';
let reply: ScriptedReply = {};
let fault: Fault | null = null;
const world = await startModels({ clock: () => NOW, keys: [KEY], script: () => reply, fault: async () => fault });
after(() => world.close());

const models = modelsWith(KEY);

function modelsWith(apiKey: string, idleTimeoutMs = 10_000) {
  return createModels({
    providers: {
      anthropic: { kind: 'anthropic', baseUrl: world.url, apiKey },
      openai: { kind: 'openai', baseUrl: `${world.url}/v1`, apiKey },
      local: { kind: 'openai', api: 'chat', baseUrl: `${world.url}/v1`, apiKey },
      keyless: { kind: 'openai', baseUrl: null, apiKey: null },
    },
    contextTokens: () => 200_000,
    price: (model) => (model.endsWith('/unpriced') ? null : FREE),
    idleTimeoutMs,
    totalTimeoutMs: 30_000,
    now: () => NOW,
  });
}

const LOOK: ToolSpec = {
  name: 'look',
  description: 'Looks.',
  schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'], additionalProperties: false },
};
const OPENING: TranscriptMessage = { kind: 'user', text: 'Look around. '.repeat(800) };
const MODELS = ['anthropic/claude-sonnet-5-5', 'openai/gpt-5.5', 'local/gpt-5.5'];

function request(model: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const signal = new AbortController().signal;
  return {
    model,
    system: 'You are careful.',
    tools: [LOOK],
    messages: [OPENING],
    outputTokensMax: 500,
    cacheKey: 's',
    signal,
    ...more,
  };
}

async function trouble(promise: Promise<unknown>): Promise<OutsideError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OutsideError, `an OutsideError, not ${String(error)}`);
  return error;
}

for (const model of MODELS) {
  describe(model, () => {
    test('text, then parallel calls, and the transcript is taken back', async () => {
      fault = null;
      reply = {
        text: 'Two places.',
        calls: [
          { name: 'look', input: { at: 'a' } },
          { name: 'look', input: { at: 'b' } },
        ],
      };
      const first = await models.call(request(model));
      assert.equal(first.text, 'Two places.');
      assert.equal(first.stop, 'calls');
      assert.deepEqual(
        first.calls.map((call) => call.input),
        [{ at: 'a' }, { at: 'b' }],
      );
      const messages: TranscriptMessage[] = [
        OPENING,
        { kind: 'assistant', ...first, model },
        {
          kind: 'tool-results',
          results: first.calls.map(({ id, name }) => ({ callId: id, name, text: 'seen', isError: false })),
        },
      ];
      reply = { text: 'Done.' };
      const second = await models.call(request(model, { messages }));
      assert.deepEqual([second.text, second.stop, second.calls], ['Done.', 'text', []]);
      assert.ok(second.usage.cacheRead > 0, 'the prefix was found in the cache');
      for (const [index, usage] of [first.usage, second.usage].entries()) {
        const logged = world.log.at(index - 2)?.usage;
        assert.deepEqual(usage, {
          input: logged?.inputTokens,
          cacheRead: logged?.cacheReadTokens,
          cacheWrite: logged?.cacheWriteTokens,
          output: logged?.outputTokens,
        });
      }
      assert.deepEqual(world.scriptFaults, []);
    });

    test('an answer cut by the output limit runs no half call', async () => {
      fault = null;
      reply = {
        text: 'Now.',
        calls: [{ name: 'look', input: { at: 'a long way from here, beyond the hills' } }],
        stop: 'length',
      };
      const cut = await models.call(request(model));
      assert.deepEqual([cut.stop, cut.calls, cut.opaque], ['length', [], null]);
      reply = { text: 'Shorter.' };
      const messages: TranscriptMessage[] = [
        OPENING,
        { kind: 'assistant', ...cut, model },
        { kind: 'user', text: 'Go on.' },
      ];
      assert.equal((await models.call(request(model, { messages }))).text, 'Shorter.');
    });

    const faults: readonly [string, Fault, TroubleKind][] = [
      ['a refused connection', { kind: 'refuse' }, 'unreachable'],
      ['an answer lost half way', { kind: 'effect-then-lost' }, 'unreachable'],
      ['a malformed stream', { kind: 'malformed' }, 'unreachable'],
      ['a broken gateway', { kind: 'status', status: 502 }, 'unreachable'],
      ['a limit', { kind: 'limit', resetInMs: 9_000 }, 'limited'],
    ];
    for (const [name, given, expected] of faults) {
      test(`${name} is ${expected}, after exactly one request`, async () => {
        reply = { text: 'A longer answer that comes in several pieces.' };
        fault = given;
        const before = world.log.length;
        const error = await trouble(models.call(request(model)));
        fault = null;
        assert.equal(error.kind, expected, error.message);
        assert.equal(world.log.length - before, 1);
        if (expected === 'limited') assert.ok((error.retryAfterMs ?? 0) > 0, `${error.retryAfterMs}`);
      });
    }

    const statuses: readonly [number, TroubleKind][] = [
      [400, 'invalid'],
      [403, 'unauthorised'],
      [404, 'missing'],
      [413, 'invalid'],
      [429, 'limited'],
      [500, 'unreachable'],
      [529, 'unreachable'],
    ];
    for (const [status, expected] of statuses) {
      test(`status ${status} is ${expected}`, async () => {
        reply = { error: { status, retryAfterSeconds: 7 } };
        const error = await trouble(models.call(request(model)));
        assert.equal(error.kind, expected);
        if (status === 429) assert.equal(error.retryAfterMs, 7_000);
      });
    }

    test('trouble in the middle of a stream, and the provider may bill', async () => {
      let billable = 0;
      reply = { text: 'It begins well enough.', error: { status: 529 } };
      const error = await trouble(
        models.call(
          request(model, {
            onBillable: () => {
              billable += 1;
            },
          }),
        ),
      );
      assert.equal(error.kind, 'unreachable');
      assert.equal(billable, 1);
    });

    test('a wrong key', async () => {
      reply = { text: 'no' };
      assert.equal((await trouble(modelsWith('another').call(request(model)))).kind, 'unauthorised');
    });

    test('silence is given up after the idle time', async () => {
      fault = { kind: 'slow', delayMs: 60_000 };
      const error = await trouble(modelsWith(KEY, 50).call(request(model)));
      fault = null;
      assert.equal(error.kind, 'unreachable');
      assert.match(error.message, /nothing was received for 50 ms/);
    });

    test('cancelled', async () => {
      const stop = new AbortController();
      fault = { kind: 'slow', delayMs: 60_000 };
      const call = trouble(models.call(request(model, { signal: stop.signal })));
      stop.abort();
      assert.match((await call).message, /cancelled/);
      fault = null;
    });
  });
}

test('reasoning is carried along where the provider encrypts it', async () => {
  fault = null;
  reply = { thinking: 'Where to look?', calls: [{ name: 'look', input: { at: 'a' } }] };
  const first = await models.call(request('openai/gpt-5.5'));
  assert.equal(first.opaque?.provider, 'openai (responses)');
  const [call] = first.calls;
  assert.ok(call !== undefined);
  const messages: TranscriptMessage[] = [
    OPENING,
    { kind: 'assistant', ...first, model: 'openai/gpt-5.5' },
    { kind: 'tool-results', results: [{ callId: call.id, name: 'look', text: 'seen', isError: false }] },
  ];
  reply = { text: 'Done.' };
  assert.equal((await models.call(request('openai/gpt-5.5', { messages }))).text, 'Done.');
  const elsewhere = await models.call(request('anthropic/claude-sonnet-5-5', { messages }));
  assert.equal(elsewhere.text, 'Done.');
});

describe('every form of being asked to wait', () => {
  const cases: readonly [string, Record<string, string>, number | null][] = [
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    ['seconds', { 'retry-after': '2' }, 2_000],
    ['parts of a second', { 'retry-after': '0.25' }, 250],
    ['a date', { 'retry-after': 'Mon, 02 Nov 2026 10:00:30 GMT' }, 30_000],
    ['a date that has passed', { 'retry-after': 'Mon, 02 Nov 2026 09:00:00 GMT' }, 0],
    ['used-up requests', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    ['used-up tokens', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '20ms' }, 20],
    ['a counter that is not used up', { 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '20s' }, null],
    [
      'a reset as a date',
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-11-02T10:00:05Z',
      },
      5_000,
    ],
    ['nothing', {}, null],
    ['rubbish', { 'retry-after': 'soon' }, null],
  ];
  for (const [name, headers, expected] of cases) {
    test(name, () => assert.equal(retryAfter(new Headers(headers), NOW), expected));
  }
});

test('an empty account is refused, not waited for', () => {
  const error = Object.assign(new Error('no money'), {
    status: 429,
    code: 'insufficient_quota',
    headers: new Headers(),
  });
  const context = { attempted: 'call x', passed: null, cancelled: false, now: NOW };
  assert.equal(outsideFailure(error, context).kind, 'refused');
});

describe('trouble that check can name', () => {
  const cases: readonly [string, RegExp | null][] = [
    ['anthropic/claude-sonnet-5-5', null],
    ['claude-sonnet-5-5', /write provider\/model/],
    ['nobody/x', /configure the provider/],
    ['constructor/x', /configure the provider/],
    ['keyless/x', /has no API key/],
    ['anthropic/unpriced', /no price for anthropic\/unpriced/],
  ];
  for (const [model, expected] of cases) {
    test(model, () => {
      const found = models.trouble(model);
      if (expected === null) assert.equal(found, null);
      else assert.match(found ?? '', expected);
    });
  }
});

test('JSON that is none is kept for the tool to refuse', () => {
  assert.deepEqual(toolInput(''), {});
  assert.deepEqual(toolInput('[1]'), { notJson: '[1]' });
  assert.deepEqual(toolInput('{"a":'), { notJson: '{"a":' });
});
