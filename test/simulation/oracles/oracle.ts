/** An oracle watches what happens in the world and says what must never be. It knows nothing of what the bot thinks. */
import type { Plan } from '../plan.ts';
import { issueId } from '../world/board.ts';
import type { Happening } from '../world/happening.ts';
import type { Keep } from '../world/memory.ts';
import type { World } from '../world/world.ts';

export interface Oracle {
  see(happening: Happening, at: number): void;
  end?(): void;
  /** Something still has to come that no issue shows. */
  pending?(): boolean;
}

export interface Court {
  readonly world: World;
  readonly plan: Plan;
  /** Where the bot dies or an answer is lost, in this run. */
  readonly kills: ReadonlySet<number>;
  readonly violation: (text: string) => void;
  /** What an oracle remembers of what it saw, so that it can be taken back with the world. */
  readonly keep: Keep;
}

export type OracleMaker = (court: Court) => Oracle;

/** The issue that a branch, a pull request or a subject of ours belongs to; null for everybody else's. */
export function keyOfBranch(branch: string): string | null {
  const found = /^heartline\/([a-z]+-\d+)(-revert)?(-\d+)?$/.exec(branch);
  return found?.[1]?.toUpperCase() ?? null;
}

/** Of several pull requests that are tested and merged together. */
export function isBatch(branch: string): boolean {
  return branch.startsWith('heartline/batch/');
}

export function keyOfPull({ world }: Court, number: number): string | null {
  const pull = world.hub.pulls.get(number);
  return pull === undefined ? null : keyOfBranch(pull.branch);
}

export function keyOfSubject(subject: string): string | null {
  const prefix = `issue:${issueId('')}`;
  return subject.startsWith(prefix) ? subject.slice(prefix.length) : null;
}

export function keyOfIssue(id: string): string {
  return id.slice(issueId('').length);
}

/** The issue that something the bot did is about; null for anything else. */
export function keyTouched(court: Court, happening: Happening): string | null {
  if (!('by' in happening) || happening.by !== 'bot') return null;
  switch (happening.kind) {
    case 'moved':
    case 'linked':
      return keyOfIssue(happening.issueId);
    case 'pushed':
    case 'opened':
      return keyOfBranch(happening.branch);
    case 'merged':
    case 'landed-along':
    case 'reviewed':
    case 'queued':
    case 'pull-commented':
    case 'resolved':
    case 'pull-edited':
      return keyOfPull(court, happening.number);
    case 'status':
    case 'rerun': {
      const pull = [...court.world.hub.pulls.values()].find((one) => one.head === happening.head);
      return pull === undefined ? null : keyOfBranch(pull.branch);
    }
    case 'issue-edited':
    case 'issue-commented':
    case 'comment-edited':
    case 'closed':
    case 'branch-deleted':
    case 'dequeued':
    case 'thawed':
      return null;
  }
}
