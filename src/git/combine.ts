/** Several heads merged on top of a base, one after another, written in the mirror without a working tree. */
import type { CombinedHead } from '../domain/action.ts';
import { OutsideError } from '../domain/outside-error.ts';
import { localTrouble } from './git-trouble.ts';
import { digestBetween } from './lands-as-judged.ts';
import type { MirrorGit } from './mirror.ts';
import { writeCommit } from './write-commit.ts';

/** Null when two of them do not merge cleanly, or one would change other things there than were judged. */
export async function combine(
  mirror: MirrorGit,
  base: string,
  members: readonly CombinedHead[],
): Promise<string | null> {
  const attempted = `put ${members.length} heads of ${mirror.repository} together`;
  const at = await committedAt(mirror, base, attempted);
  let tip = base;
  for (const { head, digest } of members) {
    const merged = await mirror.local(['merge-tree', '--write-tree', '--no-messages', tip, head], { attempted });
    const tree = merged.stdout.toString('utf8').trim();
    // Git ends alike where they conflict and where it does not know one of them, of which it writes no tree.
    if (merged.exitCode === 1 && tree === '')
      throw new OutsideError('missing', attempted, `commit ${head} is not in the mirror`);
    if (merged.exitCode === 1) return null;
    if (merged.exitCode !== 0) throw localTrouble(attempted, merged.stderr);
    // A base that renamed a file meanwhile, or several places at which the two part, make git change others than were judged.
    if (digest !== undefined && (await digestBetween(mirror, tip, tree, { attempted })) !== digest) return null;
    tip = await writeCommit(mirror, attempted, {
      tree,
      parents: [tip, head],
      message: `Merge ${head} into a batch`,
      at,
    });
  }
  // No ref holds it, and none has to: nothing is ever pruned from the mirror.
  return tip;
}

/** A moment that is the same at every try, and that no agent chose: when the base was committed. */
async function committedAt(mirror: MirrorGit, commit: string, attempted: string): Promise<number> {
  const shown = await mirror.local(['show', '--no-patch', '--format=%ct', commit, '--'], { attempted });
  const seconds = Number(shown.stdout.toString('utf8').trim());
  if (shown.exitCode === 0 && seconds > 0) return seconds * 1_000;
  throw new OutsideError('missing', attempted, `commit ${commit} is not in the mirror`);
}
