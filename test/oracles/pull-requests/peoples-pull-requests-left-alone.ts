// Did the bot do more with a person's pull request than comment on it: approve or push to it, close or change it, or merge it
// without somebody on the list having asked for exactly its head?
import type { Effect } from '../../world/github/log.ts';
import { type EffectOf, effectsOf, effectsOfKind, isBots, nameOf, peoplesPullRequests, short } from '../facts/forge.ts';
import type { Oracle, OutsideWorld } from '../outside-world.ts';

export const peoplesPullRequestsLeftAlone: Oracle = (world) => {
  const theirs = peoplesPullRequests(world);
  const byNumber = new Map(theirs.map((one) => [one.number, one]));
  const byBranch = new Map(theirs.map((one) => [`refs/heads/${one.headRef}`, one.number]));
  const byHead = new Map(theirs.map((one) => [one.headSha, one.number]));
  const violations = effectsOf(world)
    .filter((effect) => isBots(world, effect))
    .flatMap((effect) => {
      const number = numberOf(effect);
      const asked = effect.kind === 'merge' && wasAskedFor(world, effect);
      const deed = number === null || asked ? null : deedOf(effect);
      return number === null || deed === null
        ? []
        : [{ subject: nameOf(world, number), detail: `It is a person's, and the bot ${deed}.` }];
    });
  return { observed: theirs.length, violations };

  function numberOf(effect: Effect): number | null {
    if (effect.kind === 'push') return byBranch.get(effect.ref) ?? null;
    if (effect.kind === 'status') return byHead.get(effect.sha) ?? null;
    return 'number' in effect && byNumber.has(effect.number) ? effect.number : null;
  }
};

/** `/merge <sha>` in the conversation, before the merge, of the very head that was merged. */
function wasAskedFor(world: OutsideWorld, merge: EffectOf<'merge'>): boolean {
  const said = (['comment-created', 'comment-edited'] as const).flatMap((kind) => effectsOfKind(world, kind));
  return said.some((comment) => {
    if (comment.number !== merge.number || comment.sequence >= merge.sequence || comment.via !== 'person') return false;
    const sha = /^\s*\/merge[ \t]+([0-9a-f]{7,40})\s*$/im.exec(comment.body)?.[1]?.toLowerCase();
    return sha !== undefined && merge.sha.startsWith(sha) && world.allowed.github.includes(comment.actor);
  });
}

/** Null for what it may do: comment, in a review or without one. */
function deedOf(effect: Effect): string | null {
  switch (effect.kind) {
    case 'review':
      return effect.state === 'COMMENTED' ? null : `reviewed it as ${effect.state} at ${short(effect.sha)}`;
    case 'status':
      return effect.state === 'success' ? `set ${effect.context} to success on its head` : null;
    case 'comment-created':
    case 'comment-edited':
    case 'review-reply':
    // Told by the push of the same moment.
    case 'pull-request-head-moved':
    case 'branch-updated':
      return null;
    case 'push':
      return `pushed ${effect.after === null ? 'nothing, deleting it,' : short(effect.after)} to its branch`;
    case 'merge':
      return `merged it as ${short(effect.mergeCommit)}`;
    default:
      return `did this to it: ${effect.kind}`;
  }
}
