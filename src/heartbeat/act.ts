/**
 * act: carries out what decide returned, in its order for each subject, different subjects side by side. Nothing here
 * chooses; what it does is re-check and perform. One bad action does not stop the rest, and one slow action nobody else.
 */
import { allowed, moveOf } from '../decide/eligible.ts';
import type { Action, Dispatch, OutsideAction, RecordChange } from '../domain/action.ts';
import type { Issue } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import { OutsideError } from '../domain/outside-error.ts';
import { subjectKey } from '../domain/run.ts';
import type { Person } from '../domain/settings.ts';
import { StaleWrite } from '../domain/stale-write.ts';
import { rebindVerdict, recordVerdict } from './keep-verdicts.ts';
import { addLabel } from './outside/add-label.ts';
import { dequeue } from './outside/dequeue.ts';
import { dropBatch } from './outside/drop-batch.ts';
import { enqueue } from './outside/enqueue.ts';
import { linkPullRequest } from './outside/link-pull-request.ts';
import { markReady } from './outside/mark-ready.ts';
import { merge } from './outside/merge.ts';
import { moveIssue } from './outside/move-issue.ts';
import { openBatch } from './outside/open-batch.ts';
import { openPullRequest } from './outside/open-pull-request.ts';
import { type Hands, stillWanted, type WriteOutcome, writeOutside } from './outside/outside-write.ts';
import { postReview } from './outside/post-review.ts';
import { progressComment } from './outside/progress-comment.ts';
import { pushBranch } from './outside/push-branch.ts';
import { reply } from './outside/reply.ts';
import { rerunCheck } from './outside/rerun-check.ts';
import { resolveThread } from './outside/resolve-thread.ts';
import { setStatus } from './outside/set-status.ts';
import { updateBranch } from './outside/update-branch.ts';
import type { Sessions, Workspaces } from './ports.ts';
import { takeBack } from './take-back.ts';
import type { Task, UnderWay } from './under-way.ts';

export interface Actor extends Hands {
  readonly sessions: Sessions;
  readonly workspaces: Workspaces;
  readonly people: () => readonly Person[];
  /** Ids of runs and sessions: a new one at each call. */
  readonly newId: () => string;
  readonly log: { warn(data: object, text: string): void };
  /** Outlives the tick: what it began and could not wait for. */
  readonly underWay: UnderWay;
}

/** True when anything changed, inside or outside: then it is worth looking again at once. */
export function act(actions: readonly Action[], actor: Actor): Promise<boolean> {
  const tasks = [...Map.groupBy(actions, subjectOf)].map(([subject, group]) =>
    // A person's stop is recorded also while a write for the issue is under way, which looks for it before it leaves.
    taskOf(group.every(isAboutRows) ? `rows of ${subject}` : subject, group, actor),
  );
  return actor.underWay.run(tasks);
}

/** Shows people where things stand. Nobody decides by it, so it needs no turn among what is done for its subject. */
export async function show(actions: readonly Action[], actor: Actor): Promise<void> {
  await actor.underWay.also(actions.map((action) => taskOf(`shown ${subjectOf(action)}`, [action], actor)));
}

function taskOf(subject: string, group: readonly Action[], actor: Actor): Task {
  return { subject, steps: group.map((action) => () => attempt(action, actor)) };
}

function isAboutRows({ kind }: Action): boolean {
  return kind === 'update-record' || kind === 'report';
}

async function attempt(action: Action, actor: Actor): Promise<boolean> {
  try {
    return await perform(action, actor);
  } catch (error) {
    // Somebody wrote the row after decide looked, or the outside did not answer: the next look decides anew.
    if (!(error instanceof StaleWrite) && !(error instanceof OutsideError)) throw error;
    actor.log.warn({ action: action.kind, error: error.message }, 'action not carried out');
    await actor.journal.event({ kind: `${action.kind}-failed`, subject: subjectOf(action), text: error.message });
    return false;
  }
}

async function perform(action: Action, actor: Actor): Promise<boolean> {
  const { journal, sessions, workspaces } = actor;
  switch (action.kind) {
    case 'move-issue':
    case 'progress-comment':
    case 'push-branch':
    case 'open-pull-request':
    case 'link-pull-request':
    case 'post-review':
    case 'set-status':
    case 'update-branch':
    case 'open-batch':
    case 'drop-batch':
    case 'merge':
    case 'enqueue':
    case 'dequeue':
    case 'rerun-check':
    case 'add-label':
    case 'mark-ready':
    case 'reply':
    case 'resolve-thread':
      return outside(action, actor);
    case 'claim':
      return claim(action, actor);
    case 'update-record':
      await journal.updateRecord(action.issueId, action.generation, action.change);
      await journal.event({ kind: 'record', subject: subjectOf(action), text: action.reason, data: action.change });
      return true;
    case 'record-verdict':
      return recordVerdict(action, actor);
    case 'settle-command':
      await journal.settleCommand(action.commentId, action.outcome);
      return true;
    case 'rebind-verdict':
      return rebindVerdict(action, actor);
    case 'freeze':
      await journal.freeze(action.repository, action.freeze);
      return true;
    case 'thaw':
      // A branch that is green undoes its own freeze: a bad merge that was found since decide looked stays frozen.
      await journal.thaw(action.repository, 'red-base');
      return true;
    case 'dispatch':
      return dispatch(action, actor);
    case 'cancel-run':
      await sessions.cancel(action.runId, action.reason);
      // A run that is queued, or whose process died, has no session to cancel: its row still has to end.
      await journal.endRun(action.runId, { state: 'cancelled', reason: action.reason, result: null, model: null });
      return true;
    case 'release-workspace':
      await workspaces.release(`${action.issueKey}-${action.attempt}`);
      return false;
    case 'revert':
      return takeBack(action, actor);
    case 'verify-merge':
      return verifyMerge(action, actor);
    case 'report':
      if (action.event === 'trouble') actor.log.warn({ report: action.key }, action.text);
      return journal.enqueueReport({
        key: action.key,
        event: action.event,
        text: action.text,
        data: { subject: action.subject },
      });
  }
}

async function outside(action: OutsideAction, actor: Actor): Promise<boolean> {
  if (!(await stillWanted(action, actor.journal))) return false;
  const outcome = await write(action, actor);
  if (outcome !== 'failed') await remember(action, actor);
  // Nothing follows from what people are shown.
  return outcome === 'done' && action.kind !== 'progress-comment';
}

function write(action: OutsideAction, actor: Actor): Promise<WriteOutcome> {
  switch (action.kind) {
    case 'move-issue':
      return writeOutside(action, moveIssue, actor);
    case 'progress-comment':
      return writeOutside(action, progressComment, actor);
    case 'push-branch':
      return writeOutside(action, pushBranch, actor);
    case 'open-pull-request':
      return writeOutside(action, openPullRequest, actor);
    case 'link-pull-request':
      return writeOutside(action, linkPullRequest, actor);
    case 'post-review':
      return writeOutside(action, postReview, actor);
    case 'set-status':
      return writeOutside(action, setStatus, actor);
    case 'update-branch':
      return writeOutside(action, updateBranch, actor);
    case 'open-batch':
      return writeOutside(action, openBatch, actor);
    case 'drop-batch':
      return writeOutside(action, dropBatch, actor);
    case 'merge':
      return writeOutside(action, merge, actor);
    case 'enqueue':
      return writeOutside(action, enqueue, actor);
    case 'dequeue':
      return writeOutside(action, dequeue, actor);
    case 'rerun-check':
      return writeOutside(action, rerunCheck, actor);
    case 'add-label':
      return writeOutside(action, addLabel, actor);
    case 'mark-ready':
      return writeOutside(action, markReady, actor);
    case 'reply':
      return writeOutside(action, reply, actor);
    case 'resolve-thread':
      return writeOutside(action, resolveThread, actor);
  }
}

/** What a confirmed write means for the issue's row. After a crash in between, decide finds the same in the ledger. */
async function remember(action: OutsideAction, { journal }: Actor): Promise<void> {
  if (action.kind !== 'push-branch' && action.kind !== 'open-pull-request' && action.kind !== 'merge') return;
  if (action.issueId === null) return;
  const [effect, record] = await Promise.all([journal.effect(action.key), journal.record(action.issueId)]);
  if (effect?.outsideId === null || effect?.outsideId === undefined || record === null) return;
  const change = changeOf(action, effect.outsideId);
  await journal.updateRecord(record.issueId, record.generation, change);
}

function changeOf(
  action: Extract<OutsideAction, { kind: 'push-branch' | 'open-pull-request' | 'merge' }>,
  outsideId: string,
): RecordChange {
  switch (action.kind) {
    case 'push-branch':
      return { head: outsideId };
    case 'open-pull-request':
      return { pullRequest: Number(outsideId) };
    case 'merge':
      return { mergeCommit: outsideId };
  }
}

/** The ticket is read at this very moment and kept: what is edited later by others does not reach the agent. */
async function claim(action: Extract<Action, { kind: 'claim' }>, actor: Actor): Promise<boolean> {
  const { record, previousGeneration } = action;
  const [issue, comments] = await Promise.all([
    actor.tracker.issue(record.issueId),
    actor.tracker.comments(record.issueId),
  ]);
  if (issue === null || issue.archived || moveOf(issue) !== record.claimedMove) return false;
  const people = actor.people();
  const trusted = comments.filter(
    (comment) => allowed(comment.author, people) && !comment.body.includes('<!-- heartline:'),
  );
  await actor.journal.claim(
    {
      ...record,
      ticket: ticketOf(
        issue,
        trusted.map((one) => ({ author: one.author.name, body: one.body, at: one.at })),
      ),
    },
    previousGeneration,
  );
  await actor.journal.event({
    kind: 'claim',
    subject: subjectOf(action),
    text: action.reason,
    data: { attempt: record.attempt, branch: record.branch },
  });
  return true;
}

function ticketOf(issue: Issue, comments: IssueRecord['ticket']['comments']): IssueRecord['ticket'] {
  return { title: issue.title, description: issue.description, url: issue.url, comments };
}

async function dispatch(action: Dispatch, { journal, sessions, clock, newId }: Actor): Promise<boolean> {
  const { subject, issueKey, repository, role, cause, attempt } = action;
  const run = await journal.createRun({
    id: newId(),
    subject,
    issueKey,
    repository,
    role,
    cause,
    attempt,
    sessionId: action.sessionId ?? newId(),
    createdAt: clock.now(),
  });
  if (run === null) return false;
  await journal.event({
    kind: 'dispatch',
    subject: subjectKey(subject),
    text: `${role}: ${action.reason}`,
    data: { runId: run.id },
  });
  sessions.start(run);
  return true;
}

async function verifyMerge(action: Extract<Action, { kind: 'verify-merge' }>, actor: Actor): Promise<boolean> {
  const { journal, mirror } = actor;
  const { repository, baseBranch, mergeCommit, base, head, method, record } = action;
  const difference = await mirror.verifyMerge({ repository, baseBranch, mergeCommit, base, head, method });
  if (difference === null) {
    if (record !== null) await journal.updateRecord(record.issueId, record.generation, { mergeVerified: true });
    if (action.report !== null)
      await journal.enqueueReport({ ...action.report, event: 'merged', data: { subject: action.subject } });
    return true;
  }
  const reason = `${action.name} landed on ${baseBranch} as ${mergeCommit}, but ${difference}. Look at it, then thaw with: heartline thaw ${repository}`;
  await journal.freeze(repository, { reason, cause: 'bad-merge', branch: baseBranch, sha: mergeCommit });
  await journal.enqueueReport({
    key: `frozen:${repository}:${mergeCommit}`,
    event: 'frozen',
    text: `Merging is frozen in ${repository}: ${reason}`,
    data: { mergeCommit },
  });
  if (record !== null) await journal.updateRecord(record.issueId, record.generation, { phase: 'parked', reason });
  return true;
}

function subjectOf(action: Action): string {
  switch (action.kind) {
    case 'move-issue':
    case 'progress-comment':
    case 'push-branch':
    case 'open-pull-request':
    case 'link-pull-request':
    case 'post-review':
    case 'set-status':
    case 'update-branch':
    case 'open-batch':
    case 'drop-batch':
    case 'merge':
    case 'enqueue':
    case 'dequeue':
    case 'rerun-check':
    case 'add-label':
    case 'mark-ready':
    case 'reply':
    case 'resolve-thread':
    case 'verify-merge':
      return action.subject;
    case 'claim':
      return subjectKey({ kind: 'issue', issueId: action.record.issueId });
    case 'update-record':
    case 'revert':
      return subjectKey({ kind: 'issue', issueId: action.issueId });
    case 'dispatch':
      return subjectKey(action.subject);
    case 'report':
      return action.subject ?? 'reports';
    case 'record-verdict':
    case 'cancel-run':
      return `run:${action.runId}`;
    case 'settle-command':
      return `command:${action.commentId}`;
    case 'rebind-verdict':
      return `verdict:${action.verdictId}`;
    case 'freeze':
    case 'thaw':
      return `repository:${action.repository}`;
    case 'release-workspace':
      return `workspace:${action.issueKey}`;
  }
}
