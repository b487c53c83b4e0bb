/** What a dev does for one issue, and how it mends what a reviewer finds wrong with that. */
import type { Step } from '../../../world/models/scripted-agent.ts';
import type { Round } from '../work-steps.ts';

export interface Change {
  readonly work: Round;
  readonly repairs: readonly Repair[];
}

export interface Repair {
  readonly path: string;
  /** What the comment of the finding must speak of. */
  readonly wrong: RegExp;
  readonly title: string;
  readonly step: Step;
}
