/** Where a branch is on the remote at this moment; null when it is not there. */
import { remoteTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

export async function remoteTip(mirror: MirrorGit, branch: string, attempted: string): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const listed = await mirror.remote(attempted, (url) => ['ls-remote', '--quiet', url, ref]);
  if (listed.exitCode !== 0) throw remoteTrouble(attempted, listed.stderr);
  const lines = listed.stdout.toString('utf8').split('\n');
  // ls-remote matches the end of a name too, so refs/x/refs/heads/y would answer for y.
  return lines.find((line) => line.endsWith(`\t${ref}`))?.split('\t')[0] ?? null;
}
