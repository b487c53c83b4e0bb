/** Stage checks: CI has spoken on exactly this head. A red check goes to devops, in bounded rounds. */
import { requiredChecks } from '../checks.ts';
import { type IssueCase, workRuns } from '../issue-case.ts';
import { sendBack } from './implement.ts';
import { conflict } from './merge.ts';
import { PASSED, parked, type Step, waiting } from './step.ts';

export function checks(facts: IssueCase): Step {
  const { pullRequest, project, record, settings } = facts;
  if (pullRequest === null) return waiting('checks', 'There is no pull request yet.');
  if (project.checks.length === 0) return PASSED;
  const { verdict, failed } = requiredChecks(project.checks, pullRequest.checks, pullRequest.head);
  if (verdict.status === 'yes') return PASSED;
  if (verdict.status === 'wait')
    return pullRequest.mergeable === 'conflict'
      ? conflict(facts, pullRequest.head, pullRequest.base)
      : { kind: 'here', verdict, actions: [] };
  if (failed.length === 0) {
    return parked(
      facts,
      'checks',
      `${verdict.reason} No change of ours can mend that: run it again on GitHub, then comment /resume.`,
    );
  }
  const rounds = workRuns(facts).filter(
    (run) => run.cause.kind === 'checks-failed' && run.createdAt >= record.roundsFrom,
  ).length;
  if (rounds >= settings.limits.checkRoundsMax) {
    return parked(
      facts,
      'checks',
      `${verdict.reason} ${rounds} rounds of mending did not help. Comment /retry to allow more.`,
    );
  }
  const names = failed.map((check) => check.name);
  return sendBack(facts, 'checks', verdict, 'devops', { kind: 'checks-failed', head: pullRequest.head, checks: names });
}
