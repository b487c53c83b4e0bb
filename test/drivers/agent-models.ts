/**
 * A model service for programs that are not ours: it takes whatever they send, keeps every request as it came, and
 * answers by a script. The strict stand-in (test/world/models) would refuse fields that only their vendors know.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isObject, type Json } from '../world/json.ts';
import { encodeMessage } from '../world/models/anthropic/encode-message.ts';
import type { ModelProtocol, Script, ScriptedRequest } from '../world/models/conversation.ts';
import { countTokens } from '../world/models/count-tokens.ts';
import type { DecodedCall } from '../world/models/decoded-call.ts';
import { modelOutput } from '../world/models/model-output.ts';
import { encodeCompletion } from '../world/models/openai/encode-completion.ts';
import { encodeResponse } from '../world/models/openai/encode-response.ts';
import { sendAnswer } from '../world/models/send-answer.ts';
import type { WireAnswer } from '../world/models/wire-answer.ts';
import { decodeAgentCall } from './decode-agent-call.ts';

export interface AgentModels {
  /** Without `/v1`. */
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  /** Requests for anything but an answer of a model. */
  readonly asides: readonly string[];
  /** What the script could not answer: a run that leaves anything here proves nothing. */
  readonly scriptFaults: readonly string[];
  /** Forgets the calls so far, for the next program. */
  clear(): void;
  close(): Promise<void>;
}

export interface RecordedCall {
  readonly protocol: ModelProtocol;
  readonly body: Json;
  readonly request: ScriptedRequest;
  readonly key: string;
}

export async function startAgentModels(
  script: Script,
  before: (call: RecordedCall) => Promise<void> = async () => {},
): Promise<AgentModels> {
  const calls: RecordedCall[] = [];
  const asides: string[] = [];
  const scriptFaults: string[] = [];
  const closing = new AbortController();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const protocol = request.method === 'POST' ? PROTOCOLS[path] : undefined;
    if (protocol === undefined) {
      asides.push(`${request.method} ${path}`);
      // A program that asks for anything else gets nothing, and goes on without.
      response.writeHead(path === '/api/hello' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    const body: unknown = JSON.parse(text);
    if (!isObject(body)) throw new Error('a model call that is no object');
    const key = keyOf(request);
    const call = { protocol, body, request: decodeAgentCall(protocol, body, key), key };
    calls.push(call);
    await before(call);
    const { body: whole, events } = await answer(call, script);
    const streams = body.stream === true;
    await sendAnswer(
      response,
      { status: 200, headers: {}, body: whole, events: streams ? events : null },
      0,
      closing.signal,
    );
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      if (closing.signal.aborted || response.destroyed) return;
      scriptFaults.push(String(thrown));
      // Nobody retries a 400, so a broken script ends the run at once.
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: String(thrown) } }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The model service has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    asides,
    scriptFaults,
    clear: () => {
      for (const list of [calls, asides, scriptFaults]) list.length = 0;
    },
    close: async () => {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const PROTOCOLS: Readonly<Record<string, ModelProtocol>> = {
  '/v1/messages': 'anthropic',
  '/v1/responses': 'responses',
  '/v1/chat/completions': 'chat',
};

async function answer({ protocol, body, request }: RecordedCall, script: Script): Promise<WireAnswer> {
  const decoded: DecodedCall = {
    request,
    stream: body.stream === true,
    outputTokensMax: null,
    showsThinking: false,
    callsAllowed: 'any-number',
    callForced: false,
    jsonText: false,
    blocks: [],
    fixedBlocks: 0,
    cacheKey: '',
  };
  const output = modelOutput(await script(request), decoded);
  const inputTokens = countTokens(JSON.stringify([body.tools, request.system, request.messages]));
  const usage = { inputTokens, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
  switch (protocol) {
    case 'anthropic':
      return encodeMessage(output, decoded, usage);
    case 'responses':
      return encodeResponse(output, decoded, usage, Date.now());
    case 'chat':
      return encodeCompletion(output, decoded, usage, Date.now());
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function keyOf({ headers }: IncomingMessage): string {
  const own = headers['x-api-key'];
  return typeof own === 'string' ? own : (headers.authorization ?? '').replace(/^Bearer /, '');
}
