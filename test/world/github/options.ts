// How a caller describes the GitHub it wants: accounts, tokens, repositories, their rules and their limits.
import type { EffectHook, FaultSwitch } from '../faults.ts';
import type { LimitSettings } from './limits.ts';
import type { MergeMethod, Protection, Role } from './state.ts';

/** One account. */
export interface UserOptions {
  readonly login: string;
  readonly id: number;
  readonly type: 'User' | 'Bot';
}

/** One repository. It starts empty; act.pushCommit or a push gives it its first commit. */
export interface RepositoryOptions {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly collaborators: Readonly<Record<string, Role>>;
  /** Classic rules by branch name. */
  readonly protection?: Readonly<Record<string, Protection>>;
  /** Rules of rulesets by branch name. */
  readonly rulesets?: Readonly<Record<string, Protection>>;
  /** All three when absent. */
  readonly mergeMethods?: readonly MergeMethod[];
  readonly deleteBranchOnMerge?: boolean;
}

/** Everything startGithub needs to know. */
export interface GithubWorldOptions {
  /** Milliseconds since 1970; every time the stand-in tells comes from here. */
  readonly clock: () => number;
  /** A folder of the caller's for the bare repositories. */
  readonly root: string;
  /** Token to login. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly users: readonly UserOptions[];
  readonly repositories: readonly RepositoryOptions[];
  readonly limits?: Partial<LimitSettings>;
  /** How often a pull request answers "mergeable unknown" after its head or base moved. */
  readonly unknownMergeabilityReads?: number;
  readonly fault?: FaultSwitch;
  readonly onEffect?: EffectHook;
  readonly port?: number;
}
