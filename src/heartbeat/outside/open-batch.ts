/**
 * Puts several pull requests together: merged on top of the base by our own git, pushed as a branch that nobody has, and
 * opened as one pull request. The same members make the same commit, so a try that was cut off is gone on with.
 */
import { NOT_TOGETHER } from '../../decide/batch.ts';
import type { OpenBatch } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { Hands, OutsideWrite } from './outside-write.ts';

export const openBatch: OutsideWrite<OpenBatch> = {
  look: adopt,
  async perform(action, hands) {
    const { repository, branch, baseBranch, title, body } = action;
    const head = await put(action, hands);
    try {
      const opened = await hands.forge.openPullRequest({ repository, branch, baseBranch, title, body, draft: false });
      return `${opened.number}@${head}`;
    } catch (error) {
      const duplicate = error instanceof OutsideError && error.kind === 'conflict';
      const ours = duplicate ? await adopt(action, hands) : null;
      if (ours === null) throw error;
      return ours;
    }
  },
};

async function put(action: OpenBatch, { mirror }: Hands): Promise<string> {
  const { repository, branch, base, members } = action;
  const attempted = `put ${members.length} pull requests of ${repository} together`;
  const head = await mirror.combine(repository, base, members);
  if (head === null) throw new OutsideError('refused', attempted, NOT_TOGETHER);
  try {
    await mirror.push({ repository, branch, head, expected: null });
  } catch (error) {
    const there = error instanceof OutsideError && error.kind === 'conflict';
    if (!there || (await mirror.remoteTip(repository, branch)) !== head) throw error;
  }
  return head;
}

/** Whatever became of it meanwhile: that is for the next look to judge. */
async function adopt(action: OpenBatch, { forge, mirror }: Hands): Promise<string | null> {
  const { repository, branch, base, members, marker } = action;
  const found = await forge.findPullRequest(repository, branch);
  if (found === null || !found.body.includes(marker)) return null;
  // Who pushed to it meanwhile does not make that ours.
  const head = await mirror.combine(
    repository,
    base,
    members.map((one) => ({ head: one.head })),
  );
  return head === null ? null : `${found.number}@${head}`;
}
