/** Stage implement: somebody has to write the change. Left when work was handed in and nothing newer is under way. */
import type { Dispatch } from '../../domain/action.ts';
import type { RevertOf } from '../../domain/issue-record.ts';
import { type Cause, causeKey, type Role, type Run } from '../../domain/run.ts';
import { type Verdict, wait } from '../../domain/verdict.ts';
import { short } from '../checks.ts';
import {
  crashRounds,
  dispatch,
  effectKey,
  type IssueCase,
  latestWork,
  liveRun,
  standing,
  workRuns,
} from '../issue-case.ts';
import { nextTry } from '../next-try.ts';
import { type Here, PASSED, parked, type Step, waiting } from './step.ts';

export function implement(facts: IssueCase): Step {
  const runs = workRuns(facts);
  const live = liveRun(runs);
  // Killed half-way through: the same act again ends the same run.
  if (live?.role === 'orchestrator' && facts.record.revertOf !== null) return takeBack(facts, facts.record.revertOf);
  if (live !== null) return waiting('implement', `${live.role} is at work: ${causeText(live)}.`);
  if (pushIsOpen(facts)) return PASSED;

  if (facts.answer !== null && facts.answer.verb.kind === 'answer') {
    const { commentId, by, verb } = facts.answer;
    const last = runs.at(-1);
    const reason = `${by} answered.`;
    const cause: Cause = { kind: 'answer', commentId, by, text: verb.text };
    return waiting('implement', reason, [goOn(facts, last, cause, reason)]);
  }

  const last = runs.at(-1);
  if (facts.record.revertOf !== null && last === undefined) return takeBack(facts, facts.record.revertOf);
  if (last === undefined) {
    const reason = `${facts.record.claimedBy.name} put ${facts.record.key} in ${facts.project.states.todo}.`;
    return waiting('implement', 'No agent has started yet.', [
      dispatch(facts, 'dev', { kind: 'implement' }, null, reason),
    ]);
  }
  if (last.state === 'succeeded') return answerRemarks(facts, last) ?? PASSED;
  return again(facts, last, runs);
}

/**
 * The newest work was pushed, or may have been, and our row does not say so yet. Whatever is handed in next is pushed from
 * where the row says the branch is, so stage open sees this one through first.
 */
function pushIsOpen(facts: IssueCase): boolean {
  const { effects, record } = facts;
  const work = latestWork(facts);
  if (work === null || work.head === record.head) return false;
  const push = standing(facts, effectKey.push(facts, work.head));
  if (push.kind === 'done') return record.updatedAt < (effects.get(push.key)?.confirmedAt ?? 0);
  return push.kind === 'waiting' || (push.kind === 'due' && effects.has(push.key));
}

/** What people say about the pull request goes to the session that wrote it, all of it at once. */
function answerRemarks(facts: IssueCase, last: Run): Here | null {
  const { remarks } = facts;
  if (remarks.length === 0) return null;
  const dev = workRuns(facts).findLast((run) => run.role === 'dev');
  const names = [...new Set(remarks.map((remark) => remark.by))].join(' and ');
  const reason = `${names} said something about pull request #${facts.record.pullRequest}.`;
  const cause: Cause = { kind: 'remarks', remarks };
  return waiting('implement', reason, [
    dispatch(facts, 'dev', cause, (dev ?? (last.role === 'dev' ? last : null))?.sessionId ?? null, reason),
  ]);
}

/** Plain code writes the commit; from then on it goes the way of any other work. */
function takeBack(facts: IssueCase, { mergeCommit, pullRequest, title, check, sha }: RevertOf): Here {
  const { record, baseView } = facts;
  if (baseView === null) return waiting('implement', `${record.baseBranch} has not been read yet.`);
  const reason = `${check} is red on ${record.baseBranch} since ${short(sha)}.`;
  const summary = `This takes back ${mergeCommit} (#${pullRequest}). ${reason}`;
  return waiting('implement', `${reason} Pull request #${pullRequest} is taken back.`, [
    {
      kind: 'revert',
      issueId: record.issueId,
      issueKey: record.key,
      repository: record.repository,
      attempt: record.attempt,
      mergeCommit,
      onto: baseView.tip,
      title: `Revert "${title}"`,
      summary,
      reason,
    },
  ]);
}

/** A run that did not succeed is followed by another in the same session, unless a person has to speak first or the cap is reached. */
export function again(facts: IssueCase, last: Run, runs: readonly Run[]): Here {
  const ended = last.endReason ?? last.state;
  if (last.state === 'awaiting-human' && (last.endedAt ?? 0) >= facts.record.resumedAt) {
    return parked(facts, last.role, `${ended} Comment /resume to go on, or /answer with what the agent should know.`);
  }
  if (last.state === 'postponed') return laterAgain(facts, last, runs, ended);
  const rounds = crashRounds(facts, runs);
  if (rounds >= facts.settings.limits.crashRoundsMax) {
    return parked(
      facts,
      last.role,
      `${last.role} ended badly ${rounds} times, last: ${ended} Comment /retry to allow new rounds.`,
    );
  }
  const reason = `${last.role} ended as ${last.state}: ${ended}`;
  return {
    kind: 'here',
    verdict: wait(last.role, reason),
    actions: [goOn(facts, last, { kind: 'crashed', runId: last.id }, reason)],
  };
}

/** The same role in the same session. What plain code could not take back by itself, a dev does. */
function goOn(facts: IssueCase, last: Run | undefined, cause: Cause, reason: string): Dispatch {
  return last === undefined || last.role === 'orchestrator'
    ? dispatch(facts, 'dev', cause, null, reason)
    : dispatch(facts, last.role, cause, last.sessionId, reason);
}

/** The models were away, which is no round of the agent's: the same session goes on when they may be back. */
function laterAgain(facts: IssueCase, last: Run, runs: readonly Run[], ended: string): Here {
  const at = nextTry(runs, facts.record.resumedAt);
  if (at === null) return parked(facts, last.role, `${ended} Comment /resume to try again.`);
  if (at > facts.now) return waiting(last.role, `${ended} Tried again at ${new Date(at).toISOString()}.`);
  return waiting(last.role, ended, [
    dispatch(facts, last.role, { kind: 'crashed', runId: last.id }, last.sessionId, ended),
  ]);
}

/**
 * Sends the issue back to an author. The same cause never starts a second run, so one that changed nothing would be sent
 * for ever and never go: a person has to say something first, and then the same session goes on.
 */
export function sendBack(facts: IssueCase, name: string, verdict: Verdict, role: Role, cause: Cause): Here {
  const runs = workRuns(facts);
  const last = runs.findLast((run) => run.role === role);
  if (last === undefined || !runs.some((run) => causeKey(run.cause) === causeKey(cause))) {
    return { kind: 'here', verdict, actions: [dispatch(facts, role, cause, last?.sessionId ?? null, verdict.reason)] };
  }
  if (last.createdAt < facts.record.resumedAt) {
    const again: Cause = { kind: 'crashed', runId: last.id };
    return { kind: 'here', verdict, actions: [dispatch(facts, role, again, last.sessionId, verdict.reason)] };
  }
  return parked(
    facts,
    name,
    `${verdict.reason} ${last.role} was sent to mend that and changed nothing. Comment /answer with what it should do, or /resume to let it try again.`,
  );
}

function causeText(run: Run): string {
  switch (run.cause.kind) {
    case 'implement':
      return 'writing the change';
    case 'findings':
      return "answering the reviewer's findings";
    case 'checks-failed':
      return `mending ${run.cause.checks.join(', ')}`;
    case 'conflict':
      return 'resolving a conflict with the base';
    case 'answer':
      return `going on with what ${run.cause.by} said`;
    case 'remarks':
      return 'answering what people said';
    case 'revert':
      return 'taking back what broke the base branch';
    case 'crashed':
      return 'trying again';
    case 'review':
    case 'audit':
      return causeKey(run.cause);
  }
}
