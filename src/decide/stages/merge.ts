/** Stage merge: the gate is asked, a conflict goes back to the dev, and the merge queue picks whose turn it is. */
import type { Approval } from '../../domain/issue-record.ts';
import type { PullRequest } from '../../domain/pull-request.ts';
import type { Run } from '../../domain/run.ts';
import { passesFreeze } from '../../domain/snapshot.ts';
import { no, type Verdict, wait } from '../../domain/verdict.ts';
import { short } from '../checks.ts';
import { gate } from '../gate.ts';
import { effectKey, headSince, type IssueCase, standing, workRuns } from '../issue-case.ts';
import { isPosted, verdictOfThread } from '../reviews.ts';
import { sendBack } from './implement.ts';
import { parked, type Step, waiting } from './step.ts';

export function merge(facts: IssueCase): Step {
  const { pullRequest, record } = facts;
  if (pullRequest === null) return waiting('merge', 'There is no pull request yet.');
  if (pullRequest.mergeable === 'conflict') return conflict(facts, pullRequest.head, pullRequest.base);
  const verdict = gateOf(facts);
  if (verdict === null) return waiting('merge', 'There is no pull request yet.');
  if (!facts.project.autoMerge && verdict.status === 'yes') {
    // A no, not a wait: nothing but a person moves it on, so a person has to hear of it.
    const reason = `Pull request #${record.pullRequest} is ready; merging is left to a person here (autoMerge is off).`;
    return { kind: 'here', verdict: no('merge', reason, [verdict]), actions: [] };
  }
  return { kind: 'queue', gate: verdict, actions: [] };
}

/** The gate's verdict for the pull request of this issue; null when there is none. */
export function gateOf(facts: IssueCase): Verdict | null {
  const { pullRequest, record } = facts;
  if (pullRequest === null) return null;
  const review =
    facts.verdicts.findLast((one) => one.head === pullRequest.head && one.digest === facts.diff?.digest) ??
    facts.verdicts.at(-1) ??
    null;
  const audits = facts.audits.filter((one) => one.head === pullRequest.head && one.digest === facts.diff?.digest);
  return gate({
    now: facts.now,
    settings: facts.settings,
    project: facts.project,
    pullRequest: {
      ...pullRequest,
      threads: pullRequest.threads.filter((thread) => verdictOfThread(facts, thread.reviewId) === null),
    },
    ourHead: record.head,
    // What takes back a red base must not wait for money.
    ...(record.revertOf === null ? { spentMicroUsd: facts.spentMicroUsd } : {}),
    baseBranch: record.baseBranch,
    diff: facts.diff,
    review,
    ...(record.revertOf === null && facts.pipeline.stages.some((stage) => stage.kind === 'audit')
      ? { audit: audits.at(-1) ?? facts.audits.at(-1) ?? null }
      : {}),
    authorRuns: workRuns(facts).map((run: Run) => run.id),
    reviewPosted:
      review !== null &&
      (!isPosted(facts, review) || standing(facts, effectKey.postReview(review.id)).kind === 'done') &&
      standing(facts, effectKey.status(review.repository, review.head, review.id)).kind === 'done',
    approvals: [...record.approvals, ...approvalsOnGitHub(facts, pullRequest)],
    frozen: facts.frozen === null || passesFreeze(facts.frozen, record) ? null : facts.frozen.reason,
    queued: facts.baseView?.mergeQueue === true,
    unsureSince: facts.repository.unsureSince.get(pullRequest.number) ?? null,
  });
}

/**
 * A person's approving review stands for `/approve` when it was given to this very commit. GitHub may point an old one at
 * a newer head of the same patch, so one from before the head was there does not count.
 */
function approvalsOnGitHub(facts: IssueCase, { head, reviews }: PullRequest): readonly Approval[] {
  const since = headSince(facts, head);
  if (since === null) return [];
  return reviews.flatMap((one) => {
    const person = facts.settings.people.find(({ github }) => github?.toLowerCase() === one.author.toLowerCase());
    const counts = one.state === 'approved' && one.sha === head && one.at !== null && one.at >= since;
    return person === undefined || !counts || one.body.includes('<!-- heartline:')
      ? []
      : [{ sha: head, by: person.name, at: one.at ?? 0 }];
  });
}

/** Also asked by stage checks: GitHub starts no workflow for a pull request that conflicts, so its checks never come. */
export function conflict(facts: IssueCase, head: string, base: string): Step {
  const { record, settings } = facts;
  const reason = `${short(head)} conflicts with ${record.baseBranch}.`;
  const rounds = workRuns(facts).filter(
    (run) => run.cause.kind === 'conflict' && run.createdAt >= record.roundsFrom,
  ).length;
  if (rounds >= settings.limits.checkRoundsMax) {
    return parked(
      facts,
      'merge',
      `${reason} ${rounds} rounds of resolving did not help. Comment /retry to allow more, or resolve it by hand and comment /resume.`,
    );
  }
  const verdict = wait('merge', `${reason} The dev resolves it.`);
  return sendBack(facts, 'merge', verdict, 'dev', { kind: 'conflict', base, head });
}
