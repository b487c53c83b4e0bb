/**
 * Words of ours for a program that is at work: none of them listens while it works, but each sends its whole conversation
 * with every call. So the words stand at the end of what it asks its model, and at that same place in whatever it asks
 * later, which leaves the beginning of each request as the one before it was.
 */
import { isObject, type JsonObject } from './json-object.ts';
import type { ModelEndpoint } from './model-endpoint.ts';

type Protocol = ModelEndpoint['protocol'];

export interface Words {
  readonly said: boolean;
  /** Once: from now on they are in every request. */
  say(text: string): void;
  into(body: JsonObject): JsonObject;
}

/** Titles and summaries are asked for without tools: there is nobody in them to be told. */
export function isConversation(body: JsonObject): boolean {
  return Array.isArray(body.tools) && body.tools.length > 0;
}

export function wordsFor(protocol: Protocol): Words {
  let words: string | null = null;
  /** How many messages stand before them. */
  let place: number | null = null;
  const key = protocol === 'responses' ? 'input' : 'messages';
  return {
    get said() {
      return words !== null;
    },
    say: (text) => {
      words ??= text;
    },
    into: (body) => {
      const list = body[key];
      if (words === null || !isConversation(body) || !Array.isArray(list) || list.length === 0) return body;
      // A program that summed up its conversation has lost the place.
      if (place === null || !fits(protocol, list, place)) place = list.length;
      return { ...body, [key]: withWords(protocol, list, place, words) };
    },
  };
}

/** Between a call and its result nobody may speak. */
function fits(protocol: Protocol, list: readonly unknown[], place: number): boolean {
  if (place > list.length) return false;
  const next = list[place];
  if (protocol === 'anthropic') return roleOf(list[place - 1]) === 'user';
  if (protocol === 'chat') return roleOf(next) !== 'tool';
  return !(isObject(next) && String(next.type).endsWith('_output'));
}

function withWords(protocol: Protocol, list: readonly unknown[], place: number, words: string): readonly unknown[] {
  const before = list[place - 1];
  // Some servers refuse two messages of one side in a row.
  if (protocol === 'anthropic' && isObject(before) && before.role === 'user') {
    const content = Array.isArray(before.content) ? before.content : [{ type: 'text', text: String(before.content) }];
    return list.toSpliced(place - 1, 1, { ...before, content: [...content, { type: 'text', text: words }] });
  }
  return list.toSpliced(place, 0, messageOf(protocol, words));
}

function messageOf(protocol: Protocol, words: string): JsonObject {
  switch (protocol) {
    case 'anthropic':
      return { role: 'user', content: [{ type: 'text', text: words }] };
    case 'responses':
      return { type: 'message', role: 'user', content: [{ type: 'input_text', text: words }] };
    case 'chat':
      return { role: 'user', content: words };
  }
}

function roleOf(message: unknown): unknown {
  return isObject(message) ? message.role : undefined;
}
