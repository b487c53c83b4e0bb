/** Through which links of a repository a file is also reached: a change of a link's target is a change of what it stands for. */
import { posix } from 'node:path';
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

/** Bound of one listing of a whole tree, in bytes. */
const LISTING_BYTES_MAX = 64 * 1024 * 1024;
const LINKS_MAX = 2_000;
const TARGET_BYTES_MAX = 4_096;
const ALIASES_MAX = 20;
const COMMITS_REMEMBERED_MAX = 50;

export interface Link {
  readonly path: string;
  /** A path of the repository; links that lead out of it are left out. */
  readonly target: string;
}

/** Commits never change, so neither do their links. */
const known = new WeakMap<MirrorGit, Map<string, readonly Link[] | null>>();

/** The links of a commit's tree; null when there is too much of it to know them. */
export async function treeLinks(mirror: MirrorGit, commit: string): Promise<readonly Link[] | null> {
  const remembered = known.get(mirror) ?? new Map<string, readonly Link[] | null>();
  known.set(mirror, remembered);
  const before = remembered.get(commit);
  if (before !== undefined) return before;
  const links = await readLinks(mirror, commit);
  for (const oldest of remembered.keys()) {
    if (remembered.size < COMMITS_REMEMBERED_MAX) break;
    remembered.delete(oldest);
  }
  remembered.set(commit, links);
  return links;
}

/** Every other name of a path, links that lead over links included. */
export function aliasesOf(path: string, links: readonly Link[]): readonly string[] {
  const found = new Set<string>([path]);
  for (const name of found) {
    for (const link of links) {
      if (found.size > ALIASES_MAX) break;
      if (name === link.target) found.add(link.path);
      else if (link.target === '' || name.startsWith(`${link.target}/`)) {
        const rest = link.target === '' ? `/${name}` : name.slice(link.target.length);
        // A link to a folder above itself would name the same file over and over.
        if (!name.startsWith(`${link.path}/`)) found.add(link.path + rest);
      }
    }
  }
  found.delete(path);
  return [...found];
}

async function readLinks(mirror: MirrorGit, commit: string): Promise<readonly Link[] | null> {
  const attempted = `list the links of ${commit} in ${mirror.repository}`;
  const listed = await mirror.local(['ls-tree', '-r', '-z', '--full-tree', commit], {
    attempted,
    outputBytesMax: LISTING_BYTES_MAX,
  });
  if (listed.truncated) return null;
  if (listed.exitCode !== 0) throw localTrouble(attempted, listed.stderr);
  const entries = listed.stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry.startsWith('120000 '));
  if (entries.length > LINKS_MAX) return null;
  if (entries.length === 0) return [];
  const blobs = entries.map((entry) => entry.slice('120000 blob '.length, entry.indexOf('\t')));
  const read = await mirror.local(['cat-file', '--batch'], {
    attempted,
    input: `${blobs.join('\n')}\n`,
    outputBytesMax: LINKS_MAX * TARGET_BYTES_MAX,
  });
  if (read.truncated) return null;
  if (read.exitCode !== 0) throw localTrouble(attempted, read.stderr);
  const links: Link[] = [];
  let at = 0;
  for (const entry of entries) {
    const end = read.stdout.indexOf('\n', at);
    const size = Number(read.stdout.subarray(at, end).toString('latin1').split(' ')[2]);
    const written = read.stdout.subarray(end + 1, end + 1 + size).toString('utf8');
    at = end + 1 + size + 1;
    const path = entry.slice(entry.indexOf('\t') + 1);
    const target = posix.normalize(posix.join(posix.dirname(path), written)).replace(/^\.$|\/$/, '');
    if (!written.startsWith('/') && target !== '..' && !target.startsWith('../')) links.push({ path, target });
  }
  return links;
}
