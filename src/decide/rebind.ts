/**
 * A judge's word is bound to one head and one change. If only the base moved, nothing that was judged is different, and
 * judging it again would make N open pull requests cost N² reviews: then plain code carries the word over, and CI alone
 * runs again.
 *
 * The digest names each changed file with mode and full blob id on both sides. If it is equal, the base's new commits
 * left every file of the change as it was, and the update brought nothing but them: were it anything but a clean merge of
 * exactly that base, some file would differ. So digest, parents and ledger together are the whole proof.
 *
 * The live base need not be contained. Where it moved on meanwhile, the digest speaks of the base that was brought in, so the
 * head still is that base with the very change that was judged. Nothing lands by it: the gate waits for the next update, whose
 * digest differs if what came since touches a file of the change. To ask for it here would have every change judged anew
 * whenever two bases land between an update and its look.
 */
import type { Action } from '../domain/action.ts';
import type { AuditVerdict, ReviewVerdict } from '../domain/verdict.ts';
import { short } from './checks.ts';
import type { IssueCase } from './issue-case.ts';
import { type Here, waiting } from './stages/step.ts';

export function carriedOver(
  facts: IssueCase,
  verdicts: readonly (ReviewVerdict | AuditVerdict)[],
  actions: readonly Action[],
): Here | null {
  const { pullRequest, diff, record, repository } = facts;
  if (pullRequest === null || diff === null) return null;
  const { head, base } = pullRequest;
  const [before, merged, ...more] = repository.parents.get(head) ?? [];
  if (before === undefined || merged === undefined || more.length > 0) return null;
  // Asked for by us at exactly that head: a person's merge of the base is a person's push.
  const asked = [...facts.effects.values()].some(
    (effect) => effect.kind === 'update-branch' && effect.key.startsWith(`update:${record.issueId}:${before}:`),
  );
  const verdict = verdicts.findLast(
    (one) =>
      one.head === before && one.digest === diff.digest && (one.decision === 'approve' || one.decision === 'pass'),
  );
  if (!asked || verdict === undefined) return null;
  // What was said later of the same head counts instead.
  if (verdicts.findLast((one) => one.head === before) !== verdict) return null;
  const reason = `Only ${pullRequest.baseBranch} moved: ${short(head)} is the same change as ${short(before)}.`;
  return waiting(verdict.decision === 'approve' ? 'review' : 'audit', reason, [
    ...actions,
    { kind: 'rebind-verdict', verdictId: verdict.id, head, base, reason },
  ]);
}
