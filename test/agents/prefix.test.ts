/**
 * Recorded sessions of every protocol, sent again request by request: each is the one before and more, byte for byte, but
 * for the steps at which the session was made shorter.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { toolSpecs } from '../../src/agents/answer-calls.ts';
import { loadPrompts } from '../../src/agents/load-prompts.ts';
import { viewOf } from '../../src/agents/view-of.ts';
import type { TranscriptEntry } from '../../src/domain/transcript.ts';
import { chatBody } from '../../src/models/chat-body.ts';
import { messagesBody } from '../../src/models/messages-body.ts';
import type { Provider, WireCall } from '../../src/models/protocol.ts';
import { responsesBody } from '../../src/models/responses-body.ts';

const prompt = (await loadPrompts(path.join(import.meta.dirname, '../../prompts'))).get('dev');
assert.ok(prompt);

type Call = Omit<WireCall, 'watch'>;
interface Wire {
  readonly file: string;
  readonly provider: Provider;
  readonly model: string;
  /** What is the same in every request, and what grows. */
  readonly parts: (call: Call) => { readonly fixed: unknown; readonly growing: readonly unknown[] };
}

const keyless = { baseUrl: null, apiKey: null };
const WIRES: readonly Wire[] = [
  {
    file: 'messages.json',
    provider: { name: 'anthropic', kind: 'anthropic', ...keyless },
    model: 'anthropic/claude-sonnet-5-5',
    parts: (call) => {
      const { messages, ...fixed } = messagesBody(call);
      return { fixed, growing: withoutMarkers(messages) as readonly unknown[] };
    },
  },
  {
    file: 'responses.json',
    provider: { name: 'openai', kind: 'openai', ...keyless },
    model: 'openai/gpt-5.5',
    parts: (call) => {
      const { input, ...fixed } = responsesBody(call);
      return { fixed, growing: Array.isArray(input) ? input : [] };
    },
  },
  {
    file: 'chat.json',
    provider: { name: 'local', kind: 'openai', api: 'chat', ...keyless },
    model: 'local/qwen',
    parts: (call) => {
      const { messages, ...fixed } = chatBody(call);
      return { fixed, growing: messages };
    },
  },
];

/** A marker says where to cache and is no part of what is cached. */
function withoutMarkers(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner)));
}

for (const wire of WIRES) {
  describe(`a session recorded as ${wire.file}`, () => {
    const entries: readonly TranscriptEntry[] = JSON.parse(
      readFileSync(path.join(import.meta.dirname, 'recorded', wire.file), 'utf8'),
    );
    const requests = entries.flatMap((entry, index) =>
      entry.kind === 'assistant' ? [sent(wire, entries, index)] : [],
    );

    test('has calls side by side, both kinds of compaction, and a beginning, middle and end', () => {
      assert.ok(requests.length >= 15, String(requests.length));
      const summaries = entries.flatMap((entry) => (entry.kind === 'compaction' ? [entry.summary] : []));
      assert.ok(summaries.includes(null) && summaries.some((summary) => summary !== null));
      assert.ok(entries.some((entry) => entry.kind === 'assistant' && entry.calls.length > 1));
    });

    test('each request begins with the bytes of the one before', () => {
      let broken = 0;
      requests.forEach((request, index) => {
        const before = requests[index - 1];
        assert.equal(request.fixed, requests[0]?.fixed, `system and tools of request ${index + 1}`);
        if (before === undefined) return;
        if (request.compactions > before.compactions) {
          broken += 1;
          return;
        }
        assert.ok(request.growing.startsWith(before.growing), `request ${index + 1} repeats request ${index}`);
        assert.ok(request.growing.length > before.growing.length);
      });
      assert.ok(broken <= entries.filter((entry) => entry.kind === 'compaction').length);
    });

    test('a changed byte anywhere before would be seen', () => {
      const spoiled = entries.map((entry, index) =>
        index === 0 && entry.kind === 'user' ? { ...entry, text: `${entry.text} ` } : entry,
      );
      const at = entries.findIndex((entry) => entry.kind === 'assistant');
      assert.equal(sent(wire, spoiled, at + 2).growing.startsWith(sent(wire, entries, at).growing), false);
    });
  });
}

/** The request that the assistant message at `index` answered. */
function sent(wire: Wire, entries: readonly TranscriptEntry[], index: number) {
  const before = entries.slice(0, index);
  const modelName = wire.model.slice(wire.model.indexOf('/') + 1);
  assert.ok(prompt);
  const { fixed, growing } = wire.parts({
    provider: wire.provider,
    modelName,
    request: {
      model: wire.model,
      system: prompt.system,
      tools: toolSpecs(prompt),
      messages: viewOf(before).messages,
      outputTokensMax: 8_000,
      cacheKey: 'session-1',
      signal: new AbortController().signal,
    },
  });
  return {
    fixed: JSON.stringify(fixed),
    // Without the closing bracket, so that a longer list can begin with it.
    growing: JSON.stringify(growing).slice(0, -1),
    compactions: before.filter((entry) => entry.kind === 'compaction').length,
  };
}
