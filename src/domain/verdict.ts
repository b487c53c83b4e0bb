/** Our judgement, as a tree a person can read: the gate, `why`, the ticket comment and the log all show this same value. */

export interface Verdict {
  readonly name: string;
  readonly status: 'yes' | 'no' | 'wait';
  /** One sentence for a person. For a `no` it says what would make it a yes. */
  readonly reason: string;
  readonly children: readonly Verdict[];
}

export function yes(name: string, reason: string, children: readonly Verdict[] = []): Verdict {
  return { name, status: 'yes', reason, children };
}

export function no(name: string, reason: string, children: readonly Verdict[] = []): Verdict {
  return { name, status: 'no', reason, children };
}

export function wait(name: string, reason: string, children: readonly Verdict[] = []): Verdict {
  return { name, status: 'wait', reason, children };
}

/** All must say yes. A no beats a wait, because waiting does not help it; the first such child gives the reason. */
export function all(name: string, children: readonly Verdict[], fine: string): Verdict {
  const refusal = children.find((child) => child.status === 'no') ?? children.find((child) => child.status === 'wait');
  return refusal === undefined
    ? { name, status: 'yes', reason: fine, children }
    : { name, status: refusal.status, reason: refusal.reason, children };
}

/** A judge's outcome in our ledger. It speaks about exactly one head and one change; see DESIGN's house rule 4. */
interface Judgement {
  readonly id: string;
  readonly runId: string;
  readonly repository: string;
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly digest: string;
  readonly at: number;
  /**
   * The verdict whose word this is: only the base moved below the very same change, so plain code carried it over to the
   * updated head. Null for a judge's own.
   */
  readonly reboundFrom: string | null;
}

export interface ReviewVerdict extends Judgement {
  readonly decision: 'approve' | 'request-changes';
}

/** Whether every acceptance criterion of the issue is met by that head. */
export interface AuditVerdict extends Judgement {
  readonly decision: 'pass' | 'fail';
}

export function isReview(judgement: ReviewVerdict | AuditVerdict): judgement is ReviewVerdict {
  return judgement.decision === 'approve' || judgement.decision === 'request-changes';
}

export function isAudit(judgement: ReviewVerdict | AuditVerdict): judgement is AuditVerdict {
  return !isReview(judgement);
}
