/** Our memory of an issue we took on: what was claimed, how far it came, and why it rests. The outside stays the truth. */
import type { Actor, EpochMs } from './issue.ts';

/** The words a session works from, frozen when the issue was claimed: later edits by others do not reach it. */
export interface FrozenTicket {
  readonly title: string;
  readonly description: string;
  readonly url: string;
  readonly comments: readonly { readonly author: string; readonly body: string; readonly at: EpochMs }[];
}

/** A person's permission for exactly one head: `/approve <sha>`. */
export interface Approval {
  readonly sha: string;
  readonly by: string;
  readonly at: EpochMs;
}

/** The landed change that is taken back, and what it broke. */
export interface RevertOf {
  readonly mergeCommit: string;
  readonly pullRequest: number;
  readonly title: string;
  /** The required check that went red on the base branch, and the commit it did so on. */
  readonly check: string;
  readonly sha: string;
}

export type Phase =
  | 'active'
  /** Cannot go on without a person; `parked` says why and what would help. */
  | 'parked'
  /** Merged, verified, moved to Done, summary posted. */
  | 'done'
  /** A person took it away, or said /stop. Only a person brings it back. */
  | 'cancelled';

export interface IssueRecord {
  readonly issueId: string;
  readonly key: string;
  readonly project: string;
  readonly repository: string;
  readonly baseBranch: string;
  /** Compare-and-set number: every write names the generation it saw and adds one. */
  readonly generation: number;
  /** 1 for the first claim; a new claim after a cancel counts up and gets its own branch. */
  readonly attempt: number;
  readonly phase: Phase;
  /** Why it is parked or cancelled, a sentence with what to do. */
  readonly reason: string | null;
  readonly ticket: FrozenTicket;
  readonly claimedAt: EpochMs;
  readonly claimedBy: Actor;
  /** History entry of the move that was claimed: the same move never starts work twice. */
  readonly claimedMove: string;
  /** When that move was made, by Linear's clock: an older command was meant for what was before it. */
  readonly movedAt: EpochMs;
  readonly branch: string;
  /** The head of the branch that is ours or that a person told us to go on from. Null until the first push. */
  readonly head: string | null;
  readonly pullRequest: number | null;
  readonly mergeCommit: string | null;
  /** True once plain git found the tested tree on the base branch. */
  readonly mergeVerified: boolean;
  readonly approvals: readonly Approval[];
  /** This attempt takes back what the one before landed, because its base branch went red. Null: it does the issue's work. */
  readonly revertOf: RevertOf | null;
  /** Rounds count from here: `/retry` sets it to now. */
  readonly roundsFrom: EpochMs;
  /** When a person last said to go on; what was refused or used up before that is tried anew. */
  readonly resumedAt: EpochMs;
  /** When a person last said /stop, by the service's clock; 0 when nobody did. Older orders that are heard later are void. */
  readonly stoppedAt: EpochMs;
  readonly updatedAt: EpochMs;
}
