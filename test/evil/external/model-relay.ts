/** Stands before the model service and notes each request as it came: what a program got past the bot is seen here. */
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  /** Method and path. */
  readonly what: string;
  readonly headers: string;
  readonly bodyBytes: number;
  readonly bodyHead: string;
}

export interface ModelRelay {
  readonly url: string;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

const HEAD_CHARACTERS = 4_000;

export async function startModelRelay(target: string): Promise<ModelRelay> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', url = '/', headers } = request;
      const bodyHead = body.toString('utf8', 0, HEAD_CHARACTERS);
      heard.push({ what: `${method} ${url}`, headers: JSON.stringify(headers), bodyBytes: body.length, bodyHead });
      // A service that tells a caller what it was sent.
      const echoed = headers['x-echo'];
      if (typeof echoed === 'string') return void response.end(JSON.stringify({ [echoed]: headers[echoed] }));
      const { hostname, port } = new URL(target);
      const sent = ask({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      sent.on('error', () => response.destroy());
      sent.end(body);
    });
    request.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
