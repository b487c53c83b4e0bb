/** The one value every surface shows: `status`, `why`, the demo's board, the digest. Put together from what the bot knows, never recomputed elsewhere. */
import type { IssueView, PullRequestView } from '../decide/issue-view.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { Level } from '../domain/pressure.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { HeartbeatState } from './heartbeat.ts';
import type { ForgeQuota, LiveSession, TrackerQuota } from './ports.ts';

export interface LimitView {
  readonly level: Level;
  readonly since: EpochMs;
  /** "212 of 2,500 requests left"; empty while nothing is known. */
  readonly because: string;
  /** At most one look in each stretch of this length; 0: one at every beat. */
  readonly lookEveryMs: number;
  /** It asked to wait: nothing leaves before then. */
  readonly heldUntil: EpochMs | null;
  /** Since when it is tried only once an hour, because it refused so often; null: it is not. */
  readonly hourlySince: EpochMs | null;
  /** Pull requests, reviews and answers in the last hour. */
  readonly writesLastHour: number;
  readonly writesPerHourMax: number | null;
}

export interface Status {
  readonly schema: 1;
  readonly version: string;
  readonly at: EpochMs;
  readonly startedAt: EpochMs;
  readonly pid: number;
  readonly heart: HeartbeatState & { readonly cadence: string };
  /** Null where the last read was good; otherwise why it failed. An empty board and an unread one are told apart here. */
  readonly reads: { readonly linear: string | null; readonly repositories: Readonly<Record<string, string | null>> };
  /** What keeps an edited config from being taken over; null when the running one is the one on disk. */
  readonly configFault: string | null;
  readonly issues: readonly IssueView[];
  readonly pullRequests: readonly PullRequestView[];
  readonly sessions: readonly LiveSession[];
  readonly money: { readonly dayMicroUsd: MicroUsd; readonly dayMicroUsdMax: MicroUsd };
  readonly frozen: Readonly<Record<string, string>>;
  /** How far the bot holds itself back, and why. */
  readonly limits: { readonly linear: LimitView; readonly github: LimitView };
  readonly quota: { readonly linear: TrackerQuota | null; readonly github: ForgeQuota | null };
}
