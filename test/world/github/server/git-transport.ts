// Git over HTTP, as GitHub serves it: git's own http-backend behind the same port, with the token as password.
import { closedRefs, noticeMovedRefs } from '../acts/push-acts.ts';
import { plainGitEnvironment, startGit } from '../git/run-git.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { Repository } from '../state.ts';
import { hasRole, inTurn, repositoryFor, type World } from '../world.ts';
import { type Answer, type Exchange, headerOf, type Prepared, plainAnswer } from './exchange.ts';

type GitOperation = 'push' | 'fetch' | 'advertise';

/** Prepares a request below /git/. */
export function prepareGit(world: World, exchange: Exchange): Prepared {
  const operation = operationOf(exchange);
  const login = loginOf(world, exchange);
  return {
    call: { service: 'git', operation, write: operation === 'push' },
    kind: 'git',
    operation,
    login,
    staleKey: null,
    execute: () => serve(world, exchange, operation, login),
    limited: () => plainAnswer(429, 'rate limited\n', { 'content-type': 'text/plain', 'retry-after': '60' }),
  };
}

function operationOf(exchange: Exchange): GitOperation {
  const { pathname } = exchange.url;
  if (pathname.endsWith('/git-upload-pack')) return 'fetch';
  // Before a large push git sends an empty one, to see whether it may.
  if (pathname.endsWith('/git-receive-pack') && exchange.body.toString('latin1', 0, 5) !== '0000') return 'push';
  return 'advertise';
}

function loginOf(world: World, exchange: Exchange): string | null {
  const token = gitToken(exchange);
  return token === null ? null : (world.options.tokens[token] ?? null);
}

function gitToken(exchange: Exchange): string | null {
  const [scheme, encoded] = (headerOf(exchange, 'authorization') ?? '').split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.startsWith('x-access-token:') ? pair.slice('x-access-token:'.length) : '';
}

async function serve(world: World, exchange: Exchange, operation: GitOperation, login: string | null): Promise<Answer> {
  const path = /^\/git\/([^/]+)\/([^/]+)\.git(\/.*)$/.exec(exchange.url.pathname);
  const writes =
    operation === 'push' ||
    exchange.url.pathname.includes('git-receive-pack') ||
    exchange.url.searchParams.get('service') === 'git-receive-pack';
  try {
    if (gitToken(exchange) === null) {
      return plainAnswer(401, 'Authentication required\n', {
        'www-authenticate': 'Basic realm="GitHub"',
        'content-type': 'text/plain',
      });
    }
    if (login === null) throw new Refusal(403, 'Write access to repository not granted.');
    if (path === null) throw notFound();
    const repository = repositoryFor(world, `${path[1]}/${path[2]}`, login);
    if (writes && !hasRole(repository, login, 'write'))
      throw new Refusal(403, `Permission to ${repository.fullName}.git denied to ${login}.`);
    if (operation !== 'push') {
      if (!asksForAbilities(exchange)) return await backend(world, exchange, repository, path[3] ?? '/', login);
      abilities ??= await backend(world, exchange, repository, path[3] ?? '/', login);
      return abilities;
    }
    return await inTurn(world, async () => {
      const answer = await backend(world, exchange, repository, path[3] ?? '/', login);
      await noticeMovedRefs(world, repository, { login, via: 'git' });
      return answer;
    });
  } catch (error) {
    if (error instanceof Refusal)
      return plainAnswer(error.status, `remote: ${error.message}\n`, { 'content-type': 'text/plain' });
    throw error;
  }
}

/** In version 2 of the protocol the first answer says what this git can do, and nothing of a repository. */
function asksForAbilities(exchange: Exchange): boolean {
  const { pathname, searchParams } = exchange.url;
  const reads = pathname.endsWith('/info/refs') && searchParams.get('service') === 'git-upload-pack';
  return reads && headerOf(exchange, 'git-protocol') === 'version=2';
}

let abilities: Answer | undefined;

function backend(
  world: World,
  exchange: Exchange,
  repository: Repository,
  rest: string,
  login: string,
): Promise<Answer> {
  const { closed, kept } = closedRefs(repository, login);
  const header = (name: string) => headerOf(exchange, name) ?? '';
  const environment = {
    ...plainGitEnvironment,
    GIT_PROJECT_ROOT: world.options.root,
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    PATH_INFO: `/${repository.fullName}.git${rest}`,
    QUERY_STRING: exchange.url.search.replace(/^\?/, ''),
    REQUEST_METHOD: exchange.method,
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: String(exchange.body.length),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_USER: login,
    REMOTE_ADDR: '127.0.0.1',
    WORLD_CLOSED_REFS: closed.join(' '),
    WORLD_KEPT_REFS: kept.join(' '),
  };
  return new Promise((resolve, reject) => {
    const child = startGit(world.options.root, ['http-backend'], environment);
    const chunks: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.stdin?.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', () => {
      const answer = parseCgi(Buffer.concat(chunks));
      if (answer === null)
        reject(new Error(`git http-backend gave no answer: ${Buffer.concat(complaints).toString('utf8')}`));
      else resolve(answer);
    });
    child.stdin?.end(exchange.body);
  });
}

function parseCgi(output: Buffer): Answer | null {
  const end = output.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of output.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    if (name === 'status') status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return plainAnswer(status, output.subarray(end + 4), headers);
}
