/** Real repositories to test against: a remote, a person's clone of it, and our mirror, in a folder with a space. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createMirror, mirrorPath } from '../../src/git/mirror.ts';
import type { Mirror } from '../../src/heartbeat/ports.ts';

export const REPOSITORY = 'acme/shop';

export interface GitWorld {
  readonly folder: string;
  readonly remote: string;
  readonly person: string;
  readonly root: string;
  /** A file that exists once anything of the hostile configuration ran. */
  readonly tripwire: string;
  /** Runs git as a person would; returns its output trimmed. */
  git(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string | Buffer }): string;
  /** Writes files, commits and pushes on a branch; returns the commit. */
  commit(branch: string, files: Readonly<Record<string, string | Buffer | null>>, options?: { from?: string }): string;
  /** A new one each time, as a new process would have. */
  mirror(options?: { readonly timeoutMs?: number; readonly log?: (message: string) => void }): Mirror;
  mirrorPath(): string;
  remove(): void;
}

export function gitWorld(): GitWorld {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline git ')));
  const remote = join(folder, 'remote.git');
  const person = join(folder, 'person');
  const root = join(folder, 'state');
  const own = join(folder, 'own-home');
  mkdirSync(own);

  const git: GitWorld['git'] = (args, { cwd = person, input } = {}) =>
    execFileSync('git', [...args], {
      cwd,
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        HOME: own,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
      },
    }).trim();

  git(['init', '--quiet', '--bare', '-b', 'main', remote], { cwd: folder });
  git(['init', '--quiet', '-b', 'main', person], { cwd: folder });
  git(['remote', 'add', 'origin', remote]);

  return {
    folder,
    remote,
    person,
    root,
    tripwire: plantHostileConfiguration(folder),
    git,
    commit(branch, files, { from } = {}) {
      if (from !== undefined) git(['checkout', '--quiet', '-B', branch, from]);
      else if (git(['branch', '--show-current']) !== branch) git(['checkout', '--quiet', branch]);
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(person, path)), { recursive: true });
        if (content === null) rmSync(join(person, path));
        else writeFileSync(join(person, path), content);
      }
      git(['add', '--all']);
      git(['commit', '--quiet', '--allow-empty', '-m', `change ${branch}`]);
      git(['push', '--quiet', '--force', 'origin', branch]);
      return git(['rev-parse', 'HEAD']);
    },
    mirror: ({ timeoutMs = 20_000, log } = {}) =>
      createMirror({
        root,
        remote: () => ({ url: remote, token: null }),
        timeoutMs,
        ...(log === undefined ? {} : { log }),
      }),
    mirrorPath: () => mirrorPath(root, REPOSITORY),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The person's machine at its worst: signing, hooks, redirected urls, and git variables in the environment. */
function plantHostileConfiguration(folder: string): string {
  const home = join(folder, 'hostile home');
  const hooks = join(home, 'hooks');
  const tripwire = join(folder, 'tripped');
  mkdirSync(hooks, { recursive: true });
  const names = ['post-checkout', 'pre-push', 'reference-transaction', 'post-commit', 'pre-commit', 'fsmonitor', 'gpg'];
  for (const name of names) {
    writeFileSync(join(hooks, name), `#!/bin/sh\necho ${name} >>'${tripwire}'\nexit 1\n`);
    chmodSync(join(hooks, name), 0o755);
  }
  const configuration = [
    `[core]\n\thooksPath = ${hooks}\n\tfsmonitor = ${join(hooks, 'fsmonitor')}`,
    `[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${join(hooks, 'gpg')}`,
    `[url "file:///nowhere/"]\n\tinsteadOf = ${folder}\n\tpushInsteadOf = ${folder}\n\tinsteadOf = http`,
    '[protocol]\n\tallow = never\n[fetch]\n\tfsckObjects = true\n[push]\n\tfollowTags = true\n[diff]\n\tnoprefix = true',
  ].join('\n');
  writeFileSync(join(home, '.gitconfig'), `${configuration}\n`);
  Object.assign(process.env, {
    HOME: home,
    XDG_CONFIG_HOME: home,
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    GIT_DIR: join(folder, 'wrong.git'),
    GIT_SSH_COMMAND: join(hooks, 'gpg'),
    GIT_EXTERNAL_DIFF: join(hooks, 'gpg'),
    GIT_TEMPLATE_DIR: hooks,
    http_proxy: 'http://127.0.0.1:1',
    https_proxy: 'http://127.0.0.1:1',
    ALL_PROXY: 'http://127.0.0.1:1',
  });
  return tripwire;
}
