/** How the mirror speaks to a server: where the token goes, and what each kind of failure is called. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createMirror } from '../../src/git/mirror.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const TOKEN = 'ghp_canary4711';
const world = gitWorld();
const seen: { readonly host: string; readonly authorization: string | undefined; readonly commandLines: string }[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();
const server = createServer((request, response) => {
  seen.push({
    host: request.headers.host ?? '',
    authorization: request.headers.authorization,
    commandLines: commandLines(),
  });
  answer(request, response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
after(() => {
  server.closeAllConnections();
  server.close();
  world.remove();
});

function mirrorAt(url: string, timeoutMs = 20_000) {
  return createMirror({ root: world.root, remote: () => ({ url, token: TOKEN }), timeoutMs });
}

function commandLines(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}

const TABLE: readonly (readonly [number, string])[] = [
  [401, 'unauthorised'],
  [403, 'unauthorised'],
  [404, 'missing'],
  [429, 'limited'],
  [500, 'unreachable'],
  [502, 'unreachable'],
];

for (const [status, kind] of TABLE) {
  test(`an answer of ${status} is ${kind}, and the message never holds the token`, async () => {
    answer = (_request, response) => response.writeHead(status).end('no');
    await assert.rejects(mirrorAt(`http://127.0.0.1:${port}/acme/shop.git`).refresh(REPOSITORY), (error) => {
      assert.ok(error instanceof OutsideError);
      assert.equal(error.kind, kind, error.message);
      assert.doesNotMatch(error.message, new RegExp(TOKEN));
      return true;
    });
  });
}

test('the token travels in the header to that host alone: not in argv, not after a redirect, not in a file', async () => {
  seen.length = 0;
  answer = (request, response) =>
    request.headers.host?.startsWith('127')
      ? response.writeHead(302, { location: `http://localhost:${port}${request.url}` }).end()
      : response.writeHead(404).end();
  const mirror = mirrorAt(`http://127.0.0.1:${port}/acme/shop.git`);
  await assert.rejects(mirror.remoteTip(REPOSITORY, 'main'), (error) => error instanceof OutsideError);
  const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
  assert.deepEqual(
    seen.map(({ host, authorization }) => [host, authorization]),
    [[`127.0.0.1:${port}`, `Basic ${basic}`]],
  );
  assert.match(seen[0]?.commandLines ?? '', /ls-remote/);
  assert.doesNotMatch(seen[0]?.commandLines ?? '', new RegExp(`${TOKEN}|${basic}`));
  for (const name of readdirSync(world.root, { recursive: true, encoding: 'utf8', withFileTypes: true })) {
    if (name.isFile())
      assert.doesNotMatch(readFileSync(join(name.parentPath, name.name), 'latin1'), new RegExp(`${TOKEN}|${basic}`));
  }
});

test('a server that never answers ends in time, and git with it', async () => {
  answer = () => {};
  const mirror = mirrorAt(`http://127.0.0.1:${port}/hung/hung.git`, 400);
  await assert.rejects(
    mirror.refresh('hung/hung'),
    (error) => error instanceof OutsideError && error.kind === 'unreachable',
  );
  assert.doesNotMatch(commandLines(), /hung\/hung\.git/);
});

test('a token is never sent over plain http to another machine, and odd transports are closed', async () => {
  const invalid = (error: unknown) => error instanceof OutsideError && error.kind === 'invalid';
  await assert.rejects(mirrorAt('http://example.com/acme/shop.git').refresh(REPOSITORY), invalid);
  await assert.rejects(mirrorAt('https://user:secret@example.com/acme/shop.git').refresh(REPOSITORY), invalid);
  await assert.rejects(mirrorAt(`ext::sh -c touch% ${world.tripwire}`).refresh(REPOSITORY), invalid);
  await assert.rejects(mirrorAt('--upload-pack=touch').refresh(REPOSITORY), invalid);
});
