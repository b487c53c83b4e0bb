/** Runs the calls of one reply and gathers their results, in the calls' own order. */
import type { ToolCall, ToolResult, ToolSpec, TranscriptMessage } from '../domain/transcript.ts';
import { type DoneCall, noteToolCall } from './note-calls.ts';
import type { Task } from './prepare-task.ts';
import type { Prompt } from './read-prompt.ts';
import type { RunEnd, Session } from './session-options.ts';
import { ask, askSpec } from './tools/ask.ts';
import { bash } from './tools/bash.ts';
import { edit } from './tools/edit.ts';
import { type Finish, rejected } from './tools/finish.ts';
import { finishAudit, finishAuditSpec } from './tools/finish-audit.ts';
import { finishReview, finishReviewSpec } from './tools/finish-review.ts';
import { finishWork, finishWorkSpec } from './tools/finish-work.ts';
import { read } from './tools/read.ts';
import { type Tool, type ToolOutcome, unknownTool } from './tools/tool.ts';
import { write } from './tools/write.ts';

const TOOLS: ReadonlyMap<string, Tool> = new Map([bash, read, edit, write].map((tool) => [tool.spec.name, tool]));

const FINISH_SPECS: Readonly<Record<Prompt['result'], ToolSpec>> = {
  work: finishWorkSpec,
  review: finishReviewSpec,
  audit: finishAuditSpec,
};

/** The role's tools as every request of its sessions shows them: always in this order, byte for byte. */
export function toolSpecs(prompt: Prompt): readonly ToolSpec[] {
  return prompt.tools.map((name) => {
    if (name === 'finish') return FINISH_SPECS[prompt.result];
    if (name === 'ask') return askSpec;
    const tool = TOOLS.get(name);
    if (tool === undefined) throw new Error(`the prompt of ${prompt.role} names a tool that does not exist: ${name}`);
    return tool.spec;
  });
}

export type Answer =
  | { readonly kind: 'results'; readonly message: TranscriptMessage; readonly done: readonly DoneCall[] }
  | { readonly kind: 'end'; readonly end: RunEnd };

export async function answerCalls(
  session: Session,
  task: Task,
  calls: readonly ToolCall[],
  own: readonly TranscriptMessage[],
): Promise<Answer> {
  const [only] = calls;
  if (calls.length === 1 && only !== undefined && endsRun(only) && task.prompt.tools.includes(only.name)) {
    return await answerLast(session, task, only, own);
  }
  const results: ToolResult[] = [];
  const done: DoneCall[] = [];
  for (const batch of batches(calls)) {
    session.live.doing = batch.map(doing).join(', ');
    // What changes files waits its turn, and so does whatever comes after it.
    const answered = await Promise.all(batch.map((call) => answerOne(session, task, call)));
    session.signal.throwIfAborted();
    for (const one of answered) {
      results.push(one.result);
      done.push(one.done);
    }
  }
  return { kind: 'results', message: { kind: 'tool-results', results }, done };
}

/** They end the run where they are taken, so they come alone. */
function endsRun({ name }: ToolCall): boolean {
  return name === 'finish' || name === 'ask';
}

async function answerLast(
  session: Session,
  task: Task,
  call: ToolCall,
  own: readonly TranscriptMessage[],
): Promise<Answer> {
  session.live.doing = call.name;
  const began = session.now();
  const finish = call.name === 'ask' ? ask(call.input, session.run.role) : await finished(session, task, call, own);
  const text = finish.kind === 'rejected' ? finish.text : '';
  const done = doneCall(session, call, { text, isError: finish.kind === 'rejected' }, began);
  // Nothing is written after it that it could stand beside.
  if (finish.kind !== 'rejected') await noteToolCall(session, done);
  switch (finish.kind) {
    case 'accepted':
      return { kind: 'end', end: { state: 'succeeded', reason: finish.result.summary, result: finish.result } };
    case 'ended':
      return { kind: 'end', end: finish.end };
    case 'rejected': {
      const result = { callId: call.id, name: call.name, text, isError: true };
      return { kind: 'results', message: { kind: 'tool-results', results: [result] }, done: [done] };
    }
  }
}

async function finished(
  session: Session,
  task: Task,
  call: ToolCall,
  own: readonly TranscriptMessage[],
): Promise<Finish> {
  switch (task.kind) {
    case 'work':
      return await finishWork(call.input, session, task, own);
    case 'review':
      return finishReview(call.input, task);
    case 'audit':
      return finishAudit(call.input, task);
  }
}

interface Answered {
  readonly result: ToolResult;
  readonly done: DoneCall;
}

async function answerOne(session: Session, task: Task, call: ToolCall): Promise<Answered> {
  const began = session.now();
  const outcome = await outcomeOf(task, call);
  const { text, isError } = outcome;
  return {
    result: { callId: call.id, name: call.name, text, isError },
    done: doneCall(session, call, outcome, began),
  };
}

function doneCall(session: Session, call: ToolCall, outcome: ToolOutcome, began: number): DoneCall {
  const { text, isError, exitCode = null } = outcome;
  const durationMs = session.now() - began;
  return { tool: call.name, doing: doing(call), isError, exitCode, bytes: Buffer.byteLength(text), durationMs };
}

async function outcomeOf(task: Task, call: ToolCall): Promise<ToolOutcome> {
  const { tools } = task.prompt;
  if (!tools.includes(call.name)) return unknownTool(call.name, tools);
  // It would hand in work, or rest on it, whose last steps nobody has seen yet.
  if (endsRun(call)) {
    const { text } = rejected(`call ${call.name} alone, after you have seen the results of the other calls.`);
    return { text, isError: true };
  }
  const tool = TOOLS.get(call.name);
  return tool === undefined ? unknownTool(call.name, tools) : await tool.run(call, task.room);
}

function doing(call: ToolCall): string {
  return TOOLS.get(call.name)?.doing(call.input) ?? call.name;
}

function batches(calls: readonly ToolCall[]): readonly (readonly ToolCall[])[] {
  const groups: ToolCall[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    if (group !== undefined && sideBySide(call) && group.every(sideBySide)) group.push(call);
    else groups.push([call]);
  }
  return groups;
}

function sideBySide(call: ToolCall): boolean {
  return TOOLS.get(call.name)?.sideBySide(call.input) === true;
}
