/**
 * The loop of a run. Its only state is the transcript: each step looks at the last message and does what comes next, so
 * a run that was killed anywhere goes on by starting the loop again.
 */
import type { TranscriptMessage } from '../domain/transcript.ts';
import { answerCalls, toolSpecs } from './answer-calls.ts';
import { askModel } from './ask-model.ts';
import { judgeProgress } from './judge-progress.ts';
import { type Loop, limitReached, nearLimit, repliesIn } from './limit-reached.ts';
import { noteToolCall } from './note-calls.ts';
import { nudge } from './nudge.ts';
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
    const noted = answer.done.map((call) => noteToolCall(session, call));
    await Promise.all([transcript.append(answer.message), ...noted]);
    return null;
  }
  if (last?.kind !== 'user') {
    const judged = judgeProgress(transcript.own);
    const progress = judged.kind === 'silent' ? await nudge(loop) : judged;
    if (progress.kind === 'stopped') return endAs(progress.state, progress.reason);
    if (progress.kind === 'remind') {
      await transcript.append({ kind: 'user', text: progress.text });
      return null;
    }
  }
  const end = limitReached(loop);
  if (end !== null) return end;
  const near = nearLimit(loop, repliesIn(transcript));
  if (near !== null) await transcript.append({ kind: 'user', text: near });
  if ((task.role.driver ?? 'api') === 'api') return await askModel(loop, tools);
  // Loaded where it is used: few need it, and everybody waits for the start.
  const { askProgram } = await import('./external/ask-program.ts');
  return await askProgram(loop);
}
