/** The commit that takes back what another brought, written in the mirror without a working tree. */
import { OutsideError } from '../domain/outside-error.ts';
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';
import { writeCommit } from './write-commit.ts';

export interface RevertRequest {
  readonly runId: string;
  readonly commit: string;
  readonly onto: string;
  readonly message: string;
  readonly at: number;
}

/**
 * A three-way merge with the landed commit as the common ground: from it, one side is the branch as it is now, the other
 * is what was there before. Null when they do not merge cleanly, or when nothing is left to take back.
 */
export async function revertCommit(mirror: MirrorGit, request: RevertRequest): Promise<string | null> {
  const { runId, commit, onto, message, at } = request;
  const attempted = `take back ${commit} in ${mirror.repository}`;
  const [earlier, now] = [await treeOf(mirror, `${commit}^1`, attempted), await treeOf(mirror, onto, attempted)];
  if (earlier === null) return null;
  // A commit that undoes it right on top of it, for its parent makes the common ground: naming one takes a git newer than 2.39.
  const undone = await writeCommit(mirror, attempted, { tree: earlier, parents: [commit], message: 'Undone', at });
  const merged = await mirror.local(['merge-tree', '--write-tree', '--no-messages', onto, undone], { attempted });
  if (merged.exitCode === 1) return null;
  if (merged.exitCode !== 0) throw localTrouble(attempted, merged.stderr);
  const tree = merged.stdout.toString('utf8').trim();
  if (now === tree) return null;
  const head = await writeCommit(mirror, attempted, {
    tree,
    parents: [onto],
    message: message.replaceAll('\0', ''),
    at,
  });
  const kept = await mirror.local(['update-ref', `refs/heartline/runs/${runId}`, head], { attempted });
  if (kept.exitCode !== 0) throw new OutsideError('invalid', attempted, kept.stderr.slice(-500));
  return head;
}

/** Null where there is no such commit: nothing was there before the first one. */
async function treeOf(mirror: MirrorGit, commit: string, attempted: string): Promise<string | null> {
  const asked = await mirror.local(['rev-parse', '--verify', '--quiet', `${commit}^{tree}`], { attempted });
  return asked.exitCode === 0 ? asked.stdout.toString('utf8').trim() : null;
}
