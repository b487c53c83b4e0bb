/** Stage review: an independent session has judged exactly this head and this change. Findings go back to the dev's session. */
import type { Action } from '../../domain/action.ts';
import { type Cause, causeKey, isLive, type Run } from '../../domain/run.ts';
import type { ReviewVerdict } from '../../domain/verdict.ts';
import { no } from '../../domain/verdict.ts';
import { requiredChecks, short } from '../checks.ts';
import { caseSubject, dispatch, effectKey, type IssueCase, reviewRuns, standing, workRuns } from '../issue-case.ts';
import { reviewMarker, reviewText, statusText } from '../words.ts';
import { again, sendBack } from './implement.ts';
import { parked, type Step, waiting } from './step.ts';

export const REVIEW_CONTEXT = 'heartline/review';

export function review(facts: IssueCase): Step {
  const { pullRequest, diff } = facts;
  if (pullRequest === null) return waiting('review', 'There is no pull request yet.');
  if (diff === null) return waiting('review', `The change at ${short(pullRequest.head)} has not been read yet.`);

  const stale = reviewRuns(facts).filter(
    (run) => isLive(run.state) && reviewedHead(run, facts.runs) !== pullRequest.head,
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

  const refused = refusal(facts, verdict);
  if (refused !== null) {
    const step = parked(facts, 'review', `${refused}. Put it right, then comment /resume.`);
    return { ...step, actions: [...cancels, ...step.actions] };
  }
  const posting = publish(facts, verdict);
  if (verdict.decision === 'approve' || red) return { kind: 'passed', actions: [...cancels, ...posting] };
  return findings(facts, verdict, [...cancels, ...posting]);
}

function unreviewed(facts: IssueCase, head: string, actions: readonly Action[]): Step {
  const { diff, pullRequest } = facts;
  if (diff === null || pullRequest === null) return waiting('review', 'The change has not been read yet.', actions);
  const runs = reviewRuns(facts).filter((run) => reviewedHead(run, facts.runs) === head);
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
  if (last !== undefined && last.state !== 'succeeded' && last.state !== 'cancelled') {
    const step = again(facts, last, reviewRuns(facts));
    return { ...step, actions: [...actions, ...step.actions] };
  }
  const reason = `${short(head)} has not been reviewed.`;
  const cause: Cause = { kind: 'review', head, base: pullRequest.base, digest: diff.digest };
  // A review that /stop ended goes on in its session after /resume: its own cause is used up and would never start again.
  const goesOn = last !== undefined && runs.some((run) => causeKey(run.cause) === causeKey(cause));
  return waiting('review', reason, [
    ...actions,
    goesOn
      ? dispatch(facts, 'review', { kind: 'crashed', runId: last.id }, last.sessionId, reason)
      : dispatch(facts, 'review', cause, null, reason),
  ]);
}

/** The head a review run reads: a run that goes on for one that ended badly reads the same. */
function reviewedHead(run: Run, runs: readonly Run[]): string | null {
  const { cause } = run;
  if (cause.kind === 'review') return cause.head;
  if (cause.kind !== 'crashed') return null;
  const before = runs.find((one) => one.id === cause.runId);
  return before === undefined || before.createdAt > run.createdAt || before === run ? null : reviewedHead(before, runs);
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
  const step = sendBack(facts, 'review', no('review', reason), 'dev', { kind: 'findings', verdictId: verdict.id });
  return { ...step, actions: [...actions, ...step.actions] };
}

/** The gate waits for the review to stand on GitHub; when GitHub will not have it, waiting would be for ever. */
function refusal(facts: IssueCase, verdict: ReviewVerdict): string | null {
  const post = standing(facts, effectKey.postReview(verdict.id));
  if (post.kind === 'refused') return post.error;
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
