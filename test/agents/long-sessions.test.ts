/** The pure parts of keeping long sessions within a context: what is sent, what a refusal says, what a count gives away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { servedLess } from '../../src/agents/served-less.ts';
import { viewOf } from '../../src/agents/view-of.ts';
import type { TranscriptEntry, Usage } from '../../src/domain/transcript.ts';
import { overflowIn } from '../../src/models/overflow.ts';

const MODEL = 'local/qwen';
const LONG = 'x'.repeat(5_000);

function reply(id: string, usage: Partial<Usage> = {}): TranscriptEntry {
  return {
    kind: 'assistant',
    text: '',
    calls: [{ id, name: 'bash', input: { command: id } }],
    opaque: null,
    usage: { input: 1_000, cacheRead: 0, cacheWrite: 0, output: 10, ...usage },
    model: MODEL,
  };
}

function result(callId: string, text = LONG): TranscriptEntry {
  return { kind: 'tool-results', results: [{ callId, name: 'bash', text, isError: false }] };
}

const TICKET: TranscriptEntry = { kind: 'user', text: 'Issue ENG-1: in its own words' };
const TOLD: TranscriptEntry = { kind: 'user', text: 'Ada says: in euros' };
const TALK: readonly TranscriptEntry[] = [TICKET, reply('a'), result('a'), TOLD, reply('b'), result('b'), reply('c')];

describe('what of a transcript is sent', () => {
  test('all of it, until it is compacted', () => {
    assert.deepEqual(viewOf(TALK), { messages: TALK, freshFrom: 0 });
  });

  test('without old outputs: only what is long and old is left out, and the calls stay', () => {
    const { messages, freshFrom } = viewOf([...TALK, { kind: 'compaction', before: 4, summary: null }, result('c')]);
    assert.equal(messages.length, TALK.length + 1);
    assert.deepEqual(messages[1], TALK[1]);
    assert.match(JSON.stringify(messages[2]), /output left out to save room/);
    assert.deepEqual(messages[5], TALK[5]);
    assert.equal(freshFrom, TALK.length);
  });

  test("as a summary: people's words stay, in their order, before it", () => {
    const compaction = { kind: 'compaction', before: 4, summary: 'Looked at a.' } as const;
    const { messages, freshFrom } = viewOf([...TALK, compaction, result('c')]);
    assert.equal(messages.length, 1 + 3 + 1);
    const [first] = messages;
    assert.ok(first?.kind === 'user');
    assert.equal(
      first.text,
      'Issue ENG-1: in its own words\n\nAda says: in euros\n\nWhat you did so far, summed up to save room:\n\nLooked at a.',
    );
    assert.deepEqual(messages.slice(1, 4), TALK.slice(4));
    assert.equal(freshFrom, 4);
  });
});

describe('a refusal for the length of a prompt', () => {
  const rows: readonly (readonly [string, readonly string[], string, number | null])[] = [
    ['Anthropic', ['invalid_request_error'], 'prompt is too long: 208310 tokens > 200000 maximum', 200_000],
    [
      'Anthropic, with the answer',
      [],
      'input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000, decrease',
      null,
    ],
    ['Anthropic, in bytes', ['request_too_large'], 'Request exceeds the maximum size', null],
    ['OpenAI Responses', ['context_length_exceeded'], 'Your input exceeds the context window of this model.', null],
    [
      'OpenAI Chat',
      ['context_length_exceeded'],
      "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130000 tokens.",
      128_000,
    ],
    [
      'vLLM',
      ['BadRequestError'],
      "This model's maximum context length is 32768 tokens. However, you requested 40000",
      32_768,
    ],
    ['llama.cpp', ['exceed_context_size_error'], 'the request exceeds the available context size. "n_ctx":4096', 4_096],
    ['Ollama', [], 'input length exceeds maximum context length', null],
    ['LM Studio', [], 'The number of tokens to keep is greater than the context length (4096). Trim', 4_096],
  ];
  for (const [who, words, text, servedTokens] of rows) {
    test(`${who} is understood`, () => {
      const found = overflowIn(words, text);
      assert.ok(found !== null);
      if (servedTokens !== null) assert.equal(found.servedTokens, servedTokens);
    });
  }

  test('other refusals are none', () => {
    for (const text of [
      'Overloaded',
      'tools.0.input_schema: invalid',
      "Invalid value for 'max_tokens': must be at least 1",
      'Your credit balance is too low',
      'messages.3: `tool_use` ids were found without `tool_result` blocks',
    ]) {
      assert.equal(overflowIn(['invalid_request_error'], text), null, text);
    }
  });
});

describe('a count that is too small for what was sent', () => {
  const fixed = { system: 'x'.repeat(2_000), tools: [] };
  const count = (input: number): Usage => ({ input, cacheRead: 0, cacheWrite: 0, output: 1 });
  const fresh = { messages: [{ kind: 'user', text: 'word '.repeat(20_000) }], freshFrom: 0 } as const;

  test('is seen at the first request', () => {
    assert.equal(servedLess(fresh, MODEL, fixed, count(20_000)), null);
    assert.match(
      servedLess(fresh, MODEL, fixed, count(4_096)) ?? '',
      /it read only 4096 tokens of a prompt of at least/,
    );
  });

  test('is seen when a prompt grew and its count did not', () => {
    const view = viewOf([TICKET, reply('a', { input: 4_090 }), result('a', 'word '.repeat(4_000))]);
    assert.equal(servedLess(view, MODEL, fixed, count(8_000)), null);
    assert.match(servedLess(view, MODEL, fixed, count(4_096)) ?? '', /at least 5\d\d\d/);
  });

  test('means nothing right after a compaction, nor where thinking may leave the prompt again', () => {
    const compacted = viewOf([
      TICKET,
      reply('a', { input: 90_000 }),
      result('a'),
      { kind: 'compaction', before: 2, summary: 's' },
    ]);
    assert.equal(servedLess(compacted, MODEL, fixed, count(2_500)), null);
    const thought = { ...reply('a', { input: 90_000 }), opaque: { provider: 'p', blocks: [] } } as TranscriptEntry;
    assert.equal(servedLess(viewOf([TICKET, thought, result('a')]), MODEL, fixed, count(2_000)), null);
  });
});
