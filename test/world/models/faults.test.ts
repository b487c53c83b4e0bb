/** What the stand-in does when it is told to fail, and what its log says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Call, Fault } from '../faults.ts';
import { type ModelsOptions, type ModelsWorld, startModels } from './start-models.ts';

interface Scene {
  readonly world: ModelsWorld;
  readonly anthropic: Anthropic;
  readonly openai: OpenAI;
  /** One plain call on each protocol, streamed or not. */
  ask(stream: boolean): Promise<readonly PromiseSettledResult<string>[]>;
}

async function scene(
  fault: Fault | null,
  more: Partial<ModelsOptions>,
  story: (scene: Scene) => Promise<void>,
): Promise<void> {
  const world = await startModels({
    clock: () => Date.parse('2026-11-02T10:00:00Z'),
    keys: ['key'],
    script: () => ({ text: 'An answer of several words.' }),
    fault: () => fault,
    ...more,
  });
  const anthropic = new Anthropic({ baseURL: world.url, apiKey: 'key', maxRetries: 0, logLevel: 'off' });
  const openai = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'key', maxRetries: 0, logLevel: 'off' });
  const messages = [{ role: 'user' as const, content: 'Hello.' }];
  const ask = (stream: boolean): Promise<readonly PromiseSettledResult<string>[]> =>
    Promise.allSettled([
      drain(anthropic.messages.create({ model: 'claude-sonnet-5-5', max_tokens: 100, messages, stream }), stream),
      drain(openai.responses.create({ model: 'gpt-5.5', input: 'Hello.', stream }), stream),
      drain(openai.chat.completions.create({ model: 'gpt-5.5', messages, stream }), stream),
    ]);
  try {
    await story({ world, anthropic, openai, ask });
  } finally {
    await world.close();
  }
}

async function drain(pending: PromiseLike<unknown>, stream: boolean): Promise<string> {
  const answer = await pending;
  if (!stream) {
    assert.equal(typeof answer, 'object', 'a body that can be read');
    return JSON.stringify(answer);
  }
  const events: unknown[] = [];
  for await (const event of answer as AsyncIterable<unknown>) events.push(event);
  return JSON.stringify(events);
}

const failed = (results: readonly PromiseSettledResult<string>[]): readonly unknown[] =>
  results.map((result) => (result.status === 'rejected' ? result.reason : assert.fail(`answered ${result.value}`)));

const connectionLost = (thrown: unknown): boolean =>
  thrown instanceof Anthropic.APIConnectionError || thrown instanceof OpenAI.APIConnectionError;

test('refused or hung connections have no effect', async () => {
  for (const fault of [{ kind: 'refuse' }, { kind: 'timeout-before-effect', hangMs: 5 }] as const) {
    await scene(fault, {}, async ({ world, ask }) => {
      assert.ok(failed(await ask(false)).every(connectionLost));
      assert.equal(world.totals.calls, 0);
      assert.deepEqual(
        world.log.map((entry) => [entry.status, entry.fault]),
        Array.from({ length: 3 }, () => [0, fault.kind]),
      );
    });
  }
});

test('a lost answer was paid for; a stream is lost half way', async () => {
  await scene({ kind: 'effect-then-lost' }, {}, async ({ world, ask, anthropic }) => {
    assert.ok(failed(await ask(false)).every(connectionLost));
    failed(await ask(true));
    assert.equal(world.totals.calls, 6);
    let pieces = 0;
    const messages = [{ role: 'user' as const, content: 'Hello.' }];
    await assert.rejects(async () => {
      for await (const _ of await anthropic.messages.create({ model: 'm', max_tokens: 100, messages, stream: true }))
        pieces += 1;
    });
    assert.ok(pieces > 0, 'something had arrived before the cut');
  });
});

test('an unreadable answer', async () => {
  await scene({ kind: 'malformed' }, {}, async ({ world, ask }) => {
    failed(await ask(false));
    failed(await ask(true));
    assert.equal(world.totals.calls, 6);
  });
});

test('a duplicated request is paid twice and answered once; a stale one only misses the cache', async () => {
  await scene({ kind: 'duplicate' }, {}, async ({ world, ask }) => {
    assert.ok((await ask(false)).every((result) => result.status === 'fulfilled'));
    assert.equal(world.totals.calls, 6);
  });
  const system = [{ type: 'text' as const, text: 'rule '.repeat(900), cache_control: { type: 'ephemeral' as const } }];
  await scene({ kind: 'stale' }, {}, async ({ world, anthropic }) => {
    for (const content of ['One.', 'Two.']) {
      await anthropic.messages.create({ model: 'm', max_tokens: 100, system, messages: [{ role: 'user', content }] });
    }
    assert.equal(world.totals.cacheReadTokens, 0);
    assert.ok(world.totals.cacheWriteTokens > 2000);
  });
});

test("a limit speaks the vendor's own form; a status is a page from nowhere", async () => {
  await scene({ kind: 'limit', resetInMs: 2500 }, {}, async ({ world, ask }) => {
    const [anthropic, responses, chat] = failed(await ask(true));
    assert.ok(anthropic instanceof Anthropic.RateLimitError && anthropic.type === 'rate_limit_error');
    assert.equal(anthropic.headers.get('retry-after'), '3');
    assert.equal(anthropic.headers.get('anthropic-ratelimit-requests-remaining'), '0');
    for (const failure of [responses, chat]) {
      assert.ok(failure instanceof OpenAI.RateLimitError && failure.code === 'rate_limit_exceeded');
      assert.equal(failure.headers.get('retry-after-ms'), '2500');
      assert.equal(failure.headers.get('x-ratelimit-remaining-requests'), '0');
    }
    assert.equal(world.totals.calls, 0);
  });
  await scene({ kind: 'status', status: 502 }, {}, async ({ ask }) => {
    const [anthropic, responses] = failed(await ask(false));
    assert.ok(anthropic instanceof Anthropic.InternalServerError && anthropic.type === null);
    assert.ok(responses instanceof OpenAI.InternalServerError && responses.status === 502);
  });
});

test('slow answers and slow streams arrive whole', async () => {
  await scene({ kind: 'slow', delayMs: 5 }, { chunkDelayMs: 1, latencyMs: 1 }, async ({ ask }) => {
    assert.ok((await ask(true)).every((result) => result.status === 'fulfilled'));
  });
});

test('the effect hook is awaited around each paid call and around nothing else', async () => {
  const seen: string[] = [];
  const hook = async (call: Call, phase: 'before' | 'after'): Promise<void> => {
    await Promise.resolve();
    seen.push(`${phase} ${call.operation} ${call.write}`);
  };
  await scene(null, { onEffect: hook }, async ({ world, anthropic }) => {
    let changes = 0;
    const stop = world.onChange(() => {
      changes += 1;
    });
    await anthropic.models.list();
    await anthropic.messages.create({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hello.' }] });
    stop();
    await anthropic.models.list();
    assert.deepEqual(seen, ['before POST /v1/messages true', 'after POST /v1/messages true']);
    assert.equal(changes, 1, 'a look at the models is no call of one');
    assert.equal(world.looks.length, 2);
  });
});

test('a broken script ends the call at once and is kept to be shown', async () => {
  const script = (): never => {
    throw new Error('ran out of steps');
  };
  await scene(null, { script }, async ({ world, ask }) => {
    const [anthropic] = failed(await ask(false));
    assert.ok(anthropic instanceof Anthropic.BadRequestError);
    assert.equal(world.scriptFaults.length, 3);
    assert.match(world.scriptFaults[0] ?? '', /ran out of steps/);
  });
});

test('closing ends calls that hang', async () => {
  const arrived = Promise.withResolvers<void>();
  const fault = (): Fault => {
    arrived.resolve();
    return { kind: 'slow', delayMs: 60_000 };
  };
  await scene(null, { fault }, async ({ world, ask }) => {
    const pending = ask(false);
    await arrived.promise;
    await world.close();
    failed(await pending);
  });
});
