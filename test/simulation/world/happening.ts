/** Everything that can happen in the world, as data: the log is made of these, and the oracles judge nothing else. */
import type { StateType } from '../../../src/domain/issue.ts';
import type { Role } from '../../../src/domain/run.ts';

/** `person` is on the allowlist, `stranger` is not, `forge` is GitHub or Linear by itself. */
export type By = 'bot' | 'person' | 'stranger' | 'forge';

export type Happening =
  | {
      readonly kind: 'moved';
      readonly by: By;
      readonly issueId: string;
      readonly from: StateType;
      readonly to: StateType;
      readonly toName: string;
    }
  | { readonly kind: 'issue-edited'; readonly by: By; readonly issueId: string; readonly what: string }
  | {
      readonly kind: 'issue-commented';
      readonly by: By;
      readonly issueId: string;
      readonly id: string;
      readonly body: string;
    }
  | {
      readonly kind: 'comment-edited';
      readonly by: By;
      readonly issueId: string;
      readonly id: string;
      readonly body: string;
    }
  | { readonly kind: 'linked'; readonly by: By; readonly issueId: string; readonly url: string }
  | {
      readonly kind: 'pushed';
      readonly by: By;
      readonly branch: string;
      readonly before: string | null;
      readonly head: string;
    }
  | {
      readonly kind: 'opened';
      readonly by: By;
      readonly number: number;
      readonly branch: string;
      readonly head: string;
    }
  | { readonly kind: 'closed'; readonly by: By; readonly number: number }
  | { readonly kind: 'pull-edited'; readonly by: By; readonly number: number; readonly what: string }
  | {
      readonly kind: 'merged';
      readonly by: By;
      readonly number: number;
      readonly head: string;
      readonly base: string;
      readonly commit: string;
      readonly asked: string | null;
    }
  /** Its head came to its base by somebody else's merge or push, which the forge shows as merged. */
  | {
      readonly kind: 'landed-along';
      readonly by: By;
      readonly number: number;
      readonly head: string;
      readonly commit: string;
    }
  | { readonly kind: 'branch-deleted'; readonly by: By; readonly branch: string; readonly head: string }
  | {
      readonly kind: 'pull-commented';
      readonly by: By;
      readonly number: number;
      readonly thread: string | null;
      readonly body: string;
    }
  | { readonly kind: 'resolved'; readonly by: By; readonly number: number; readonly thread: string }
  | {
      readonly kind: 'reviewed';
      readonly by: By;
      readonly number: number;
      readonly head: string;
      readonly event: string;
      readonly body: string;
    }
  | {
      readonly kind: 'status';
      readonly by: By;
      readonly head: string;
      readonly context: string;
      readonly state: string;
    }
  | { readonly kind: 'queued'; readonly by: By; readonly number: number; readonly head: string }
  | { readonly kind: 'dequeued'; readonly by: By; readonly number: number }
  | { readonly kind: 'rerun'; readonly by: By; readonly head: string; readonly name: string }
  | {
      readonly kind: 'checked';
      readonly head: string;
      readonly name: string;
      readonly state: string;
      readonly truly: string;
    }
  | {
      readonly kind: 'session-began';
      readonly runId: string;
      readonly role: Role;
      readonly subject: string;
      readonly cause: string;
      /** What people said that it was begun for. */
      readonly remarks: readonly string[];
      readonly resumed: boolean;
    }
  | {
      readonly kind: 'session-ended';
      readonly runId: string;
      readonly role: Role;
      readonly subject: string;
      readonly state: string;
      readonly text: string;
    }
  | {
      readonly kind: 'judged';
      readonly runId: string;
      readonly sessionId: string;
      readonly role: Role;
      readonly subject: string;
      readonly head: string;
      readonly base: string;
      readonly decision: string;
    }
  | {
      readonly kind: 'billed';
      readonly runId: string;
      readonly subject: string;
      readonly microUsd: number;
      readonly reservedMicroUsd: number;
    }
  | { readonly kind: 'thawed'; readonly by: By }
  | { readonly kind: 'reported'; readonly key: string; readonly text: string }
  | {
      readonly kind: 'looked';
      readonly bot: string;
      readonly begun: number;
      readonly clear: boolean;
      readonly live: readonly string[];
    }
  | { readonly kind: 'started'; readonly bot: string }
  | { readonly kind: 'killed'; readonly bot: string; readonly point: string }
  | { readonly kind: 'idled'; readonly bot: string }
  | { readonly kind: 'fault'; readonly call: number; readonly what: string; readonly fault: string }
  | { readonly kind: 'clock'; readonly skewMs: number };

export type Tell = (happening: Happening) => void;
