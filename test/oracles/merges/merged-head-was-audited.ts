// Did an audit of exactly the head that was merged pass before the merge, visibly on GitHub?
import {
  botMerges,
  botPullRequests,
  type EffectOf,
  effectsOf,
  isBots,
  nameOf,
  short,
  takenBackBy,
} from '../facts/forge.ts';
import type { Oracle, OutsideWorld } from '../outside-world.ts';

const auditContext = 'heartline/audit';

export const mergedHeadWasAudited: Oracle = (world) => {
  const ours = new Set(botPullRequests(world).map((one) => one.number));
  // An audit holds work against its issue: a person's own has none, and taking back a change is not what the issue asks for.
  const merges = botMerges(world).filter((merge) => ours.has(merge.number) && takenBackBy(world, merge) === null);
  const violations = merges.flatMap((merge) => {
    const fault = faultOf(world, merge);
    return fault === null ? [] : [{ subject: nameOf(world, merge.number), detail: fault }];
  });
  return { observed: merges.length, violations };
};

/** The newest word on that head before the merge counts. */
function faultOf(world: OutsideWorld, merge: EffectOf<'merge'>): string | null {
  const words = effectsOf(world).flatMap((effect): boolean[] => {
    if (effect.kind !== 'status' || effect.sequence >= merge.sequence || !isBots(world, effect)) return [];
    return effect.sha === merge.sha && effect.context === auditContext ? [effect.state === 'success'] : [];
  });
  const head = short(merge.sha);
  if (words.length === 0) return `Its head ${head} was merged, and no audit of that head stood on GitHub before.`;
  return words.at(-1) ? null : `Its head ${head} was merged although its audit had failed.`;
}
