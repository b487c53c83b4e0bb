/** Stage open: the work stands on a branch and in a pull request that is ours. Left when its live head is the head we pushed. */
import type { Action } from '../../domain/action.ts';
import { short } from '../checks.ts';
import { caseSubject, dispatch, effectKey, type IssueCase, latestWork, standing, updateRecord } from '../issue-case.ts';
import { replies } from '../replies.ts';
import { startedState } from '../started-state.ts';
import { pullRequestMarker, pullRequestText } from '../words.ts';
import { parked, pursue, type Step, waiting } from './step.ts';
import { isOldPicture, isOurUpdate, leftToThem } from './taken-over.ts';

export function open(facts: IssueCase): Step {
  return pushed(facts) ?? opened(facts) ?? ownHead(facts) ?? linked(facts);
}

/** Null once the newest work is on the branch. */
function pushed(facts: IssueCase): Step | null {
  const work = latestWork(facts);
  if (work === null) return waiting('open', 'No work has been handed in.');
  // An answer to people that changed nothing hands in the head that stands on the branch already.
  if (work.head === facts.record.head) return null;
  const push = standing(facts, effectKey.push(facts, work.head));
  if (push.kind !== 'done') {
    // The branch's own lease would now hold, because a person told us to go on from what is there: the work has to take it in first.
    if (work.run.createdAt < facts.record.resumedAt && headIsAdopted(facts)) {
      const reason = `${short(work.head)} was written before ${short(facts.record.head ?? '')} came to ${facts.record.branch}, and must take it in.`;
      const cause = { kind: 'crashed', runId: work.run.id } as const;
      return waiting('open', reason, [dispatch(facts, work.run.role, cause, work.run.sessionId, reason)]);
    }
    return pursue(facts, 'open', push, `Pushing ${short(work.head)} to ${facts.record.branch}`, (key) => ({
      kind: 'push-branch',
      key,
      issueId: facts.record.issueId,
      repository: facts.record.repository,
      branch: facts.record.branch,
      head: work.head,
      expected: facts.record.head,
      subject: caseSubject(facts),
      reason: `${work.run.role} handed in ${short(work.head)}.`,
    }));
  }
  // Killed between the push and its row. GitHub may still show the old head, and judging that one again would be wrong.
  const confirmedAt = facts.effects.get(push.key)?.confirmedAt ?? 0;
  if (facts.record.head === null || (facts.record.head !== work.head && facts.record.updatedAt < confirmedAt)) {
    const reason = `${short(work.head)} is on ${facts.record.branch}.`;
    return waiting('open', reason, [updateRecord(facts, { head: work.head }, reason)]);
  }
  return null;
}

/** What is not shown this long after its row was last written is not there any more. */
const SHOWS_WITHIN_MS = 15 * 60_000;

/** Null once a pull request of ours is visible. */
function opened(facts: IssueCase): Step | null {
  const { record } = facts;
  const opening = standing(facts, effectKey.open(facts));
  if (opening.kind !== 'done') {
    const work = latestWork(facts);
    const text = pullRequestText(record, work?.title ?? record.ticket.title, work?.summary ?? '');
    return pursue(facts, 'open', opening, `Opening a pull request from ${record.branch}`, (key) => ({
      kind: 'open-pull-request',
      key,
      issueId: record.issueId,
      repository: record.repository,
      branch: record.branch,
      baseBranch: record.baseBranch,
      title: text.title,
      body: text.body,
      draft: facts.project.draft,
      marker: pullRequestMarker(record),
      subject: caseSubject(facts),
      reason: `${record.branch} is pushed.`,
    }));
  }
  if (record.pullRequest === null) {
    const number = Number(opening.outsideId);
    const reason = `Pull request #${number} is open.`;
    return waiting('open', reason, [updateRecord(facts, { pullRequest: number }, reason)]);
  }
  if (facts.pullRequest === null) {
    if (facts.now - record.updatedAt < SHOWS_WITHIN_MS)
      return waiting('open', `GitHub does not show pull request #${record.pullRequest} yet.`);
    return parked(
      facts,
      'open',
      `GitHub no longer finds pull request #${record.pullRequest}, as after a repository was made anew. Move ${record.key} away and back to ${facts.project.states.todo} to start over.`,
    );
  }
  return null;
}

/** Null once the live head is the one we pushed, or our own update of it. */
function ownHead(facts: IssueCase): Step | null {
  const { record, pullRequest } = facts;
  if (pullRequest === null || record.head === null)
    return waiting('open', 'Waiting for GitHub to show the pull request.');
  if (pullRequest.head === record.head) return null;
  const live = pullRequest.head;

  if (standing(facts, effectKey.push(facts, live)).kind === 'done' && latestWork(facts)?.head === live) {
    return waiting('open', `${short(live)} is ours.`, [
      updateRecord(facts, { head: live }, `We pushed ${short(live)}.`),
    ]);
  }
  if (isOurUpdate(facts, record.head, live)) {
    const reason = `${short(live)} is ${short(record.head)} brought up to date with ${record.baseBranch}, as we asked.`;
    return waiting('open', reason, [updateRecord(facts, { head: live }, reason)]);
  }
  if (isOldPicture(facts, record.head, live))
    return waiting('open', `GitHub still shows ${short(live)}; we just pushed ${short(record.head)}.`);
  if (!facts.repository.parents.has(live)) return waiting('open', `${short(live)} has not been fetched yet.`);
  return leftToThem(facts, live);
}

/** Not of our pushing: a person's commit, or an update by the forge, that /resume made ours while the work was under way. */
function headIsAdopted(facts: IssueCase): boolean {
  const { head } = facts.record;
  return head !== null && standing(facts, effectKey.push(facts, head)).kind !== 'done';
}

/** By-work: the link on the issue and the state for reviews. The review does not wait for them. */
function linked(facts: IssueCase): Step {
  const actions = [linkAction(facts), reviewStateAction(facts)].filter((action) => action !== null);
  return { kind: 'passed', actions: [...actions, ...replies(facts)] };
}

export function linkAction(facts: IssueCase): Action | null {
  const { pullRequest, record } = facts;
  const link = standing(facts, effectKey.link(facts));
  if (pullRequest === null || link.kind !== 'due') return null;
  return {
    kind: 'link-pull-request',
    key: link.key,
    issueId: record.issueId,
    url: pullRequest.url,
    title: `${record.repository}#${pullRequest.number}`,
    subtitle: pullRequest.title,
    subject: caseSubject(facts),
    reason: `Pull request #${pullRequest.number} is open.`,
  };
}

function reviewStateAction(facts: IssueCase): Action | null {
  const { pullRequest, project, record, issue } = facts;
  const review =
    project.states.review === null ? undefined : facts.states.find((state) => state.name === project.states.review);
  const move = standing(facts, effectKey.review(facts));
  if (pullRequest === null || review === undefined || move.kind !== 'due') return null;
  // A state of type started that a person chose is theirs; only the one we put it in is moved on.
  if (issue.state.id !== startedState(facts)?.id || issue.state.id === review.id) return null;
  return {
    kind: 'move-issue',
    key: move.key,
    issueId: record.issueId,
    issueKey: record.key,
    toStateId: review.id,
    toStateName: review.name,
    fromStateId: issue.state.id,
    fromTypes: ['started'],
    subject: caseSubject(facts),
    reason: `Pull request #${pullRequest.number} is open.`,
  };
}
