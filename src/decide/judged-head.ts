/** Which head, and which change of it, a judge's run speaks about: a run that goes on for one that ended badly looks at the same. */
import type { Cause, Run } from '../domain/run.ts';

export function judgedHead(run: Run, runs: readonly Run[]): string | null {
  return judgedCause(run, runs)?.head ?? null;
}

export function judgedCause(
  run: Run,
  runs: readonly Run[],
): Extract<Cause, { readonly kind: 'review' | 'audit' }> | null {
  const { cause } = run;
  if (cause.kind === 'review' || cause.kind === 'audit') return cause;
  if (cause.kind !== 'crashed') return null;
  const before = runs.find((one) => one.id === cause.runId);
  return before === undefined || before.createdAt > run.createdAt || before === run ? null : judgedCause(before, runs);
}
