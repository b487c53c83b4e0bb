/** Stage review: an independent session has judged exactly this head and this change. Findings go back to the dev's session. */
import type { Action } from '../../domain/action.ts';
import { isLive } from '../../domain/run.ts';
import type { ReviewVerdict } from '../../domain/verdict.ts';
import { no } from '../../domain/verdict.ts';
import { requiredChecks, short } from '../checks.ts';
import { caseSubject, dispatch, effectKey, type IssueCase, reviewRuns, standing, workRuns } from '../issue-case.ts';
import { reviewMarker, reviewText, statusText } from '../words.ts';
import { again } from './implement.ts';
import { parked, type Step, waiting } from './step.ts';

export const REVIEW_CONTEXT = 'heartline/review';

export function review(facts: IssueCase): Step {
  const { pullRequest, diff } = facts;
  if (pullRequest === null) return waiting('review', 'There is no pull request yet.');
  if (diff === null) return waiting('review', `The change at ${short(pullRequest.head)} has not been read yet.`);

  const stale = reviewRuns(facts).filter(
    (run) => isLive(run.state) && run.cause.kind === 'review' && run.cause.head !== pullRequest.head,
  );
  const cancels = stale.map(
    (run): Action => ({
      kind: 'cancel-run',
      runId: run.id,
      reason: `The head moved to ${short(pullRequest.head)} while it was being reviewed.`,
    }),
  );

  const verdict = facts.verdicts.findLast((one) => one.head === pullRequest.head && one.digest === diff.digest);
  // A head that CI has refused will change: reviewing it would be paid for and thrown away.
  const red = requiredChecks(facts.project.checks, pullRequest.checks, pullRequest.head).failed.length > 0;
  if (verdict === undefined)
    return red ? { kind: 'passed', actions: cancels } : unreviewed(facts, pullRequest.head, cancels);

  const posting = publish(facts, verdict);
  if (verdict.decision === 'approve' || red) return { kind: 'passed', actions: [...cancels, ...posting] };
  return findings(facts, verdict, [...cancels, ...posting]);
}

function unreviewed(facts: IssueCase, head: string, actions: readonly Action[]): Step {
  const { diff, pullRequest } = facts;
  if (diff === null || pullRequest === null) return waiting('review', 'The change has not been read yet.', actions);
  const runs = reviewRuns(facts).filter((run) => run.cause.kind !== 'review' || run.cause.head === head);
  const last = runs.at(-1);
  if (last !== undefined && isLive(last.state))
    return waiting('review', `A reviewer is reading ${short(head)}.`, actions);
  if (
    last?.state === 'succeeded' &&
    last.result?.kind === 'review' &&
    last.result.head === head &&
    last.result.digest === diff.digest
  ) {
    return waiting('review', `The review of ${short(head)} is in.`, [
      ...actions,
      {
        kind: 'record-verdict',
        runId: last.id,
        repository: pullRequest.repository,
        number: pullRequest.number,
        reason: `The review of ${short(head)} is in.`,
      },
    ]);
  }
  // A cancelled run was ended by us because its head was gone, so it says nothing about this one.
  if (last !== undefined && last.state !== 'succeeded' && last.state !== 'cancelled') {
    const step = again(facts, last, reviewRuns(facts));
    return { ...step, actions: [...actions, ...step.actions] };
  }
  const reason = `${short(head)} has not been reviewed.`;
  return waiting('review', reason, [
    ...actions,
    dispatch(facts, 'review', { kind: 'review', head, base: pullRequest.base, digest: diff.digest }, null, reason),
  ]);
}

function findings(facts: IssueCase, verdict: ReviewVerdict, actions: readonly Action[]): Step {
  const { record, settings } = facts;
  const rounds = workRuns(facts).filter(
    (run) => run.cause.kind === 'findings' && run.createdAt >= record.roundsFrom,
  ).length;
  const reason = `The review of ${short(verdict.head)} asks for changes.`;
  if (rounds >= settings.limits.reviewRoundsMax) {
    const step = parked(
      facts,
      'review',
      `${reason} ${rounds} rounds of findings did not settle it. Comment /retry to allow more, or take over the branch.`,
    );
    return { ...step, actions: [...actions, ...step.actions] };
  }
  const session = workRuns(facts).findLast((run) => run.role === 'dev')?.sessionId ?? null;
  return {
    kind: 'here',
    verdict: no('review', reason),
    actions: [...actions, dispatch(facts, 'dev', { kind: 'findings', verdictId: verdict.id }, session, reason)],
  };
}

/** The review as people see it, and the commit status branch rules can ask for. */
function publish(facts: IssueCase, verdict: ReviewVerdict): readonly Action[] {
  const result = facts.runs.find((run) => run.id === verdict.runId)?.result;
  if (result?.kind !== 'review') return [];
  const { record, settings } = facts;
  const post = standing(facts, effectKey.postReview(verdict.id));
  const status = standing(facts, effectKey.status(verdict.repository, verdict.head, verdict.id));
  return [
    ...(post.kind === 'due'
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
            findings: result.findings,
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
