/** The commit that takes back what another brought, written in the mirror without a working tree. */
import { OutsideError } from '../domain/outside-error.ts';
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

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
  const merged = await mirror.local(
    ['merge-tree', '--write-tree', '--no-messages', `--merge-base=${commit}`, onto, `${commit}^1`],
    { attempted },
  );
  if (merged.exitCode === 1) return null;
  if (merged.exitCode !== 0) throw localTrouble(attempted, merged.stderr);
  const tree = merged.stdout.toString('utf8').trim();
  const before = await mirror.local(['rev-parse', '--verify', '--quiet', `${onto}^{tree}`], { attempted });
  if (before.stdout.toString('utf8').trim() === tree) return null;
  const author = `Heartline <heartline@localhost> ${Math.floor(at / 1000)} +0000`;
  const raw = `tree ${tree}\nparent ${onto}\nauthor ${author}\ncommitter ${author}\n\n${message.replaceAll('\0', '')}\n`;
  const written = await mirror.local(['hash-object', '-t', 'commit', '-w', '--stdin'], { attempted, input: raw });
  if (written.exitCode !== 0) throw localTrouble(attempted, written.stderr);
  const head = written.stdout.toString('utf8').trim();
  const kept = await mirror.local(['update-ref', `refs/heartline/runs/${runId}`, head], { attempted });
  if (kept.exitCode !== 0) throw new OutsideError('invalid', attempted, kept.stderr.slice(-500));
  return head;
}
