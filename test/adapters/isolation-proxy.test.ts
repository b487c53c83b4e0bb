/** The one way out of a room: names, addresses, ports, methods and sizes, each let through or not. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Registry } from '../../src/domain/settings.ts';
import { mayConnect } from '../../src/isolation/proxy/addresses.ts';
import { allowing, parseTarget } from '../../src/isolation/proxy/allowed-hosts.ts';
import { startProxy } from '../../src/isolation/proxy/start-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'heartline-proxy-test-'));
const seen: { method: string; host: string; authorization: string }[] = [];
const web = createServer((message, response) => {
  const { host = '', 'proxy-authorization': authorization = '' } = message.headers;
  seen.push({ method: message.method ?? '', host, authorization });
  response.end(message.url === '/large' ? Buffer.alloc(3_000_000) : 'package');
}).listen(0, '127.0.0.1');
const echo = createTcpServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
await Promise.all([once(web, 'listening'), once(echo, 'listening')]);
const webPort = (web.address() as AddressInfo).port;
const echoPort = (echo.address() as AddressInfo).port;

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'good.test': ['127.0.0.1'],
  'rebinding.test': ['93.184.216.34', '10.0.0.7'],
  'metadata.test': ['169.254.169.254'],
};
const log: string[] = [];
const registries: readonly Registry[] = [
  { host: `good.test:${webPort}`, private: true },
  { host: `good.test:${echoPort}`, private: true },
  { host: 'rebinding.test', private: false },
  { host: 'metadata.test', private: true },
  { host: 'unknown.test', private: false },
  { host: `127.0.0.1:${webPort}`, private: false },
];
const socket = join(folder, 'proxy.sock');
const proxy = await startProxy({
  socket,
  registries,
  log: (line) => log.push(line),
  resolve: async (host) => NAMES[host] ?? [],
  limits: { sentBytesMax: 100_000, receivedBytesMax: 1_000_000 },
});
after(async () => {
  await proxy.close();
  web.close();
  echo.close();
  rmSync(folder, { recursive: true });
});

function ask(path: string, method = 'GET'): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'elsewhere.test', 'proxy-authorization': 'Basic c2VjcmV0' };
    const sent = request({ socketPath: socket, path, method, headers, agent: false }, async (response) => {
      let text = '';
      try {
        for await (const part of response) text += String(part);
      } catch {
        text += '(broken off)';
      }
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.once('error', reject);
    sent.end();
  });
}

function tunnel(target: string): Promise<{ readonly status: number; send(text: string): Promise<string> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method: 'CONNECT', path: target, agent: false });
    sent.once('error', reject);
    sent.once('connect', (response, stream) => {
      stream.on('error', () => {});
      const send = async (text: string) => {
        let back = '';
        stream.on('data', (chunk: Buffer) => {
          back += String(chunk);
        });
        stream.end(text);
        await new Promise<void>((closed) => stream.once('close', () => closed()));
        return back;
      };
      resolve({ status: response.statusCode ?? 0, send });
    });
    sent.end();
  });
}

test('a listed host is fetched from, under its own name and without what was meant for the proxy', async () => {
  assert.deepEqual(await ask(`http://good.test:${webPort}/x`), { status: 200, text: 'package' });
  assert.deepEqual(seen, [{ method: 'GET', host: `good.test:${webPort}`, authorization: '' }]);
});

test('everything else is refused with the reason, before anybody is connected to', async () => {
  const before = seen.length;
  const cases = [
    [`http://evil.test:${webPort}/`, /not on the list/],
    ['http://good.test/', /not on the list/],
    ['http://rebinding.test/', /10\.0\.0\.7 is not a public one/],
    ['http://metadata.test/', /169\.254\.169\.254 is not a public one/],
    ['http://unknown.test/', /does not resolve/],
    [`http://127.0.0.1:${webPort}/`, /127\.0\.0\.1 is not a public one/],
    [`http://user:word@good.test:${webPort}/`, /no address/],
    ['/etc/passwd', /no address/],
    [`ftp://good.test:${webPort}/`, /no address/],
  ] as const;
  for (const [path, reason] of cases) {
    const { status, text } = await ask(path);
    assert.equal(status, 403, path);
    assert.match(text, reason, path);
  }
  for (const target of ['evil.test:443', 'metadata.test:443', 'good.test:22', `good.test:${webPort}@evil.test:80`]) {
    assert.equal((await tunnel(target)).status, 403, target);
  }
  for (const method of ['POST', 'PUT', 'DELETE']) {
    assert.equal((await ask(`http://good.test:${webPort}/x`, method)).status, 405);
  }
  assert.equal(seen.length, before);
  assert.ok(log.some((line) => line === 'proxy: evil.test:443 refused: it is not on the list'));
});

test('a tunnel carries bytes both ways, up to its bound', async () => {
  const good = await tunnel(`good.test:${echoPort}`);
  assert.equal(good.status, 200);
  assert.equal(await good.send('x'.repeat(50_000)), 'x'.repeat(50_000));
  const greedy = await tunnel(`good.test:${echoPort}`);
  assert.ok((await greedy.send('x'.repeat(500_000))).length <= 100_000);
  assert.match((await ask(`http://good.test:${webPort}/large`)).text, /\(broken off\)$/);
});

test('which addresses are public', () => {
  const open = ['93.184.216.34', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'];
  const own = [
    ...['10.1.2.3', '127.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '198.18.0.1'],
    ...['::1', 'fc00::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::a00:1', '2002:7f00:1::', '2001:db8::1'],
  ];
  const never = [
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    'fe80::1',
    'fd00:ec2::254',
  ];
  never.push('::', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'ff02::1', 'nonsense');
  for (const address of open) assert.equal(mayConnect(address, false), true, address);
  for (const address of own)
    assert.deepEqual([mayConnect(address, false), mayConnect(address, true)], [false, true], address);
  for (const address of never) assert.equal(mayConnect(address, true), false, address);
});

test('which names an entry stands for', () => {
  const cases = [
    ['registry.example', 'registry.example:443', true],
    ['registry.example', 'Registry.Example.:443', true],
    ['registry.example', 'registry.example:8443', false],
    ['registry.example:8443', 'registry.example:8443', true],
    ['registry.example:8443', 'registry.example:443', false],
    ['registry.example', 'evil-registry.example:443', false],
    ['registry.example', 'registry.example.evil.test:443', false],
    ['*.example', 'a.b.example:80', true],
    ['*.example', 'example:80', false],
    ['*.example', 'evilexample:80', false],
  ] as const;
  for (const [host, target, expected] of cases) {
    const parsed = parseTarget(target);
    assert.ok(parsed !== null);
    assert.equal(allowing([{ host, private: false }], parsed) !== null, expected, `${host} ${target}`);
  }
  for (const wrong of ['registry.example', 'a b:80', 'a:0', 'a:99999', 'a/b:80', 'a\n:80', '']) {
    assert.equal(parseTarget(wrong), null, wrong);
  }
});
