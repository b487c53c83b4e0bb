/** All the bot can do, as data. decide() returns these; heartbeat/act.ts is the one place that carries them out. */
import type { IssueRecord } from './issue-record.ts';
import type { MergeMethod } from './pull-request.ts';
import type { Cause, Finding, Role, Subject } from './run.ts';

/** An outside write. `key` is its name in the effect ledger; the same key is never performed twice. */
export type OutsideAction =
  | {
      readonly kind: 'move-issue';
      readonly key: string;
      readonly issueId: string;
      readonly issueKey: string;
      readonly toStateId: string;
      readonly toStateName: string /** Refuse when the issue is not in one of these state types any more: a person was faster. */;
      readonly fromTypes: readonly string[];
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'progress-comment';
      readonly key: string;
      readonly issueId: string;
      readonly body: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'push-branch';
      readonly key: string;
      readonly issueId: string;
      readonly repository: string;
      readonly branch: string;
      readonly head: string /** What the branch must point at now; null when it must not exist. */;
      readonly expected: string | null;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'open-pull-request';
      readonly key: string;
      readonly issueId: string;
      readonly repository: string;
      readonly branch: string;
      readonly baseBranch: string;
      readonly title: string;
      readonly body: string;
      readonly marker: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'link-pull-request';
      readonly key: string;
      readonly issueId: string;
      readonly url: string;
      readonly title: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'post-review';
      readonly key: string;
      readonly repository: string;
      readonly number: number;
      readonly head: string;
      readonly event: 'approve' | 'request-changes' | 'comment';
      readonly body: string;
      readonly findings: readonly Finding[];
      readonly marker: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'set-status';
      readonly key: string;
      readonly repository: string;
      readonly head: string;
      readonly context: string;
      readonly state: 'success' | 'failure' | 'pending';
      readonly description: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'update-branch';
      readonly key: string;
      readonly issueId: string;
      readonly repository: string;
      readonly number: number;
      readonly head: string;
      readonly base: string;
      readonly subject: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'merge';
      readonly key: string;
      readonly issueId: string;
      readonly repository: string;
      readonly number: number;
      readonly head: string;
      readonly base: string;
      readonly baseBranch: string;
      readonly method: MergeMethod;
      readonly title: string;
      readonly subject: string;
      readonly reason: string;
    };

/** A change of our own rows only. `generation` is what decide saw; a row that moved on refuses the write. */
export type RecordAction =
  | {
      readonly kind: 'claim';
      readonly issueId: string;
      readonly issueKey: string;
      readonly project: string;
      readonly record: Omit<IssueRecord, 'ticket' | 'generation' | 'updatedAt' | 'baseBranch'>;
      readonly previousGeneration: number | null;
      readonly reason: string;
    }
  | {
      readonly kind: 'update-record';
      readonly issueId: string;
      readonly generation: number;
      readonly change: Partial<
        Pick<
          IssueRecord,
          'phase' | 'reason' | 'head' | 'pullRequest' | 'mergeCommit' | 'mergeVerified' | 'approvals' | 'roundsFrom'
        >
      >;
      readonly reason: string;
    }
  | { readonly kind: 'record-verdict'; readonly runId: string; readonly reason: string }
  | { readonly kind: 'settle-command'; readonly commentId: string; readonly outcome: string; readonly reason: string }
  | { readonly kind: 'freeze'; readonly repository: string; readonly reason: string };

export type SessionAction =
  | {
      readonly kind: 'dispatch';
      readonly subject: Subject;
      readonly issueKey: string | null;
      readonly repository: string;
      readonly role: Role;
      readonly cause: Cause;
      readonly attempt: number /** Go on in this session; null opens a new one. */;
      readonly sessionId: string | null;
      readonly reason: string;
    }
  | { readonly kind: 'cancel-run'; readonly runId: string; readonly reason: string }
  | { readonly kind: 'release-workspace'; readonly issueId: string; readonly attempt: number; readonly reason: string };

export type OtherAction =
  /** Plain git looks at what landed; a mismatch freezes the repository. */
  | {
      readonly kind: 'verify-merge';
      readonly issueId: string;
      readonly generation: number;
      readonly repository: string;
      readonly baseBranch: string;
      readonly mergeCommit: string;
      readonly head: string;
      readonly method: MergeMethod;
      readonly reason: string;
    }
  /** Something a person should hear; `key` makes it leave once. */
  | {
      readonly kind: 'report';
      readonly key: string;
      readonly text: string;
      readonly subject: string | null;
      readonly event: ReportEvent;
      readonly reason: string;
    };

export type ReportEvent =
  | 'merged'
  | 'parked'
  | 'cancelled'
  | 'refused'
  | 'reviewed'
  | 'frozen'
  | 'started'
  | 'question';

export type Action = OutsideAction | RecordAction | SessionAction | OtherAction;
