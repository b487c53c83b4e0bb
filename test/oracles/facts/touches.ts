// Everything the bot did about one issue, anywhere: writes on Linear, writes on GitHub, pushes, merges and model calls.
import type { Effect as BoardEffect } from '../../world/linear/board/board.ts';
import type { OutsideWorld } from '../outside-world.ts';
import { effectsAbout, isBots as isBotsOnBoard } from './board.ts';
import { conversationsOf } from './conversations.ts';
import { botPullRequests, branchPrefix, effectsOf, isBots } from './forge.ts';

export interface Touch {
  readonly at: number;
  readonly kind: 'board' | 'comment' | 'forge' | 'push' | 'merge' | 'model';
  /** What it was, in a few words. */
  readonly what: string;
}

/** Oldest first. Refused requests leave no trace in the world and are not in here. */
export function touchesOf(world: OutsideWorld, issueKey: string): readonly Touch[] {
  return [...onBoard(world, issueKey), ...onForge(world, issueKey), ...inModels(world, issueKey)].sort(
    (a, b) => a.at - b.at,
  );
}

/** `heartline/eng-12`, and `heartline/eng-12-2` for a second attempt. */
function isBranchOf(branch: string, issueKey: string): boolean {
  const own = `${branchPrefix}${issueKey.toLowerCase()}`;
  return branch === own || (branch.startsWith(`${own}-`) && /^\d+$/.test(branch.slice(own.length + 1)));
}

function onBoard(world: OutsideWorld, issueKey: string): readonly Touch[] {
  return effectsAbout(world, issueKey)
    .filter(isBotsOnBoard)
    .map((effect: BoardEffect) => ({
      at: effect.at,
      kind: effect.kind === 'comment-create' || effect.kind === 'comment-update' ? 'comment' : 'board',
      what: effect.kind === 'state-move' ? `moved it to ${effect.to}` : `${effect.kind} on Linear`,
    }));
}

function onForge(world: OutsideWorld, issueKey: string): readonly Touch[] {
  const ours = botPullRequests(world).filter(
    (one) => one.issueKey === issueKey || isBranchOf(one.pullRequest.headRef, issueKey),
  );
  const numbers = new Set(ours.map((one) => one.number));
  const refs = new Set(ours.map((one) => `refs/heads/${one.pullRequest.headRef}`));
  const commits = new Set<string>();
  const touches: Touch[] = [];
  for (const effect of effectsOf(world)) {
    const onBranch =
      effect.kind === 'push' &&
      (refs.has(effect.ref) || isBranchOf(effect.ref.replace(/^refs\/heads\//, ''), issueKey));
    if (onBranch && effect.after !== null) commits.add(effect.after);
    if (!isBots(world, effect)) continue;
    const about =
      onBranch || ('number' in effect && numbers.has(effect.number)) || ('sha' in effect && commits.has(effect.sha));
    // A head that moved, or a branch that GitHub updated, is told by the push of the same moment.
    if (!about || effect.kind === 'pull-request-head-moved' || effect.kind === 'branch-updated') continue;
    const kind = effect.kind === 'push' || effect.kind === 'merge' ? effect.kind : 'forge';
    touches.push({ at: effect.at, kind, what: `${effect.kind} on GitHub` });
  }
  return touches;
}

function inModels(world: OutsideWorld, issueKey: string): readonly Touch[] {
  return conversationsOf(world)
    .filter((conversation) => conversation.issueKey === issueKey)
    .flatMap(({ calls }) => calls.map((call): Touch => ({ at: call.at, kind: 'model', what: 'a model call' })));
}
