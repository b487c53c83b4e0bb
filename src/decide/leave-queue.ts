/**
 * What we handed to the forge's own merge queue lands by itself. It must not, once a person stopped the work or the gate says
 * no: then it is taken out again. What a person lined up by hand is left alone.
 */
import type { Action } from '../domain/action.ts';
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import { subjectKey } from '../domain/run.ts';
import { effectStanding } from './effects.ts';
import { effectKey } from './issue-case.ts';

type Effects = ReadonlyMap<string, Effect>;

export function leaveQueue(
  { effects, now }: { readonly effects: Effects; readonly now: EpochMs },
  { issueId }: IssueRecord,
  { repository, number, head, queued }: PullRequest,
  reason: string,
): readonly Action[] {
  const entry = queued === null ? null : newestEntry(effects, effectKey.enqueue(issueId, head));
  if (entry === null) return [];
  const leave = effectStanding(effects, leaveKey(issueId, head, entry), now, 0);
  if (leave.kind !== 'due') return [];
  const subject = subjectKey({ kind: 'issue', issueId });
  return [{ kind: 'dequeue', key: leave.key, repository, number, subject, reason }];
}

/** Under its key or one that renewed it. */
export function newestEntry(effects: Effects, key: string): Effect | null {
  const entries = [...effects.values()].filter((one) => one.key === key || one.key.startsWith(`${key}~`));
  return entries.reduce<Effect | null>(
    (one, other) => (one === null || other.intendedAt > one.intendedAt ? other : one),
    null,
  );
}

/** When we took this entry out ourselves; null when we did not. */
export function leftAt(effects: Effects, issueId: string, head: string, entry: Effect): EpochMs | null {
  return effects.get(leaveKey(issueId, head, entry))?.confirmedAt ?? null;
}

/** Each entry is left by itself: one that was made anew has to be left anew. */
function leaveKey(issueId: string, head: string, entry: Effect): string {
  const again = entry.key.includes('~') ? `~${entry.intendedAt}` : '';
  return `${effectKey.dequeue(issueId, head)}${again}`;
}
