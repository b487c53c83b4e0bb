/** Puts an answer on the wire: whole, as stream events, broken off, unreadable, or as a proxy's error page. */
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from './model-call.ts';
import { eventText, halfOf } from './wire-answer.ts';

export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (answer.events === null) {
    response.writeHead(answer.status, { ...answer.headers, 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
    return;
  }
  await sendEvents(response, answer, answer.events.length, delayMs, signal);
  response.end();
}

export async function sendEvents(
  response: ServerResponse,
  answer: Answer,
  count: number,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  // A write to a caller who has gone may never report back.
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  for (const [index, event] of (answer.events ?? []).slice(0, count).entries()) {
    if (index > 0) await pause(delayMs, signal);
    if (response.destroyed) return;
    const written = new Promise<void>((resolve) => response.write(eventText(event), () => resolve()));
    await Promise.race([written, closed]);
  }
}

/** Status 200 and then nothing a client can parse. */
export async function sendUnreadable(
  response: ServerResponse,
  answer: Answer,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (answer.events === null) {
    const text = JSON.stringify(answer.body);
    response.writeHead(200, { ...answer.headers, 'content-type': 'application/json' });
    response.end(text.slice(0, Math.floor(text.length / 2)));
    return;
  }
  await sendEvents(response, answer, halfOf(answer.events), delayMs, signal);
  const next = eventText(answer.events[halfOf(answer.events)] ?? { data: {} }).trimEnd();
  response.end(`${next.slice(0, -3)}\n\n`);
}

/** What a proxy in front of the service would send: no API error body, no API headers. */
export function sendPage(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(`<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>proxy</body></html>`);
}

/** Ends early, with an error, when the server closes. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal });
}
