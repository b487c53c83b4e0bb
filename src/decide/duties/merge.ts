/**
 * Duty merge: red base branches close, and of those that are ready one per base branch has its turn. Off, everything is
 * shown as it is and nothing merges.
 */
import type { Snapshot } from '../../domain/snapshot.ts';
import { wait } from '../../domain/verdict.ts';
import { viewOfRecord } from '../issue-view.ts';
import { handedBack, mergeQueue } from '../merge-queue.ts';
import { type WatchedBase, watchBases } from '../red-base.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';
import type { Queue } from './care.ts';
import { landBatches } from './land-batches.ts';
import { landOthers } from './land-others.ts';
import { verifyStopped } from './verify-stopped.ts';

export interface MergeDuty {
  readonly sight: Sight;
  readonly queue: Queue;
  readonly bases: readonly WatchedBase[];
  /** What was known before this look at the base branches. */
  readonly before: Snapshot;
  readonly on: boolean;
}

export function mergeInTurn({ sight, queue, bases, before, on }: MergeDuty, turn: Turn): void {
  if (on) watchBases(sight, turn, before, bases);
  const others = on ? landOthers(sight, turn, verifyStopped(sight, turn)) : new Map<string, string>();
  const taken = on ? landBatches(sight, turn, queue, others) : others;
  for (const { facts, verdict, actions } of mergeQueue(queue.candidates, queue.holders, taken)) {
    if (on) turn.add(actions);
    const shown = on ? verdict : wait('merge', 'Merging is switched off in HEARTBEAT.md.', [verdict]);
    turn.standings.set(facts.record.issueId, { facts, stage: 'merge', verdict: shown });
    turn.view(viewOfRecord(sight, facts.record, 'merge', shown));
  }
  const atMerge = new Set(queue.candidates.map(({ facts }) => facts));
  for (const { facts } of turn.standings.values()) if (on && !atMerge.has(facts)) turn.add(handedBack(facts));
}
