// The questions and acts of the stand-in on one bare repository: refs, commits, ranges, and commits made without a checkout.
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitText, runGit } from './run-git.ts';

/** Who and when, as a commit carries them. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

/** A commit as git stores it. */
export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** What a new commit is made of. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
}

/** The object that git takes for "there is no such ref". */
export const zeroSha = '0'.repeat(40);

// GitHub refuses pushes to protected branches in its own hook; ours is told by the environment which refs those are.
const updateHook = `#!/bin/sh
refuse() { echo "error: GH006: Protected branch update failed for $1." >&2; echo "error: $2" >&2; exit 1; }
case " $WORLD_CLOSED_REFS " in *" $1 "*) refuse "$1" "Changes must be made through a pull request." ;; esac
case " $WORLD_KEPT_REFS " in *" $1 "*)
  case "$3" in *[!0]*) ;; *) refuse "$1" "Cannot delete this protected branch" ;; esac
  case "$2" in *[!0]*) git merge-base --is-ancestor "$2" "$3" || refuse "$1" "Cannot force-push to this protected branch" ;; esac
esac
exit 0
`;

// Written in one go, because a process for each line is what takes the time.
const settings = `[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[gc]
	auto = 0
[receive]
	# Whether a branch may be deleted is for our hook to say, in GitHub's words.
	denyDeleteCurrent = ignore
	fsckObjects = true
[core]
	hooksPath = hooks
`;

/** Makes an empty bare repository that can be cloned from and pushed to over HTTP. */
export async function createBareRepository(directory: string, defaultBranch: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await runGit(directory, ['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`, '.']);
  await appendFile(join(directory, 'config'), settings);
  await mkdir(join(directory, 'hooks'), { recursive: true });
  await writeFile(join(directory, 'hooks', 'update'), updateHook, { mode: 0o755 });
}

/** Every ref and what it points to. */
export async function readRefs(directory: string): Promise<Map<string, string>> {
  const text = await gitText(directory, ['for-each-ref', '--format=%(objectname) %(refname)']);
  const lines = text === '' ? [] : text.split('\n');
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** Moves a ref only if it still is where the caller saw it; `null` on either side means absent. */
export async function moveRef(
  directory: string,
  ref: string,
  before: string | null,
  after: string | null,
): Promise<void> {
  if (after === null) await runGit(directory, ['update-ref', '-d', ref, ...(before === null ? [] : [before])]);
  else await runGit(directory, ['update-ref', ref, after, before ?? zeroSha]);
}

/** The commit a name stands for, or null when there is none. */
export async function resolveCommit(directory: string, revision: string): Promise<string | null> {
  if (revision.startsWith('-')) return null;
  // A commit that was once here stays: nothing in these repositories is ever pruned.
  const named = /^[0-9a-f]{40}$/.test(revision) ? `${directory} ${revision}` : null;
  if (named !== null && seenCommits.has(named)) return revision;
  const found = await runGit(directory, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], {
    codes: [0, 1, 128],
  });
  const commit = found.code === 0 ? found.stdout.trim() : null;
  // The id of a tag leads to another one.
  if (named !== null && commit === revision) seenCommits.add(named);
  return commit;
}

const seenCommits = new Set<string>();

/** Commits of a range such as `base..head`, oldest first. */
export async function listCommits(directory: string, range: readonly string[]): Promise<GitCommit[]> {
  const format = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x1f');
  const { stdout } = await runGit(directory, [
    'log',
    '-z',
    '--reverse',
    '--topo-order',
    `--format=${format}`,
    ...range,
    '--',
  ]);
  return stdout
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const part = record.split('\x1f');
      const text = (index: number) => part[index] ?? '';
      const date = (index: number) => new Date(text(index)).toISOString().replace('.000Z', 'Z');
      return {
        sha: text(0).trim(),
        tree: text(1),
        parents: text(2) === '' ? [] : text(2).split(' '),
        author: { name: text(3), email: text(4), date: date(5) },
        committer: { name: text(6), email: text(7), date: date(8) },
        message: text(9).replace(/\n+$/, ''),
      };
    });
}

/** One commit by its sha, which must exist. */
export async function readCommit(directory: string, sha: string): Promise<GitCommit> {
  const [commit] = await listCommits(directory, ['--max-count=1', sha]);
  if (commit === undefined) throw new Error(`there is no commit ${sha} in ${directory}`);
  return commit;
}

/** How many commits each side has that the other lacks. */
export async function countApart(
  directory: string,
  left: string,
  right: string,
): Promise<{ left: number; right: number }> {
  const text = await gitText(directory, ['rev-list', '--left-right', '--count', `${left}...${right}`]);
  const [onLeft, onRight] = text.split(/\s+/).map(Number);
  return { left: onLeft ?? 0, right: onRight ?? 0 };
}

/** The newest common ancestor, or null for unrelated histories. */
export async function mergeBase(directory: string, left: string, right: string): Promise<string | null> {
  const found = await runGit(directory, ['merge-base', left, right], { codes: [0, 1] });
  return found.code === 0 ? (found.stdout.trim().split('\n')[0] ?? null) : null;
}

/** Whether `older` is `newer` or lies in its past, by git itself. */
export async function isAncestor(directory: string, older: string, newer: string): Promise<boolean> {
  return (await runGit(directory, ['merge-base', '--is-ancestor', older, newer], { codes: [0, 1] })).code === 0;
}

/** The paths that differ between two trees or commits, and whether one of them only went away. */
export async function changedPaths(
  directory: string,
  from: string,
  to: string,
): Promise<{ readonly paths: readonly string[]; readonly deletes: boolean }> {
  const { stdout } = await runGit(directory, [
    'diff-tree',
    '-r',
    '-z',
    '--no-renames',
    '--name-status',
    from,
    to,
    '--',
  ]);
  const fields = stdout.split('\0').filter((field) => field !== '');
  return {
    paths: fields.filter((_, index) => index % 2 === 1),
    deletes: fields.some((field, index) => index % 2 === 0 && field !== 'A' && field !== 'M'),
  };
}

/** The tree of a merge of two commits by git itself, or null when they conflict. */
export async function mergeTree(directory: string, ours: string, theirs: string): Promise<string | null> {
  const argv = ['merge-tree', '--write-tree', '--no-messages', '--allow-unrelated-histories', ours, theirs];
  const merged = await runGit(directory, argv, { codes: [0, 1] });
  return merged.code === 0 ? merged.stdout.trim() : null;
}

/** Writes a commit object; no ref moves. */
export function writeCommit(directory: string, commit: NewCommit): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  return gitText(directory, ['commit-tree', commit.tree, ...parents], {
    input: commit.message,
    environment: {
      GIT_AUTHOR_NAME: commit.author.name,
      GIT_AUTHOR_EMAIL: commit.author.email,
      GIT_AUTHOR_DATE: commit.author.date,
      GIT_COMMITTER_NAME: commit.committer.name,
      GIT_COMMITTER_EMAIL: commit.committer.email,
      GIT_COMMITTER_DATE: commit.committer.date,
    },
  });
}

/** The tree that results from writing files (null deletes) over the tree of a commit, or over nothing. */
export async function writeTree(
  directory: string,
  over: string | null,
  files: Readonly<Record<string, string | null>>,
): Promise<string> {
  const index = join(directory, `index-${process.hrtime.bigint()}`);
  const environment = { GIT_INDEX_FILE: index };
  try {
    await runGit(directory, over === null ? ['read-tree', '--empty'] : ['read-tree', over], { environment });
    const entries: string[] = [];
    for (const [path, content] of Object.entries(files)) {
      // Mode 0 takes a path out; unlike --remove this needs no work tree.
      const blob =
        content === null ? null : await gitText(directory, ['hash-object', '-w', '--stdin'], { input: content });
      entries.push(blob === null ? `0 ${zeroSha}\t${path}\0` : `100644 ${blob}\t${path}\0`);
    }
    await runGit(directory, ['update-index', '-z', '--index-info'], { environment, input: entries.join('') });
    return await gitText(directory, ['write-tree'], { environment });
  } finally {
    await rm(index, { force: true });
  }
}
