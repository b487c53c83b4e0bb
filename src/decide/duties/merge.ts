/** Duty merge: of those that are ready, one per base branch has its turn. Off, everything is shown as it is and nothing merges. */
import { wait } from '../../domain/verdict.ts';
import { viewOfRecord } from '../issue-view.ts';
import { mergeQueue } from '../merge-queue.ts';
import type { Turn } from '../turn.ts';
import type { Queue } from './care.ts';

/** `taken`: lanes in which a person's pull request lands now, and which. */
export function mergeInTurn(
  { sight, candidates, holders }: Queue,
  taken: ReadonlyMap<string, string>,
  on: boolean,
  turn: Turn,
): void {
  for (const { facts, verdict, actions } of mergeQueue(candidates, holders, taken)) {
    if (on) turn.add(actions);
    const shown = on ? verdict : wait('merge', 'Merging is switched off in HEARTBEAT.md.', [verdict]);
    turn.standings.set(facts.record.issueId, { facts, stage: 'merge', verdict: shown });
    turn.view(viewOfRecord(sight, facts.record, 'merge', shown));
  }
}
