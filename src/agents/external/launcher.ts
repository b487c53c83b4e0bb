/**
 * What stands between a room and the program in it: a port on the room's own loopback for the model, the program's
 * settings in its home, then the program. Handed over as text, so it needs no file inside.
 */

export interface Launch {
  /** Folder of the sockets. */
  readonly out: string;
  /** Where the program keeps what outlives it. */
  readonly memory: string;
  /** Program first. In it and in the values below ENDPOINT becomes the model's address, HOME and MEMORY those folders. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
  /** An empty folder to make and start in; null: the checkout. */
  readonly outside: string | null;
  /** Name of a socket that takes the place of standard input and output; null: it has those. */
  readonly dialogue: string | null;
}

/** Without `/v1`. */
export const ENDPOINT = '{{endpoint}}';
export const HOME = '{{home}}';
export const MEMORY = '{{memory}}';

export function launchArgv(launch: Launch, modelSocket: string): readonly string[] {
  return ['node', '-e', LAUNCHER, '--', JSON.stringify({ ...launch, modelSocket })];
}

const LAUNCHER = `
const { connect, createServer } = require('node:net');
const { spawn } = require('node:child_process');
const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { constants } = require('node:os');
const launch = JSON.parse(process.argv[1]);
const tree = process.cwd();
// A socket's path has to be short, so it is named from its folder.
process.chdir(launch.out);
const server = createServer({ allowHalfOpen: true }, (client) => {
  const way = connect({ path: launch.modelSocket, allowHalfOpen: true });
  for (const [from, to] of [[client, way], [way, client]]) from.on('error', () => to.destroy()).pipe(to);
});
server.on('error', (error) => { console.error('the way to the model: ' + error.message); process.exit(125); });
server.listen(0, '127.0.0.1', () => {
  const home = process.env.HOME;
  const endpoint = 'http://127.0.0.1:' + server.address().port;
  const filled = (text) => text.replaceAll('${ENDPOINT}', endpoint).replaceAll('${HOME}', home).replaceAll('${MEMORY}', launch.memory);
  mkdirSync(launch.memory, { recursive: true });
  for (const [path, text] of Object.entries(launch.files)) {
    mkdirSync(dirname(filled(path)), { recursive: true });
    writeFileSync(filled(path), filled(text));
  }
  const environment = Object.fromEntries(Object.entries(launch.environment).map(([name, text]) => [name, filled(text)]));
  if (launch.outside !== null) rmSync(launch.outside, { recursive: true, force: true });
  if (launch.outside !== null) mkdirSync(launch.outside);
  const cwd = launch.outside ?? tree;
  const [program, ...args] = launch.argv.map(filled);
  const stdio = launch.dialogue === null ? 'inherit' : ['pipe', 'pipe', 'inherit'];
  const child = spawn(program, args, { cwd, env: { ...process.env, PWD: cwd, ...environment }, stdio });
  child.on('error', (error) => { console.error(error.message); process.exit(127); });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  if (launch.dialogue === null) return;
  const way = connect({ path: launch.dialogue });
  child.stdout.pipe(way);
  way.pipe(child.stdin);
  child.stdin.on('error', () => {});
  way.on('error', () => {});
  way.on('close', () => { child.kill('SIGTERM'); setTimeout(() => process.exit(0), 500); });
});
`;
