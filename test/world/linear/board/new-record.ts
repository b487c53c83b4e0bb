/** What every new record has: an id, its place in the order of creation, and its times. */
import type { BaseRecord, LinearState } from './records.ts';

export function base(id: string, sequence: number, at: number): BaseRecord {
  const time = new Date(at).toISOString();
  return { id, sequence, createdAt: time, updatedAt: time, archivedAt: null };
}

export function next(state: LinearState): number {
  state.sequence += 1;
  return state.sequence;
}
