/** A pipeline: the stages an issue goes through, as data. config/pipelines/*.yaml is read into this. */
import type { Role } from './run.ts';

/** What kind of stage it is decides who acts and when it is left; decide/stages/ has one rule for each kind. */
export const STAGE_KINDS = ['implement', 'open', 'review', 'checks', 'audit', 'merge', 'done'] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

export interface Stage {
  readonly kind: StageKind;
  /** The role that works in this stage; null where the heartbeat itself acts. */
  readonly role: Role | null;
}

export interface Pipeline {
  readonly name: string;
  readonly stages: readonly Stage[];
}

/** The duties of HEARTBEAT.md, in the order a tick performs them. A test holds that page's headings against this list. */
export const DUTIES = ['reconcile', 'steer', 'care', 'merge', 'review', 'dispatch', 'report'] as const;
export type Duty = (typeof DUTIES)[number];
