/** Stage review: an independent session has judged exactly this head and this change. Findings go back to the dev's session. */
import type { Action } from '../../domain/action.ts';
import type { ReviewVerdict } from '../../domain/verdict.ts';
import { requiredChecks, short } from '../checks.ts';
import { caseSubject, effectKey, type IssueCase, standing } from '../issue-case.ts';
import { carriedOver } from '../rebind.ts';
import { isPosted, verdictOfThread } from '../reviews.ts';
import { quietFindings, reviewMarker, reviewText, statusText } from '../words.ts';
import { askJudge, cancelStale, sendFindings } from './judge.ts';
import { parked, pursue, type Step, waiting } from './step.ts';

export const REVIEW_CONTEXT = 'heartline/review';

export function review(facts: IssueCase): Step {
  const { pullRequest, diff } = facts;
  if (pullRequest === null) return waiting('review', 'There is no pull request yet.');
  if (diff === null) return waiting('review', `The change at ${short(pullRequest.head)} has not been read yet.`);

  const cancels = cancelStale(facts, pullRequest.head);
  const verdict = facts.verdicts.findLast((one) => one.head === pullRequest.head && one.digest === diff.digest);
  // A head that CI has refused will change: reviewing it would be paid for and thrown away.
  const red = requiredChecks(facts.project.checks, pullRequest.checks, pullRequest.head).failed.length > 0;
  if (verdict === undefined) {
    if (red) return { kind: 'passed', actions: cancels };
    return carriedOver(facts, facts.verdicts, cancels) ?? askJudge(facts, 'review', cancels);
  }

  const refused = refusal(facts, verdict);
  if (refused !== null) {
    const step = parked(facts, 'review', `${refused}. Put it right, then comment /resume.`);
    return { ...step, actions: [...cancels, ...step.actions] };
  }
  const posting = publish(facts, verdict);
  if (verdict.decision === 'approve') {
    const settled = [...cancels, ...posting, ...ownThreads(facts, verdict)];
    return makeReady(facts, settled) ?? { kind: 'passed', actions: settled };
  }
  if (red) return { kind: 'passed', actions: [...cancels, ...posting] };
  const reason = `The review of ${short(verdict.head)} asks for changes.`;
  return sendFindings(facts, 'review', verdict, reason, [...cancels, ...posting]);
}

/** Our own draft becomes ready once somebody independent approved it. Null when there is nothing to make ready. */
function makeReady(facts: IssueCase, actions: readonly Action[]): Step | null {
  const { pullRequest, record } = facts;
  if (pullRequest?.draft !== true) return null;
  const ready = standing(facts, effectKey.ready(facts));
  if (ready.kind === 'done') return waiting('review', 'Waiting for GitHub to show it as ready for review.', actions);
  const step = pursue(
    facts,
    'review',
    ready,
    `Marking pull request #${pullRequest.number} ready for review`,
    (key) => ({
      kind: 'mark-ready',
      key,
      issueId: record.issueId,
      repository: pullRequest.repository,
      number: pullRequest.number,
      subject: caseSubject(facts),
      reason: `${short(pullRequest.head)} was approved.`,
    }),
  );
  return { ...step, actions: [...actions, ...step.actions] };
}

/** Threads of our own earlier reviews are settled by the approval that followed; branch rules may ask that they be resolved. */
function ownThreads(facts: IssueCase, approval: ReviewVerdict): readonly Action[] {
  const { pullRequest } = facts;
  if (pullRequest === null) return [];
  return pullRequest.threads.flatMap((thread): readonly Action[] => {
    const resolve = standing(facts, effectKey.resolve(facts, thread.id));
    const opener = thread.resolved ? null : verdictOfThread(facts, thread.reviewId);
    if (opener === null || opener.decision === 'approve' || opener.at > approval.at || resolve.kind !== 'due')
      return [];
    const { repository, number } = pullRequest;
    const reason = `The approval of ${short(approval.head)} settles it.`;
    const threadId = thread.id;
    return [
      { kind: 'resolve-thread', key: resolve.key, repository, number, threadId, subject: caseSubject(facts), reason },
    ];
  });
}

/** The gate waits for the review to stand on GitHub; when GitHub will not have it, waiting would be for ever. */
function refusal(facts: IssueCase, verdict: ReviewVerdict): string | null {
  const post = standing(facts, effectKey.postReview(verdict.id));
  if (post.kind === 'refused' && isPosted(facts, verdict)) return post.error;
  const status = standing(facts, effectKey.status(verdict.repository, verdict.head, verdict.id));
  return status.kind === 'refused' ? status.error : null;
}

/** The review as people see it, and the commit status branch rules can ask for. */
function publish(facts: IssueCase, verdict: ReviewVerdict): readonly Action[] {
  const result = facts.runs.find((run) => run.id === verdict.runId)?.result;
  if (result?.kind !== 'review') return [];
  const { record, settings } = facts;
  const post = standing(facts, effectKey.postReview(verdict.id));
  const status = standing(facts, effectKey.status(verdict.repository, verdict.head, verdict.id));
  return [
    ...(post.kind === 'due' && isPosted(facts, verdict)
      ? [
          {
            kind: 'post-review',
            key: post.key,
            repository: verdict.repository,
            number: verdict.number,
            head: verdict.head,
            // GitHub refuses approving or refusing one's own pull request, so one identity can only comment.
            event: settings.separateReviewer ? verdict.decision : 'comment',
            body: reviewText(verdict, result.summary, result.findings),
            findings: quietFindings(verdict, result.findings),
            marker: reviewMarker(verdict),
            subject: caseSubject(facts),
            reason: `The review of ${short(verdict.head)} is in.`,
          } as const,
        ]
      : []),
    ...(status.kind === 'due'
      ? [
          {
            kind: 'set-status',
            key: status.key,
            repository: verdict.repository,
            head: verdict.head,
            context: REVIEW_CONTEXT,
            state: verdict.decision === 'approve' ? 'success' : 'failure',
            description: statusText(verdict, result.findings.length),
            subject: caseSubject(facts),
            reason: `The review of ${short(verdict.head)} is in for ${record.key}.`,
          } as const,
        ]
      : []),
  ];
}
