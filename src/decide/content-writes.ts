/**
 * How often the bot may put words before people on GitHub for one attempt at an issue, or for one pull request of somebody
 * else's: each may send out e-mails. An attempt is begun by a person who moves the issue, or takes back what broke the base.
 */
import type { OutsideAction } from '../domain/action.ts';
import type { Effect, EffectKind } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import { parseSubject } from '../domain/run.ts';
import { effectsOf } from './effects-of.ts';

const CONTENT_WRITES_MAX = 8;
/** Answers to remarks stop here, so that reviews still have a place. */
const REPLIES_UP_TO = 6;

/** Pull requests, reviews and answers. Commit statuses, labels and the one comment on Linear are not among them. */
const CONTENT_KINDS: ReadonlySet<EffectKind> = new Set<EffectKind>([
  'open-pull-request',
  'open-batch',
  'post-review',
  'reply',
]);

export function isContentKind(kind: EffectKind): boolean {
  return CONTENT_KINDS.has(kind);
}

/** It stands on GitHub, or may: one that was tried and has no answer counts. */
function isContentWrite({ kind, confirmedAt, refused }: Effect): boolean {
  return isContentKind(kind) && (confirmedAt !== null || !refused);
}

/** When words were put before people: caps on that outlive a restart. */
export function contentTimes(effects: ReadonlyMap<string, Effect>): readonly EpochMs[] {
  return [...effects.values()].filter(isContentWrite).map((one) => one.confirmedAt ?? one.intendedAt);
}

/** Null when this write may be made; otherwise why not, for a person. */
export function tooManyWords(
  action: Pick<OutsideAction, 'kind' | 'key' | 'subject'>,
  effects: ReadonlyMap<string, Effect>,
): string | null {
  // An attempt's pull request is the first thing it writes, and it has no second one.
  if (!isContentKind(action.kind) || action.kind === 'open-pull-request' || action.kind === 'open-batch') return null;
  const made = madeFor(action.subject, effects, action.key);
  const max = action.kind === 'reply' ? REPLIES_UP_TO : CONTENT_WRITES_MAX;
  if (made < max) return null;
  const more =
    parseSubject(action.subject)?.kind === 'issue'
      ? '. Moving the issue to where work starts begins an attempt with as many of its own'
      : '';
  return `${made} pull requests, reviews and answers were written for it on GitHub, and ${CONTENT_WRITES_MAX} are fair (${REPLIES_UP_TO} before answers stop)${more}`;
}

/** How many more answers may be written in this attempt. */
export function roomForAnswers(subject: string, effects: ReadonlyMap<string, Effect>): number {
  return REPLIES_UP_TO - madeFor(subject, effects, null);
}

/** What was intended before the newest pull request belongs to earlier attempts. One asked for anew (`~`) is no newer. */
function madeFor(subject: string, effects: ReadonlyMap<string, Effect>, but: string | null): number {
  const own = [...effectsOf(effects, subject).values()];
  const opened = own.filter(({ kind, key }) => kind === 'open-pull-request' && !key.includes('~'));
  const since = Math.max(0, ...opened.map((one) => one.intendedAt));
  return own.filter((one) => one.intendedAt >= since && one.key !== but && isContentWrite(one)).length;
}
