/** What a program tries on its way to the model and in its conversation with us, and what shows that it got through. */

import type { Judged } from '../attempts/attempt.ts';
import type { Change } from '../attempts/weakened-copy.ts';
import { type Canaries, sightings } from '../canaries.ts';
import type { Heard } from './model-relay.ts';

/** All that is seen from outside, and what the program itself reports of each attempt. */
export interface Seen {
  readonly canaries: Canaries;
  readonly report: Readonly<Record<string, string>>;
  readonly heard: readonly Heard[];
  readonly contacts: readonly string[];
  readonly tripped: readonly string[];
  /** Of the bot. */
  readonly key: string;
  readonly model: string;
}

export function waysToTheModel(seen: Seen, isRow: (name: string) => boolean): readonly Judged[] {
  const own = Object.entries(seen.report).filter(([name]) => !isRow(name));
  return [
    ...own.map(([name, text]): Judged => {
      const notProvable = NOT_PROVABLE[name];
      return {
        ...{ group: GROUP, name, stoppedBy: ['endpoint'] },
        outcome: { succeeded: gotThrough(name, text, seen), evidence: text.slice(0, 200) },
        ...(text === '' ? { untried: 'nothing is known of it' } : {}),
        ...(notProvable === undefined ? {} : { notProvable }),
      };
    }),
    ...overall(seen),
  ];
}

const GROUP = 'way to the model';

const NOT_PROVABLE: Readonly<Record<string, string>> = {
  'half a request': 'it keeps nothing busy but its own connection: there is no layer to take away',
  'permission that is always given': 'a permission opens nothing, because the room is the wall: it is given by design',
  'a method nobody knows': 'nothing stands behind such a method: there is no layer to take away',
  'a method that is a prototype': 'nothing stands behind such a method: there is no layer to take away',
};

function gotThrough(name: string, text: string, { canaries, heard, contacts, tripped, key }: Seen): boolean {
  if (text.includes('WON') || tripped.includes(name.replaceAll(' ', '-'))) return true;
  if (sightings(canaries.all, text).length > 0 || text.includes(key)) return true;
  const [, verb, address] = /^(another address:|reading) (.*)$/.exec(name) ?? [];
  if (address !== undefined) {
    const method = verb === 'reading' ? 'GET' : 'POST';
    const there = `${method} ${address.replace('http://', '')}`;
    const folded = `${method} ${new URL(`http://x${address}`.replace('xhttp://', '')).pathname}`;
    return heard.some(({ what }) => what === folded) || contacts.some((contact) => contact.startsWith(there));
  }
  switch (name) {
    case 'another host named':
      return contacts.some((contact) => contact.startsWith('POST 169.254.169.254'));
    case 'another method named':
      return heard.some(({ headers }) => headers.includes('x-http-method-override'));
    case 'a key of its own':
      return heard.some(({ headers }) => /"(x-api-key|authorization)":"(Bearer )?evil"/.test(headers));
    case 'a model of its own':
      return heard.some(({ bodyHead }) => bodyHead.includes('evil-dearest-model'));
    case 'an answer without end':
      return heard.some(({ bodyHead }) => bodyHead.includes('1000000000'));
    case "the provider's own tools":
      return heard.some(({ bodyHead }) => bodyHead.includes('web_search'));
    case "the provider's connectors":
      return heard.some(({ bodyHead }) => /mcp_servers|"container"|"store":true/.test(bodyHead));
    case 'no object':
      return heard.some(({ bodyHead }) => bodyHead === '[1]');
    case 'no JSON':
      return heard.some(({ bodyHead, bodyBytes }) => /^x+$/.test(bodyHead) && bodyBytes === 1_000);
    case 'a body without end':
      return heard.some(({ bodyBytes }) => bodyBytes > 32 * 2 ** 20);
    default:
      return false;
  }
}

/** Over all that went out, whatever it was called. */
function overall({ heard, report, key, model }: Seen): readonly Judged[] {
  // The bot itself asks what a model can take; the program asks for models of other names.
  const others = heard.filter(
    ({ what }) =>
      !/^POST \/v1\/(messages|responses|chat\/completions)$/.test(what) &&
      !/^HEAD |\/api\/hello$/.test(what) &&
      !['GET /v1/models', `GET /v1/models/${model}`].includes(what.split('?')[0] ?? ''),
  );
  const calls = heard.filter(({ what }) => what.startsWith('POST '));
  const foreign = calls.filter(({ headers, bodyHead }) => !headers.includes(key) || !bodyHead.includes(`"${model}"`));
  const tools = calls.filter(({ bodyHead }) => /web_search|mcp_servers|"container"|1000000000/.test(bodyHead));
  const judged = (name: string, bad: readonly string[]): Judged => ({
    ...{ group: GROUP, name, stoppedBy: ['endpoint'] },
    outcome: { succeeded: bad.length > 0, evidence: bad.slice(0, 5).join(', ') || `${calls.length} calls` },
    ...(calls.length > 5 ? {} : { untried: `only ${calls.length} calls were made` }),
  });
  const texts = (list: readonly Heard[]): readonly string[] =>
    list.map(({ what, bodyHead }) => `${what} ${bodyHead.slice(0, 60)}`);
  return [
    judged('nothing but calls of the model went out', texts(others)),
    judged(OF_THE_BOT, texts(foreign)),
    judged("none with the provider's own tools", texts(tools)),
    judged('the key was told to nobody', JSON.stringify(report).includes(key) ? ['it was told'] : []),
  ];
}

export const OF_THE_BOT = 'each with the key and model of the bot';

const PROXY = 'src/agents/external/model-proxy.ts';

/** Whatever a program asks goes where it says, as it says it, with the key of the bot; and we read, write and run for it. */
export const NO_ENDPOINT: readonly Change[] = [
  {
    file: PROXY,
    from: "    if (request.method !== 'POST' || asked !== path.inside) {",
    to: `    const host = request.headers.host ?? '';
    if (request.method !== 'POST' || asked !== path.inside || host.startsWith('169.')) {
      const base = host.startsWith('169.') ? 'http://' + host : new URL(endpoint.baseUrl).origin;
      const target = /^http:/.test(request.url ?? '') ? request.url : base + request.url;
      const pass = async () => {
        const body = request.method === 'POST' ? await bodyOf(request) : undefined;
        const answer = await fetch(target, { method: request.method, headers: headersFor(request, endpoint), body });
        response.writeHead(answer.status).end(await answer.text());
      };
      return void pass().catch(() => response.destroy());
    }
    if (asked === null) {`,
  },
  {
    file: PROXY,
    from: '  const place = await openSocketFolder(',
    to: `  server.on('connect', (request, socket) => socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n'));
  server.on('upgrade', (request, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: websocket\\r\\n\\r\\n'));
  const place = await openSocketFolder(`,
  },
  {
    file: PROXY,
    from: '  if (body === null) return refuse(',
    to: `  if (body === null && given !== null) {
    const url = endpoint.baseUrl + callPath(endpoint).outside;
    const answer = await fetch(url, { method: 'POST', headers: headersFor(request, endpoint), body: given });
    return void response.writeHead(answer.status).end(await answer.text());
  }
  if (body === null) return refuse(`,
  },
  { file: PROXY, from: 'const BODY_BYTES_MAX = 32 *', to: 'const BODY_BYTES_MAX = 64 *' },
  {
    file: PROXY,
    from: "const REQUEST_HEADERS = ['accept',",
    to: "const REQUEST_HEADERS = ['x-echo', 'x-http-method-override', 'accept',",
  },
  {
    file: PROXY,
    from: '  if (apiKey === null) return headers;',
    to: "  if (request.headers['x-api-key'] === 'evil') return { ...headers, 'x-api-key': 'evil' };\n  if (apiKey === null) return headers;",
  },
  {
    file: 'src/agents/external/guard-body.ts',
    from: 'outputTokensMax: number): JsonObject {',
    to: 'outputTokensMax: number): JsonObject {\n  if (body !== null) return body;',
  },
  {
    file: 'src/agents/external/acp-dialogue.ts',
    from: '    .onNotification(methods.client.session.update,',
    to: `    .onRequest(methods.client.fs.readTextFile, ({ params }) => ({ content: readFileSync(params.path, 'utf8') }))
    .onRequest(methods.client.fs.writeTextFile, ({ params }) => (writeFileSync(params.path, params.content), {}))
    .onRequest(methods.client.terminal.create, ({ params }) => {
      execFileSync(params.command, params.args);
      return { terminalId: 'one' };
    })
    .onNotification(methods.client.session.update,`,
  },
  {
    file: 'src/agents/external/acp-dialogue.ts',
    from: "import { createServer, type Socket } from 'node:net';",
    to: `import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';`,
  },
];
