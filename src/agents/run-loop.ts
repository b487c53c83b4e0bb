/**
 * The loop of a run. Its only state is the transcript: each step looks at the last message and does what comes next, so
 * a run that was killed anywhere goes on by starting the loop again.
 */
import type { TranscriptMessage } from '../domain/transcript.ts';
import { answerCalls, toolSpecs } from './answer-calls.ts';
import { askModel } from './ask-model.ts';
import { judgeProgress } from './judge-progress.ts';
import { type Loop, limitReached } from './limit-reached.ts';
import { endAs, type RunEnd } from './session-options.ts';

export async function runLoop(loop: Loop): Promise<RunEnd> {
  const tools = toolSpecs(loop.task.prompt);
  for (;;) {
    loop.session.signal.throwIfAborted();
    const end = await step(loop, loop.transcript.all.at(-1), tools);
    if (end !== null) return end;
  }
}

async function step(
  loop: Loop,
  last: TranscriptMessage | undefined,
  tools: ReturnType<typeof toolSpecs>,
): Promise<RunEnd | null> {
  const { session, task, transcript } = loop;
  if (last?.kind === 'assistant' && last.calls.length > 0) {
    const answer = await answerCalls(session, task, last.calls, transcript.own);
    if (answer.kind === 'end') return answer.end;
    await transcript.append(answer.message);
    return null;
  }
  if (last?.kind !== 'user') {
    const progress = judgeProgress(transcript.own);
    if (progress.kind === 'stopped') return endAs(progress.state, progress.reason);
    if (progress.kind === 'remind') {
      await transcript.append({ kind: 'user', text: progress.text });
      return null;
    }
  }
  return limitReached(loop) ?? (await askModel(loop, tools));
}
