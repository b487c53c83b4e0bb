/** Where reports go: what the receiver gets, how it can check it, and what each answer means to us. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createStdoutSink } from '../../src/chat/stdout-sink.ts';
import { createWebhookSink } from '../../src/chat/webhook-sink.ts';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { OutboxReport } from '../../src/heartbeat/journal.ts';

const SECRET = 'webhook-canary';
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const REPORT: OutboxReport = {
  key: 'merged:ENG-1:1',
  event: 'merged',
  text: 'ENG-1 “Prices” is merged.',
  data: { issue: 'ENG-1', pullRequest: 7 },
  at: NOW - 1000,
  delivered: [],
  retryAt: {},
};

test('standard output gets the text, one line end behind it', async () => {
  const written: string[] = [];
  const sink = createStdoutSink((text) => written.push(text));
  await sink.deliver({ ...REPORT, text: 'two\nlines\n\n' });
  assert.deepEqual([sink.name, written], ['stdout', ['two\nlines\n']]);
});

test('the webhook gets the report, signed over its raw bytes', async (t) => {
  const seen: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const url = await receiver(t, (request, response, body) => {
    seen.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
  await sinkFor(url).deliver(REPORT);
  const { headers, body } = seen[0] ?? assert.fail('nothing arrived');
  assert.deepEqual(JSON.parse(body.toString()), {
    id: REPORT.key,
    event: 'merged',
    text: REPORT.text,
    data: REPORT.data,
    at: '2026-01-02T03:04:04.000Z',
  });
  assert.equal(headers['heartline-event'], 'merged');
  assert.equal(headers['heartline-delivery'], REPORT.key);
  assert.equal(headers['heartline-timestamp'], String(NOW / 1000));
  const signature = createHmac('sha256', SECRET)
    .update(`${NOW / 1000}.`)
    .update(body)
    .digest('hex');
  assert.equal(headers['heartline-signature'], `sha256=${signature}`);
});

const keys: readonly { name: string; key: string; header: string }[] = [
  { name: 'plain', key: 'progress:ENG-1/2#3?~!', header: 'progress:ENG-1/2#3?~!' },
  { name: 'of words', key: 'waiting:1:a b ', header: 'waiting:1:a%20b%20' },
  { name: 'with an ellipsis', key: 'waiting:1:`expect(a)…`', header: 'waiting:1:%60expect(a)%E2%80%A6%60' },
  { name: 'with line ends', key: 'waiting:1:a\r\nb: c\0', header: 'waiting:1:a%0D%0Ab:%20c%00' },
  { name: 'in Chinese', key: 'waiting:1:src/购物车.ts', header: 'waiting:1:src/%E8%B4%AD%E7%89%A9%E8%BD%A6.ts' },
  { name: 'that looks encoded', key: 'waiting:1:100%25', header: 'waiting:1:100%2525' },
  { name: 'with half a character', key: 'waiting:1:\ud83d', header: 'waiting:1:%EF%BF%BD' },
  {
    name: 'longer than servers take',
    key: `waiting:1:${'购'.repeat(10_000)}`,
    header: 'sha256:11201ad081ab644bf09a428b86e87f2dc179d60d34713c7efd46d63b9dbb62ba',
  },
];

for (const { name, key, header } of keys) {
  test(`a report with a key ${name} arrives, its id whole in the body and readable in the header`, async (t) => {
    const seen: { delivery: unknown; id: unknown }[] = [];
    const url = await receiver(t, (request, response, body) => {
      seen.push({ delivery: request.headers['heartline-delivery'], id: JSON.parse(body.toString()).id });
      response.writeHead(204).end();
    });
    await sinkFor(url).deliver({ ...REPORT, key });
    assert.deepEqual(seen, [{ delivery: header, id: key }]);
  });
}

test('the documented check accepts what is sent and refuses any change, another secret, and an old request', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'webhook.md'), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? assert.fail('docs/webhook.md shows no code');
  const { isFromHeartline } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const url = await receiver(t, (request, response, body) => {
    const { headers } = request;
    const now = NOW / 1000 + 5;
    const flipped = Buffer.from(body);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    const verdicts = [
      isFromHeartline(body, headers, SECRET, now),
      isFromHeartline(flipped, headers, SECRET, now),
      isFromHeartline(body, { ...headers, 'heartline-timestamp': String(NOW / 1000 + 1) }, SECRET, now),
      isFromHeartline(body, { ...headers, 'heartline-signature': 'sha256=00' }, SECRET, now),
      isFromHeartline(body, {}, SECRET, now),
      isFromHeartline(body, headers, 'another', now),
      isFromHeartline(body, headers, SECRET, now + 600),
    ];
    response.writeHead(verdicts.join() === 'true,false,false,false,false,false,false' ? 200 : 500).end();
  });
  await sinkFor(url).deliver(REPORT);
});

const answers: readonly {
  status: number;
  headers?: Record<string, string>;
  kind: string;
  retryAfterMs: number | null;
}[] = [
  { status: 429, headers: { 'retry-after': '7' }, kind: 'limited', retryAfterMs: 7000 },
  {
    status: 503,
    headers: { 'retry-after': new Date(NOW + 90_000).toUTCString() },
    kind: 'limited',
    retryAfterMs: 90_000,
  },
  { status: 503, headers: { 'retry-after': 'soon' }, kind: 'limited', retryAfterMs: null },
  { status: 500, kind: 'unreachable', retryAfterMs: null },
  { status: 408, kind: 'unreachable', retryAfterMs: null },
  { status: 401, kind: 'unauthorised', retryAfterMs: null },
  { status: 410, kind: 'missing', retryAfterMs: null },
  { status: 422, kind: 'invalid', retryAfterMs: null },
  { status: 307, headers: { location: '/elsewhere' }, kind: 'refused', retryAfterMs: null },
];

for (const { status, headers, kind, retryAfterMs } of answers) {
  test(`answer ${status} is not delivered: ${kind}, wait ${retryAfterMs}; one request only`, async (t) => {
    let requests = 0;
    const url = await receiver(t, (_request, response) => {
      requests++;
      response.writeHead(status, headers).end('a long story');
    });
    const error = await failure(sinkFor(url).deliver(REPORT));
    assert.deepEqual([error.kind, error.retryAfterMs, requests], [kind, retryAfterMs, 1]);
    assert.match(
      error.message,
      new RegExp(`deliver report merged:ENG-1:1 to the webhook at 127\\.0\\.0\\.1:\\d+: answered ${status}`),
    );
    assert.doesNotMatch(error.message, /hidden-path|canary/);
  });
}

test('no answer in time, a torn connection and a closed port are transient', async (t) => {
  const silent = await receiver(t, () => undefined);
  assert.match((await failure(sinkFor(silent, 30).deliver(REPORT))).message, /no answer in time/);
  const torn = await receiver(t, (_request, response) => response.destroy());
  const closed = 'http://127.0.0.1:1/hidden-path';
  for (const url of [silent, torn, closed]) {
    const error = await failure(sinkFor(url, 30).deliver(REPORT));
    assert(error.transient);
    assert.doesNotMatch(error.message, /hidden-path|canary/);
  }
});

function sinkFor(url: string, timeoutMs = 5000) {
  return createWebhookSink({ url, secret: SECRET, timeoutMs, now: () => NOW });
}

async function failure(delivery: Promise<void>): Promise<OutsideError> {
  const error = await delivery.then(
    () => assert.fail('it was delivered'),
    (reason) => reason,
  );
  assert(error instanceof OutsideError);
  return error;
}

async function receiver(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<string> {
  const server = createServer(async (request, response) => {
    answer(request, response, Buffer.concat(await Array.fromAsync(request)));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hidden-path`;
}
