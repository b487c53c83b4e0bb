/** The compare-and-swap push: the branch goes on from exactly `expected` to `head`, or nothing happens. */

import { OutsideError } from '../domain/outside-error.ts';
import { rejectionTrouble, remoteTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';
import { remoteTip } from './remote-tip.ts';
import type { GitResult } from './run-git.ts';

export async function push(
  mirror: MirrorGit,
  request: { readonly branch: string; readonly head: string; readonly expected: string | null },
  attempted: string,
): Promise<void> {
  await growsFrom(mirror, request, attempted);
  const ref = `refs/heads/${request.branch}`;
  // An empty expectation is git's way to say that the branch must not exist.
  const lease = `--force-with-lease=${ref}:${request.expected ?? ''}`;
  const flags = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', lease];
  const pushed = await mirror.remote(attempted, (url) => [...flags, url, `${request.head}:${ref}`]);
  // "=" says that the branch is at this head already, whatever was expected: done, by us before a crash or by nobody else.
  if (pushed.exitCode === 0) return;
  await here(mirror, request.head, attempted);
  throw refusal(pushed, attempted);
}

/** Gone already is as good. */
export async function deleteBranch(
  mirror: MirrorGit,
  branch: string,
  expected: string,
  attempted: string,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const flags = ['push', '--porcelain', '--no-verify', '--no-signed', `--force-with-lease=${ref}:${expected}`];
  const pushed = await mirror.remote(attempted, (url) => [...flags, '--delete', url, ref]);
  if (pushed.exitCode === 0) return;
  const trouble = refusal(pushed, attempted);
  // Git says of a branch that is gone what it says of one that is elsewhere.
  if (trouble.kind === 'conflict' && (await remoteTip(mirror, branch, attempted)) === null) return;
  throw trouble;
}

function refusal(pushed: GitResult, attempted: string): OutsideError {
  const rejected = pushed.stdout
    .toString('utf8')
    .split('\n')
    .find((line) => line.startsWith('!\t'));
  return rejected === undefined
    ? remoteTrouble(attempted, pushed.stderr)
    : rejectionTrouble(attempted, rejected.split('\t')[2] ?? 'rejected');
}

/**
 * The lease alone would let a branch go where it forgets what a person put on it. Who wrote the work was told so in its own
 * room, but what git says there is for whoever writes there to choose.
 */
async function growsFrom(
  mirror: MirrorGit,
  { branch, head, expected }: { readonly branch: string; readonly head: string; readonly expected: string | null },
  attempted: string,
): Promise<void> {
  if (expected === null) return;
  const contained = await mirror.local(['merge-base', '--is-ancestor', expected, head], { attempted });
  if (contained.exitCode === 0) return;
  await here(mirror, head, attempted);
  const detail = `${head} leaves out ${expected}, where ${branch} stands: merge the two on the branch by hand`;
  throw new OutsideError('refused', attempted, detail);
}

async function here(mirror: MirrorGit, commit: string, attempted: string): Promise<void> {
  const present = await mirror.local(['cat-file', '-e', `${commit}^{commit}`]);
  if (present.exitCode === 0) return;
  throw new OutsideError('missing', attempted, `commit ${commit} is not in the mirror`);
}
