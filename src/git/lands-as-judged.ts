/**
 * Would a merge into a base that moved on change there exactly what was judged? A diff from where base and head part does not
 * say so: with several such places, or with files that the base renamed meanwhile, a merge changes others than it shows.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiffFacts } from '../domain/pull-request.ts';
import { mergeBases } from './commit-range.ts';
import { CHANGED_FILES, LISTING_BYTES_MAX } from './diff-facts.ts';
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

export async function landsAsJudged(mirror: MirrorGit, { base, head, digest }: DiffFacts): Promise<boolean> {
  const attempted = `merge ${base} and ${head} of ${mirror.repository}`;
  if ((await mergeBases(mirror, base, head)).length !== 1) return false;
  const objects = join(mirror.gitDir, 'objects');
  // Nothing is ever pruned from the mirror, and this is asked at every move of the base: what the merge writes goes at once.
  const scratch = await mkdtemp(join(objects, 'incoming-'));
  const environment = { GIT_OBJECT_DIRECTORY: scratch, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects };
  try {
    const merge = ['merge-tree', '--write-tree', '--no-messages', base, head];
    const merged = await mirror.local(merge, { attempted, environment });
    if (merged.exitCode === 1) return false;
    if (merged.exitCode !== 0) throw localTrouble(attempted, merged.stderr);
    const tree = merged.stdout.toString('utf8').trim();
    return (await digestBetween(mirror, base, tree, { attempted, environment })) === digest;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Of what lies between two trees, made as that of a diff: see diff-facts.ts. Null when it is too long to list. */
export async function digestBetween(
  mirror: MirrorGit,
  from: string,
  to: string,
  options: { readonly attempted: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<string | null> {
  const args = ['diff-tree', ...CHANGED_FILES, '--raw', from, to, '--'];
  const listed = await mirror.local(args, { ...options, outputBytesMax: LISTING_BYTES_MAX });
  if (listed.truncated) return null;
  if (listed.exitCode !== 0) throw localTrouble(options.attempted, listed.stderr);
  return createHash('sha256').update(listed.stdout).digest('hex');
}
