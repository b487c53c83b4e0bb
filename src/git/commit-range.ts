/** What lies between a base and a head: the head's own commits, and where the two part. */
import { isMissingObject, localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

/** What stands in for a common ancestor where there is none. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export interface CommitRange {
  /** The merge base, of several the one that git names first; the empty tree when the two share nothing. */
  readonly from: string;
  /** The head's commits that the base does not have. */
  readonly own: ReadonlySet<string>;
}

/** Beyond this the answer is cut, and with it refused. */
const LISTING_BYTES_MAX = 16 * 1024 * 1024;
const NEWS_MAX = 5_000;

/** Null when one of the two is not here. */
export async function commitRange(mirror: MirrorGit, base: string, head: string): Promise<CommitRange | null> {
  const attempted = `list ${base}..${head} of ${mirror.repository}`;
  const listed = await mirror.local(['rev-list', '--boundary', head, `^${base}`, '--'], {
    attempted,
    outputBytesMax: LISTING_BYTES_MAX,
  });
  if (listed.exitCode !== 0) {
    if (isMissingObject(listed.stderr)) return null;
    throw localTrouble(attempted, listed.truncated ? 'too many commits' : listed.stderr);
  }
  const own = new Set<string>();
  const edges: string[] = [];
  for (const line of listed.stdout.toString('latin1').split('\n')) {
    if (line.startsWith('-')) edges.push(line.slice(1));
    else if (line !== '') own.add(line);
  }
  // All that is the head's is the base's, too.
  if (own.size === 0) return { from: head, own };
  const [edge] = edges;
  // The one place at which the head's own commits leave what the base has is the best that both have.
  if (edge !== undefined && edges.length === 1) return { from: edge, own };
  const [first = EMPTY_TREE] = edge === undefined ? [] : await mergeBases(mirror, base, head);
  return { from: first, own };
}

/** The best commits that both have, mostly one; none where they share nothing. */
export async function mergeBases(mirror: MirrorGit, base: string, head: string): Promise<readonly string[]> {
  const found = await mirror.local(['merge-base', '--all', base, head]);
  if (found.exitCode === 0 || (found.exitCode === 1 && found.stderr === ''))
    return found.stdout.toString('utf8').split('\n').filter(Boolean);
  throw localTrouble(`find the merge bases of ${base} and ${head} in ${mirror.repository}`, found.stderr);
}

/** Commits that came to a branch as it moved on from `older` to `newer`; null when it did not just move on, or very far. */
export async function newCommits(mirror: MirrorGit, older: string, newer: string): Promise<ReadonlySet<string> | null> {
  const args = ['rev-list', '--left-right', `--max-count=${NEWS_MAX}`, `${older}...${newer}`, '--'];
  const listed = await mirror.local(args, { outputBytesMax: LISTING_BYTES_MAX });
  if (listed.exitCode !== 0) return null;
  const lines = listed.stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length >= NEWS_MAX || lines.some((line) => !line.startsWith('>'))) return null;
  return new Set(lines.map((line) => line.slice(1)));
}
