/** Stage done: what landed is verified, the issue is moved, the bill is shown, the workspace is given back. */
import type { Action } from '../../domain/action.ts';
import type { MergeMethod } from '../../domain/pull-request.ts';
import { short } from '../checks.ts';
import { mayHaveHappened } from '../effects.ts';
import { caseSubject, effectKey, type IssueCase, liveRun, standing, updateRecord } from '../issue-case.ts';
import { newestEntry } from '../leave-queue.ts';
import { methodSent } from '../method-sent.ts';
import { landedMerge } from '../reconcile.ts';
import { mergedReport } from '../words.ts';
import { linkAction } from './open.ts';
import { type Here, parked, pursue, waiting } from './step.ts';

export function done(facts: IssueCase): Here {
  const { record, pullRequest } = facts;
  if (record.mergeCommit === null) {
    const commit = pullRequest?.mergeCommit ?? landedMerge(record, facts.effects);
    if (commit === null) return waiting('done', 'Waiting for GitHub to name the merge commit.');
    // Ours or a person's merge: either way it happened, and what is ours is told by the ledger when it is verified.
    const reason = `Pull request #${record.pullRequest} is merged as ${short(commit)}.`;
    return waiting('done', reason, [updateRecord(facts, { mergeCommit: commit }, reason)]);
  }
  if (!record.mergeVerified) return verify(facts, record.mergeCommit);

  const live = liveRun(facts.runs);
  const cancels: readonly Action[] =
    live === null ? [] : [{ kind: 'cancel-run', runId: live.id, reason: 'The pull request is merged.' }];
  if (record.revertOf !== null) return takenBack(facts, cancels);
  const target = doneState(facts);
  if (target === null)
    return parked(
      facts,
      'done',
      `Team ${facts.project.team} has no state "${facts.project.states.done}" of type completed. Correct projects.${facts.project.name}.states.done, then comment /resume.`,
    );
  const move = standing(facts, effectKey.done(facts));
  if (move.kind !== 'done' && facts.issue.state.type !== 'completed') {
    return pursue(facts, 'done', move, `Moving ${record.key} to ${target.name}`, (key) => ({
      kind: 'move-issue',
      key,
      issueId: record.issueId,
      issueKey: record.key,
      toStateId: target.id,
      toStateName: target.name,
      fromStateId: facts.issue.state.id,
      fromTypes: ['started', 'unstarted'],
      subject: caseSubject(facts),
      reason: `Merged as ${short(record.mergeCommit ?? '')} and verified.`,
    }));
  }
  const link = linkAction(facts);
  if (link !== null) return waiting('done', `Linking pull request #${record.pullRequest} on ${record.key}.`, [link]);
  const reason = `Merged as ${short(record.mergeCommit)} and verified.`;
  return waiting('done', reason, [
    ...cancels,
    {
      kind: 'report',
      key: `merged:${record.issueId}:${record.attempt}`,
      event: 'merged',
      text: mergedReport(facts),
      subject: caseSubject(facts),
      reason,
    },
    { kind: 'release-workspace', issueKey: record.key, attempt: record.attempt, reason },
    updateRecord(facts, { phase: 'done', reason }, reason),
  ]);
}

/** The base branch is itself again, and the issue is where it was before: whether it is tried once more is for people to say. */
function takenBack(facts: IssueCase, cancels: readonly Action[]): Here {
  const { record, project } = facts;
  const reverted = record.revertOf;
  const reason = `Pull request #${reverted?.pullRequest} broke ${reverted?.check} on ${record.baseBranch} and was taken back by #${record.pullRequest}. Move ${record.key} to ${project.states.todo} to have it tried again.`;
  return waiting('done', reason, [
    ...cancels,
    {
      kind: 'report',
      key: `reverted:${record.issueId}:${record.attempt}`,
      event: 'reverted',
      text: `${record.key}: ${reason}`,
      subject: caseSubject(facts),
      reason,
    },
    { kind: 'release-workspace', issueKey: record.key, attempt: record.attempt, reason },
    updateRecord(facts, { phase: 'cancelled', reason }, reason),
  ]);
}

/** Also asked about work that was stopped while its merge was on the way. */
export function verify(facts: IssueCase, mergeCommit: string): Here {
  const { record } = facts;
  // A merge that GitHub refused or put off stays in the ledger, as do those of other heads and earlier attempts: comparing
  // what a person merged meanwhile, by a button of their choice, with one of them would freeze the repository for nothing.
  const landed = facts.pullRequest?.head ?? record.head ?? '';
  const merge = [...facts.effects.values()]
    .filter((effect) => mayHaveHappened(effect) && effect.key.startsWith(`merge:${record.issueId}:${landed}:`))
    .sort((a, b) => Number(a.confirmedAt !== null) - Number(b.confirmedAt !== null) || a.intendedAt - b.intendedAt)
    .at(-1);
  const [head, base] =
    merge === undefined ? [] : (merge.key.slice(`merge:${record.issueId}:`.length).split('~')[0]?.split(':') ?? []);
  const queued = newestEntry(facts.effects, effectKey.enqueue(record.issueId, landed));
  if (merge === undefined && queued !== null && mayHaveHappened(queued)) {
    const base = facts.verdicts.findLast((one) => one.head === landed)?.base ?? facts.pullRequest?.base ?? landed;
    return compare(facts, mergeCommit, { head: landed, base, method: 'queue' });
  }
  if (merge === undefined || head === undefined || base === undefined) {
    const reason = `A person merged pull request #${record.pullRequest} as ${short(mergeCommit)}; that is their decision.`;
    return waiting('done', reason, [updateRecord(facts, { mergeVerified: true }, reason)]);
  }
  return compare(facts, mergeCommit, { head, base, method: methodSent(merge.key, facts.project.mergeMethod) });
}

function compare(
  facts: IssueCase,
  mergeCommit: string,
  tested: { readonly head: string; readonly base: string; readonly method: MergeMethod | 'queue' },
): Here {
  const { record } = facts;
  const { issueId, generation, key, repository, baseBranch } = record;
  const reason = `What landed as ${short(mergeCommit)} is compared with what was tested.`;
  const subject = caseSubject(facts);
  return waiting('done', reason, [
    {
      kind: 'verify-merge',
      record: { issueId, generation },
      name: key,
      subject,
      repository,
      baseBranch,
      mergeCommit,
      ...tested,
      report: null,
      reason,
    },
  ]);
}

function doneState(facts: IssueCase): { readonly id: string; readonly name: string } | null {
  const wanted = facts.project.states.done;
  const completed = facts.states.filter((state) => state.type === 'completed');
  return (wanted === null ? completed[0] : completed.find((state) => state.name === wanted)) ?? null;
}
