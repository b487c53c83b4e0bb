/** Everything one tick knows, `now` included. decide() takes this and nothing else. */
import type { Command } from './command.ts';
import type { Effect } from './effect.ts';
import type { EpochMs, Issue, WorkflowState } from './issue.ts';
import type { IssueRecord } from './issue-record.ts';
import type { TroubleKind } from './outside-error.ts';
import type { Duty, Pipeline } from './pipeline.ts';
import type { Pressure } from './pressure.ts';
import type { RepositoryView } from './pull-request.ts';
import type { MicroUsd, Run } from './run.ts';
import type { Settings } from './settings.ts';
import type { AuditVerdict, ReviewVerdict } from './verdict.ts';

/** A read that failed is unknown, never an empty list. */
export type Known<T> =
  | { readonly known: true; readonly value: T }
  | {
      readonly known: false;
      readonly reason: string;
      readonly kind: TroubleKind;
      /** Since when it has failed at every look, as far as this process knows. */
      readonly since: EpochMs;
    };

export interface Board {
  /** Issues in the watched states of the watched teams, and every issue we hold a live record of. */
  readonly issues: readonly Issue[];
  /** Ids that were asked for and that Linear does not know. Archived ones it knows, and deleted ones for some weeks. */
  readonly gone: ReadonlySet<string>;
  /** Workflow states by team key, in the team's own order. */
  readonly states: ReadonlyMap<string, readonly WorkflowState[]>;
}

export interface Spend {
  /** Settled plus reserved since midnight UTC. */
  readonly dayMicroUsd: MicroUsd;
  /** Settled plus reserved, by issue id. */
  readonly byIssue: ReadonlyMap<string, MicroUsd>;
}

/** Why nothing merges in a repository until it is put right. */
export interface Freeze {
  /** A sentence for people: what was seen and what to do. */
  readonly reason: string;
  /** `bad-merge`: what landed is not what was tested, and only a person thaws that. `red-base`: thaws when the branch is green. */
  readonly cause: 'bad-merge' | 'red-base';
  /** The branch that is red, and the commit it was seen red on; null for a bad merge. */
  readonly branch: string | null;
  readonly sha: string | null;
}

/** A red branch stays closed to everything but what takes back the change that broke it. */
export function passesFreeze(freeze: Freeze, record: Pick<IssueRecord, 'revertOf'> | null): boolean {
  return freeze.cause === 'red-base' && record !== null && record.revertOf !== null;
}

export interface Snapshot {
  readonly now: EpochMs;
  readonly settings: Settings;
  readonly duties: ReadonlySet<Duty>;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly board: Known<Board>;
  readonly repositories: ReadonlyMap<string, Known<RepositoryView>>;
  readonly records: readonly IssueRecord[];
  readonly runs: readonly Run[];
  readonly verdicts: readonly (ReviewVerdict | AuditVerdict)[];
  readonly effects: ReadonlyMap<string, Effect>;
  readonly spend: Spend;
  /** By repository. */
  readonly frozen: ReadonlyMap<string, Freeze>;
  /** Not yet carried out, oldest first. */
  readonly commands: readonly Command[];
  /** How far the bot holds itself back at Linear and GitHub. */
  readonly pressure: Pressure;
  /** Keys of reports that are in the outbox already. */
  readonly reported: ReadonlySet<string>;
  /** False while the bot drains: nothing new is started. */
  readonly accepting: boolean;
}
