/** One simulation as data: everything that is not plain consequence. A seed makes one; shrinking takes parts of it away. */
import type { Issue } from '../../src/domain/issue.ts';
import type { MergeMethod } from '../../src/domain/pull-request.ts';
import type { ProjectSettings, Settings } from '../../src/domain/settings.ts';
import type { AgentScript } from './bots/agent.ts';
import type { Act } from './people/acts.ts';
import type { Fault, WriteName } from './ports/line.ts';
import type { CiStyle } from './world/ci.ts';
import type { By } from './world/happening.ts';
import type { Rules } from './world/hub.ts';

export interface TicketPlan {
  readonly key: string;
  /** When it is put into Todo, counted from the beginning. */
  readonly atMs: number;
  readonly by: By;
  readonly value: Partial<Issue>;
  readonly script: AgentScript;
  /** What must become of it; `any` is any end that a person can see. */
  readonly expect: 'merged' | 'parked' | 'never-started' | 'any';
}

/** When something happens: at a time, or right before the n-th call of a port arrives. */
export type When = { readonly ms: number } | { readonly call: number };

export interface PlannedAct {
  readonly when: When;
  readonly act: Act;
}

export interface Plan {
  readonly scenario: string;
  readonly seed: number;
  readonly files: Readonly<Record<string, string>>;
  readonly tickets: readonly TicketPlan[];
  readonly acts: readonly PlannedAct[];
  readonly faults: readonly { readonly call: number; readonly fault: Fault }[];
  /** Writes that nobody lets the bot do any more, as a token that lost a right: for good, while all reads are answered. */
  readonly denied: readonly WriteName[];
  /** Kill points, as numbered by the line. */
  readonly kills: readonly number[];
  readonly ci: CiStyle;
  readonly rules: Rules;
  readonly mergeMethod: MergeMethod;
  readonly project: Partial<ProjectSettings>;
  readonly limits: Partial<Settings['limits']>;
  readonly budget: Partial<Settings['budget']>;
  readonly audit: boolean;
  readonly bots: 1 | 2;
  /** Of the wakes by a finished session. */
  readonly wakeLoss: number;
  /** GitHub's lists may be this old. */
  readonly staleMs: number;
  readonly skews: readonly { readonly atMs: number; readonly skewMs: number }[];
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** All trouble is over by then. */
  readonly quietFromMs: number;
  readonly settleMs: number;
}
