/** Whether a demo showed what it is there to show; asked to, also whether it did so in the time the README names. */
import type { DemoDocument } from './demo.ts';

export interface Wanted {
  /** Times the bot was to be killed. */
  readonly kills: number;
  /** Its time counts too. Not by itself: on a machine that others use at the same time a duration proves nothing. */
  readonly assert?: boolean;
}

const SECONDS_MAX = 60;
/** Each life is cut short, and the next begins with a start and a look. */
const SECONDS_MAX_KILLED = 120;

export function secondsMax({ kills }: Wanted): number {
  return kills === 0 ? SECONDS_MAX : SECONDS_MAX_KILLED;
}

/** A judge that saw nothing proves nothing, so it counts as a failure too. */
export function isGood(document: Omit<DemoDocument, 'reviewed' | 'requests'>, wanted: Wanted): boolean {
  return (
    document.settled &&
    document.violations.length === 0 &&
    document.oracles.every((oracle) => oracle.observed > 0) &&
    document.issues.every((issue) => issue.outcome === issue.expected) &&
    document.kills.length === wanted.kills &&
    (wanted.assert !== true || isInTime(document, wanted))
  );
}

export function isInTime({ seconds }: Pick<DemoDocument, 'seconds'>, wanted: Wanted): boolean {
  return seconds <= secondsMax(wanted);
}
