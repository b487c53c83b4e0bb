/** The compare-and-swap push: the branch goes from exactly `expected` to `head`, or nothing happens. */

import { OutsideError } from '../domain/outside-error.ts';
import { rejectionTrouble, remoteTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

export async function push(
  mirror: MirrorGit,
  request: { readonly branch: string; readonly head: string; readonly expected: string | null },
  attempted: string,
): Promise<void> {
  const ref = `refs/heads/${request.branch}`;
  // An empty expectation is git's way to say that the branch must not exist.
  const lease = `--force-with-lease=${ref}:${request.expected ?? ''}`;
  const flags = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', lease];
  const pushed = await mirror.remote(attempted, (url) => [...flags, url, `${request.head}:${ref}`]);
  // "=" says that the branch is at this head already, whatever was expected: done, by us before a crash or by nobody else.
  if (pushed.exitCode === 0) return;
  const present = await mirror.local(['cat-file', '-e', `${request.head}^{commit}`]);
  if (present.exitCode !== 0) {
    throw new OutsideError('missing', attempted, `commit ${request.head} is not in the mirror`);
  }
  const rejected = pushed.stdout
    .toString('utf8')
    .split('\n')
    .find((line) => line.startsWith('!\t'));
  if (rejected !== undefined) throw rejectionTrouble(attempted, rejected.split('\t')[2] ?? 'rejected');
  throw remoteTrouble(attempted, pushed.stderr);
}
