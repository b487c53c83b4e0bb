/**
 * The settings everything decides by: what heartline.yaml says after it was checked and frozen. Secrets are not in
 * here; they are resolved beside it (config/secrets.ts) and handed to the one adapter that needs each.
 */
import type { MergeMethod } from './pull-request.ts';
import type { MicroUsd, Role } from './run.ts';

export interface RequiredCheck {
  readonly name: string;
  /** App slug of the check run, or login of the status's creator. Null accepts anybody and is shown by `check` as weak. */
  readonly app: string | null;
}

export interface Registry {
  /** A host, `*.` before it for all below it, `:port` after it for another port than 80 and 443. */
  readonly host: string;
  /** It may stand at a private address of the operator's own network. */
  readonly private: boolean;
}

export interface ProjectSettings {
  readonly name: string;
  readonly team: string;
  /** Linear project name; null takes every issue of the team. */
  readonly linearProject: string | null;
  /** An issue must carry all of these; empty asks for none. */
  readonly labels: readonly string[];
  /** E-mail of the assignee or delegate an issue must have; null takes any. */
  readonly assignee: string | null;
  readonly states: {
    readonly todo: string;
    /** Null: the team's first state of type `started`. */
    readonly started: string | null;
    /** Null: the issue stays where it is while it is reviewed. */
    readonly review: string | null;
    /** Null: the team's first state of type `completed`. */
    readonly done: string | null;
  };
  readonly repository: string;
  /** Null: the repository's default branch. */
  readonly baseBranch: string | null;
  /** Empty means: never merge. */
  readonly checks: readonly RequiredCheck[];
  readonly mergeMethod: MergeMethod;
  /** How many pull requests may be tested and merged as one; 1: each by itself. More takes `mergeMethod: merge`. */
  readonly batchMax: number;
  /** Off: pull requests are opened, reviewed and left for a person to merge. */
  readonly autoMerge: boolean;
  /** Pull requests are opened as drafts and made ready once an independent session approved them. */
  readonly draft: boolean;
  /** A failed check is run once more on the same commit before anybody is sent to mend it: it may only be flaky. */
  readonly rerunChecks: boolean;
  /** Shell commands that must pass in the workspace before work is handed over. */
  readonly verify: readonly string[];
  /** Shell commands that fetch and build dependencies, run once for each state of the lockfiles. */
  readonly setup: readonly string[];
  /** Files at the base branch's tip that decide whether `setup` must run again. */
  readonly lockfiles: readonly string[];
  /** What `setup` may reach; nothing else in a workspace reaches anything. */
  readonly registries: readonly Registry[];
  /** Folders of the machine that commands see read-only besides isolation's own. */
  readonly toolchains: readonly string[];
  /** Environment of commands in the workspace. Never a secret. */
  readonly env: Readonly<Record<string, string>>;
  /** Globs that need a person's approval on top of the built-in list. */
  readonly protectedPaths: readonly string[];
  /** Whose pull requests get a review although no issue of ours stands behind them. */
  readonly reviewPullRequests:
    | 'none'
    | 'all'
    | { readonly authors: readonly string[]; readonly labels: readonly string[] };
  readonly pipeline: string;
}

export interface RoleSettings {
  /** `api`, our own loop, when absent; else a name among `drivers`. */
  readonly driver?: string;
  /** `provider/model`, tried in order. */
  readonly chain: readonly string[];
  readonly turnsMax: number;
  readonly minutesMax: number;
  readonly runMicroUsdMax: MicroUsd;
  readonly concurrencyMax: number;
  readonly outputTokensMax: number;
}

/** An agent of somebody else, run as a program in the session's room. */
export interface ExternalDriver {
  readonly kind: 'claude' | 'codex' | 'acp';
  readonly command: string;
  readonly args: readonly string[];
  /** Laid over what the kind sets. Nothing secret: the room sees it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Person {
  readonly name: string;
  /** E-mail as Linear shows it. */
  readonly linear: string | null;
  /** GitHub login. */
  readonly github: string | null;
}

export interface Settings {
  readonly projects: readonly ProjectSettings[];
  /** Whoever is not in here can neither start nor steer work. Never empty: an empty list refuses to start. */
  readonly people: readonly Person[];
  readonly roles: Readonly<Partial<Record<Role, RoleSettings>>>;
  /** By name. */
  readonly drivers?: Readonly<Record<string, ExternalDriver>>;
  readonly budget: {
    readonly issueMicroUsdMax: MicroUsd;
    readonly dayMicroUsdMax: MicroUsd;
  };
  readonly limits: {
    readonly reviewRoundsMax: number;
    readonly checkRoundsMax: number;
    readonly crashRoundsMax: number;
    readonly runsMax: number;
    readonly changedFilesMax: number;
    readonly changedLinesMax: number;
    readonly approvalHoursMax: number;
    /** How long a required check may stay unreported before a person hears of it. */
    readonly checkHoursMax: number;
  };
  /** True when a second GitHub identity reviews, so that its approval counts. */
  readonly separateReviewer: boolean;
}
