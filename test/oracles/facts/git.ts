// Questions the oracles ask of the bare repository itself, by real git.
import { spawn } from 'node:child_process';
import { mergeTree, readCommit } from '../../world/github/git/bare-repository.ts';
import { gitText, plainGitEnvironment } from '../../world/github/git/run-git.ts';

/** The tree that merging `head` into `base` gives; null when they conflict. */
export function treeOfMerge(directory: string, base: string, head: string): Promise<string | null> {
  return mergeTree(directory, base, head);
}

/** Commits in the past of `include` and not in that of `exclude`, newest first. */
export async function commitsBetween(
  directory: string,
  exclude: string,
  include: string,
  ...flags: readonly string[]
): Promise<readonly string[]> {
  const text = await gitText(directory, ['rev-list', ...flags, include, `^${exclude}`]);
  return text === '' ? [] : text.split('\n');
}

export async function treeOf(directory: string, commit: string): Promise<string> {
  return (await readCommit(directory, commit)).tree;
}

/**
 * The head itself, and the heads it was before the base alone was merged into it: the change of each, file by file with
 * modes and blobs on both sides, is the very same one.
 */
export async function sameChange(directory: string, head: string): Promise<readonly string[]> {
  const heads = [head];
  for (let at = head; ; ) {
    const { parents } = await readCommit(directory, at);
    const [before, base] = parents;
    if (before === undefined || base === undefined || parents.length !== 2) return heads;
    const common = await gitText(directory, ['merge-base', before, base], { codes: [0, 1] });
    if (
      common === '' ||
      (await changeBetween(directory, common, before)) !== (await changeBetween(directory, base, at))
    )
      return heads;
    heads.push(before);
    at = before;
  }
}

function changeBetween(directory: string, from: string, to: string): Promise<string> {
  return gitText(directory, ['diff-tree', '-r', '--raw', '--no-abbrev', '--no-renames', from, to]);
}

/** Where a branch points in the repository itself, whatever the log says; null when there is none. */
export async function branchTip(directory: string, branch: string): Promise<string | null> {
  const text = await gitText(directory, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], {
    codes: [0, 1],
  });
  return text === '' ? null : text;
}

/** One object as git stores it; text is byte for byte (latin1). */
export interface GitObject {
  readonly sha: string;
  readonly type: string;
  readonly text: string;
}

/** Every object that ever arrived, also those no branch leads to any more. */
export async function allObjects(directory: string): Promise<readonly GitObject[]> {
  const output = await readAll(directory, ['cat-file', '--batch-all-objects', '--batch', '--unordered']);
  const objects: GitObject[] = [];
  let position = 0;
  while (position < output.length) {
    const end = output.indexOf('\n', position);
    const [sha = '', type = '', size = ''] = output.slice(position, end).split(' ');
    const bytes = Number(size);
    objects.push({ sha, type, text: output.slice(end + 1, end + 1 + bytes) });
    position = end + 1 + bytes + 1;
  }
  return objects;
}

function readAll(directory: string, argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', argv, { cwd: directory, env: plainGitEnvironment, stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('latin1'));
      else reject(new Error(`git ${argv.join(' ')} ended with ${code} in ${directory}`));
    });
  });
}
