/** An issue's last word on the tracker: how long it is tried, and whether it still has to get there. */
import type { Effect } from '../domain/effect.ts';
import { subjectKey } from '../domain/run.ts';
import { effectsOf } from './effects-of.ts';

/**
 * How long after its end an issue's comment is still brought up to date, should Linear have been out of reach. Two days, so that
 * a clock which is set forward by one takes no last word away.
 */
export const LAST_WORD_MS = 48 * 3_600_000;

/** The newest edit of its comment was tried, and neither arrived nor was refused. */
export function lastWordIsOpen(issueId: string, effects: ReadonlyMap<string, Effect>): boolean {
  const own = effectsOf(effects, subjectKey({ kind: 'issue', issueId }));
  const newest = [...own.values()].findLast((effect) => effect.kind === 'progress-comment');
  return newest !== undefined && newest.confirmedAt === null && !newest.refused;
}
