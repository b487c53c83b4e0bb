/** Carries out what people said in comments. A command is settled only when its effect is in our rows, so none is lost to a crash. */
import type { Action, RecordChange } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import { causeKey, isLive, type Run } from '../domain/run.ts';
import { short } from './checks.ts';

export interface SteerFacts {
  readonly now: number;
  readonly command: Command;
  readonly record: IssueRecord;
  /** Null when there is none or GitHub could not be read. */
  readonly pullRequest: PullRequest | null;
  /** Runs of this issue, any attempt. */
  readonly runs: readonly Run[];
}

export function steer(facts: SteerFacts): readonly Action[] {
  const { command, record } = facts;
  switch (command.verb.kind) {
    case 'stop':
      return stop(facts);
    case 'resume':
      return record.phase === 'done' ? [settle(command, `${record.key} is done.`)] : goOn(facts, {}, 'resumed');
    case 'retry':
      return record.phase === 'done'
        ? [settle(command, `${record.key} is done.`)]
        : goOn(facts, { roundsFrom: facts.now }, 'allowed new rounds');
    case 'approve':
      return approve(facts, command.verb.sha);
    case 'answer':
      return answer(facts);
    case 'merge':
      return [settle(command, `${record.key} merges by itself once the gate says yes; nothing has to be said for it.`)];
    case 'remark':
      return remark(facts);
  }
}

function stop({ command, record, runs }: SteerFacts): readonly Action[] {
  const live = runs.filter((run) => isLive(run.state));
  const reason = `${command.by} said /stop. Comment /resume to go on.`;
  if (record.phase === 'done') return [settle(command, `${record.key} is done already.`)];
  // Said again, it also voids what was said between the two and is heard last.
  const isNews = record.phase !== 'cancelled' || (record.stoppedAt > 0 && command.at > record.stoppedAt);
  if (!isNews && live.length === 0) return [settle(command, 'Stopped.')];
  const stoppedAt = Math.max(record.stoppedAt, command.at);
  return [
    ...(isNews ? [change(record, { phase: 'cancelled', reason, stoppedAt }, reason)] : []),
    ...live.map((run): Action => ({ kind: 'cancel-run', runId: run.id, reason })),
  ];
}

/** Going on takes a head that a person pushed as ours: they said so. */
function goOn({ command, now, record, pullRequest }: SteerFacts, extra: RecordChange, deed: string): readonly Action[] {
  const reason = `${command.by} ${deed}.`;
  if (record.phase === 'active' && record.resumedAt >= command.at) return [settle(command, reason)];
  // Which head the person means is seen when GitHub can be read again.
  if (record.pullRequest !== null && pullRequest === null) return [];
  const head =
    pullRequest !== null && pullRequest.state === 'open' && record.head !== null ? { head: pullRequest.head } : {};
  return [change(record, { phase: 'active', reason: null, resumedAt: now, ...head, ...extra }, reason)];
}

function approve({ command, record, pullRequest }: SteerFacts, sha: string): readonly Action[] {
  if (record.pullRequest === null) return [settle(command, `${record.key} has no pull request to approve.`)];
  // GitHub could not be read just now: the permission waits for that.
  if (pullRequest === null) return [];
  if (!pullRequest.head.startsWith(sha))
    return [settle(command, `/approve ${short(sha)} does not name the head, which is ${short(pullRequest.head)}.`)];
  const reason = `${command.by} approved ${short(pullRequest.head)}.`;
  if (record.approvals.some((one) => one.sha === pullRequest.head && one.by === command.by && one.at === command.at))
    return [settle(command, reason)];
  // The permission dates from when it was given, not from when it was read: its expiry counts from there.
  const approval = { sha: pullRequest.head, by: command.by, at: command.at };
  return [change(record, { approvals: [...record.approvals, approval] }, reason)];
}

/** Stage implement dispatches the run that carries the answer; it is settled once that run exists. */
function answer({ command, now, record, runs }: SteerFacts): readonly Action[] {
  if (record.phase === 'done') return [settle(command, `${record.key} is done.`)];
  if (command.verb.kind === 'answer') {
    const cause = causeKey({ kind: 'answer', commentId: command.commentId, by: command.by, text: command.verb.text });
    if (runs.some((run) => causeKey(run.cause) === cause)) return [settle(command, 'Handed to the agent.')];
  }
  // Parked again since this answer set it going (no money, a closed pull request): it waits for /resume instead of flapping.
  if (record.phase === 'active' || record.resumedAt >= command.at) return [];
  return [change(record, { phase: 'active', reason: null, resumedAt: now }, `${command.by} answered.`)];
}

/** Talk is no order: it waits for an agent to answer it, wakes nothing, and ends with the work it is about, not with a stop. */
function remark({ command, record, runs }: SteerFacts): readonly Action[] {
  if (record.phase === 'done') return [settle(command, `No work on ${record.key}.`)];
  const told = runs.some(
    (run) => run.cause.kind === 'remarks' && run.cause.remarks.some((one) => one.id === command.commentId),
  );
  return told ? [settle(command, 'Handed to the agent.')] : [];
}

function change(record: IssueRecord, value: RecordChange, reason: string): Action {
  return { kind: 'update-record', issueId: record.issueId, generation: record.generation, change: value, reason };
}

function settle(command: Command, outcome: string): Action {
  return { kind: 'settle-command', commentId: command.commentId, outcome, reason: outcome };
}
