/** Carries one action out on the outside of the stories, by the same rules as the bot's own hands, and keeps watch. */
import { moveOf } from '../../src/decide/eligible.ts';
import type { Action, OutsideAction, RecordChange } from '../../src/domain/action.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import { causeKey, isLive, type Run, subjectKey } from '../../src/domain/run.ts';
import { ADA, ROBOT, STATES } from './make.ts';
import type { Outside } from './outside.ts';

const RETRY_MS = 2_000;
const TRIES_MAX = 3;

export function applyAction(action: Action, outside: Outside): void {
  switch (action.kind) {
    case 'claim': {
      const issue = outside.issues.get(action.record.issueId);
      if (issue === undefined || moveOf(issue) !== action.record.claimedMove) return;
      const { title, description, url } = issue;
      const generation = (action.previousGeneration ?? 0) + 1;
      const ticket = { title, description, url, comments: [] };
      const record: IssueRecord = { ...action.record, ticket, generation, updatedAt: outside.now };
      outside.records = [...outside.records.filter((one) => one.issueId !== record.issueId), record];
      return;
    }
    case 'update-record':
      updateRecord(outside, action.issueId, action.generation, action.change);
      return;
    case 'record-verdict': {
      const result = outside.runs.find((run) => run.id === action.runId)?.result;
      if (result?.kind !== 'review') throw new Error('a verdict without a review');
      const { decision, head, base, digest } = result;
      const { runId, repository, number } = action;
      const verdict = {
        id: `verdict-${runId}`,
        runId,
        repository,
        number,
        decision,
        head,
        base,
        digest,
        at: outside.now,
        reboundFrom: null,
      };
      if (!outside.verdicts.some((one) => one.id === verdict.id)) outside.verdicts = [...outside.verdicts, verdict];
      return;
    }
    case 'settle-command':
      outside.commands = outside.commands.filter((command) => command.commentId !== action.commentId);
      outside.settled.set(action.commentId, action.outcome);
      return;
    case 'rebind-verdict': {
      const { verdictId, head, base } = action;
      const verdict = outside.verdicts.find((one) => one.id === verdictId);
      const id = `${verdictId}>${head}`;
      if (verdict === undefined || outside.verdicts.some((one) => one.id === id)) return;
      const rebound = { ...verdict, id, head, base, at: outside.now, reboundFrom: verdictId };
      outside.verdicts = [...outside.verdicts, rebound];
      return;
    }
    case 'freeze':
      outside.frozen.set(action.repository, action.freeze);
      return;
    case 'thaw':
      outside.frozen.delete(action.repository);
      return;
    case 'revert':
      throw new Error('nothing turns red in this world');
    case 'dispatch': {
      const { subject, issueKey, repository, role, cause, attempt } = action;
      const twin = outside.runs.some(
        (run) =>
          run.attempt === attempt &&
          subjectKey(run.subject) === subjectKey(subject) &&
          causeKey(run.cause) === causeKey(cause),
      );
      // The rows take each cause once; a decision that relies on a second run of it would wait for ever.
      if (twin) outside.violations.push(`dispatched ${causeKey(cause)} twice`);
      if (twin) return;
      const id = `run-${outside.next()}`;
      const run: Run = {
        id,
        subject,
        issueKey,
        repository,
        role,
        cause,
        attempt,
        sessionId: action.sessionId ?? `session-${id}`,
        state: 'running',
        endReason: null,
        result: null,
        model: null,
        createdAt: outside.now,
        endedAt: null,
      };
      outside.runs = [...outside.runs, run];
      return;
    }
    case 'cancel-run':
      outside.runs = outside.runs.map((run) =>
        run.id === action.runId && isLive(run.state)
          ? { ...run, state: 'cancelled', endReason: action.reason, endedAt: outside.now }
          : run,
      );
      return;
    case 'release-workspace':
      outside.workspaces.delete(`${action.issueKey}-${action.attempt}`);
      return;
    case 'verify-merge': {
      const commit = outside.commits.get(action.mergeCommit);
      const right = commit?.parents[0] === action.base && commit.parents[1] === action.head;
      if (action.record === null) throw new Error('nobody asks for a merge of his own in this world');
      const { issueId, generation } = action.record;
      if (right) updateRecord(outside, issueId, generation, { mergeVerified: true });
      else {
        const reason = 'What landed is not what was tested.';
        outside.frozen.set(action.repository, { reason, cause: 'bad-merge', branch: action.baseBranch, sha: null });
        updateRecord(outside, issueId, generation, { phase: 'parked', reason: 'A bad merge.' });
      }
      return;
    }
    case 'report':
      if (outside.reported.has(action.key)) outside.violations.push(`reported ${action.key} twice`);
      outside.reported.add(action.key);
      outside.reports.push(action);
      return;
    default:
      write(action, outside);
  }
}

function updateRecord(outside: Outside, issueId: string, generation: number, change: RecordChange): void {
  outside.records = outside.records.map((record) =>
    record.issueId === issueId && record.generation === generation
      ? { ...record, ...change, generation: generation + 1, updatedAt: outside.now }
      : record,
  );
}

/** Intent, look, call, result: as the bot does it, with whatever fault the script has for this call. */
function write(action: OutsideAction, outside: Outside): void {
  const record = 'issueId' in action ? outside.records.find((one) => one.issueId === action.issueId) : undefined;
  if (action.kind !== 'progress-comment' && 'issueId' in action && record?.phase !== 'active') return;
  const before = outside.effects.get(action.key);
  if (before?.confirmedAt !== undefined && before.confirmedAt !== null) {
    outside.violations.push(`${action.key} was done already`);
    return;
  }
  const effect: Effect = {
    key: action.key,
    kind: action.kind,
    subject: action.subject,
    intendedAt: before?.intendedAt ?? outside.now,
    confirmedAt: null,
    outsideId: null,
    attempts: (before?.attempts ?? 0) + 1,
    refusals: before?.refusals ?? 0,
    retryAt: null,
    lastError: null,
    refused: false,
    unheardSince: outside.now,
  };
  const fault = outside.script.fault(action, outside);
  const failed = (lastError: string, refused: boolean, unheardSince: number | null = null): void => {
    outside.effects.set(action.key, {
      ...effect,
      lastError,
      refused,
      retryAt: refused ? null : outside.now + RETRY_MS,
      unheardSince,
    });
  };
  if (fault === 'refused') {
    failed('GitHub said no', true);
    return;
  }
  if (fault === 'unreachable') {
    failed('no answer', false, outside.now);
    return;
  }
  const found = before === undefined ? null : look(action, outside);
  const done = found === null ? perform(action, outside) : { outsideId: found };
  if ('conflict' in done) {
    failed(done.conflict, action.kind === 'push-branch' || effect.attempts >= TRIES_MAX);
    return;
  }
  if (found === null) outside.writes.push(action);
  if (fault === 'lost') {
    failed('the answer was lost', false, outside.now);
    return;
  }
  outside.effects.set(action.key, {
    ...effect,
    confirmedAt: outside.now,
    outsideId: done.outsideId,
    unheardSince: null,
  });
  if (fault !== 'killed-before-row' && record !== undefined) remember(action, done.outsideId, record, outside);
}

function remember(action: OutsideAction, outsideId: string, record: IssueRecord, outside: Outside): void {
  const change: RecordChange | null =
    action.kind === 'push-branch'
      ? { head: outsideId }
      : action.kind === 'open-pull-request'
        ? { pullRequest: Number(outsideId) }
        : action.kind === 'merge'
          ? { mergeCommit: outsideId }
          : null;
  if (change !== null) updateRecord(outside, record.issueId, record.generation, change);
}

function look(action: OutsideAction, outside: Outside): string | null {
  switch (action.kind) {
    case 'push-branch':
      return outside.branches.get(action.branch) === action.head ? action.head : null;
    case 'open-pull-request': {
      const pull = [...outside.pulls.values()].find(
        (one) => one.branch === action.branch && one.body === action.marker,
      );
      return pull === undefined ? null : String(pull.number);
    }
    case 'merge': {
      const pull = outside.pulls.get(action.number);
      return pull?.state === 'merged' && pull.head === action.head ? pull.mergeCommit : null;
    }
    case 'update-branch':
      return outside.pulls.get(action.number)?.head === action.head ? null : 'moved';
    case 'move-issue': {
      const issue = outside.issues.get(action.issueId);
      return issue?.state.id === action.toStateId ? (issue.lastMove?.historyId ?? null) : null;
    }
    default:
      return null;
  }
}

type Done = { readonly outsideId: string } | { readonly conflict: string };

function perform(action: OutsideAction, outside: Outside): Done {
  switch (action.kind) {
    case 'move-issue': {
      const issue = outside.issues.get(action.issueId);
      const state = Object.values(STATES).find((one) => one.id === action.toStateId);
      if (issue === undefined || state === undefined) return { conflict: 'it is gone' };
      if (issue.state.id !== action.fromStateId || !action.fromTypes.includes(issue.state.type))
        return { conflict: `it is in ${issue.state.name}` };
      // A personal key acts under its owner's name: only the ledger knows this move as ours.
      return { outsideId: outside.move(issue.key, state, ADA) };
    }
    case 'progress-comment':
      outside.comments.set(action.issueId, action.body);
      return { outsideId: `comment-${action.issueId}` };
    case 'push-branch':
      return push(action, outside);
    case 'open-pull-request': {
      const { branch, marker: body, title, baseBranch } = action;
      // GitHub takes one pull request from a branch and no second; ours is known by its marker.
      const ours = look(action, outside);
      if (ours !== null) return { outsideId: ours };
      return { outsideId: String(outside.addPull({ branch, body, title, baseBranch, head: outside.tip(branch) })) };
    }
    case 'update-branch': {
      const pull = outside.pulls.get(action.number);
      if (pull === undefined || pull.head !== action.head) return { outsideId: 'moved' };
      const base = outside.tip(pull.baseBranch);
      if (!outside.mergeable(pull.head, base)) return { conflict: 'it conflicts' };
      const { change, files } = outside.commits.get(pull.head) ?? { change: '', files: [] };
      outside.setBranch(pull.branch, outside.commit({ parents: [pull.head, base], by: 'forge', change, files }));
      return { outsideId: 'asked' };
    }
    case 'merge':
      return merge(action, outside);
    case 'mark-ready':
    case 'open-batch':
    case 'drop-batch':
    case 'enqueue':
    case 'dequeue':
    case 'rerun-check':
    case 'add-label':
    case 'reply':
    case 'resolve-thread':
    case 'post-review':
    case 'set-status':
    case 'link-pull-request':
      return { outsideId: `${action.kind}-${outside.next()}` };
  }
}

function push(action: Extract<OutsideAction, { kind: 'push-branch' }>, outside: Outside): Done {
  const tip = outside.branches.get(action.branch) ?? null;
  if (tip !== action.head && tip !== action.expected) return { conflict: `${action.branch} is at ${tip}` };
  if (tip !== null && !outside.contains(action.head, tip)) outside.violations.push(`pushed over ${tip}`);
  outside.setBranch(action.branch, action.head);
  return { outsideId: action.head };
}

/** What the bot's hands check right before the call, then what must be true of every merge it makes. */
function merge(action: Extract<OutsideAction, { kind: 'merge' }>, outside: Outside): Done {
  const pull = outside.pulls.get(action.number);
  const base = outside.tip(action.baseBranch);
  if (pull === undefined || pull.state !== 'open') return { conflict: 'it is not open' };
  if (pull.head !== action.head) return { conflict: 'the head moved' };
  if (base !== action.base) return { conflict: 'the base moved' };
  if (outside.frozen.size > 0) return { conflict: 'merging is frozen' };
  if (outside.ci.get(pull.head) !== 'success') return { conflict: 'a required check was started again' };
  const must = (holds: boolean, what: string): void => {
    if (!holds) outside.violations.push(`merged #${pull.number} at ${pull.head}: ${what}`);
  };
  const verdict = outside.verdicts.findLast((one) => one.number === pull.number && one.head === pull.head);
  const reviewer = outside.runs.find((run) => run.id === verdict?.runId);
  must(verdict?.decision === 'approve', 'this head was not approved');
  must(reviewer?.role === 'review', 'not by a reviewer');
  must(
    !outside.runs.some((run) => run.role !== 'review' && run.sessionId === reviewer?.sessionId),
    'the reviewer’s session wrote commits',
  );
  must(outside.contains(pull.head, base), 'the base was not tested');
  must(pull.baseBranch === action.baseBranch, 'it goes elsewhere');
  const commit = outside.land(pull.number, 'bot');
  if (outside.integration) {
    const issue = outside.issues.get(action.issueId ?? '');
    if (issue !== undefined) outside.move(issue.key, STATES.done, ROBOT);
  }
  return { outsideId: commit };
}
