/** How often the bot may put words before people on GitHub for one issue or one pull request: each may send out e-mails. */
import type { OutsideAction } from '../domain/action.ts';
import type { Effect, EffectKind } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';

const CONTENT_WRITES_MAX = 8;
/** Answers to remarks stop here, so that reviews still have a place. */
const REPLIES_UP_TO = 6;

/** Pull requests, reviews and answers. Commit statuses, labels and the one comment on Linear are not among them. */
const CONTENT_KINDS: ReadonlySet<EffectKind> = new Set<EffectKind>(['open-pull-request', 'post-review', 'reply']);

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
  if (!isContentKind(action.kind)) return null;
  const made = madeFor(action.subject, effects, action.key);
  const max = action.kind === 'reply' ? REPLIES_UP_TO : CONTENT_WRITES_MAX;
  return made < max
    ? null
    : `${made} pull requests, reviews and answers were written for it on GitHub, and ${CONTENT_WRITES_MAX} are fair (${REPLIES_UP_TO} before answers stop)`;
}

/** How many more answers may be written for it. */
export function roomForAnswers(subject: string, effects: ReadonlyMap<string, Effect>): number {
  return REPLIES_UP_TO - madeFor(subject, effects, null);
}

function madeFor(subject: string, effects: ReadonlyMap<string, Effect>, but: string | null): number {
  return [...effects.values()].filter((one) => one.subject === subject && one.key !== but && isContentWrite(one))
    .length;
}
