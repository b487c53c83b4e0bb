// The proxy alone: what it sends on, what it refuses, and what a call is said to have cost when its answer breaks off.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MODEL_SOCKET, startModelProxy } from '../../../src/agents/external/model-proxy.ts';
import type { Usage } from '../../../src/domain/transcript.ts';

type Settled = { readonly usage: Usage | null; readonly billable: boolean };

test('an answer that sends us elsewhere is not followed: the key would go along', async () => {
  let visits = 0;
  const elsewhere = await serve(() => {
    visits += 1;
    return [200, {}, '{}'];
  });
  const provider = await serve(() => [307, { location: address(elsewhere) }, '']);
  const { status, settled } = await ask(provider, {});
  assert.equal(status, 502);
  assert.equal(visits, 0);
  assert.deepEqual(settled, [{ usage: null, billable: false }]);
  for (const server of [elsewhere, provider]) server.close();
});

test('an answer that breaks off costs the worst, whatever it said at its start', async () => {
  const provider = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}}\n\n');
    setImmediate(() => response.destroy());
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { settled } = await ask(provider, { stream: true });
  assert.deepEqual(settled, [{ usage: null, billable: true }]);
  provider.close();
});

test('a refusal of the provider reaches the program with its wait, and costs nothing', async () => {
  const provider = await serve(() => [429, { 'retry-after': '7', 'set-cookie': 'a=b' }, '{"type":"error"}']);
  const { status, headers, settled } = await ask(provider, {});
  assert.equal(status, 429);
  assert.equal(headers['retry-after'], '7');
  assert.equal(headers['set-cookie'], undefined);
  assert.deepEqual(settled, [{ usage: null, billable: false }]);
  provider.close();
});

test('a link planted at the place of the socket leads nowhere', async () => {
  const provider = await serve(() => [200, {}, '{}']);
  const { status } = await ask(provider, {}, async (folder) => {
    await writeFile(join(folder, 'precious'), 'kept');
    await symlink(join(folder, 'precious'), join(folder, MODEL_SOCKET));
  });
  assert.equal(status, 200);
  provider.close();
});

async function ask(provider: Server, body: object, plant: (folder: string) => Promise<void> = async () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'heartline proxy '));
  const settled: Settled[] = [];
  await plant(folder);
  const proxy = await startModelProxy({
    endpoint: { protocol: 'anthropic', baseUrl: address(provider), apiKey: 'real', modelName: 'chosen' },
    folder,
    outputTokensMax: 100,
    signal: new AbortController().signal,
    callTimeoutMs: 10_000,
    answered: () => {},
    complete: async (asked) => asked,
    reserve: async () => ({
      settle: async (usage, billable) => {
        settled.push({ usage, billable });
      },
    }),
  });
  try {
    const answer = await post(join(folder, MODEL_SOCKET), JSON.stringify(body));
    await proxy.close();
    assert.ok(!(await readdir(folder)).includes(MODEL_SOCKET));
    return { ...answer, settled };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function post(socketPath: string, body: string) {
  return new Promise<{ status: number; headers: Readonly<Record<string, unknown>> }>((resolve, reject) => {
    const call = request({ socketPath, method: 'POST', path: '/v1/messages?beta=true' }, (response) => {
      const done = () => resolve({ status: response.statusCode ?? 0, headers: response.headers });
      // Broken off is an end too.
      response.resume().on('end', done).on('error', done);
    });
    call.on('error', reject).end(body);
  });
}

async function serve(answer: () => readonly [number, Readonly<Record<string, string>>, string]): Promise<Server> {
  const server = createServer((_, response) => {
    const [status, headers, body] = answer();
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
