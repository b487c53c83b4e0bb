/**
 * Our read-only bare mirror of each repository, and the only place that pushes. What agents hand over stands in the mirror
 * under refs/heartline; what came from the service lies in a base that the mirror borrows from, its branches under refs/heads
 * as last fetched: workspaces see that base alone, and so no other run's work before it is published. Nothing is ever
 * pruned from either object store.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OutsideError } from '../domain/outside-error.ts';
import type { Mirror } from '../heartbeat/ports.ts';
import { combine } from './combine.ts';
import { diffText } from './diff-facts.ts';
import { type GitRemote, remoteFault } from './git-environment.ts';
import { remoteTrouble } from './git-trouble.ts';
import { createKnownDiffs } from './known-diffs.ts';
import { landsAsJudged } from './lands-as-judged.ts';
import { baseOf, clearStaleLocks, openMirror } from './mirror-folder.ts';
import { createObjectReader, type ObjectReader } from './object-reader.ts';
import { deleteBranch, push } from './push.ts';
import { readCommit, readTree, type TreeEntry } from './read-commit.ts';
import { receiveBundle } from './receive-bundle.ts';
import { remoteTip } from './remote-tip.ts';
import { revertCommit } from './revert-commit.ts';
import { type GitResult, runGit } from './run-git.ts';
import { isBranchName, isCommitId, safeName } from './safe-name.ts';
import { verifyMerge } from './verify-merge.ts';

export interface MirrorOptions {
  readonly root: string;
  /** Where a repository is and what opens it; asked before each call, so that short-lived tokens stay fresh. */
  readonly remote: (repository: string) => GitRemote | Promise<GitRemote>;
  /** Bound of each git process that talks to the remote or reads the mirror. */
  readonly timeoutMs: number;
  readonly log?: (message: string) => void;
}

/** Runs git in one mirror. What the files beside this one take instead of a whole mirror. */
export interface MirrorGit {
  readonly repository: string;
  readonly gitDir: string;
  readonly objects: ObjectReader;
  local(
    args: readonly string[],
    options?: {
      readonly attempted?: string;
      readonly input?: string | AsyncIterable<Uint8Array>;
      readonly outputBytesMax?: number;
      readonly environment?: Readonly<Record<string, string>>;
    },
  ): Promise<GitResult>;
  remote(attempted: string, args: (url: string) => readonly string[]): Promise<GitResult>;
}

/** The mirror, and the base below it that fetches go to, with all branches as last fetched. */
export interface Mirrored extends MirrorGit {
  readonly base: MirrorGit;
}

const WANTED_COMMITS_MAX = 50;

/** Folder of a repository's mirror below `root`; workspaces need the same answer. */
export function mirrorPath(root: string, repository: string): string {
  return join(root, 'mirrors', `${safeName(repository)}.git`);
}

export function createMirror(options: MirrorOptions): Mirror {
  const home = join(options.root, 'home');
  const opened = new Map<string, Promise<Mirrored>>();
  const refreshing = new Map<string, Promise<void>>();
  const diffs = createKnownDiffs();
  const wanted = new Map<string, Set<string>>();

  function open(repository: string): Promise<Mirrored> {
    let mirror = opened.get(repository);
    if (mirror === undefined) {
      mirror = openFirst(repository);
      opened.set(repository, mirror);
      mirror.catch(() => opened.delete(repository));
    }
    return mirror;
  }

  async function openFirst(repository: string): Promise<Mirrored> {
    const gitDir = mirrorPath(options.root, repository);
    const base = baseOf(gitDir);
    const common = { home, timeoutMs: options.timeoutMs };
    mkdirSync(home, { recursive: true });
    const cleared = (await Promise.all([base, gitDir].map(clearStaleLocks))).flat();
    if (cleared.length > 0) options.log?.(`cleared ${cleared.length} stale lock(s) of ${repository}'s mirror`);
    const make = (args: readonly string[]) =>
      runGit({ ...common, args, attempted: `make the mirror of ${repository}` });
    await openMirror(base, make, null);
    await openMirror(gitDir, make, base);
    return { ...gitIn(repository, gitDir), base: gitIn(repository, base) };
  }

  function gitIn(repository: string, gitDir: string): MirrorGit {
    const common = { home, timeoutMs: options.timeoutMs, gitDir };
    return {
      repository,
      gitDir,
      objects: createObjectReader({ ...common, repository }),
      local: (args, { attempted, ...rest } = {}) =>
        runGit({ ...common, ...rest, args, attempted: attempted ?? `read the mirror of ${repository}` }),
      remote: async (attempted, args) => {
        const remote = await options.remote(repository);
        const fault = remoteFault(remote);
        if (fault !== null) throw new OutsideError('invalid', attempted, fault);
        return runGit({ ...common, remote, attempted, args: args(remote.url) });
      },
    };
  }

  async function fetchNew(repository: string): Promise<void> {
    const { base } = await open(repository);
    const attempted = `fetch ${repository}`;
    const flags = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    const fetched = await base.remote(attempted, (url) => [...flags, '--prune', url, '+refs/heads/*:refs/heads/*']);
    if (fetched.exitCode !== 0) throw remoteTrouble(attempted, fetched.stderr);
    // A pull request from a fork has its head on no branch of ours, but GitHub hands it out by id.
    for (const commit of wanted.get(repository) ?? []) {
      if ((await base.objects.about(commit)) !== null) continue;
      const ref = `refs/heartline/commits/${commit}`;
      const one = await base.remote(attempted, (url) => [...flags, url, `${commit}:${ref}`]);
      if (one.exitCode !== 0) options.log?.(`${repository} does not hand out commit ${commit}`);
    }
    wanted.delete(repository);
  }

  function want(repository: string, commits: readonly string[]): void {
    const list = wanted.get(repository) ?? new Set();
    for (const commit of commits) if (list.size < WANTED_COMMITS_MAX) list.add(commit);
    wanted.set(repository, list);
  }

  function refresh(repository: string): Promise<void> {
    let running = refreshing.get(repository);
    if (running === undefined) {
      running = fetchNew(repository).finally(() => refreshing.delete(repository));
      refreshing.set(repository, running);
    }
    return running;
  }

  return {
    refresh,

    async tip(repository, branch) {
      requireBranch(branch, `read ${branch} of ${repository}`);
      const { base } = await open(repository);
      const found = await base.objects.about(`refs/heads/${branch}`);
      return found?.kind === 'commit' ? found.id : null;
    },

    async diff(repository, base, head) {
      requireCommits([base, head], `diff ${repository}`);
      const facts = await diffs.facts(await open(repository), base, head);
      if (facts === null) want(repository, [base, head]);
      return facts;
    },

    async landsAsJudged(repository, base, head) {
      requireCommits([base, head], `merge in ${repository}`);
      const mirror = await open(repository);
      const facts = await diffs.facts(mirror, base, head);
      return facts !== null && (facts.landsAsJudged ?? landsAsJudged(mirror, facts));
    },

    async diffText(repository, base, head, bytesMax) {
      requireCommits([base, head], `diff ${repository}`);
      const mirror = await open(repository);
      const from = await diffs.from(mirror, base, head);
      if (from !== null) return diffText(mirror, from, head, bytesMax);
      throw new OutsideError('missing', `diff ${repository}`, 'a commit is not in the mirror yet: refresh first');
    },

    async parents(repository, commit) {
      requireCommits([commit], `read the parents in ${repository}`);
      const found = await readCommit((await open(repository)).objects, commit);
      if (found !== null) return found.parents;
      throw new OutsideError(
        'missing',
        `read the parents of ${commit} in ${repository}`,
        'it is not in the mirror yet',
      );
    },

    async file(repository, commit, path, bytesMax) {
      requireCommits([commit], `read ${path} in ${repository}`);
      return plainFile((await open(repository)).objects, commit, path, bytesMax);
    },

    async remoteTip(repository, branch) {
      const attempted = `ask ${repository} for the tip of ${branch}`;
      requireBranch(branch, attempted);
      return remoteTip(await open(repository), branch, attempted);
    },

    async push(request) {
      const attempted = `push ${request.branch} to ${request.repository}`;
      requireBranch(request.branch, attempted);
      requireCommits(request.expected === null ? [request.head] : [request.head, request.expected], attempted);
      await push(await open(request.repository), request, attempted);
    },

    async combine(repository, base, members) {
      const commits = [base, ...members.map(({ head }) => head)];
      requireCommits(commits, `put commits of ${repository} together`);
      const mirror = await open(repository);
      const there = await Promise.all(commits.map((one) => mirror.objects.about(one)));
      if (there.includes(null)) await refresh(repository);
      return combine(mirror, base, members);
    },

    async deleteBranch(repository, branch, expected) {
      const attempted = `delete ${branch} of ${repository}`;
      requireBranch(branch, attempted);
      requireCommits([expected], attempted);
      await deleteBranch(await open(repository), branch, expected, attempted);
    },

    async receiveBundle(request) {
      return receiveBundle(await open(request.repository), request);
    },

    async verifyMerge(request) {
      const attempted = `verify the merge into ${request.baseBranch} of ${request.repository}`;
      requireBranch(request.baseBranch, attempted);
      requireCommits([request.mergeCommit, request.base, request.head], attempted);
      return verifyMerge(await open(request.repository), request, () => refresh(request.repository));
    },

    async revert(request) {
      requireCommits([request.commit, request.onto], `take back a commit of ${request.repository}`);
      await refresh(request.repository);
      return revertCommit(await open(request.repository), request);
    },
  };
}

/** Whatever is no file of the repository's own, such as a link, is none. */
async function plainFile(
  objects: ObjectReader,
  commit: string,
  path: string,
  bytesMax: number,
): Promise<string | null> {
  const names = path.split('/');
  let id = (await readCommit(objects, commit))?.tree ?? null;
  for (const [depth, name] of names.entries()) {
    const entries: readonly TreeEntry[] = (id === null ? null : await readTree(objects, id)) ?? [];
    const wanted = depth === names.length - 1 ? ['100644', '100755', '100664'] : ['040000'];
    id = entries.find((entry) => entry.name.equals(Buffer.from(name)) && wanted.includes(entry.mode))?.id ?? null;
  }
  const read = id === null ? null : await objects.read(id, bytesMax);
  return read?.bytes?.toString('utf8') ?? null;
}

function requireCommits(commits: readonly string[], attempted: string): void {
  for (const commit of commits) {
    if (!isCommitId(commit)) throw new OutsideError('invalid', attempted, `"${commit}" is not a full commit id`);
  }
}

function requireBranch(branch: string, attempted: string): void {
  if (!isBranchName(branch)) throw new OutsideError('invalid', attempted, `"${branch}" is not a branch name`);
}
