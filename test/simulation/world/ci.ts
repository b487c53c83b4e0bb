/** CI: looks at the combined tree of a pull request and its base, late, sometimes flaky, sometimes not at all. */
import type { Check, CheckState } from '../../../src/domain/pull-request.ts';
import type { Random } from '../../world/random.ts';
import type { Git, Tree } from './git.ts';
import type { Tell } from './happening.ts';
import type { Hub, Pull } from './hub.ts';
import type { Keep } from './memory.ts';
import type { Timeline } from './timeline.ts';

export const APP = 'github-actions';

export interface CiStyle {
  readonly name: string;
  readonly delayMs: readonly [number, number];
  /** Reports a failure although all is well. Never the other way round. */
  readonly flakiness: number;
  /** What it reports for the n-th head it sees, the first being 0; anything else is told by the tree. */
  readonly odd: Readonly<
    Record<number, 'missing' | 'skipped' | 'neutral' | 'cancelled' | 'wrong-app' | 'late' | 'flaky'>
  >;
}

export interface Ci {
  rerun(check: Check): void;
  /** What is true of a tree, whatever was reported. */
  judge(tree: Tree): { readonly green: boolean; readonly why: string };
}

const LATE_MS = 8 * 60_000;

export function createCi(parts: {
  git: Git;
  hub: Hub;
  timeline: Timeline;
  random: Random;
  style: CiStyle;
  tell: Tell;
  keep: Keep;
}): Ci {
  const { git, hub, timeline, random, style, tell, keep } = parts;
  const own = keep({ heads: 0, ids: 0, ofBase: new Set<string>() });
  const { ofBase } = own;

  const combined = (head: string, pull: Pull | null): Tree | null =>
    pull === null ? git.get(head).tree : git.merge(hub.tip(pull.baseBranch), head);

  const run = (head: string, tree: Tree, odd: CiStyle['odd'][number] | null): void => {
    own.ids += 1;
    const truth = judge(tree, ofBase.has(head));
    const state: CheckState =
      odd === 'skipped' || odd === 'neutral' || odd === 'cancelled'
        ? odd
        : truth.green && odd !== 'flaky' && !random.chance(style.flakiness)
          ? 'success'
          : 'failure';
    const app = odd === 'wrong-app' ? 'somebody-else' : APP;
    const check: Check = {
      kind: 'check-run',
      name: style.name,
      id: own.ids,
      state: 'running',
      sha: head,
      app,
      url: null,
      at: null,
    };
    const [least, most] = style.delayMs;
    const delay = odd === 'late' ? LATE_MS : least + random.below(most - least + 1);
    timeline.after(delay / 4, () => hub.report(check));
    timeline.after(delay, () => {
      hub.report({ ...check, state, at: timeline.now() });
      tell({ kind: 'checked', head, name: style.name, state, truly: truth.green ? 'green' : truth.why });
    });
  };

  hub.onHead((head, pull) => {
    const tree = combined(head, pull);
    if (pull === null) ofBase.add(head);
    const odd = pull === null ? null : (style.odd[own.heads] ?? null);
    if (pull !== null) own.heads += 1;
    // GitHub starts nothing for a pull request that conflicts with its base.
    if (tree === null) return;
    if (odd !== 'missing') run(head, tree, odd);
    // Somebody sees it and has it run properly.
    if (odd !== null && odd !== 'flaky' && odd !== 'late') timeline.after(LATE_MS, () => run(head, tree, null));
  });

  return {
    judge,
    rerun: (check) => {
      tell({ kind: 'rerun', by: 'bot', head: check.sha, name: check.name });
      run(check.sha, git.get(check.sha).tree, null);
    },
  };
}

/**
 * `broken` anywhere is red; so is a line `needs path=text` where that file does not say so. `too late` is seen only where
 * it has landed, as by a job that no pull request runs.
 */
export function judge(tree: Tree, landed = false): { readonly green: boolean; readonly why: string } {
  for (const [path, text] of tree) {
    if (text.includes('broken') || (landed && text.includes('too late')))
      return { green: false, why: `${path} is broken` };
    for (const [, needed = '', wanted] of text.matchAll(/^needs ([^=\n]+)=(.*)$/gm)) {
      if (tree.get(needed)?.split('\n')[0] !== wanted)
        return { green: false, why: `${path} needs ${needed} to be ${wanted}` };
    }
  }
  return { green: true, why: '' };
}
