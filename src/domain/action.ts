/** All the bot can do, as data. decide() returns these; heartbeat/act.ts is the one place that carries them out. */

import type { StateType } from './issue.ts';
import type { IssueRecord } from './issue-record.ts';
import type { Check, MergeMethod } from './pull-request.ts';
import type { Cause, Finding, Role, Subject } from './run.ts';
import type { Freeze } from './snapshot.ts';

interface Because {
  /** A sentence for a person: the fact this action follows from. */
  readonly reason: string;
}

interface Outside extends Because {
  /** Its name in the effect ledger; the same key is never performed twice. */
  readonly key: string;
  /** subjectKey of what it belongs to. */
  readonly subject: string;
}

/** An outside write: intent recorded, performed, confirmed. */
export type OutsideAction =
  | MoveIssue
  | ProgressComment
  | PushBranch
  | OpenPullRequest
  | LinkPullRequest
  | PostReview
  | SetStatus
  | UpdateBranch
  | OpenBatch
  | DropBatch
  | Merge
  | Enqueue
  | Dequeue
  | RerunCheck
  | AddLabel
  | MarkReady
  | Reply
  | ResolveThread;

export interface MoveIssue extends Outside {
  readonly kind: 'move-issue';
  readonly issueId: string;
  readonly issueKey: string;
  readonly toStateId: string;
  readonly toStateName: string;
  /** Where the issue was seen. In another state by now, and not by a move of ours: a person was faster. */
  readonly fromStateId: string;
  /** Types of states that it may be moved out of at all. */
  readonly fromTypes: readonly StateType[];
}

/** The one comment an issue gets: made the first time, edited in place ever after. */
export interface ProgressComment extends Outside {
  readonly kind: 'progress-comment';
  readonly issueId: string;
  readonly body: string;
}

export interface PushBranch extends Outside {
  readonly kind: 'push-branch';
  readonly issueId: string;
  readonly repository: string;
  readonly branch: string;
  readonly head: string;
  /** What the branch must point at now; null when it must not exist. */
  readonly expected: string | null;
}

export interface OpenPullRequest extends Outside {
  readonly kind: 'open-pull-request';
  readonly issueId: string;
  readonly repository: string;
  readonly branch: string;
  readonly baseBranch: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
  /** Stands in the body: a pull request from the same branch without it is a stranger's and is not adopted. */
  readonly marker: string;
}

export interface LinkPullRequest extends Outside {
  readonly kind: 'link-pull-request';
  readonly issueId: string;
  readonly url: string;
  readonly title: string;
  readonly subtitle: string;
}

export interface PostReview extends Outside {
  readonly kind: 'post-review';
  readonly repository: string;
  readonly number: number;
  readonly head: string;
  readonly event: 'approve' | 'request-changes' | 'comment';
  readonly body: string;
  readonly findings: readonly Finding[];
  readonly marker: string;
}

export interface SetStatus extends Outside {
  readonly kind: 'set-status';
  readonly repository: string;
  readonly head: string;
  readonly context: string;
  readonly state: 'success' | 'failure' | 'pending';
  readonly description: string;
}

/** Asks GitHub to merge the base into the branch; refused by GitHub when the head is not `head` any more. */
export interface UpdateBranch extends Outside {
  readonly kind: 'update-branch';
  readonly repository: string;
  readonly number: number;
  readonly head: string;
  readonly base: string;
}

/** A pull request that is tested and merged together with others. */
export interface BatchPart {
  readonly number: number;
  readonly head: string;
}

/** With the digest of what was judged of it: put together it has to change exactly that. */
export interface JudgedPart extends BatchPart {
  readonly digest: string;
}

/** The digest of what was judged is there where putting them together is held against it. */
export type CombinedHead = Pick<BatchPart, 'head'> & Partial<Pick<JudgedPart, 'digest'>>;

/** Merges these heads on top of the base, one after another, on a branch of its own, and opens a pull request of that. */
export interface OpenBatch extends Outside {
  readonly kind: 'open-batch';
  readonly repository: string;
  readonly baseBranch: string;
  readonly base: string;
  readonly members: readonly JudgedPart[];
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  readonly marker: string;
}

/** Deletes the branch of a batch where it still holds that batch and nothing else; GitHub closes its pull request with it. */
export interface DropBatch extends Outside {
  readonly kind: 'drop-batch';
  readonly repository: string;
  readonly base: string;
  readonly members: readonly BatchPart[];
  readonly branch: string;
}

export interface Merge extends Outside {
  readonly kind: 'merge';
  /** Null for a person's pull request, which no issue of ours stands behind. */
  readonly issueId: string | null;
  readonly repository: string;
  readonly number: number;
  /** The reviewed and checked head: the call carries it, GitHub refuses any other. */
  readonly head: string;
  /** The base tip contained in that head; the call is not made when the live base differs. */
  readonly base: string;
  readonly baseBranch: string;
  readonly method: MergeMethod;
  readonly title: string;
  /** Whose changes land with it, each of which must still be as it was judged; empty but for a batch. */
  readonly members: readonly (BatchPart & { readonly issueId: string })[];
}

/** Hands the pull request to the forge's own merge queue, at exactly this head. */
export interface Enqueue extends Outside {
  readonly kind: 'enqueue';
  readonly issueId: string;
  readonly repository: string;
  readonly number: number;
  readonly head: string;
  readonly baseBranch: string;
}

/** Takes it out of that queue again, because a person stopped the work or the gate says no by now. */
export interface Dequeue extends Outside {
  readonly kind: 'dequeue';
  readonly repository: string;
  readonly number: number;
}

/** Runs a whole failed check once more on the same commit. */
export interface RerunCheck extends Outside {
  readonly kind: 'rerun-check';
  readonly repository: string;
  readonly check: Check;
}

export interface AddLabel extends Outside {
  readonly kind: 'add-label';
  readonly repository: string;
  readonly number: number;
  readonly label: string;
}

export interface MarkReady extends Outside {
  readonly kind: 'mark-ready';
  readonly issueId: string;
  readonly repository: string;
  readonly number: number;
}

/** An agent's answer to a person's remark: in its thread, or in the conversation when `threadId` is null. */
export interface Reply extends Outside {
  readonly kind: 'reply';
  readonly repository: string;
  readonly number: number;
  readonly threadId: string | null;
  readonly body: string;
  readonly marker: string;
}

export interface ResolveThread extends Outside {
  readonly kind: 'resolve-thread';
  readonly repository: string;
  readonly number: number;
  readonly threadId: string;
}

/** A change of our own rows only. `generation` is what decide saw; a row that moved on refuses the write. */
export type RecordAction =
  | (Because & {
      readonly kind: 'claim';
      /** Act adds the frozen ticket, read at that moment. */
      readonly record: Omit<IssueRecord, 'ticket' | 'generation' | 'updatedAt'>;
      readonly previousGeneration: number | null;
    })
  | (Because & {
      readonly kind: 'update-record';
      readonly issueId: string;
      readonly generation: number;
      readonly change: RecordChange;
    })
  | (Because & {
      readonly kind: 'record-verdict';
      readonly runId: string;
      readonly repository: string;
      readonly number: number;
    })
  /** The very same change under a moved base: the judge's word is carried over to the updated head. */
  | (Because & {
      readonly kind: 'rebind-verdict';
      readonly verdictId: string;
      readonly head: string;
      readonly base: string;
    })
  | (Because & { readonly kind: 'settle-command'; readonly commentId: string; readonly outcome: string })
  | (Because & { readonly kind: 'freeze'; readonly repository: string; readonly freeze: Freeze })
  | (Because & { readonly kind: 'thaw'; readonly repository: string });

export type RecordChange = Partial<
  Pick<
    IssueRecord,
    | 'phase'
    | 'reason'
    | 'head'
    | 'pullRequest'
    | 'mergeCommit'
    | 'mergeVerified'
    | 'approvals'
    | 'roundsFrom'
    | 'resumedAt'
    | 'stoppedAt'
    | 'attempt'
    | 'branch'
    | 'claimedMove'
    | 'revertOf'
  >
>;

export type SessionAction = Dispatch | CancelRun | ReleaseWorkspace | Revert;

/** Plain code writes the commit that takes back what an issue landed. Its run begins and ends in the same act. */
export interface Revert extends Because {
  readonly kind: 'revert';
  readonly issueId: string;
  readonly issueKey: string;
  readonly repository: string;
  readonly attempt: number;
  readonly mergeCommit: string;
  /** Tip of the base branch that it is written on. */
  readonly onto: string;
  readonly title: string;
  readonly summary: string;
}

export interface Dispatch extends Because {
  readonly kind: 'dispatch';
  readonly subject: Subject;
  readonly issueKey: string | null;
  readonly repository: string;
  readonly role: Role;
  readonly cause: Cause;
  readonly attempt: number;
  /** Go on in this session; null opens a new one. */
  readonly sessionId: string | null;
}

export interface CancelRun extends Because {
  readonly kind: 'cancel-run';
  readonly runId: string;
}

export interface ReleaseWorkspace extends Because {
  readonly kind: 'release-workspace';
  readonly issueKey: string;
  readonly attempt: number;
}

/** Plain git looks at what landed; a mismatch freezes the repository and calls a person. */
export interface VerifyMerge extends Because {
  readonly kind: 'verify-merge';
  /** Null for a person's pull request: then the report alone remembers that it was verified. */
  readonly record: { readonly issueId: string; readonly generation: number } | null;
  /** What people call it: an issue's key, or the pull request. */
  readonly name: string;
  readonly subject: string;
  readonly repository: string;
  readonly baseBranch: string;
  readonly mergeCommit: string;
  readonly head: string;
  readonly base: string;
  readonly method: MergeMethod | 'queue';
  /** Sent once it is verified; null where a later stage reports. */
  readonly report: { readonly key: string; readonly text: string } | null;
}

/** Something a person should hear; `key` makes it leave once. */
export interface Report extends Because {
  readonly kind: 'report';
  readonly key: string;
  readonly event: ReportEvent;
  readonly text: string;
  readonly subject: string | null;
}

export type ReportEvent =
  | 'merged'
  | 'parked'
  | 'cancelled'
  | 'refused'
  | 'reviewed'
  | 'ready'
  | 'frozen'
  | 'thawed'
  | 'reverted'
  | 'started'
  | 'trouble';

export type Action = OutsideAction | RecordAction | SessionAction | VerifyMerge | Report;
