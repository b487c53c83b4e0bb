/** The environment of everything an agent runs: this list and nothing else. No value in it is a secret. */

export function roomEnvironment(room: {
  readonly path: readonly string[];
  readonly home: string;
  readonly temporary: string;
}): Readonly<Record<string, string>> {
  return {
    PATH: room.path.join(':'),
    HOME: room.home,
    TMPDIR: room.temporary,
    USER: 'agent',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Heartline',
    GIT_AUTHOR_EMAIL: 'heartline@users.noreply.github.com',
    GIT_COMMITTER_NAME: 'Heartline',
    GIT_COMMITTER_EMAIL: 'heartline@users.noreply.github.com',
    // There is no network to ask, and a session should not read about npm's own versions.
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
}
