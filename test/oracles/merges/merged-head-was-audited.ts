// Did an audit of exactly the head that was merged pass before the merge, visibly on GitHub?
import { botMerges, type EffectOf, effectsOf, isBots, nameOf, short } from '../facts/forge.ts';
import type { Oracle, OutsideWorld } from '../outside-world.ts';

const auditContext = 'heartline/audit';

export const mergedHeadWasAudited: Oracle = (world) => {
  const merges = botMerges(world);
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
