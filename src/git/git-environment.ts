/**
 * The environment host git gets. Nothing of the machine's git configuration reaches it (signing, hooks, insteadOf,
 * credential helpers), and the token travels here, bound to the one host it is for, because argv and config files leak.
 */

export interface GitRemote {
  readonly url: string;
  /** Sent as GitHub wants it (Basic, user x-access-token) to this url's host only; null for none. */
  readonly token: string | null;
}

/** The neutral author of everything the bot itself or a session commits. */
export const IDENTITY = { name: 'Heartline', email: 'heartline@users.noreply.github.com' } as const;

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'];

/** Newer git reads .gitattributes from a bare repository's HEAD; diff figures must not depend on that. It names the empty tree. */
const MIRROR_SETTING = ['attr.tree', '4b825dc642cb6eb9a060e54bf8d69288fbee4904'] as const;

const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.quotePath', 'false'],
  // Blobs above this count as binary: one giant line must not cost minutes of diffing.
  ['core.bigFileThreshold', '16m'],
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['push.gpgSign', 'false'],
  ['push.followTags', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['fetch.recurseSubmodules', 'no'],
  ['submodule.recurse', 'false'],
  ['credential.helper', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.allow', 'never'],
  ['protocol.https.allow', 'always'],
  ['protocol.http.allow', 'always'],
  ['protocol.file.allow', 'always'],
  // A redirect could carry the token elsewhere; a repository that moved is renamed in the configuration instead.
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '500'],
  ['http.lowSpeedTime', '30'],
];

/** The whole environment, and nothing of ours by accident. */
export function gitEnvironment(command: {
  readonly home: string;
  readonly gitDir?: string;
  readonly remote?: GitRemote;
  readonly environment?: Readonly<Record<string, string>>;
}): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: command.home,
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: IDENTITY.name,
    GIT_AUTHOR_EMAIL: IDENTITY.email,
    GIT_COMMITTER_NAME: IDENTITY.name,
    GIT_COMMITTER_EMAIL: IDENTITY.email,
    ...command.environment,
  };
  const settings = [...SETTINGS];
  if (command.gitDir !== undefined) {
    environment.GIT_DIR = command.gitDir;
    settings.push(MIRROR_SETTING);
  }
  const remote = command.remote;
  if (remote !== undefined) {
    const address = webAddress(remote.url);
    if (address !== null && remote.token !== null) {
      settings.push([`http.${address.origin}/.extraHeader`, `Authorization: Basic ${basic(remote.token)}`]);
    }
    if (address !== null && !isLoopback(address)) Object.assign(environment, proxies());
  }
  environment.GIT_CONFIG_COUNT = String(settings.length);
  for (const [index, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}

/** Why this remote must not be talked to, as a sentence; null when it is fine. */
export function remoteFault(remote: GitRemote): string | null {
  if (/[\0\n\r]/.test(remote.url) || remote.url.startsWith('-')) return 'the remote url is not a url';
  const address = webAddress(remote.url);
  if (address === null) return null;
  if (address.username !== '' || address.password !== '') return 'the remote url carries a credential: remove it';
  if (remote.token !== null && address.protocol === 'http:' && !isLoopback(address)) {
    return `a token is never sent over plain http: use https for ${address.host}`;
  }
  return null;
}

/** Blacks out the token, in clear and as it is sent. */
export function redact(text: string, remote: GitRemote | undefined): string {
  if (remote?.token === null || remote?.token === undefined || remote.token === '') return text;
  return text.replaceAll(remote.token, '***').replaceAll(basic(remote.token), '***');
}

function basic(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

function webAddress(url: string): URL | null {
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : null;
}

function isLoopback(address: URL): boolean {
  const host = address.hostname;
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function proxies(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of PROXY_NAMES) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
