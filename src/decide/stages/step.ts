/** What one stage says about one issue: it is behind us, or this is where the issue stands and what to do about it. */
import type { Action } from '../../domain/action.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { no, wait } from '../../domain/verdict.ts';
import type { EffectStanding } from '../effects.ts';
import { type IssueCase, park } from '../issue-case.ts';

export type Step =
  /** Leave conditions are met. Its actions are by-work that nothing later waits for. */
  | { readonly kind: 'passed'; readonly actions: readonly Action[] }
  | { readonly kind: 'here'; readonly verdict: Verdict; readonly actions: readonly Action[] }
  /** Everything before the merge itself is in order or only needs its turn: the merge queue decides. */
  | { readonly kind: 'queue'; readonly gate: Verdict; readonly actions: readonly Action[] };

/** A step that is certainly where the issue stands. */
export type Here = Extract<Step, { kind: 'here' }>;

export const PASSED: Step = { kind: 'passed', actions: [] };

export function waiting(name: string, reason: string, actions: readonly Action[] = []): Here {
  return { kind: 'here', verdict: wait(name, reason), actions };
}

export function parked(facts: IssueCase, name: string, reason: string): Here {
  return { kind: 'here', verdict: no(name, reason), actions: [park(facts, reason)] };
}

/** The step for an outside write that is not done: try it, wait for its turn, or park because the outside said no. */
export function pursue(
  facts: IssueCase,
  name: string,
  standing: Exclude<EffectStanding, { kind: 'done' }>,
  doing: string,
  action: (key: string) => Action,
): Here {
  switch (standing.kind) {
    case 'due':
      return waiting(name, doing, [action(standing.key)]);
    case 'waiting':
      return waiting(name, `${doing}: ${standing.error}. Tried again at ${new Date(standing.until).toISOString()}.`);
    case 'refused':
      return parked(facts, name, `${standing.error}. Put it right, then comment /resume.`);
  }
}
