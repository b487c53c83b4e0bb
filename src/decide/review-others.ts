/** Pull requests by people: by config each new head gets one independent review, as a comment. They are never merged here. */
import type { Action, Dispatch } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { Effect } from '../domain/effect.ts';
import type { PullRequest, RepositoryView } from '../domain/pull-request.ts';
import { type Cause, type Run, subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { ReviewVerdict, Verdict } from '../domain/verdict.ts';
import { wait, yes } from '../domain/verdict.ts';
import { short } from './checks.ts';
import { effectStanding } from './effects.ts';
import { effectKey } from './issue-case.ts';
import { judgedHead } from './judged-head.ts';
import { nextTry } from './next-try.ts';
import { quietFindings, reviewMarker, reviewText } from './words.ts';

/** All branches we make start with this; nobody else's are pushed to or merged. */
export const BRANCH_PREFIX = 'heartline/';

export interface OthersFacts {
  readonly now: number;
  readonly project: ProjectSettings;
  readonly repository: RepositoryView;
  readonly pullRequest: PullRequest;
  /** Runs and verdicts on this very pull request. */
  readonly runs: readonly Run[];
  readonly verdicts: readonly ReviewVerdict[];
  readonly effects: ReadonlyMap<string, Effect>;
}

export interface OthersStep {
  readonly verdict: Verdict;
  readonly actions: readonly Action[];
}

export function wantsReview(pullRequest: PullRequest, project: ProjectSettings): boolean {
  if (pullRequest.state !== 'open' || pullRequest.draft || pullRequest.branch.startsWith(BRANCH_PREFIX)) return false;
  const rule = project.reviewPullRequests;
  if (rule === 'none') return false;
  if (rule === 'all') return true;
  return rule.authors.includes(pullRequest.author) || pullRequest.labels.some((label) => rule.labels.includes(label));
}

/** Nothing merges unreviewed, so whoever asks for a merge asks for a review too. */
export function askedToMerge(pullRequest: PullRequest, commands: readonly Command[]): boolean {
  return commands.some(
    ({ on, verb }) =>
      verb.kind === 'merge' &&
      on.kind === 'pull-request' &&
      on.repository === pullRequest.repository &&
      on.number === pullRequest.number &&
      pullRequest.head.startsWith(verb.sha),
  );
}

export function reviewOthers(facts: OthersFacts): OthersStep {
  const { pullRequest, repository, runs } = facts;
  const head = short(pullRequest.head);
  const verdict = facts.verdicts.findLast((one) => one.head === pullRequest.head);
  if (verdict !== undefined) return posted(facts, verdict);

  const ofHead = runs.filter((one) => judgedHead(one, runs) === pullRequest.head);
  const run = ofHead.at(-1);
  if (run?.state === 'queued' || run?.state === 'running')
    return { verdict: wait('review', `A reviewer is reading ${head}.`), actions: [] };
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
  const at = run?.state === 'postponed' ? nextTry(ofHead, 0) : null;
  if (run !== undefined && at !== null) {
    const ended = run.endReason ?? '';
    if (at > facts.now)
      return { verdict: wait('review', `${ended} Tried again at ${new Date(at).toISOString()}.`), actions: [] };
    const cause = { kind: 'crashed', runId: run.id } as const;
    const next = reviewRun(facts, cause, run.sessionId, ended);
    return { verdict: wait('review', ended), actions: [next] };
  }
  // One try for each head: a person's pull request must not cost rounds, and they can push or ask again.
  if (run !== undefined)
    return {
      verdict: wait(
        'review',
        `The review of ${head} ended as ${run.state}: ${run.endReason ?? ''} A new push is reviewed again.`,
      ),
      actions: [],
    };
  const diff = repository.diffs.get(`${pullRequest.base}..${pullRequest.head}`);
  if (diff === undefined)
    return { verdict: wait('review', `The change at ${head} has not been read yet.`), actions: [] };
  const cause = { kind: 'review', head: pullRequest.head, base: pullRequest.base, digest: diff.digest } as const;
  const reason = `${pullRequest.author} opened #${pullRequest.number}; ${head} has not been reviewed.`;
  const first = reviewRun(facts, cause, null, reason);
  return { verdict: wait('review', `${head} has not been reviewed.`), actions: [first] };
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
  const post = effectStanding(facts.effects, effectKey.postReview(verdict.id), facts.now, 0);
  const subject = subjectKey({ kind: 'pull-request', repository: verdict.repository, number: verdict.number });
  if (post.kind === 'done') {
    const text = `Reviewed ${verdict.repository}#${verdict.number} by ${facts.pullRequest.author} at ${short(verdict.head)}: ${verdict.decision === 'approve' ? 'no objections' : 'changes suggested'}.`;
    return {
      verdict: yes('review', `${short(verdict.head)} was reviewed.`),
      actions: [{ kind: 'report', key: `reviewed:${verdict.id}`, event: 'reviewed', text, subject, reason: text }],
    };
  }
  if (post.kind === 'refused')
    return { verdict: wait('review', `GitHub refused the review: ${post.error}`), actions: [] };
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
