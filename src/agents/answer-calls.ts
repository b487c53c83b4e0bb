/** Runs the calls of one reply and gathers their results, in the calls' own order. */
import type { ToolCall, ToolResult, ToolSpec, TranscriptMessage } from '../domain/transcript.ts';
import type { Task } from './prepare-task.ts';
import type { Prompt } from './read-prompt.ts';
import type { RunEnd, Session } from './session-options.ts';
import { bash } from './tools/bash.ts';
import { edit } from './tools/edit.ts';
import { type Finish, rejected } from './tools/finish.ts';
import { finishReview, finishReviewSpec } from './tools/finish-review.ts';
import { finishWork, finishWorkSpec } from './tools/finish-work.ts';
import { read } from './tools/read.ts';
import { type Tool, unknownTool } from './tools/tool.ts';
import { write } from './tools/write.ts';

const TOOLS: ReadonlyMap<string, Tool> = new Map([bash, read, edit, write].map((tool) => [tool.spec.name, tool]));

/** The role's tools as every request of its sessions shows them: always in this order, byte for byte. */
export function toolSpecs(prompt: Prompt): readonly ToolSpec[] {
  return prompt.tools.map((name) => {
    if (name === 'finish') return prompt.result === 'work' ? finishWorkSpec : finishReviewSpec;
    const tool = TOOLS.get(name);
    if (tool === undefined) throw new Error(`the prompt of ${prompt.role} names a tool that does not exist: ${name}`);
    return tool.spec;
  });
}

export type Answer =
  | { readonly kind: 'results'; readonly message: TranscriptMessage }
  | { readonly kind: 'end'; readonly end: RunEnd };

export async function answerCalls(
  session: Session,
  task: Task,
  calls: readonly ToolCall[],
  own: readonly TranscriptMessage[],
): Promise<Answer> {
  const [only] = calls;
  if (calls.length === 1 && only?.name === 'finish' && task.prompt.tools.includes('finish')) {
    return await answerFinish(session, task, only, own);
  }
  const results: ToolResult[] = [];
  for (const batch of batches(calls)) {
    session.live.doing = batch.map(doing).join(', ');
    // Neighbours that only read run side by side; whatever may change something waits its turn.
    results.push(...(await Promise.all(batch.map((call) => answerOne(session, task, call)))));
    session.signal.throwIfAborted();
  }
  return { kind: 'results', message: { kind: 'tool-results', results } };
}

async function answerFinish(
  session: Session,
  task: Task,
  call: ToolCall,
  own: readonly TranscriptMessage[],
): Promise<Answer> {
  session.live.doing = 'finish';
  const finish: Finish =
    task.kind === 'work' ? await finishWork(call.input, session, task, own) : finishReview(call.input, task);
  session.log.info({ run: session.run.id, tool: 'finish', outcome: finish.kind }, 'tool call');
  switch (finish.kind) {
    case 'accepted':
      return { kind: 'end', end: { state: 'succeeded', reason: finish.result.summary, result: finish.result } };
    case 'ended':
      return { kind: 'end', end: finish.end };
    case 'rejected': {
      const result = { callId: call.id, name: call.name, text: finish.text, isError: true };
      return { kind: 'results', message: { kind: 'tool-results', results: [result] } };
    }
  }
}

async function answerOne(session: Session, task: Task, call: ToolCall): Promise<ToolResult> {
  const { text, isError } = await outcomeOf(task, call);
  session.log.info({ run: session.run.id, tool: call.name, isError, characters: text.length }, 'tool call');
  return { callId: call.id, name: call.name, text, isError };
}

async function outcomeOf(task: Task, call: ToolCall): Promise<{ readonly text: string; readonly isError: boolean }> {
  const { tools } = task.prompt;
  if (!tools.includes(call.name)) return unknownTool(call.name, tools);
  // It would hand in work whose last steps nobody has seen yet.
  if (call.name === 'finish') return { text: FINISH_ALONE, isError: true };
  const tool = TOOLS.get(call.name);
  return tool === undefined ? unknownTool(call.name, tools) : await tool.run(call, task.room);
}

const FINISH_ALONE = rejected('call finish alone, after you have seen the results of the other calls.').text;

function doing(call: ToolCall): string {
  return TOOLS.get(call.name)?.doing(call.input) ?? call.name;
}

function batches(calls: readonly ToolCall[]): readonly (readonly ToolCall[])[] {
  const groups: ToolCall[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    if (group !== undefined && onlyReads(call) && group.every(onlyReads)) group.push(call);
    else groups.push([call]);
  }
  return groups;
}

function onlyReads(call: ToolCall): boolean {
  return TOOLS.get(call.name)?.onlyReads === true;
}
