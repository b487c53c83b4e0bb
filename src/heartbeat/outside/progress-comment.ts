/** The one comment an issue gets. Its id is derived from the issue, so making it twice is not possible. */
import { createHash } from 'node:crypto';
import type { ProgressComment } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const progressComment: OutsideWrite<ProgressComment> = {
  async look(action, { tracker }) {
    const id = progressCommentId(action.issueId);
    return (await tracker.comment(id))?.body === action.body ? id : null;
  },
  async perform(action, { tracker, journal }, again) {
    const id = progressCommentId(action.issueId);
    const made = [...(await journal.effectsOf(action.subject)).values()].some(
      (effect) => effect.kind === 'progress-comment' && effect.outsideId === id,
    );
    const exists = made || (again && (await tracker.comment(id)) !== null);
    if (exists) await tracker.updateComment(id, action.body);
    else await tracker.createComment({ id, issueId: action.issueId, body: action.body });
    return id;
  },
};

function progressCommentId(issueId: string): string {
  return deterministicId(`progress:${issueId}`);
}

/** A UUID of version 4's shape, as Linear wants for ids that a client chooses, but always the same for the same words. */
export function deterministicId(words: string): string {
  const hex = createHash('sha256').update(`heartline:${words}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
