/** Which model of a role's chain goes on, and what people hear when it is another one than before. */
import type { OutsideError } from '../domain/outside-error.ts';
import { subjectKey } from '../domain/run.ts';
import type { Loop } from './limit-reached.ts';
import { endAs, type RunEnd } from './session-options.ts';

/** A model that answered is kept for the rest of the run: going back would pay for a cold cache twice. */
export function chainFrom({ task, transcript }: Loop): readonly string[] {
  const { chain } = task.role;
  const last = transcript.own.findLast((message) => message.kind === 'assistant');
  const at = last === undefined ? -1 : chain.indexOf(last.model);
  return at < 0 ? chain : chain.slice(at);
}

export interface GivenUp {
  readonly kind: 'given-up';
  readonly model: string;
  readonly reason: string;
  /** Null when it was not even called. */
  readonly error: OutsideError | null;
}

/** An outage passes by itself; a key or an account is for a person; the rest is a run that failed. */
export function nobodyAnswered(role: string, givenUp: readonly GivenUp[]): RunEnd {
  const reason = `No model of the chain of ${role} answered: ${givenUp.map((one) => one.reason).join('; ')}.`;
  if (givenUp.some(({ error }) => error?.transient === true)) return endAs('postponed', reason);
  const forAPerson = givenUp.every(({ error }) => error?.kind === 'unauthorised' || error?.kind === 'refused');
  return endAs(forAPerson ? 'awaiting-human' : 'failed', reason);
}

/** People hear that another model goes on than the one they put first, and why. */
export async function tellOfChange(
  { session, onChange }: Loop,
  model: string,
  givenUp: readonly GivenUp[],
): Promise<void> {
  if (givenUp.length === 0) return;
  const { run, journal } = session;
  const reasons = givenUp.map((one) => `${one.model} was given up (${one.reason})`).join(', ');
  const text = `${run.role}${run.issueKey === null ? '' : ` of ${run.issueKey}`} goes on with ${model}: ${reasons}.`;
  onChange(text);
  await journal.event({
    kind: 'model-changed',
    subject: subjectKey(run.subject),
    text,
    data: { runId: run.id, model },
  });
  const key = `model:${run.id}:${model}`;
  await journal.enqueueReport({ key, event: 'trouble', text, data: { subject: subjectKey(run.subject) } });
}
