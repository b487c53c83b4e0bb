// Package sources on this machine: one package for npm and one for pip, made on the spot, each with the checksum its tool
// asks for. Listens on a loopback address that no_proxy does not name, so that tools go through the proxy to reach it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const HOST = '127.0.0.2';

export interface Registry {
  /** As a project lists it. */
  readonly host: string;
  readonly url: string;
  /** Paths that were asked for, oldest first. */
  readonly asked: readonly string[];
  /** What a package-lock.json says of the npm package. */
  readonly lock: { readonly version: string; readonly resolved: string; readonly integrity: string };
  close(): void;
}

/** Both packages are called `shouting` and shout what they are given. */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'heartline-registry-'));
  const npm = packed(folder, 'npm.tgz', {
    'package/package.json': JSON.stringify({ name: 'shouting', version: '1.0.0', main: 'index.js' }),
    'package/index.js': 'exports.shout = (text) => text.toUpperCase();\n',
  });
  const pip = packed(folder, 'pip.tar.gz', {
    'shouting-1.0.0/PKG-INFO': 'Metadata-Version: 2.1\nName: shouting\nVersion: 1.0.0\n',
    'shouting-1.0.0/setup.py':
      "from setuptools import setup\nsetup(name='shouting', version='1.0.0', py_modules=['shouting'])\n",
    'shouting-1.0.0/shouting.py': 'def shout(text):\n    return text.upper()\n',
  });
  rmSync(folder, { recursive: true });
  const asked: string[] = [];
  const server = createServer((message, response) => {
    const path = message.url ?? '';
    asked.push(path);
    const bodies: Readonly<Record<string, string | Buffer>> = {
      '/shouting/-/shouting-1.0.0.tgz': npm,
      '/simple/shouting/': '<a href="/files/shouting-1.0.0.tar.gz">shouting-1.0.0.tar.gz</a>',
      '/files/shouting-1.0.0.tar.gz': pip,
    };
    const body = bodies[path];
    if (body === undefined) response.writeHead(404);
    else
      response.writeHead(200, { 'Content-Type': typeof body === 'string' ? 'text/html' : 'application/octet-stream' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const host = `${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    asked,
    lock: {
      version: '1.0.0',
      resolved: `http://${host}/shouting/-/shouting-1.0.0.tgz`,
      integrity: `sha512-${createHash('sha512').update(npm).digest('base64')}`,
    },
    close: () => server.close(),
  };
}

function packed(folder: string, name: string, files: Readonly<Record<string, string>>): Buffer {
  const root = join(folder, `${name}.d`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const top = Object.keys(files)[0]?.split('/')[0] ?? '.';
  execFileSync('tar', ['-C', root, '-czf', join(folder, name), top]);
  return readFileSync(join(folder, name));
}
