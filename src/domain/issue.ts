/** An issue as last observed on Linear, and the people and states around it. Nothing here is our own memory: see issue-record.ts. */

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

export type StateType = 'triage' | 'backlog' | 'unstarted' | 'started' | 'completed' | 'canceled' | 'duplicate';

export interface WorkflowState {
  readonly id: string;
  readonly name: string;
  readonly type: StateType;
}

/** Who did something. An `automation` is an act without a person: an integration, a rule, Linear itself. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string; readonly name: string; readonly email: string | null }
  | { readonly kind: 'automation'; readonly name: string };

export interface Blocker {
  readonly id: string;
  readonly key: string;
  /** True once the blocking issue is completed or canceled. */
  readonly settled: boolean;
}

/** The newest history entry that moved the issue into the state it is in now. */
export interface Move {
  readonly historyId: string;
  readonly toStateId: string;
  readonly at: EpochMs;
  readonly actor: Actor;
}

export interface Issue {
  readonly id: string;
  /** The human key, for example ENG-12. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly url: string;
  /** Linear's own scale: 1 urgent to 4 low, 0 none. */
  readonly priority: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly teamKey: string;
  readonly projectName: string | null;
  readonly state: WorkflowState;
  readonly labels: readonly string[];
  /** E-mails, in lower case, of the assignee and of the delegate, where there is one. */
  readonly assignees: readonly string[];
  readonly creator: Actor;
  readonly blockers: readonly Blocker[];
  /** Archived or in the trash: for us both mean "stop". */
  readonly archived: boolean;
  /** Null when Linear shows no move into the current state: the issue was created in it. */
  readonly lastMove: Move | null;
}

/** A comment on an issue or a pull request, by anybody. */
export interface Comment {
  readonly id: string;
  readonly on:
    | { readonly kind: 'issue'; readonly issueId: string }
    | { readonly kind: 'pull-request'; readonly repository: string; readonly number: number };
  readonly author: Actor;
  /** Login on GitHub or e-mail on Linear, in the spelling an allowlist uses. */
  readonly handle: string;
  readonly body: string;
  readonly at: EpochMs;
}
