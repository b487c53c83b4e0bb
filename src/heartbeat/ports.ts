/**
 * The whole outside world as a few small types; our own rows are in journal.ts. Adapters implement these and are wired in
 * main.ts; nothing else knows them. Every method may throw OutsideError and nothing else; none retries by itself; none
 * decides.
 */
import type { CombinedHead } from '../domain/action.ts';
import type { Comment, EpochMs, Issue } from '../domain/issue.ts';
import type { BaseView, Check, DiffFacts, MergeMethod, PullRequest } from '../domain/pull-request.ts';
import type { Finding, MicroUsd, Role, Run } from '../domain/run.ts';
import type { ProjectSettings, Registry } from '../domain/settings.ts';
import type { Board } from '../domain/snapshot.ts';
import type { Price, ToolCall, ToolSpec, TranscriptMessage, Usage } from '../domain/transcript.ts';
import type { ForgeAccess, TrackerAccess } from './access.ts';
import type { OutboxReport } from './journal.ts';

export interface Clock {
  now(): EpochMs;
  /** Milliseconds that only ever grow, for waits that a corrected clock must not cut short. Absent: `now` is as good. */
  steady?(): number;
}

/** Linear. Human keys and ids are both accepted where an issue is named. */
export interface Tracker {
  /**
   * The board as it is. Cheap when nothing changed: one probe; changed issues only otherwise; everything on the first
   * call, every `sweepMs`, when the watched places change, when an issue is tracked that is not on the board, and when
   * too much changed at once.
   */
  observe(watch: TrackerWatch): Promise<BoardObservation>;
  /** Fresh read of one issue; null when it does not exist (archived ones are returned, marked). */
  issue(idOrKey: string): Promise<Issue | null>;
  /** All comments of an issue, oldest first, fully paged. */
  comments(issueId: string): Promise<readonly Comment[]>;
  /** Moves the issue and returns the id of the history entry that the move made (null when Linear shows none yet). */
  moveIssue(issueId: string, toStateId: string): Promise<string | null>;
  comment(id: string): Promise<{ readonly id: string; readonly body: string } | null>;
  createComment(comment: { readonly id: string; readonly issueId: string; readonly body: string }): Promise<void>;
  updateComment(id: string, body: string): Promise<void>;
  /** Upsert by url: writing it again changes nothing. Returns the attachment's id. */
  link(link: {
    readonly id: string;
    readonly issueId: string;
    readonly url: string;
    readonly title: string;
    readonly subtitle: string;
  }): Promise<string>;
  /** For `check`: who the key is, and the teams it sees with their states and labels. */
  access(): Promise<TrackerAccess>;
  /** Requests and complexity left as the last answer's headers said; null before the first answer. */
  quota(): TrackerQuota | null;
}

export interface TrackerWatch {
  readonly projects: readonly ProjectSettings[];
  /** Issues we hold live records of: seen whatever their state, team or archive flag. */
  readonly tracked: readonly string[];
  /** Comments older than this are not asked for. */
  readonly commentsSince: EpochMs;
}

export interface BoardObservation {
  readonly board: Board;
  /** New or edited comments on watched issues since the last observation (all since `commentsSince` on a sweep). */
  readonly comments: readonly Comment[];
  readonly how: 'unchanged' | 'changes' | 'sweep';
}

export interface TrackerQuota {
  readonly requestsLeft: number;
  readonly requestsLimit: number;
  readonly complexityLeft: number;
  readonly complexityLimit: number;
}

/** GitHub over its API. Git itself is Mirror's. */
export interface Forge {
  /** The same forge. Each of its writes asks this when its turn to leave has come, and does not leave when it throws. */
  guarded(before: () => Promise<void>): Forge;
  /** One batched query: every open pull request (fully paged), the tracked ones whatever their state, live base tips, new comments. */
  observe(
    repository: string,
    watch: {
      readonly tracked: readonly number[];
      readonly commentsSince: EpochMs;
      /** Branches whose tip and checks are wanted besides the default branch's. */
      readonly baseBranches: readonly string[];
    },
  ): Promise<ForgeObservation>;
  /** Fresh read of one pull request. */
  pullRequest(repository: string, number: number): Promise<PullRequest | null>;
  /** Newest pull request from this branch of this very repository, open ones first. */
  findPullRequest(repository: string, branch: string): Promise<PullRequest | null>;
  openPullRequest(request: {
    readonly repository: string;
    readonly branch: string;
    readonly baseBranch: string;
    readonly title: string;
    readonly body: string;
    readonly draft: boolean;
  }): Promise<PullRequest>;
  /** A review of ours (any of our identities) whose body carries the marker; its id. */
  findReview(repository: string, number: number, marker: string): Promise<string | null>;
  /** Findings that GitHub cannot place on a line of the diff go into the body instead: nothing is lost. */
  postReview(review: {
    readonly repository: string;
    readonly number: number;
    readonly head: string;
    readonly event: 'approve' | 'request-changes' | 'comment';
    readonly body: string;
    readonly findings: readonly Finding[];
  }): Promise<string>;
  status(
    repository: string,
    head: string,
    context: string,
  ): Promise<{ readonly state: string; readonly description: string } | null>;
  setStatus(status: {
    readonly repository: string;
    readonly head: string;
    readonly context: string;
    readonly state: 'success' | 'failure' | 'pending';
    readonly description: string;
  }): Promise<void>;
  /** Every check of a commit, wherever it stands. */
  checksOf(repository: string, sha: string): Promise<readonly Check[]>;
  /** `conflict` OutsideError when the head moved. */
  updateBranch(repository: string, number: number, expectedHead: string): Promise<void>;
  /** `conflict` when the head moved, `refused` when GitHub's rules block it. Returns the commit GitHub says it made. */
  merge(request: {
    readonly repository: string;
    readonly number: number;
    readonly head: string;
    readonly method: MergeMethod;
    readonly title: string;
  }): Promise<string>;
  /** Puts it into the forge's own merge queue at exactly this head. Returns the entry's id. */
  enqueue(request: { readonly repository: string; readonly number: number; readonly head: string }): Promise<string>;
  /** Takes it out again; nothing happens when it is not in it. */
  dequeue(repository: string, number: number): Promise<void>;
  /** Runs a whole check once more on its commit. `refused` where the check has no run that can be repeated (a status). */
  rerunCheck(repository: string, check: Check): Promise<void>;
  /** Makes the label when the repository has none of that name. */
  addLabel(request: { readonly repository: string; readonly number: number; readonly label: string }): Promise<void>;
  markReady(repository: string, number: number): Promise<void>;
  /** A comment of ours that carries the marker: in the thread, or in the conversation when `threadId` is null; its id. */
  findReply(repository: string, number: number, threadId: string | null, marker: string): Promise<string | null>;
  /** Into the thread, or into the conversation when `threadId` is null. Returns the comment's id. */
  reply(request: {
    readonly repository: string;
    readonly number: number;
    readonly threadId: string | null;
    readonly body: string;
  }): Promise<string>;
  resolveThread(repository: string, number: number, threadId: string): Promise<void>;
  /** Tail of the failed check's log with its step and link, at most about 20 KB. */
  failureLog(repository: string, check: Check): Promise<string>;
  access(repository: string, baseBranch: string | null): Promise<ForgeAccess>;
  quota(): ForgeQuota | null;
}

export interface ForgeObservation {
  readonly defaultBranch: string;
  /** By name; a branch that does not exist has no entry. */
  readonly bases: ReadonlyMap<string, BaseView>;
  readonly pullRequests: readonly PullRequest[];
  /** Conversation comments on open and tracked pull requests since `commentsSince`. */
  readonly comments: readonly Comment[];
}

export interface ForgeQuota {
  readonly restLeft: number | null;
  readonly restLimit: number | null;
  readonly graphqlLeft: number | null;
  readonly graphqlLimit: number | null;
}

/** Our read-only bare mirror of each repository, and the only place that pushes. Host git never runs in a workspace. */
export interface Mirror {
  /** Fetches what is new (clones the first time, clears stale locks after a kill). Calls at once share one fetch. */
  refresh(repository: string): Promise<void>;
  /** Tip of a branch as the mirror last fetched it. */
  tip(repository: string, branch: string): Promise<string | null>;
  /** Null when one of the commits is not in the mirror yet: refresh first. */
  diff(repository: string, base: string, head: string): Promise<DiffFacts | null>;
  /** Would a merge into a base that the head does not contain change there exactly what `diff` tells? False when it would not merge. */
  landsAsJudged(repository: string, base: string, head: string): Promise<boolean>;
  /** The unified diff from merge base to head, cut at `bytesMax` with a notice. */
  diffText(repository: string, base: string, head: string, bytesMax: number): Promise<string>;
  parents(repository: string, commit: string): Promise<readonly string[]>;
  /** A file as it is on a commit; null when absent, larger than `bytesMax`, or not a plain file. */
  file(repository: string, commit: string, path: string, bytesMax: number): Promise<string | null>;
  /** Asks the remote now. */
  remoteTip(repository: string, branch: string): Promise<string | null>;
  /** Compare-and-swap push; `conflict` when the branch is not at `expected` any more, `refused` when the head leaves that out. */
  push(request: {
    readonly repository: string;
    readonly branch: string;
    readonly head: string;
    readonly expected: string | null;
  }): Promise<void>;
  /** Heads merged on a base in turn: the same make the same commit. Null where they clash, or change more than was judged. */
  combine(repository: string, base: string, members: readonly CombinedHead[]): Promise<string | null>;
  /** Deletes a branch that is still at `expected`; `conflict` when it is not. Nothing happens when it is gone. */
  deleteBranch(repository: string, branch: string, expected: string): Promise<void>;
  /** Takes a bundle an agent made (untrusted: plain file, bounded, fsck) into refs/heartline/runs/<runId>; returns its head. */
  receiveBundle(request: {
    readonly repository: string;
    readonly runId: string;
    readonly file: string;
    readonly branch: string;
  }): Promise<string>;
  /** Null when what landed is exactly what was tested; otherwise a sentence naming the difference. */
  verifyMerge(request: {
    readonly repository: string;
    readonly baseBranch: string;
    readonly mergeCommit: string;
    readonly base: string;
    readonly head: string;
    /** `queue`: the forge's own queue landed it, on whatever base its turn came, by any method. */
    readonly method: MergeMethod | 'queue';
  }): Promise<string | null>;
  /**
   * A commit on top of `onto` that takes back what `commit` brought to its first parent, kept under refs/heartline/runs/<runId>.
   * The same words make the same commit. Null when later changes stand in the way.
   */
  revert(request: {
    readonly repository: string;
    readonly runId: string;
    readonly commit: string;
    readonly onto: string;
    readonly message: string;
    readonly at: EpochMs;
  }): Promise<string | null>;
}

/** Where sessions work: one folder per issue attempt (or per reviewed pull request head). */
export interface Workspaces {
  /** Makes the workspace, or returns the one that is there when `name` is already prepared (a resumed session). */
  prepare(request: {
    readonly repository: string;
    readonly name: string;
    readonly branch: string /** Commit to start the branch at. */;
    readonly start: string;
    readonly readOnly: boolean;
  }): Promise<PreparedWorkspace>;
  /** Marks it for deletion; deleted lazily, off the critical path. */
  release(name: string): Promise<void>;
  /** Names that exist, for the sweep at start. */
  list(): Promise<readonly string[]>;
}

export interface Workspace {
  readonly name: string;
  /** The checkout. */
  readonly tree: string;
  /** A folder beside it where results (the bundle, long outputs) are put. */
  readonly out: string;
  /** Mirror it borrows objects from: must be visible, read-only, wherever commands run. */
  readonly mirror: string;
  /** Whom the tree belongs to where the bot runs as root; absent: the bot's own user. */
  readonly owner?: Owner;
}

export interface PreparedWorkspace extends Workspace {
  /** Made just now: nothing has run in it, and it stands where it was asked to start. */
  readonly fresh: boolean;
}

/** A user of the machine that nobody logs in as; its group has the same number. */
export interface Owner {
  readonly uid: number;
}

/** Where the bot runs as root, workspaces are given to users counted from here: no system gives these numbers away. */
export const OWNER_UID_MIN = 1_900_000_000;

/** The room commands run in. */
export interface Isolation {
  readonly driver: 'bwrap' | 'docker' | 'none';
  /** Names what rooms are built on where that is not this machine: what was prepared on one does not fit another. */
  readonly basis?: () => Promise<string>;
  /** Null when it works; otherwise what is missing and the line that mends it. */
  probe(): Promise<{ readonly missing: string; readonly fix: string } | null>;
  exec(command: IsolatedCommand): Promise<ExecResult>;
  /** Ends whatever is kept for a workspace between its commands, and what still runs there. */
  dispose(workspace: string): Promise<void>;
  /** What holds beside what the probe insists on, for `check`. */
  layers(): readonly Layer[];
}

/** One thing that stands between a command and the machine. Those that the probe insists on are always on. */
export interface Layer {
  readonly name: string;
  readonly state: 'on' | 'off';
  /** How to have it, where it is off. */
  readonly fix: string | null;
}

/** Who may be talked to from inside: nobody, or the package sources that the operator listed, through our proxy. */
export type Network =
  | { readonly kind: 'none' }
  | { readonly kind: 'registries'; readonly registries: readonly Registry[] };

/** A folder of the machine shown read-only inside. */
export interface ShownFolder {
  readonly source: string;
  /** Where it stands inside. */
  readonly target: string;
}

export interface IsolatedCommand {
  readonly argv: readonly string[];
  readonly workspace: Workspace;
  /** Absent: none. */
  readonly network?: Network;
  /** Laid over the room's own environment. Nothing secret. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a project needs to see besides its workspace: prepared dependencies. */
  readonly shown?: readonly ShownFolder[];
  /** Folders with programs, shown read-only at their own path and put on PATH. */
  readonly toolchains?: readonly string[];
  /** The tree is mounted read-only (review). */
  readonly readOnly: boolean;
  /** Bytes for standard input. */
  readonly input?: string;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  /** Standard output and error as they came, head and tail kept when over `outputBytesMax`. */
  readonly output: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** Models by `provider/model`. One call, no retry, streamed inside with idle and total timeouts. */
export interface Models {
  call(request: ModelRequest): Promise<ModelReply>;
  /** Null: unknown model. Missing means no: the caller refuses or takes the dearest. */
  price(model: string): Price | null;
  /** Tokens of prompt and answer together that the model is said to take. */
  contextTokens(model: string): number;
  /** What its server says it takes; null where it does not say. */
  servedTokens(model: string): Promise<number | null>;
  /** For `check`: null when provider, key and price are there; otherwise what to do. */
  trouble(model: string): string | null;
}

export interface ModelRequest {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly TranscriptMessage[];
  readonly outputTokensMax: number;
  /** Stable for a session: sent as cache key where the provider has one. */
  readonly cacheKey: string;
  readonly signal: AbortSignal;
  /** Called at most once, when the provider may bill this call: it began to answer, or we stopped waiting for it. */
  readonly onBillable?: () => void;
}

export interface ModelReply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly opaque: { readonly provider: string; readonly blocks: readonly unknown[] } | null;
  readonly usage: Usage;
  readonly stop: 'calls' | 'text' | 'length';
}

/** Live sessions: knows one run each and nothing of queues. Ends are written to the rows, then `onEnd` wakes the heartbeat. */
export interface Sessions {
  /** Starts or (after a restart of the bot) resumes the run's session. Returns at once. */
  start(run: Run): void;
  /** Aborts the model call and kills every process of the run; resolves when nothing of it is left. */
  cancel(runId: string, reason: string): Promise<void>;
  live(): readonly LiveSession[];
  /** Cancels nothing durable: stops all sessions so that the next process can resume them. */
  drain(): Promise<void>;
}

export interface LiveSession {
  readonly runId: string;
  readonly issueKey: string | null;
  readonly role: Role;
  readonly startedAt: EpochMs;
  /** What it does right now, in a few words: "bash: npm test". */
  readonly doing: string;
  readonly turns: number;
  readonly microUsd: MicroUsd;
}

/** One place a report goes: stdout, a signed webhook. */
export interface Sink {
  readonly name: string;
  deliver(report: OutboxReport): Promise<void>;
}
