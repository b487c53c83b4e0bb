/**
 * Reports as signed POST requests; docs/webhook.md tells the receiver how to check them. A report may arrive twice (its
 * answer got lost), never altered: the receiver drops a delivery id it has seen.
 */
import { createHash, createHmac } from 'node:crypto';
import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';
import type { OutboxReport } from '../heartbeat/journal.ts';
import type { Clock, Sink } from '../heartbeat/ports.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  /** For the whole exchange, answer included. */
  readonly timeoutMs: number;
  readonly now: Clock['now'];
}

const DELIVERY_CHARS_MAX = 1_000;

export function createWebhookSink({ url, secret, timeoutMs, now }: WebhookOptions): Sink {
  // Only the host is ever shown: with many receivers the path itself is the password.
  const { host } = new URL(url);
  return {
    name: 'webhook',
    deliver: async (report) => {
      const attempted = `deliver report ${report.key} to the webhook at ${host}`;
      const body = bodyOf(report);
      const timestamp = String(Math.floor(now() / 1000));
      const response = await send(url, attempted, {
        method: 'POST',
        body,
        // A redirect would carry a signed report to a place nobody configured.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'heartline',
          'heartline-event': report.event,
          'heartline-delivery': deliveryOf(report.key),
          'heartline-timestamp': timestamp,
          'heartline-signature': `sha256=${signatureOf(secret, timestamp, body)}`,
        },
      });
      // The answer's text is of no use and is not waited for.
      await response.body?.cancel().catch(() => undefined);
      if (!response.ok) {
        const retryAfterMs = waitOf(response.headers.get('retry-after'), now());
        throw new OutsideError(troubleOf(response.status), attempted, `answered ${response.status}`, { retryAfterMs });
      }
    },
  };
}

function bodyOf({ key, event, text, data, at }: OutboxReport): string {
  return JSON.stringify({ id: key, event, text, data, at: new Date(at).toISOString() });
}

/** Keys hold people's words and names of files. A header holds neither line ends nor most letters, and no server takes a long one. */
function deliveryOf(key: string): string {
  const encoded = encodeURI(key.toWellFormed());
  return encoded.length <= DELIVERY_CHARS_MAX ? encoded : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

async function send(url: string, attempted: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
    throw new OutsideError('unreachable', attempted, timedOut ? 'no answer in time' : 'no connection', { cause });
  }
}

function troubleOf(status: number): TroubleKind {
  if (status === 429 || status === 503) return 'limited';
  if (status >= 500 || status === 408) return 'unreachable';
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 404 || status === 410) return 'missing';
  return status >= 400 ? 'invalid' : 'refused';
}

/** Retry-After is seconds or a date; anything else says nothing. */
function waitOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
