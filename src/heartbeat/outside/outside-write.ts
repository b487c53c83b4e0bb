/**
 * The one way an outside write happens: intent recorded, looked for outside when an earlier try may have landed,
 * performed, result recorded. One small file per kind beside this one says how to look and how to perform.
 */
import { isContentKind, tooManyWords } from '../../decide/content-writes.ts';
import { retryDelayMs } from '../../decide/retry.ts';
import type { OutsideAction } from '../../domain/action.ts';
import type { Effect } from '../../domain/effect.ts';
import type { EpochMs } from '../../domain/issue.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import { parseSubject } from '../../domain/run.ts';
import type { EffectFailure, Journal } from '../journal.ts';
import type { Clock, Forge, Mirror, Tracker } from '../ports.ts';

export interface Hands {
  readonly clock: Clock;
  readonly tracker: Tracker;
  readonly forge: Forge;
  readonly mirror: Mirror;
  readonly journal: Journal;
}

/** How one kind of write is done. Both return what the outside calls the result. */
export interface OutsideWrite<A extends OutsideAction> {
  /** Is it there already? Asked when an earlier try may have landed. Null: no. */
  look(action: A, hands: Hands): Promise<string | null>;
  /** Writes. `again` says that an earlier try exists. */
  perform(action: A, hands: Hands, again: boolean): Promise<string>;
  /** Reads the facts that matter once more when its turn at the forge has come; what it throws keeps the write from leaving. */
  recheck?(action: A, hands: Hands): Promise<void>;
  /** People do the same by hand: what is found is ours only where an attempt of ours was not heard of. */
  readonly othersDoToo?: boolean;
  /** The service takes it twice: it knows neither a key of ours nor what it has already. */
  readonly takenTwice?: boolean;
}

export type WriteOutcome = 'done' | 'already' | 'failed';

/** GitHub ends what takes it more than ten seconds; and as long as we wait for an answer ourselves, if nobody set another time. */
const ON_ITS_WAY_MS_MAX = 15_000;

/** A call that keeps being refused is given this many tries when the refusal may pass by itself. */
const REFUSED_TRIES_MAX = 3;
/** Half an hour of them: a token that may not do this is for a person to mend, and one that ran out is seen by every look. */
const DENIED_TRIES_MAX = 12;

export async function writeOutside<A extends OutsideAction>(
  action: A,
  how: OutsideWrite<A>,
  hands: Hands,
): Promise<WriteOutcome> {
  const { journal } = hands;
  const { effect, before, unheardSince } = await journal.intend({
    key: action.key,
    kind: action.kind,
    subject: action.subject,
    detail: action,
  });
  if (effect.confirmedAt !== null) return 'already';
  let askedAt: EpochMs | null = null;
  try {
    // A key that a person's "go on" renewed (see decide/effects.ts) stands for a write that was tried under the old one.
    const again = before || action.key.includes('~');
    const mayBeOurs = how.othersDoToo !== true || unheardSince !== null;
    const found = again && mayBeOurs ? await how.look(action, hands) : null;
    if (found === null) {
      await fewEnough(action, journal);
      if (again) await requireWanted(action, journal);
      if (unheardSince !== null && how.takenTwice === true) requireArrived(action.key, unheardSince, hands.clock.now());
    }
    if (found === null) askedAt = hands.clock.now();
    // It may wait behind other writes: what people said meanwhile counts, and it is on its way from then on only.
    const leaving = async (): Promise<void> => {
      askedAt = null;
      await requireWanted(action, journal);
      await how.recheck?.(action, hands);
      askedAt = hands.clock.now();
      if (how.takenTwice === true) await journal.asked(action.key);
    };
    const asking = { ...hands, forge: hands.forge.guarded(leaving) };
    const outsideId = found ?? (await how.perform(action, asking, again));
    await journal.confirm(action.key, outsideId);
    await journal.event({
      kind: action.kind,
      subject: action.subject,
      text: action.reason,
      data: { key: action.key, outsideId, found: found !== null },
    });
    return 'done';
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const outcome = afterFailure(action, effect, error, hands.clock.now());
    await journal.failEffect(action.key, error.message, {
      ...outcome,
      unheardSince: unanswered(error, askedAt, unheardSince),
    });
    await journal.event({
      kind: `${action.kind}-failed`,
      subject: action.subject,
      text: error.message,
      data: { key: action.key, ...outcome },
    });
    return 'failed';
  }
}

/**
 * A process that dies, or a connection that breaks, takes no request back that was sent: it may arrive after we looked for
 * what it does.
 */
function requireArrived(key: string, askedAt: EpochMs, now: EpochMs): void {
  const left = askedAt + ON_ITS_WAY_MS_MAX - now;
  if (left > 0)
    throw new OutsideError(
      'unreachable',
      key,
      'it was asked for a moment ago, nothing was heard of it, and it may still arrive',
      {
        retryAfterMs: left,
      },
    );
}

/** Since when something may be on its way that no answer spoke of. An answer speaks of all that was sent before it. */
function unanswered(error: OutsideError, askedAt: EpochMs | null, before: EpochMs | null): EpochMs | null {
  if (askedAt === null) return before;
  return error.kind === 'unreachable' ? askedAt : null;
}

/** A stop that came after decide looked wins over everything but what carries it out and the one comment that says so. */
export async function stillWanted(action: OutsideAction, journal: Journal): Promise<boolean> {
  if (action.kind === 'progress-comment' || action.kind === 'dequeue') return true;
  const subject = parseSubject(action.subject);
  if (subject?.kind !== 'issue') return true;
  const record = await journal.record(subject.issueId);
  // What has no part in moving the issue on is also done for one that is parked or done, such as running a red check again.
  return record !== null && ('issueId' in action ? record.phase === 'active' : record.phase !== 'cancelled');
}

/** Asked again by whoever had to read something first, for services may be slow and people are not. */
export async function requireWanted(action: OutsideAction, journal: Journal): Promise<void> {
  if (!(await stillWanted(action, journal)))
    throw new OutsideError('conflict', `${action.kind} for ${action.subject}`, 'work on it was stopped');
}

/** Refused for good: people are told what was left out, and no retry writes it after all. */
async function fewEnough(action: OutsideAction, journal: Journal): Promise<void> {
  if (!isContentKind(action.kind)) return;
  const tooMany = tooManyWords(action, await journal.effectsOf(action.subject));
  if (tooMany !== null) throw new OutsideError('refused', `${action.kind} for ${action.subject}`, tooMany);
}

function afterFailure(
  action: OutsideAction,
  effect: Effect,
  error: OutsideError,
  now: number,
): Omit<EffectFailure, 'unheardSince'> {
  const saidNo = error.kind !== 'unreachable' && error.kind !== 'limited';
  const later = { retryAt: now + retryDelayMs(effect.attempts, error.retryAfterMs), refused: false, saidNo };
  const never = { retryAt: null, refused: true, saidNo };
  const refusals = effect.refusals + 1;
  // Whatever GitHub has against it: what is stopped and waits in its queue would land by itself.
  if (action.kind === 'dequeue' && error.kind !== 'missing') return later;
  switch (error.kind) {
    case 'unreachable':
    case 'limited':
      return later;
    case 'unauthorised':
      // The comment is the last word on an issue: that it is not there is told by itself, and it is tried on.
      return refusals >= DENIED_TRIES_MAX && action.kind !== 'progress-comment' ? never : later;
    case 'conflict':
      // A moved head or base: the next look decides anew. A branch that is not where we left it is a person's.
      return action.kind === 'push-branch' || refusals >= REFUSED_TRIES_MAX ? never : later;
    case 'refused':
      // GitHub also answers so while it is still working out a merge.
      return action.kind === 'merge' && refusals < REFUSED_TRIES_MAX ? later : never;
    case 'missing':
    case 'invalid':
      return never;
  }
}
