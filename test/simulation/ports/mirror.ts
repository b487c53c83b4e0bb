/** The bot's mirror and the only door that pushes, over git in memory. What was not fetched yet is not known here. */
import { OutsideError } from '../../../src/domain/outside-error.ts';
import type { DiffFacts } from '../../../src/domain/pull-request.ts';
import type { Mirror } from '../../../src/heartbeat/ports.ts';
import { changeBetween, threeWay } from '../world/git.ts';
import { isWeaker } from '../world/weaker.ts';
import type { World } from '../world/world.ts';
import { landedOtherwise } from './landed-otherwise.ts';
import type { Line } from './line.ts';

/** The mirror is a folder: it outlives the bot. */
export interface MirrorFolder {
  readonly tips: Map<string, string>;
  readonly known: Set<string>;
}

export function createMirror({ git, hub }: World, line: Line, folder: MirrorFolder): Mirror {
  const knows = (...shas: readonly string[]): boolean => shas.every((sha) => folder.known.has(sha));
  const fetch = (): void => {
    folder.tips.clear();
    for (const [branch, tip] of hub.branches) {
      folder.tips.set(branch, tip);
      for (const sha of git.get(tip).history) folder.known.add(sha);
    }
  };

  return {
    refresh: () => line.read('git fetch', fetch),
    tip: (_repository, branch) => line.own(async () => folder.tips.get(branch) ?? null),
    diff: async (_repository, base, head): Promise<DiffFacts | null> => {
      if (!knows(base, head)) return null;
      const change = git.change(base, head);
      const changes = change.files.map((path) => ({
        path,
        status: 'modified' as const,
        modeBefore: '100644',
        modeAfter: '100644',
        aliases: [],
      }));
      const baseIsAncestor = git.contains(head, base);
      const weakening = change.files
        .filter((path) => isWeaker(git.get(head).tree.get(path)))
        .map((path) => ({ kind: 'assertion-weaker' as const, path, reason: 'It asks for less.' }));
      return {
        base,
        head,
        baseIsAncestor,
        landsAsJudged: baseIsAncestor || null,
        ...change,
        changes,
        weakening,
        unjudged: [],
      };
    },
    landsAsJudged: async (_repository, base, head) => {
      const tree = git.merge(base, head);
      return tree !== null && changeBetween(git.get(base).tree, tree).digest === git.change(base, head).digest;
    },
    diffText: async () => '',
    parents: async (_repository, commit) => git.find(commit)?.parents ?? [],
    file: async (_repository, commit, path) => git.find(commit)?.tree.get(path) ?? null,
    remoteTip: (_repository, branch) => line.read('git ls-remote', () => hub.branches.get(branch) ?? null),
    push: ({ branch, head, expected }) =>
      line.write('push', () => {
        const there = hub.branches.get(branch) ?? null;
        if (there !== expected) throw new OutsideError('conflict', `push ${branch}`, `it is at ${there ?? 'nothing'}`);
        hub.push(branch, head, 'bot');
      }),
    combine: async (_repository, base, members) => {
      if (!knows(base, ...members.map(({ head }) => head))) await line.read('git fetch', fetch);
      let tip = base;
      for (const { head, digest } of members) {
        const tree = git.merge(tip, head);
        if (tree === null) return null;
        if (digest !== undefined && changeBetween(git.get(tip).tree, tree).digest !== digest) return null;
        const author = { kind: 'batch' } as const;
        tip = git.commit({ parents: [tip, head], tree, author, message: `Merge ${head} into a batch`, at: 0 });
        folder.known.add(tip);
      }
      return tip;
    },
    deleteBranch: (_repository, branch, expected) =>
      line.write('deleteBranch', () => hub.deleteBranch(branch, expected, 'bot')),
    receiveBundle: ({ file }) =>
      line.own(async () => {
        folder.known.add(file);
        return file;
      }),
    verifyMerge: async (claim) => {
      const tip = (): string => folder.tips.get(claim.baseBranch) ?? claim.base;
      if (git.find(claim.mergeCommit) === undefined || !git.contains(tip(), claim.mergeCommit))
        await line.read('git fetch', fetch);
      return landedOtherwise(git, tip(), claim);
    },
    revert: async ({ commit, onto, message, at }) => {
      const reverted = git.find(commit);
      const parent = reverted?.parents[0];
      if (reverted === undefined || parent === undefined) return null;
      const tree = threeWay(reverted.tree, git.get(onto).tree, git.get(parent).tree);
      if (tree === null) return null;
      const sha = git.commit({ parents: [onto], tree, author: { kind: 'mirror' }, message, at });
      folder.known.add(sha);
      return sha;
    },
  };
}
