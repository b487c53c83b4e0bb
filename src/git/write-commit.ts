/** A commit of our own, written in the mirror without a working tree. */
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

/** The same words at the same moment give the same commit, so doing it twice makes nothing new. */
export async function writeCommit(
  mirror: MirrorGit,
  attempted: string,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    /** Milliseconds since 1970. */
    readonly at: number;
  },
): Promise<string> {
  const { tree, parents, message, at } = commit;
  const author = `Heartline <heartline@localhost> ${Math.floor(at / 1000)} +0000`;
  const above = parents.map((parent) => `parent ${parent}\n`).join('');
  const raw = `tree ${tree}\n${above}author ${author}\ncommitter ${author}\n\n${message}\n`;
  const written = await mirror.local(['hash-object', '-t', 'commit', '-w', '--stdin'], { attempted, input: raw });
  if (written.exitCode !== 0) throw localTrouble(attempted, written.stderr);
  return written.stdout.toString('utf8').trim();
}
