/**
 * The one way out of a room, when a command has one: the proxy's socket is shown inside, and a forwarder listens on the
 * room's own loopback for tools that know only http_proxy. Nothing else in there leads anywhere.
 */

/** Where the proxy's socket stands inside. */
export const PROXY_SOCKET_INSIDE = '/run/heartline-proxy.sock';
const PORT = 3128;

export function networkEnvironment(): Readonly<Record<string, string>> {
  const address = `http://127.0.0.1:${PORT}`;
  return {
    http_proxy: address,
    https_proxy: address,
    HTTP_PROXY: address,
    HTTPS_PROXY: address,
    no_proxy: 'localhost,127.0.0.1,::1',
    // Node's own fetch asks for it by name.
    NODE_USE_ENV_PROXY: '1',
  };
}

/** Runs as the command's parent; small, because it is handed over as text and so needs no file inside. */
const FORWARDER = `
const { connect, createServer } = require('node:net');
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const server = createServer({ allowHalfOpen: true }, (client) => {
  const way = connect({ path: ${JSON.stringify(PROXY_SOCKET_INSIDE)}, allowHalfOpen: true });
  for (const [from, to] of [[client, way], [way, client]]) from.on('error', () => to.destroy()).pipe(to);
});
server.listen(${PORT}, '127.0.0.1', () => {
  const [program, ...args] = process.argv.slice(1);
  const child = spawn(program, args, { stdio: 'inherit' });
  child.on('error', (error) => { console.error(error.message); process.exit(127); });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
});
server.on('error', (error) => { console.error('the way to the proxy: ' + error.message); process.exit(125); });
`;

/** Socat where the room has it, since it starts sooner, else node, else a sentence. Socat does not say when it listens, so its port is looked up. */
const FORWARDED = `
forwarder="$1"; shift
if ! command -v socat >/dev/null 2>&1; then
  if command -v node >/dev/null 2>&1; then exec node -e "$forwarder" -- "$@"; fi
  echo "a command with network needs socat or node in the room"; exit 125
fi
socat TCP-LISTEN:${PORT},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:${PROXY_SOCKET_INSIDE} </dev/null >/dev/null 2>&1 &
until grep -q '0100007F:${PORT.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A' /proc/net/tcp; do sleep 0.02; done
"$@"; code=$?; kill $!; exit $code
`;

export function withForwarder(argv: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', FORWARDED, 'sh', FORWARDER, ...argv];
}
