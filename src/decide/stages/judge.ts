/** What the stages review and audit share: an independent session looks at exactly this head; its findings go back to the dev. */
import type { Action } from '../../domain/action.ts';
import { type Cause, causeKey, isLive } from '../../domain/run.ts';
import type { AuditVerdict, ReviewVerdict } from '../../domain/verdict.ts';
import { no } from '../../domain/verdict.ts';
import { short } from '../checks.ts';
import { dispatch, type IssueCase, type JudgeRole, judgeRuns, workRuns } from '../issue-case.ts';
import { judgedHead } from '../judged-head.ts';
import { again, sendBack } from './implement.ts';
import { type Here, parked, waiting } from './step.ts';

const WORDS: Readonly<Record<JudgeRole, { readonly atWork: string; readonly missing: string }>> = {
  review: { atWork: 'A reviewer is reading', missing: 'has not been reviewed' },
  audit: { atWork: 'An auditor is checking', missing: 'has not been audited' },
};

/** Where the issue stands while there is no verdict on this head and change: somebody is asked, or was and is at it. */
export function askJudge(facts: IssueCase, role: JudgeRole, actions: readonly Action[]): Here {
  const { diff, pullRequest } = facts;
  if (diff === null || pullRequest === null) return waiting(role, 'The change has not been read yet.', actions);
  const { head, base } = pullRequest;
  const all = judgeRuns(facts, role);
  const runs = all.filter((run) => judgedHead(run, facts.runs) === head);
  const last = runs.at(-1);
  if (last !== undefined && isLive(last.state)) return waiting(role, `${WORDS[role].atWork} ${short(head)}.`, actions);
  const result = last?.state === 'succeeded' ? last.result : null;
  if (last !== undefined && result?.kind === role && result.head === head && result.digest === diff.digest) {
    const reason = `The ${role} of ${short(head)} is in.`;
    const { repository, number } = pullRequest;
    return waiting(role, reason, [...actions, { kind: 'record-verdict', runId: last.id, repository, number, reason }]);
  }
  if (last !== undefined && last.state !== 'succeeded' && last.state !== 'cancelled') {
    const step = again(facts, last, all);
    return { ...step, actions: [...actions, ...step.actions] };
  }
  const refused = role === 'review' ? facts.verdicts : facts.audits;
  const same = refused.findLast((one) => one.digest === diff.digest && one.head !== head);
  if (
    same !== undefined &&
    (same.decision === 'request-changes' || same.decision === 'fail') &&
    !heardSince(facts, same.at)
  ) {
    const step = parked(
      facts,
      role,
      `${short(head)} is the very change that ${role} refused at ${short(same.head)}: no progress. Comment /answer with what should be done, or /resume to have it judged again.`,
    );
    return { ...step, actions: [...actions, ...step.actions] };
  }
  const reason = `${short(head)} ${WORDS[role].missing}.`;
  const cause: Cause = { kind: role, head, base, digest: diff.digest };
  // A look that /stop ended goes on in its session after /resume: its own cause is used up and would never start again.
  const goesOn = last !== undefined && runs.some((run) => causeKey(run.cause) === causeKey(cause));
  return waiting(role, reason, [
    ...actions,
    goesOn
      ? dispatch(facts, role, { kind: 'crashed', runId: last.id }, last.sessionId, reason)
      : dispatch(facts, role, cause, null, reason),
  ]);
}

/** A person said to go on since. */
function heardSince({ record }: IssueCase, at: number): boolean {
  return record.resumedAt > at;
}

/** Whoever looks at a head that is not the live one any more looks for nothing. */
export function cancelStale(facts: IssueCase, head: string): readonly Action[] {
  return [...judgeRuns(facts, 'review'), ...judgeRuns(facts, 'audit')]
    .filter((run) => isLive(run.state) && judgedHead(run, facts.runs) !== head)
    .map((run): Action => {
      const doing = run.role === 'review' ? 'reviewed' : 'audited';
      return {
        kind: 'cancel-run',
        runId: run.id,
        reason: `The head moved to ${short(head)} while it was being ${doing}.`,
      };
    });
}

/** Back to the dev's session, in rounds that reviews and audits share. */
export function sendFindings(
  facts: IssueCase,
  role: JudgeRole,
  verdict: ReviewVerdict | AuditVerdict,
  reason: string,
  actions: readonly Action[],
): Here {
  const { record, settings } = facts;
  const rounds = workRuns(facts).filter(
    (run) => run.cause.kind === 'findings' && run.createdAt >= record.roundsFrom,
  ).length;
  const step =
    rounds >= settings.limits.reviewRoundsMax
      ? parked(
          facts,
          role,
          `${reason} ${rounds} rounds of findings did not settle it. Comment /retry to allow more, or take over the branch.`,
        )
      : sendBack(facts, role, no(role, reason), 'dev', { kind: 'findings', verdictId: verdict.id });
  return { ...step, actions: [...actions, ...step.actions] };
}
