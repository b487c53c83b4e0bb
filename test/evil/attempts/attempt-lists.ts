/** Every list of attempts by its name, as a weakened copy is told which to play. */
import type { Attempt } from './attempt.ts';
import { DEVOPS } from './devops.ts';
import { FORGED } from './forged-verdicts.ts';
import { REVIEWERS } from './reviewers.ts';

export const ATTEMPT_LISTS: Readonly<Record<string, readonly Attempt[]>> = {
  'forged verdicts': FORGED,
  reviewers: REVIEWERS,
  devops: DEVOPS,
};
