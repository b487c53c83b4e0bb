// Did everything on the base branch come by the seed, a person or a merge, and did no merge of the bot turn it red?
import { botMerges, type EffectOf, effectsOfKind, repositoryOf, short, takenBackBy } from '../facts/forge.ts';
import { branchTip } from '../facts/git.ts';
import type { Oracle, OutsideWorld, Violation } from '../outside-world.ts';

export const mainIsGreen: Oracle = async (world) => {
  const subject = world.baseBranch;
  const pushes = effectsOfKind(world, 'push').filter((push) => push.ref === `refs/heads/${world.baseBranch}`);
  const merged = new Set(effectsOfKind(world, 'merge').map((merge) => merge.mergeCommit));
  const merges = botMerges(world);
  // Green on its branch and red on the base happens; that it was taken back again is what can be asked for.
  const undone = new Set(merges.map((merge) => takenBackBy(world, merge)?.mergeCommit));
  const bots = new Set(merges.map((merge) => merge.mergeCommit).filter((commit) => !undone.has(commit)));
  const violations: Violation[] = [];
  let tip: string | null = null;
  for (const push of pushes) {
    if (push.before !== tip)
      violations.push({ subject, detail: `Nobody is known to have moved it to ${name(push.before)}.` });
    if (tip !== null && push.via !== 'person' && !merged.has(push.after ?? '')) {
      violations.push({ subject, detail: `${push.actor} moved it to ${name(push.after)} without a merge.` });
    }
    violations.push(...turnedRed(world, push, bots));
    tip = push.after;
  }
  const live = await branchTip(repositoryOf(world).directory, world.baseBranch);
  if (live !== tip) violations.push({ subject, detail: `Nobody is known to have moved it to ${name(live)}.` });
  return { observed: pushes.length, violations };
};

/** By CI's own word, where it ran on the base branch. A branch that a person had left red is not the bot's doing. */
function turnedRed(world: OutsideWorld, push: EffectOf<'push'>, bots: ReadonlySet<string>): readonly Violation[] {
  const { after, before } = push;
  if (after === null || !bots.has(after)) return [];
  const already = new Set(before === null ? [] : redChecks(world, before));
  return redChecks(world, after)
    .filter((check) => !already.has(check))
    .map((check) => ({
      subject: world.baseBranch,
      detail: `${check} fails on ${short(after)}, which the bot merged.`,
    }));
}

function redChecks(world: OutsideWorld, sha: string): readonly string[] {
  const conclusions = new Map<string, string | null>();
  for (const run of repositoryOf(world).checkRuns.values()) {
    const required = world.requiredChecks.some(
      ({ name: check, app }) => check === run.name && (app === null || app === run.app.slug),
    );
    if (run.sha === sha && required) conclusions.set(run.name, run.conclusion);
  }
  return [...conclusions].flatMap(([check, conclusion]) =>
    conclusion !== null && conclusion !== 'success' && conclusion !== 'cancelled' ? [check] : [],
  );
}

function name(sha: string | null): string {
  return sha === null ? 'nothing' : short(sha);
}
