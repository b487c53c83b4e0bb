/** Stage audit: each acceptance criterion of the issue was held against evidence at exactly this head and change. */
import type { Action } from '../../domain/action.ts';
import type { Criterion } from '../../domain/run.ts';
import type { AuditVerdict } from '../../domain/verdict.ts';
import { short } from '../checks.ts';
import { caseSubject, effectKey, type IssueCase, standing } from '../issue-case.ts';
import { carriedOver } from '../rebind.ts';
import { auditStatusText } from '../words.ts';
import { askJudge, cancelStale, sendFindings } from './judge.ts';
import { PASSED, pursue, type Step, waiting } from './step.ts';

const AUDIT_CONTEXT = 'heartline/audit';

export function audit(facts: IssueCase): Step {
  const { pullRequest, diff, record } = facts;
  // Taking a change back fulfils no criterion of the issue: that the base is green again is what it is for.
  if (record.revertOf !== null) return PASSED;
  if (pullRequest === null) return waiting('audit', 'There is no pull request yet.');
  const { head } = pullRequest;
  if (diff === null) return waiting('audit', `The change at ${short(head)} has not been read yet.`);
  const stale = cancelStale(facts, head);
  const verdict = facts.audits.findLast((one) => one.head === head && one.digest === diff.digest);
  if (verdict === undefined) return carriedOver(facts, facts.audits, stale) ?? askJudge(facts, 'audit', stale);
  const status = standing(facts, effectKey.status(verdict.repository, verdict.head, verdict.id));
  if (status.kind !== 'done') {
    const doing = `Showing the audit of ${short(head)} on GitHub`;
    const step = pursue(facts, 'audit', status, doing, (key) => statusAction(facts, verdict, key));
    return { ...step, actions: [...stale, ...step.actions] };
  }
  if (verdict.decision === 'pass') return { kind: 'passed', actions: stale };
  const unmet = criteriaOf(facts, verdict).filter((one) => !one.met).length;
  const reason = `The audit of ${short(head)} found ${unmet === 1 ? 'a criterion' : `${unmet} criteria`} of the issue not met.`;
  return sendFindings(facts, 'audit', verdict, reason, stale);
}

/** People see it on the commit; the criteria and their evidence stand in the issue's comment. */
function statusAction(facts: IssueCase, verdict: AuditVerdict, key: string): Action {
  return {
    kind: 'set-status',
    key,
    repository: verdict.repository,
    head: verdict.head,
    context: AUDIT_CONTEXT,
    state: verdict.decision === 'pass' ? 'success' : 'failure',
    description: auditStatusText(verdict, criteriaOf(facts, verdict)),
    subject: caseSubject(facts),
    reason: `The audit of ${short(verdict.head)} is in for ${facts.record.key}.`,
  };
}

function criteriaOf(facts: IssueCase, verdict: AuditVerdict): readonly Criterion[] {
  const result = facts.runs.find((run) => run.id === verdict.runId)?.result;
  return result?.kind === 'audit' ? result.criteria : [];
}
