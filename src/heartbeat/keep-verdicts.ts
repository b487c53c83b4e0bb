/** Judges' words become rows: a review or audit that is in, and one that is carried over to the head of an update. */
import type { Action } from '../domain/action.ts';
import { subjectKey } from '../domain/run.ts';
import type { Hands } from './outside/outside-write.ts';
import { deterministicId } from './outside/progress-comment.ts';

export async function recordVerdict(
  action: Extract<Action, { kind: 'record-verdict' }>,
  { journal, clock }: Hands,
): Promise<boolean> {
  const run = await journal.run(action.runId);
  if (run?.result?.kind !== 'review' && run?.result?.kind !== 'audit') return false;
  const { decision, head, base, digest } = run.result;
  await journal.recordVerdict({
    id: deterministicId(`verdict:${run.id}`),
    runId: run.id,
    repository: action.repository,
    number: action.number,
    decision,
    head,
    base,
    digest,
    at: clock.now(),
    reboundFrom: null,
  });
  await journal.event({
    kind: 'verdict',
    subject: subjectKey(run.subject),
    text: `${decision} at ${head}`,
    data: { runId: run.id },
  });
  return true;
}

/** The same judge's word about the same change; its id says which verdict and head, so a second try writes nothing new. */
export async function rebindVerdict(
  action: Extract<Action, { kind: 'rebind-verdict' }>,
  { journal, clock }: Hands,
): Promise<boolean> {
  const { verdictId, head, base } = action;
  const verdict = (await journal.verdicts()).find((one) => one.id === verdictId);
  if (verdict === undefined) return false;
  await journal.recordVerdict({
    ...verdict,
    id: deterministicId(`rebound:${verdictId}:${head}`),
    head,
    base,
    at: clock.now(),
    reboundFrom: verdictId,
  });
  const run = await journal.run(verdict.runId);
  await journal.event({
    kind: 'verdict-rebound',
    subject: run === null ? null : subjectKey(run.subject),
    text: action.reason,
    data: { verdictId, head },
  });
  return true;
}
