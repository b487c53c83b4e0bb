/** The commit a merge puts on its base, by each method, and the ways in which a forge may get it wrong. */
import type { EpochMs } from '../../../src/domain/issue.ts';
import type { MergeMethod } from '../../../src/domain/pull-request.ts';
import { edited, type Git, type Tree } from './git.ts';
import type { Corruption } from './hub.ts';

export interface Landing {
  readonly base: string;
  readonly head: string;
  readonly method: MergeMethod;
  readonly how: Corruption | null;
  readonly title: string;
  readonly at: EpochMs;
}

export function landingCommit(git: Git, { base, head, method, how, title, at }: Landing): string {
  const author = { kind: 'forge' } as const;
  const right = git.merge(base, head);
  if (right === null) throw new Error(`${head} does not merge into ${base}`);
  const older = git.get(base).parents[0] ?? base;
  const files = git.change(base, head).files;
  const wrongTree = (): Tree => {
    switch (how) {
      case 'dropped-change':
        return edited(right, { [files[0] ?? 'src/app.ts']: git.get(base).tree.get(files[0] ?? '') ?? null });
      case 'empty':
        return git.get(base).tree;
      case 'extra-change':
        return edited(right, { 'src/surprise.ts': 'nobody wrote this' });
      case 'wrong-base':
        return git.get(head).tree;
      case 'wrong-head':
      case null:
        return right;
    }
  };
  const first = how === 'wrong-base' ? older : base;
  const second = how === 'wrong-head' ? (git.get(head).parents[0] ?? head) : head;
  const parents = method === 'merge' ? [first, second] : [first];
  return git.commit({ parents, tree: wrongTree(), author, message: title, at });
}
