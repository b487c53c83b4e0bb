/** The ledger entry of one outside write: intended, then confirmed. Its key is deterministic, so a restart finds it again. */
import type { EpochMs } from './issue.ts';

export const EFFECT_KINDS = [
  'move-issue',
  'progress-comment',
  'push-branch',
  'open-pull-request',
  'link-pull-request',
  'post-review',
  'set-status',
  'update-branch',
  'open-batch',
  'drop-batch',
  'merge',
  'enqueue',
  'dequeue',
  'rerun-check',
  'add-label',
  'mark-ready',
  'reply',
  'resolve-thread',
] as const;
export type EffectKind = (typeof EFFECT_KINDS)[number];

export interface Effect {
  readonly key: string;
  readonly kind: EffectKind;
  /** subjectKey of what it belongs to. */
  readonly subject: string;
  readonly intendedAt: EpochMs;
  readonly confirmedAt: EpochMs | null;
  /** What the outside calls the result: comment id, pull request number, merge commit, history entry. */
  readonly outsideId: string | null;
  readonly attempts: number;
  /** Of these, the ones the outside answered with a no that may pass: tries it never heard of do not use them up. */
  readonly refusals: number;
  /** Not before this; null when it may be tried at once. */
  readonly retryAt: EpochMs | null;
  readonly lastError: string | null;
  /** The outside said no for good: repeating cannot help, a person or a new decision must. */
  readonly refused: boolean;
  /** When an attempt was made that may have arrived without our hearing of it; null where all of them were answered. */
  readonly unheardSince: EpochMs | null;
}
