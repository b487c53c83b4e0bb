/**
 * Stage checks: CI has spoken on exactly this head. A red check is run once more on the same commit, for it may only be
 * flaky; what stays red goes to devops, in bounded rounds that have to lead somewhere.
 */
import type { Action } from '../../domain/action.ts';
import type { Check, PullRequest } from '../../domain/pull-request.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { type ChecksVerdict, requiredChecks, runOf, short } from '../checks.ts';
import { caseSubject, effectKey, headSince, type IssueCase, LAG_MS, standing, workRuns } from '../issue-case.ts';
import { sendBack } from './implement.ts';
import { conflict } from './merge.ts';
import { type Here, PASSED, parked, type Step, waiting } from './step.ts';

/** Put on a pull request whose check failed and then passed on the same commit: somebody should look at that test. */
const FLAKY_LABEL = 'flaky-check';

export function checks(facts: IssueCase): Step {
  const { pullRequest, project } = facts;
  if (pullRequest === null) return waiting('checks', 'There is no pull request yet.');
  if (project.checks.length === 0) return PASSED;
  const judged = requiredChecks(project.checks, pullRequest.checks, pullRequest.head);
  const { verdict, failed } = judged;
  if (verdict.status === 'yes') return { kind: 'passed', actions: flakyLabel(facts, pullRequest) };
  if (pullRequest.mergeable === 'conflict' && failed.length === 0)
    return conflict(facts, pullRequest.head, pullRequest.base);
  if (verdict.status === 'wait' || hopes(judged)) return stillWaiting(facts, pullRequest.head, judged);
  if (failed.length === 0) {
    return parked(
      facts,
      'checks',
      `${verdict.reason} No change of ours can mend that: run it again on GitHub, then comment /resume.`,
    );
  }
  return onceMore(facts, pullRequest, verdict, failed) ?? mend(facts, pullRequest, verdict, failed);
}

/** The only refusal is that somebody else reported under the check's name: the right one may still come. */
function hopes({ verdict, unheard }: ChecksVerdict): boolean {
  return verdict.children.every((child) => child.status !== 'no' || unheard.includes(child.name));
}

function stillWaiting(facts: IssueCase, head: string, { verdict, unheard }: ChecksVerdict): Here {
  const { record, settings, now } = facts;
  const since = Math.max(headSince(facts, head) ?? now, record.resumedAt);
  const hours = settings.limits.checkHoursMax;
  if (unheard.length > 0 && now - since > hours * 3_600_000) {
    const names = unheard.join(', ');
    return parked(
      facts,
      'checks',
      `${names} was not reported on ${short(head)} within ${hours} hours. Look whether CI runs for this branch and whether \`checks\` in heartline.yaml names it rightly, then comment /resume.`,
    );
  }
  return { kind: 'here', verdict, actions: [] };
}

/** Null when there is nothing to run again, or it was run again and is red still. */
function onceMore(
  facts: IssueCase,
  { repository, head }: PullRequest,
  verdict: Verdict,
  failed: readonly Check[],
): Here | null {
  if (!facts.project.rerunChecks) return null;
  const { issueId } = facts.record;
  const actions: Action[] = [];
  let under = false;
  for (const check of failed) {
    const rerun = standing(facts, effectKey.rerun(issueId, head, check.name));
    if (rerun.kind === 'refused') continue;
    if (rerun.kind === 'due') {
      actions.push({
        kind: 'rerun-check',
        key: rerun.key,
        repository,
        check,
        subject: caseSubject(facts),
        reason: `${check.name} failed on ${short(head)}: it is run once more before anybody mends it.`,
      });
    }
    // The very run that was asked to be repeated is still shown: GitHub has not begun yet.
    const asked = rerun.kind === 'done' ? facts.effects.get(rerun.key)?.confirmedAt : null;
    under ||= rerun.kind !== 'done' || (rerun.outsideId === runOf(check) && facts.now - (asked ?? 0) < LAG_MS);
  }
  return under ? waiting('checks', `${verdict.reason} It is run once more.`, actions) : null;
}

function mend(facts: IssueCase, { head }: PullRequest, verdict: Verdict, failed: readonly Check[]): Here {
  const { record, settings } = facts;
  const rounds = workRuns(facts).flatMap((run) =>
    run.cause.kind === 'checks-failed' && run.createdAt >= record.roundsFrom ? [run.cause] : [],
  );
  const { checkRoundsMax } = settings.limits;
  if (rounds.length >= checkRoundsMax) {
    return parked(
      facts,
      'checks',
      `${verdict.reason} ${rounds.length} rounds of mending did not help. Comment /retry to allow more.`,
    );
  }
  const names = failed.map((check) => check.name);
  // One more look at a red check is often worth it; a third at the same one has nothing new to go by.
  const stuck = names.find((name) => rounds.length >= 2 && rounds.slice(-2).every((one) => one.checks.includes(name)));
  if (stuck !== undefined) {
    return parked(
      facts,
      'checks',
      `${verdict.reason} ${stuck} was mended twice and is still red: no progress. Look at its log, comment /answer with what is wrong, or /retry to let it try again.`,
    );
  }
  return sendBack(facts, 'checks', verdict, 'devops', { kind: 'checks-failed', head, checks: names });
}

function flakyLabel(facts: IssueCase, { repository, number, head, labels }: PullRequest): readonly Action[] {
  const { issueId } = facts.record;
  const reran = facts.project.checks.some(
    (check) => standing(facts, effectKey.rerun(issueId, head, check.name)).kind === 'done',
  );
  const label = standing(facts, effectKey.label(issueId, number, FLAKY_LABEL));
  if (!reran || label.kind !== 'due' || labels.includes(FLAKY_LABEL)) return [];
  return [
    {
      kind: 'add-label',
      key: label.key,
      repository,
      number,
      label: FLAKY_LABEL,
      subject: caseSubject(facts),
      reason: `A check failed and then passed on ${short(head)}.`,
    },
  ];
}
