/**
 * Nothing merges without a true verdict of somebody else: forged ones, a reviewer who says two things at once, and a devops
 * agent who would rather have no checks. Each once more against a copy of the product without the layer that stops it.
 */
import { attemptLines } from './attempts/attempt.ts';
import { ATTEMPT_LISTS } from './attempts/attempt-lists.ts';
import type { Line } from './row.ts';

export async function verdictLines(say: (text: string) => void): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [list, attempts] of Object.entries(ATTEMPT_LISTS)) {
    say(`verdicts: ${list}, and without what stops them`);
    lines.push(...(await attemptLines(list, attempts, 'verdicts')));
  }
  return lines;
}
