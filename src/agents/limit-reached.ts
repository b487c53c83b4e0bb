/** The caps of a run that are not money, and the run as its loop sees it. */
import type { Task } from './prepare-task.ts';
import { endAs, type RunEnd, type Session } from './session-options.ts';
import type { Transcript } from './transcript.ts';

/** Asked before each model call: the caps that are not money. */
export function limitReached({ session, task, transcript }: Loop): RunEnd | null {
  const turns = transcript.own.filter((message) => message.kind === 'assistant').length;
  session.live.turns = turns;
  const { turnsMax, minutesMax } = task.role;
  if (turns >= turnsMax) return endAs('failed', `The agent did not finish within ${turnsMax} model calls.`);
  if (session.now() >= session.run.createdAt + minutesMax * 60_000) {
    return endAs('timed-out', `The agent did not finish within ${minutesMax} minutes.`);
  }
  return null;
}

export interface Loop {
  readonly session: Session;
  readonly task: Task;
  readonly transcript: Transcript;
  /** Told which model answered. */
  readonly onModel: (model: string) => void;
}
