/** Every call of a model or a tool as an event of its run and a line of the log: who, how long, how much. */
import { callSubject } from '../domain/call-event.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { Usage } from '../domain/transcript.ts';
import type { Session } from './session-options.ts';
import { visibleLine } from './untrusted.ts';

export interface ModelCall {
  readonly model: string;
  /** Null where nobody said. */
  readonly usage: Usage | null;
  readonly microUsd: MicroUsd;
  readonly durationMs: number;
  /** The tools it asked for; null where the answer went past us. */
  readonly calls: readonly string[] | null;
  /** Why there was no answer; null when there was one. */
  readonly failure: string | null;
}

export interface DoneCall {
  readonly tool: string;
  /** What it did, in a few words. */
  readonly doing: string;
  readonly isError: boolean;
  /** Of the command behind it; null where it was killed, or is none. */
  readonly exitCode: number | null;
  /** Of what the agent was answered. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** Written beside the settlement, so that both are one commit. */
export async function noteModelCall({ journal, log, run }: Session, call: ModelCall): Promise<void> {
  const data = { runId: run.id, role: run.role, ...call };
  log.info({ run: run.id, ...data }, 'model call');
  const { model, usage, microUsd, durationMs, failure } = call;
  const tokens =
    usage === null
      ? 'tokens not told'
      : `${usage.input + usage.cacheRead + usage.cacheWrite} tokens in (${usage.cacheRead} cached), ${usage.output} out`;
  const text = `${run.role} asked ${model}: ${failure ?? tokens}, $${(microUsd / 1_000_000).toFixed(4)}, ${durationMs} ms`;
  await journal.event({ kind: 'model-call', subject: callSubject(run.id), text, data });
}

/** Written beside the transcript's message, so that all of it is one commit. */
export async function noteToolCall({ journal, log, run }: Session, call: DoneCall): Promise<void> {
  const data = { runId: run.id, role: run.role, ...call, doing: visibleLine(call.doing) };
  log.info({ run: run.id, ...data }, 'tool call');
  const code = call.exitCode === null ? (call.isError ? 'failed' : 'done') : `exit code ${call.exitCode}`;
  const text = `${run.role} ran ${data.doing}: ${code}, ${call.bytes} bytes, ${call.durationMs} ms`;
  await journal.event({ kind: 'tool-call', subject: callSubject(run.id), text, data });
}
