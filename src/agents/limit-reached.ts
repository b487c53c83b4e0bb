/** The caps of a run, said once when one is near; and the run as its loop sees it. */
import type { TranscriptMessage } from '../domain/transcript.ts';
import type { Task } from './prepare-task.ts';
import { endAs, type RunEnd, type Session } from './session-options.ts';
import type { Transcript } from './transcript.ts';

/** Asked before each model call: the caps that are not money. */
export function limitReached({ session, task, transcript }: Loop): RunEnd | null {
  const turns = repliesIn(transcript);
  session.live.turns = turns;
  const { turnsMax, minutesMax } = task.role;
  if (turns >= turnsMax) return endAs('failed', `The agent did not finish within ${turnsMax} model calls.`);
  if (session.now() >= session.run.createdAt + minutesMax * 60_000) {
    return endAs('timed-out', `The agent did not finish within ${minutesMax} minutes.`);
  }
  return null;
}

export function repliesIn({ own }: Transcript): number {
  return own.filter((message) => message.kind === 'assistant').length;
}

/** Of a cap: beyond it the agent is told to bring in what it has. */
const NEAR_SHARE = 0.85;
const TURNS_LEFT_NEAR = 2;
const NEAR = 'This run is close to its limit of';

/** What the agent is told before its next call; null when nothing is near, or when it was told. `turns`: calls so far. */
export function nearLimit({ session, task, transcript }: Loop, turns: number): string | null {
  if (turns === 0 || transcript.own.some(saysNear)) return null;
  const { turnsMax, minutesMax, runMicroUsdMax } = task.role;
  // A call is refused as soon as its worst case does not fit, which is long before the money itself is gone.
  const spendable = runMicroUsdMax - session.live.worstMicroUsd;
  const minutes = (session.now() - session.run.createdAt) / 60_000;
  const near =
    turns >= Math.min(turnsMax * NEAR_SHARE, turnsMax - TURNS_LEFT_NEAR)
      ? `${turnsMax} model calls`
      : minutes >= minutesMax * NEAR_SHARE
        ? `${minutesMax} minutes`
        : session.live.microUsd >= spendable * NEAR_SHARE
          ? 'money'
          : null;
  if (near === null) return null;
  return task.kind === 'work'
    ? `${NEAR} ${near}. Commit what is ready and call finish now.`
    : `${NEAR} ${near}. Call finish now with what you have found.`;
}

export function saysNear(message: TranscriptMessage): boolean {
  return message.kind === 'user' && message.text.startsWith(NEAR);
}

export interface Loop {
  readonly session: Session;
  readonly task: Task;
  readonly transcript: Transcript;
  /** Told which model answered. */
  readonly onModel: (model: string) => void;
  /** Told that another model than the one before goes on, in a sentence. */
  readonly onChange: (sentence: string) => void;
}
