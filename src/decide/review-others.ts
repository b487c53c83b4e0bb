/** Pull requests by people: by config each new head and change gets one independent review, as a comment. They are never merged here. */
import type { Action, Dispatch } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { PullRequest, RepositoryView } from '../domain/pull-request.ts';
import { type Cause, isLive, type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { isReview, no, type ReviewVerdict, type Verdict, wait, yes } from '../domain/verdict.ts';
import { short } from './checks.ts';
import { effectStanding } from './effects.ts';
import { effectKey } from './issue-case.ts';
import { judgedCause, judgedHead } from './judged-head.ts';
import { nextTry } from './next-try.ts';
import { quietFindings, reviewMarker, reviewText } from './words.ts';

/** All branches we make start with this; nobody else's are pushed to or merged. */
export const BRANCH_PREFIX = 'heartline/';

export interface OthersFacts {
  readonly now: EpochMs;
  readonly repository: RepositoryView;
  readonly pullRequest: PullRequest;
  /** Runs and verdicts on this very pull request. */
  readonly runs: readonly Run[];
  readonly verdicts: readonly ReviewVerdict[];
  readonly effects: ReadonlyMap<string, Effect>;
  /** When a person on the list last asked for the merge of this very head; null when nobody did. */
  readonly askedAt: EpochMs | null;
  /** How often a session that broke goes on for whoever asked. */
  readonly crashRoundsMax: number;
}

export interface OthersStep {
  readonly verdict: Verdict;
  readonly actions: readonly Action[];
}

/** A draft is not handed in yet, whoever asks for its merge. */
export function isHandedIn({ state, draft }: PullRequest): boolean {
  return state === 'open' && !draft;
}

export function wantsReview(pullRequest: PullRequest, project: ProjectSettings): boolean {
  if (!isHandedIn(pullRequest) || pullRequest.branch.startsWith(BRANCH_PREFIX)) return false;
  const rule = project.reviewPullRequests;
  if (rule === 'none') return false;
  if (rule === 'all') return true;
  return rule.authors.includes(pullRequest.author) || pullRequest.labels.some((label) => rule.labels.includes(label));
}

/** Nothing merges unreviewed, so whoever asks for a merge asks for a review too. Null when nobody does. */
export function mergeAskedAt(pullRequest: PullRequest, commands: readonly Command[]): EpochMs | null {
  const orders = commands.filter(
    ({ on, verb }) =>
      verb.kind === 'merge' &&
      on.kind === 'pull-request' &&
      on.repository === pullRequest.repository &&
      on.number === pullRequest.number &&
      pullRequest.head.startsWith(verb.sha),
  );
  return orders.length === 0 ? null : Math.max(...orders.map((order) => order.at));
}

export function othersFacts(
  { now, settings, runs, verdicts, effects, commands }: Snapshot,
  repository: RepositoryView,
  pullRequest: PullRequest,
): OthersFacts {
  const { number } = pullRequest;
  const subject = subjectKey({ kind: 'pull-request', repository: pullRequest.repository, number });
  return {
    now,
    repository,
    pullRequest,
    runs: runs.filter((run) => subjectKey(run.subject) === subject),
    verdicts: verdicts
      .filter(isReview)
      .filter((one) => one.repository === pullRequest.repository && one.number === number),
    effects,
    askedAt: mergeAskedAt(pullRequest, commands),
    crashRoundsMax: settings.limits.crashRoundsMax,
  };
}

/** Whoever reads what is not handed in any more, or a head that is not the live one, looks for nothing. Null: GitHub has none. */
export function cancelUnwanted(pullRequest: PullRequest | null, runs: readonly Run[]): readonly Action[] {
  return runs
    .filter(({ state }) => isLive(state))
    .flatMap((run) => {
      const reason = unwanted(pullRequest, judgedHead(run, runs));
      return reason === null ? [] : [{ kind: 'cancel-run', runId: run.id, reason }];
    });
}

function unwanted(pullRequest: PullRequest | null, read: string | null): string | null {
  if (pullRequest === null) return 'The pull request is not open any more.';
  const { number, state, draft, head } = pullRequest;
  if (state !== 'open') return `Pull request #${number} is ${state}.`;
  if (draft) return `Pull request #${number} was made a draft.`;
  return read === null || read === head ? null : `The head moved to ${short(head)} while it was being reviewed.`;
}

/** A no in its verdict means that nothing more comes by itself. */
export function reviewOthers(facts: OthersFacts): OthersStep {
  const { pullRequest, repository, runs } = facts;
  const head = short(pullRequest.head);
  const diff = repository.diffs.get(`${pullRequest.base}..${pullRequest.head}`);
  const ofHead = runs.filter((one) => judgedHead(one, runs) === pullRequest.head);
  // Pointed at another branch the same head is another change: what was said of the one says nothing of the other.
  const verdict = facts.verdicts.findLast((one) => one.head === pullRequest.head && one.digest === diff?.digest);
  if (verdict !== undefined) return posted(facts, verdict);
  if (ofHead.some(({ state }) => isLive(state)))
    return { verdict: wait('review', `A reviewer is reading ${head}.`), actions: [] };
  if (diff === undefined)
    return { verdict: wait('review', `The change at ${head} has not been read yet.`), actions: [] };

  const ofChange = ofHead.filter((one) => judgedCause(one, runs)?.digest === diff.digest);
  const run = ofChange.at(-1);
  if (run?.state === 'succeeded') {
    return {
      verdict: wait('review', `The review of ${head} is in.`),
      actions: [
        {
          kind: 'record-verdict',
          runId: run.id,
          repository: pullRequest.repository,
          number: pullRequest.number,
          reason: `The review of ${head} is in.`,
        },
      ],
    };
  }
  if (run !== undefined) return again(facts, run, ofChange);
  const cause = { kind: 'review', head: pullRequest.head, base: pullRequest.base, digest: diff.digest } as const;
  const reason = `${pullRequest.author} opened #${pullRequest.number}; ${head} has not been reviewed.`;
  const first = reviewRun(facts, cause, null, reason);
  return { verdict: wait('review', `${head} has not been reviewed.`), actions: [first] };
}

/**
 * Unasked there is one try for each head: a person's pull request must not cost rounds. Whoever asks for its merge asks for
 * the review, so then a session that broke goes on as often as one for an issue would, counted from the newest order.
 */
function again(facts: OthersFacts, last: Run, runs: readonly Run[]): OthersStep {
  const { now, askedAt, crashRoundsMax } = facts;
  const since = heardSince(facts);
  const ended = last.endReason ?? last.state;
  const goOn = (reason: string): OthersStep => ({
    verdict: wait('review', reason),
    actions: [reviewRun(facts, { kind: 'crashed', runId: last.id }, last.sessionId, reason)],
  });
  if (last.state === 'postponed') {
    const at = nextTry(runs, since);
    if (at !== null && at <= now) return goOn(ended);
    if (at !== null)
      return { verdict: wait('review', `${ended} Tried again at ${new Date(at).toISOString()}.`), actions: [] };
  }
  // Nobody's fault: it was ended because nobody wanted it, and now it is wanted again.
  if (last.state === 'cancelled') return goOn(`${short(facts.pullRequest.head)} is to be reviewed after all.`);
  const reason = `The review of ${short(facts.pullRequest.head)} ended as ${last.state}: ${ended}`;
  const broke = runs.filter((run) => isBroken(run) && run.createdAt >= since).length;
  if (askedAt !== null && isBroken(last) && broke < crashRoundsMax) return goOn(reason);
  // Its allowance is used up: an order since then is a person's word that it may have another.
  if (last.state === 'awaiting-human' && (last.endedAt ?? 0) < since) return goOn(reason);
  return { verdict: no('review', `${reason} ${whatHelps(facts)}`), actions: [] };
}

function isBroken({ state }: Run): boolean {
  return state === 'failed' || state === 'timed-out' || state === 'stalled';
}

/** An order that seems to come from the future, because our clock was put back, would forgive every round. */
function heardSince({ askedAt, now }: OthersFacts): EpochMs {
  return askedAt !== null && askedAt <= now ? askedAt : 0;
}

function whatHelps({ askedAt, pullRequest: { head } }: OthersFacts): string {
  return askedAt === null
    ? 'A new push is reviewed again.'
    : `Comment "/merge ${short(head)}" again to have it tried once more.`;
}

function reviewRun(
  { pullRequest: { repository, number } }: OthersFacts,
  cause: Cause,
  sessionId: string | null,
  reason: string,
): Dispatch {
  const subject = { kind: 'pull-request', repository, number } as const;
  return {
    kind: 'dispatch',
    subject,
    issueKey: null,
    repository,
    role: 'review',
    cause,
    attempt: 1,
    sessionId,
    reason,
  };
}

function posted(facts: OthersFacts, verdict: ReviewVerdict): OthersStep {
  const result = facts.runs.find((run) => run.id === verdict.runId)?.result;
  const post = effectStanding(facts.effects, effectKey.postReview(verdict.id), facts.now, heardSince(facts));
  const subject = subjectKey({ kind: 'pull-request', repository: verdict.repository, number: verdict.number });
  if (post.kind === 'done') {
    const text = `Reviewed ${verdict.repository}#${verdict.number} by ${facts.pullRequest.author} at ${short(verdict.head)}: ${verdict.decision === 'approve' ? 'no objections' : 'changes suggested'}.`;
    return {
      verdict: yes('review', `${short(verdict.head)} was reviewed.`),
      actions: [{ kind: 'report', key: `reviewed:${verdict.id}`, event: 'reviewed', text, subject, reason: text }],
    };
  }
  if (post.kind === 'refused')
    return { verdict: no('review', `GitHub refused the review: ${post.error}. ${whatHelps(facts)}`), actions: [] };
  if (post.kind === 'waiting' || result?.kind !== 'review')
    return { verdict: wait('review', 'The review is on its way to GitHub.'), actions: [] };
  return {
    verdict: wait('review', 'The review is on its way to GitHub.'),
    actions: [
      {
        kind: 'post-review',
        key: post.key,
        repository: verdict.repository,
        number: verdict.number,
        head: verdict.head,
        // A comment, never an approval: whether their change merges is for people to say.
        event: 'comment',
        body: reviewText(verdict, result.summary, result.findings),
        findings: quietFindings(verdict, result.findings),
        marker: reviewMarker(verdict),
        subject,
        reason: `The review of ${short(verdict.head)} is in.`,
      },
    ],
  };
}
