/** Which head a judge's run speaks about: a run that goes on for one that ended badly looks at the same. */
import type { Run } from '../domain/run.ts';

export function judgedHead(run: Run, runs: readonly Run[]): string | null {
  const { cause } = run;
  if (cause.kind === 'review' || cause.kind === 'audit') return cause.head;
  if (cause.kind !== 'crashed') return null;
  const before = runs.find((one) => one.id === cause.runId);
  return before === undefined || before.createdAt > run.createdAt || before === run ? null : judgedHead(before, runs);
}
