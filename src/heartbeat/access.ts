/** What `check` is told by the two services: who the keys are, what they may do, and which rules guard the base branch. */
import type { WorkflowState } from '../domain/issue.ts';
import type { MergeMethod } from '../domain/pull-request.ts';

export interface TrackerAccess {
  readonly viewer: { readonly id: string; readonly name: string; readonly email: string };
  readonly organization: string;
  readonly teams: readonly {
    readonly key: string;
    readonly name: string;
    readonly states: readonly WorkflowState[];
    readonly labels: readonly string[];
  }[];
  readonly projects: readonly string[];
  readonly users: readonly { readonly name: string; readonly email: string }[];
}

export interface ForgeAccess {
  readonly login: string;
  /** Login of the second identity; null when there is none. */
  readonly reviewer: string | null;
  readonly permission: 'admin' | 'write' | 'read' | 'none';
  readonly defaultBranch: string;
  readonly mergeMethods: readonly MergeMethod[];
  readonly protection: {
    /** Up to date before merging is enforced by the server. */
    readonly strict: boolean;
    readonly checks: readonly string[];
    readonly approvals: number;
    readonly conversationResolution: boolean;
    /** Merges go through the forge's own queue. */
    readonly mergeQueue: boolean;
  } | null;
}
