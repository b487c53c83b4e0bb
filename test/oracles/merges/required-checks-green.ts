// Had every required check, by the app that was expected, succeeded on exactly the merged head before the merge?
import { botMerges, type EffectOf, effectsOf, nameOf, short } from '../facts/forge.ts';
import type { Oracle, OutsideWorld } from '../outside-world.ts';

export const requiredChecksGreen: Oracle = (world) => {
  const merges = botMerges(world);
  const violations = merges.flatMap((merge) =>
    world.requiredChecks.flatMap(({ name, app }) => {
      const state = stateOf(world, merge, name, app);
      if (state === 'success') return [];
      const detail = `It was merged at ${short(merge.sha)} while ${name}${app === null ? '' : ` by ${app}`} was ${state} there.`;
      return [{ subject: nameOf(world, merge.number), detail }];
    }),
  );
  return { observed: merges.length * world.requiredChecks.length, violations };
};

/** At the moment of the merge: the newest run of each app and the newest status; skipped and neutral are no success. */
function stateOf(world: OutsideWorld, merge: EffectOf<'merge'>, name: string, app: string | null): string {
  const newest = new Map<string, string>();
  const runs = new Map<string, number>();
  for (const effect of effectsOf(world)) {
    if (effect.sequence >= merge.sequence) break;
    if (effect.kind === 'check-run' && effect.sha === merge.sha && effect.name === name) {
      const by = `app ${effect.app}`;
      if ((app !== null && app !== effect.app) || effect.checkRun < (runs.get(by) ?? 0)) continue;
      runs.set(by, effect.checkRun);
      newest.set(by, effect.conclusion ?? effect.status);
    } else if (effect.kind === 'status' && effect.sha === merge.sha && effect.context === name) {
      if (app === null || app === effect.actor) newest.set('status', effect.state);
    }
  }
  const states = [...newest.values()];
  if (states.length === 0) return 'absent';
  return states.find((state) => state !== 'success') ?? 'success';
}
