// What happened in this GitHub, for outside judges: every request, and every effect as a record of the domain.
import type { CheckConclusion, MergeMethod, ReviewState } from './state.ts';

/** By which door an act came in. */
export type Via = 'rest' | 'graphql' | 'git' | 'person' | 'ci' | 'queue';

/** One request as it was answered. */
export interface RequestRecord {
  readonly at: number;
  readonly kind: 'rest' | 'graphql' | 'git';
  readonly method: string;
  readonly path: string;
  /** GitHub's operation name for REST, the root fields for GraphQL, push or fetch for git. */
  readonly operation: string;
  /** 0 when the connection was dropped instead of answered. */
  readonly status: number;
  readonly login: string | null;
  readonly notModified: boolean;
  readonly points: number;
  readonly contentWrite: boolean;
  readonly fault: string | null;
  /** The JSON that was sent, also when it was refused or cut off; null for git and for requests without one. */
  readonly sent: unknown;
}

/** Why a pull request is no longer in the queue. */
export type QueueExit =
  | 'merged'
  | 'dequeued'
  | 'failed-checks'
  | 'checks-timed-out'
  | 'merge-conflict'
  | 'head-changed'
  | 'base-changed'
  | 'closed'
  | 'drafted'
  | 'queue-gone';

/** What an effect did, without the particulars all effects share. */
export type EffectDetail =
  | {
      readonly kind: 'push';
      readonly ref: string;
      readonly before: string | null;
      readonly after: string | null;
      readonly forced: boolean;
    }
  | {
      readonly kind: 'pull-request-created';
      readonly number: number;
      readonly head: string;
      readonly sha: string;
      readonly base: string;
      readonly baseSha: string;
      readonly title: string;
      readonly draft: boolean;
    }
  | { readonly kind: 'pull-request-edited'; readonly number: number; readonly fields: readonly string[] }
  | { readonly kind: 'pull-request-head-moved'; readonly number: number; readonly before: string; readonly sha: string }
  | {
      readonly kind: 'pull-request-closed' | 'pull-request-reopened' | 'pull-request-drafted' | 'pull-request-readied';
      readonly number: number;
    }
  | {
      readonly kind: 'merge';
      readonly number: number;
      readonly method: MergeMethod | 'push';
      /** The head that was merged. */
      readonly sha: string;
      readonly base: string;
      readonly baseBefore: string;
      readonly mergeCommit: string;
      readonly parents: readonly string[];
      readonly tree: string;
      /** What branch rules would have refused, had the actor not been an admin. */
      readonly bypassed: readonly string[];
      /** The group's commit when the queue landed it: that is what was tested, and the actor is whoever queued it. */
      readonly group: string | null;
    }
  | { readonly kind: 'queue-entered'; readonly number: number; readonly base: string; readonly sha: string }
  | {
      readonly kind: 'queue-left';
      readonly number: number;
      readonly base: string;
      readonly reason: QueueExit;
    }
  /** What CI hears as `merge_group`: test this commit. */
  | {
      readonly kind: 'merge-group';
      readonly number: number;
      readonly base: string;
      readonly baseSha: string;
      readonly ref: string;
      readonly sha: string;
    }
  | {
      readonly kind: 'branch-updated';
      readonly number: number;
      readonly before: string;
      readonly sha: string;
      readonly baseSha: string;
    }
  | {
      readonly kind: 'review';
      readonly number: number;
      readonly review: number;
      readonly state: ReviewState;
      readonly sha: string;
      readonly body: string;
      readonly comments: readonly { readonly path: string; readonly line: number; readonly body: string }[];
    }
  | {
      readonly kind: 'review-reply';
      readonly number: number;
      readonly thread: number;
      readonly comment: number;
      readonly body: string;
    }
  | { readonly kind: 'thread-resolved' | 'thread-unresolved'; readonly number: number; readonly thread: number }
  | {
      readonly kind: 'comment-created' | 'comment-edited' | 'comment-deleted';
      readonly number: number;
      readonly comment: number;
      readonly body: string;
    }
  | { readonly kind: 'label-added' | 'label-removed'; readonly number: number; readonly label: string }
  | {
      readonly kind: 'status';
      readonly sha: string;
      readonly context: string;
      readonly state: string;
      readonly description: string | null;
    }
  | {
      readonly kind: 'check-run';
      readonly checkRun: number;
      readonly sha: string;
      readonly name: string;
      readonly app: string;
      readonly status: string;
      readonly conclusion: CheckConclusion | null;
    }
  | { readonly kind: 'check-rerequested'; readonly sha: string; readonly checkRuns: readonly number[] }
  | { readonly kind: 'protection-changed'; readonly branch: string };

/** One effect: who did what, where, when, and by which door. */
export type Effect = EffectDetail & {
  readonly at: number;
  /** Its place among all effects, from 1. */
  readonly sequence: number;
  readonly actor: string;
  readonly via: Via;
  readonly repository: string;
};

/** Sums over the requests so far. */
export interface RequestCounts {
  readonly rest: number;
  readonly graphql: number;
  readonly git: number;
  readonly points: number;
  readonly notModified: number;
  readonly contentWrites: number;
}

/** The two lists, oldest first, and their sums. */
export interface WorldLog {
  readonly requests: readonly RequestRecord[];
  readonly effects: readonly Effect[];
  counts(): RequestCounts;
}

/** Sums the requests; points are those of GraphQL, as its rate limit counts them. */
export function countRequests(requests: readonly RequestRecord[]): RequestCounts {
  const count = (test: (request: RequestRecord) => boolean) => requests.filter(test).length;
  return {
    rest: count((request) => request.kind === 'rest'),
    graphql: count((request) => request.kind === 'graphql'),
    git: count((request) => request.kind === 'git'),
    points: requests.reduce((sum, request) => sum + (request.kind === 'graphql' ? request.points : 0), 0),
    notModified: count((request) => request.notModified),
    contentWrites: count((request) => request.contentWrite),
  };
}
