/** Duty report: what people should hear about the issues we carry, and the one comment each of them gets. */
import type { Effect, EffectKind } from '../../domain/effect.ts';
import type { EpochMs } from '../../domain/issue.ts';
import type { IssueRecord } from '../../domain/issue-record.ts';
import { subjectKey } from '../../domain/run.ts';
import { wait } from '../../domain/verdict.ts';
import { effectsOf } from '../effects-of.ts';
import { LAST_WORD_MS } from '../last-word.ts';
import { limitReports } from '../limit-words.ts';
import { mayEdit } from '../progress-pace.ts';
import { unposted } from '../replies.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';
import { unreadReports } from '../unread.ts';
import { progressOf, progressText } from '../words.ts';

/** A last word that did not get through for this long is told in the reports; it is tried on all the same. */
const UNSAID_MS = 3_600_000;

export function reportToPeople(sight: Sight, turn: Turn): void {
  turn.add(limitReports(sight.snapshot.pressure));
  turn.add(unreadReports(sight.snapshot));
  for (const record of sight.snapshot.records) {
    const { issueId, generation, key, reason } = record;
    if (record.phase === 'parked')
      turn.say(`parked:${issueId}:${generation}`, 'parked', `${key} is parked: ${reason ?? ''}`, issueId);
    // That what landed before the stop was verified by now is no news.
    const verified = record.mergeVerified && record.revertOf === null;
    if (record.phase === 'cancelled' && !verified)
      turn.say(`cancelled:${issueId}:${generation}`, 'cancelled', `${key} is stopped: ${reason ?? ''}`, issueId);
    if (record.phase === 'done') leftOut(sight, turn, record);
    // A finished issue's comment is written once more; long after that its runs are no longer looked at.
    const finished = record.phase === 'done' || record.phase === 'cancelled';
    if (!finished || sight.snapshot.now - record.updatedAt < LAST_WORD_MS) progress(sight, turn, record);
  }
  for (const { facts, stage, verdict } of turn.standings.values()) {
    if (stage !== 'merge' || verdict.status !== 'no') continue;
    const { issueId, key } = facts.record;
    turn.say(`waiting:${issueId}:${verdict.reason}`, 'ready', `${key} waits for you: ${verdict.reason}`, issueId);
  }
}

/** What nothing waited for and the outside would not take is told once: nobody would miss it otherwise. */
function leftOut(sight: Sight, turn: Turn, { issueId, key, attempt, claimedAt }: IssueRecord): void {
  const missing = [...effectsOf(sight.snapshot.effects, subjectKey({ kind: 'issue', issueId })).values()].find(
    ({ kind, confirmedAt, lastError, intendedAt }) =>
      LEAVES_OUT.has(kind) && confirmedAt === null && lastError !== null && intendedAt >= claimedAt,
  );
  if (missing === undefined) return;
  const text = `${key} is done, but not everything about it: ${missing.lastError}.`;
  turn.say(`left-out:${issueId}:${attempt}`, 'trouble', text, issueId);
}

const LEAVES_OUT: ReadonlySet<EffectKind> = new Set([
  'link-pull-request',
  'add-label',
  'rerun-check',
  'reply',
  'resolve-thread',
]);

function progress(sight: Sight, turn: Turn, record: IssueRecord): void {
  // What this turn changes is told by the next, when it is so: every edit of the comment counts.
  if (turn.touched.has(record.issueId)) return;
  const facts = sight.caseOf(record);
  if ('unknown' in facts) return;
  const standing = turn.standings.get(record.issueId);
  const now = progressOf(
    facts,
    standing?.verdict ?? wait('record', record.reason ?? ''),
    standing?.stage ?? 'implement',
    unposted(facts),
  );
  const subject = subjectKey({ kind: 'issue', issueId: record.issueId });
  const { pressure, now: at } = sight.snapshot;
  const edits = [...facts.effects.values()].filter((one) => one.kind === 'progress-comment');
  // Numbered, because what was said before may have to be said again; and what it says already is not said once more.
  const newest = edits.at(-1);
  const says = newest?.key.replace(/^progress:[^:]*:[^:]*:/, '') === now.shown;
  // A person's "go on" is a reason to try what was refused, and none to say the same words twice.
  const again = newest?.refused === true && newest.intendedAt < record.resumedAt;
  const key =
    says && !again && newest !== undefined ? newest.key : `progress:${record.issueId}:${edits.length}:${now.shown}`;
  const effect = facts.effects.get(key);
  if (effect !== undefined && isUnsaid(effect, sight.snapshot.now) && record.phase !== 'active') {
    const { issueId, generation } = record;
    const text = `${record.key}: its comment on Linear could not be brought up to date. ${effect.lastError}. It should say: ${now.headline}`;
    turn.say(`unsaid:${issueId}:${generation}`, 'trouble', text, issueId);
  }
  const settled = effect !== undefined && (effect.confirmedAt !== null || effect.refused);
  if (settled || (effect?.retryAt ?? 0) > sight.snapshot.now) return;
  const lastWord = record.phase !== 'active' || (standing?.stage === 'merge' && standing.verdict.status === 'no');
  if (!mayEdit({ level: pressure.linear.level, now: at, lastWord, edits })) return;
  turn.actions.push({
    kind: 'progress-comment',
    key,
    issueId: record.issueId,
    body: progressText(facts, now),
    subject,
    reason: now.headline,
  });
}

function isUnsaid({ confirmedAt, refused, lastError, intendedAt }: Effect, now: EpochMs): boolean {
  return confirmedAt === null && lastError !== null && (refused || now - intendedAt >= UNSAID_MS);
}
