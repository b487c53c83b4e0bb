// Was exactly the head that was merged approved before the merge, visibly on GitHub, by a conversation that wrote none of it?
import { type Conversation, conversationsOf, finishes, wroteWork } from '../facts/conversations.ts';
import {
  botPullRequests,
  type EffectOf,
  effectsOf,
  isBots,
  judgedMerges,
  nameOf,
  repositoryOf,
  short,
} from '../facts/forge.ts';
import { sameChange } from '../facts/git.ts';
import type { Oracle, OutsideWorld, Violation } from '../outside-world.ts';

const reviewContext = 'heartline/review';

export const mergedHeadWasReviewed: Oracle = async (world) => {
  const merges = judgedMerges(world);
  const conversations = conversationsOf(world);
  const violations: Violation[] = [];
  for (const merge of merges) {
    // A model need not look again where the base alone was merged into what it approved.
    const heads = await sameChange(repositoryOf(world).directory, merge.sha);
    const fault = faultOnForge(world, merge) ?? faultInModels(world, merge, heads, conversations);
    if (fault !== null) violations.push({ subject: nameOf(world, merge.number), detail: fault });
  }
  return { observed: merges.length, violations };
};

/** The newest word on that head before the merge must be an approval. */
function faultOnForge(world: OutsideWorld, merge: EffectOf<'merge'>): string | null {
  const words = effectsOf(world).flatMap((effect): boolean[] => {
    if (effect.sequence >= merge.sequence || !isBots(world, effect)) return [];
    if (effect.kind === 'status' && effect.sha === merge.sha && effect.context === reviewContext)
      return [effect.state === 'success'];
    if (effect.kind !== 'review' || effect.number !== merge.number || effect.sha !== merge.sha) return [];
    if (!effect.body.includes('<!-- heartline:review:')) return [];
    return [effect.state === 'APPROVED' || (effect.state === 'COMMENTED' && effect.body.startsWith('**Approved**'))];
  });
  const head = short(merge.sha);
  if (words.length === 0) return `Its head ${head} was merged, and no review of that head stood on GitHub before.`;
  return words.at(-1) ? null : `Its head ${head} was merged although the last review of it did not approve.`;
}

function faultInModels(
  world: OutsideWorld,
  merge: EffectOf<'merge'>,
  heads: readonly string[],
  conversations: readonly Conversation[],
): string | null {
  const issueKey = botPullRequests(world).find((one) => one.number === merge.number)?.issueKey ?? null;
  const approving = conversations.filter(
    (conversation) =>
      conversation.issueKey === issueKey &&
      heads.some((head) => saw(conversation, head)) &&
      finishes(conversation).some(
        ({ at, input }) => at <= merge.at && 'decision' in input && input.decision === 'approve',
      ),
  );
  if (approving.some((conversation) => !wroteWork(conversation))) return null;
  return approving.length === 0
    ? `No model ever approved its head ${short(merge.sha)}.`
    : `Its head ${short(merge.sha)} was approved by the same conversation that wrote it.`;
}

function saw(conversation: Conversation, head: string): boolean {
  return conversation.calls.some((call) =>
    call.request?.messages.some((turn) => turn.kind === 'user' && turn.text.includes(head)),
  );
}
