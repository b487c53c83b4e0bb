/** Reads an HTTP request as a model call: which protocol, which operation, whose key. */
import type { IncomingMessage } from 'node:http';
import type { ModelProtocol } from './conversation.ts';
import type { ArrivedCall, Route } from './model-call.ts';

export async function readCall(request: IncomingMessage, number: number, bytesMax: number): Promise<ArrivedCall> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    // The rest is read and thrown away, so that the caller can read the refusal.
    if (bytes <= bytesMax) chunks.push(buffer);
  }
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
  const operation = `${request.method ?? 'GET'} ${path}`;
  const anthropicKey = headerOf(request, 'x-api-key');
  const protocol = protocolOf(path, anthropicKey !== null || headerOf(request, 'anthropic-version') !== null);
  const bearer = /^Bearer (.+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? null;
  return {
    number,
    operation,
    route: routeOf(operation),
    protocol,
    // The Anthropic client sends its key as a bearer token; plain HTTP callers use the older header.
    key: protocol === 'anthropic' ? (anthropicKey ?? bearer) : bearer,
    anthropicVersion: headerOf(request, 'anthropic-version'),
    body: bytes > bytesMax ? null : Buffer.concat(chunks).toString('utf8'),
  };
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The model list has one path for both families: the headers tell them apart. */
function protocolOf(path: string, anthropicHeaders: boolean): ModelProtocol {
  if (path.startsWith('/v1/messages')) return 'anthropic';
  if (path.startsWith('/v1/responses')) return 'responses';
  if (path.startsWith('/v1/chat/')) return 'chat';
  return anthropicHeaders ? 'anthropic' : 'chat';
}

function routeOf(operation: string): Route {
  switch (operation) {
    case 'POST /v1/messages':
    case 'POST /v1/responses':
    case 'POST /v1/chat/completions':
      return { kind: 'generate' };
    case 'POST /v1/messages/count_tokens':
      return { kind: 'count-tokens' };
    case 'GET /v1/models':
      return { kind: 'list-models' };
    default: {
      const id = /^GET \/v1\/models\/([^/]+)$/.exec(operation)?.[1];
      return id === undefined ? { kind: 'unknown' } : { kind: 'get-model', id: decodeURIComponent(id) };
    }
  }
}
