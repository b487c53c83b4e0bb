// What the oracles look at: the outside world alone, never the bot's own rows. All stand-ins of one world share one clock.
import type { GithubWorld } from '../world/github/start-github.ts';
import type { LinearWorld } from '../world/linear/start-linear.ts';
import type { ModelsWorld } from '../world/models/start-models.ts';

/** One whole run, seen from outside, and the few facts a judge must be told. */
export interface OutsideWorld {
  readonly linear: LinearWorld;
  readonly github: GithubWorld;
  readonly models: ModelsWorld;
  /** owner/name */
  readonly repository: string;
  readonly baseBranch: string;
  /** With an app, only that app's check run (or that login's status) counts. */
  readonly requiredChecks: readonly { readonly name: string; readonly app: string | null }[];
  /** Who may start and steer work: e-mails, display names or ids on Linear, logins on GitHub. */
  readonly allowed: { readonly linear: readonly string[]; readonly github: readonly string[] };
  /** The identity that writes, and the one that reviews where there are two. */
  readonly botLogins: readonly string[];
  /** Display name of the user whose key the bot holds. It may also be a person's: people act without a request. */
  readonly botLinearUser: string;
  /** Tokens and keys the bot holds. */
  readonly secrets: readonly string[];
  /** Where agents work; when given, secrets are looked for there too. */
  readonly workspaceRoot?: string;
  /** How long a call may still be under way once the bot has looked at the board after a stop; 1 s when absent. */
  readonly inFlightMs?: number;
}

export interface Violation {
  readonly subject: string;
  /** A sentence a person understands. */
  readonly detail: string;
}

/** What one oracle found; `observed` counts what it looked at, so that a silent oracle can be told from a blind one. */
export interface Judged {
  readonly observed: number;
  readonly violations: readonly Violation[];
}

export interface OracleResult extends Judged {
  readonly name: string;
}

/** One question about a whole run. */
export type Oracle = (world: OutsideWorld) => Judged | Promise<Judged>;
