/**
 * A program in the place of a real agent that keeps its conversation as the real ones do, in whichever of the three ways
 * it is started: three calls of its model, a commit after each of the first two, then it hands in what it committed.
 */

/** Runs on Node, as text in an executable file. RETRIES: how often a call that failed is made again. FORGETFUL: it keeps nothing. */
export const CONVERSING_PROGRAM = `#!/usr/bin/env node
const { execSync, spawn } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { randomUUID } = require('node:crypto');
const env = process.env;
const argv = process.argv.slice(2);
const after = (flag) => (argv.includes(flag) ? argv[argv.indexOf(flag) + 1] : null);
spawn('sh', ['-c', 'while :; do sleep 1; done # companion'], { detached: true, stdio: 'ignore' }).unref();

const read = (file) => { try { return JSON.parse(readFileSync(file, 'utf8')); } catch { return null; } };
const keep = (file, history) => {
  if (env.FORGETFUL) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(history));
};

async function post(url, headers, body) {
  for (let left = Number(env.RETRIES ?? 0); ; left -= 1) {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (answer.ok) return await answer.json();
    if (left <= 0) { console.error('the model answered ' + answer.status); process.exit(1); }
  }
}
const schema = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] };
const asks = {
  claude: (system, messages) => post(env.ANTHROPIC_BASE_URL + '/v1/messages', { 'x-api-key': env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01' },
    { model: after('--model'), max_tokens: 1000, system, messages, tools: [{ name: 'bash', description: 'Run', input_schema: schema }] }),
  codex: (instructions, input) => post(/base_url = "(.*)"/.exec(readFileSync(env.CODEX_HOME + '/config.toml', 'utf8'))[1] + '/responses',
    { authorization: 'Bearer ' + env.OPENAI_API_KEY }, { model: 'x', instructions, input, tools: [{ type: 'function', name: 'bash', description: 'Run', parameters: schema, strict: false }] }),
  acp: (system, messages) => post(env.OPENAI_BASE_URL + '/chat/completions', { authorization: 'Bearer ' + env.OPENAI_API_KEY }, { model: 'x', messages, max_completion_tokens: 1000, tools: [{ type: 'function', function: { name: 'bash', description: 'Run', parameters: schema } }] }),
};

async function converse(surface, system, file, history, text, cwd) {
  const last = history.at(-1);
  if (last?.role === 'user') last.content += '\\n\\n' + text;
  else history.push({ role: 'user', content: text });
  const commit = (name) => execSync('mkdir -p src && echo "export const x = 1;" > src/' + name + '.js && git add -A && { git diff --cached --quiet || git commit -qm ' + name + '; }', { cwd });
  for (;;) {
    const step = history.filter(({ role }) => role === 'assistant').length;
    keep(file, history);
    await asks[surface](system, history);
    history.push({ role: 'assistant', content: 'Step ' + step });
    if (step < 2) commit(['one', 'two'][step]);
    else {
      const result = /the file (.*?\\/result\\.json) \\(outside/.exec(system)[1];
      const summary = execSync('git log --format=%s origin/main..HEAD', { cwd, encoding: 'utf8' }).trim().split('\\n').join();
      writeFileSync(result, JSON.stringify({ title: 'Count', summary }));
    }
    history.push({ role: 'user', content: 'Done.' });
    keep(file, history);
    if (step >= 2) return;
  }
}

async function main() {
  if (argv.includes('-p')) {
    const id = after('--resume') ?? after('--session-id');
    const file = join(env.CLAUDE_CONFIG_DIR, 'projects', id + '.json');
    const history = after('--resume') === null ? [] : read(file);
    if (history === null) { console.error('No conversation found with session ID: ' + id); process.exit(1); }
    await converse('claude', after('--system-prompt'), file, history, readFileSync(0, 'utf8'), process.cwd());
  } else if (argv[0] === 'exec') {
    const file = join(env.CODEX_HOME, 'sessions', 'newest.json');
    const history = argv.includes('resume') ? read(file) : [];
    if (history === null) { console.error('no session to resume'); process.exit(1); }
    const system = readFileSync(/"(.*)"/.exec(argv.find((one) => one.startsWith('model_instructions_file')))[1], 'utf8');
    await converse('codex', system, file, history, readFileSync(0, 'utf8'), process.cwd());
  } else {
    const fileOf = (id) => join(env.XDG_DATA_HOME, 'agent', id + '.json');
    let history = [];
    const methods = {
      initialize: () => ({ protocolVersion: 1, agentCapabilities: { loadSession: true } }),
      'session/new': () => ({ sessionId: randomUUID() }),
      'session/load': ({ sessionId }) => {
        history = read(fileOf(sessionId));
        if (history === null) { history = []; throw new Error('no such session'); }
        return {};
      },
      'session/prompt': async ({ sessionId, prompt }) => {
        const told = prompt[0].text;
        const system = history[0]?.content ?? told;
        const tree = /The checkout is the folder (\\S.*?)\\. You were started/.exec(system)[1];
        await converse('acp', system, fileOf(sessionId), history, told, tree);
        return { stopReason: 'end_turn' };
      },
    };
    for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
      const { id, method, params } = JSON.parse(line);
      const answer = await Promise.resolve().then(() => methods[method](params)).then(
        (result) => ({ result }), (error) => ({ error: { code: -32602, message: String(error) } }));
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
    }
  }
}
main().catch((error) => { console.error(error); process.exit(1); });
`;
